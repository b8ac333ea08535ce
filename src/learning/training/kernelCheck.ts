import { Purpose, Rng } from '../../core/maths/rng.ts'
import { parameterLayout, type EnergyKernel, type NetworkShape } from '../kernels/kernel.ts'
import { accumulateReference, evaluateReference } from '../kernels/reference.ts'
import { DEFAULT_SHAPE } from './model.ts'

/** A network and the half-width of its box. */
export interface CheckedNetwork {
  readonly shape: NetworkShape
  readonly theta: Float32Array
  readonly halfWidth: number
}

/** Results of a kernel for a network: V and ∇V at points, and ∂/∂θ of the mean of V + |∇V|². */
interface KernelOutputs {
  readonly value: ArrayLike<number>
  readonly gradient: ArrayLike<number>
  readonly parameters: ArrayLike<number>
}

/** Largest differences, each relative to the largest entry of the reference. */
export type KernelDifferences = Readonly<Record<keyof KernelOutputs, number>>

/** Points of a check, uniform over the box. */
const POINTS = 512

/** A network of the default shape with random parameters. */
export function randomNetwork(halfWidth: number): CheckedNetwork {
  const rng = new Rng({ seed: 1, purpose: Purpose.probe })
  const { length } = parameterLayout(DEFAULT_SHAPE)
  const theta = Float32Array.from({ length }, () => 0.3 * rng.normal())
  return { shape: DEFAULT_SHAPE, theta, halfWidth }
}

function inputs({ halfWidth }: CheckedNetwork) {
  const rng = new Rng({ seed: 2, purpose: Purpose.probe })
  const xy = Float32Array.from({ length: 2 * POINTS }, () => halfWidth * (2 * rng.uniform() - 1))
  const mean = new Float32Array(POINTS).fill(1 / POINTS)
  return { xy, tuples: { xy, c: mean, w: mean, u: new Float32Array(2 * POINTS) } }
}

/** @param kernel of the network's shape */
export async function outputsOf(
  kernel: EnergyKernel,
  network: CheckedNetwork,
): Promise<KernelOutputs> {
  const { xy, tuples } = inputs(network)
  const value = new Float32Array(POINTS)
  const gradient = new Float32Array(2 * POINTS)
  const parameters = new Float32Array(network.theta.length)
  await kernel.evaluate(network.theta, xy, value, gradient)
  await kernel.accumulate(network.theta, tuples, parameters)
  return { value, gradient, parameters }
}

/** The outputs of the float64 reference. */
export function exactOutputs(network: CheckedNetwork): KernelOutputs {
  const { xy, tuples } = inputs(network)
  const value = new Float64Array(POINTS)
  const gradient = new Float64Array(2 * POINTS)
  const parameters = new Float64Array(network.theta.length)
  evaluateReference(network.shape, network.theta, xy, value, gradient)
  accumulateReference(network.shape, network.theta, tuples, parameters)
  return { value, gradient, parameters }
}

export function differencesOf(found: KernelOutputs, from: KernelOutputs): KernelDifferences {
  return {
    value: relativeError(found.value, from.value),
    gradient: relativeError(found.gradient, from.gradient),
    parameters: relativeError(found.parameters, from.parameters),
  }
}

/** Largest |found − expected| relative to the largest |expected|; NaN where a value is NaN. */
export function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let scale = 0
  let worst = 0
  for (let i = 0; i < expected.length; i++) {
    scale = Math.max(scale, Math.abs(expected[i]!))
    // Math.max propagates NaN, so that a NaN result fails the check.
    worst = Math.max(worst, Math.abs(found[i]! - expected[i]!))
  }
  return worst === 0 ? 0 : worst / scale
}
