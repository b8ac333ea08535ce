import { Purpose, Rng } from '../../core/maths/rng.ts'
import { parameterLayout } from '../kernels/kernel.ts'
import type { EnergyKernel, NetworkShape, Tuples } from '../kernels/kernel.ts'
import type { EnergyModel } from './api.ts'

/** Share of the half width at which the quadratic penalty of the wall begins. */
const PENALTY_SHARE = 0.8
/** Its stiffness, in units of ε = 1: 10 Σ relu(|xᵢ| − penaltyStart)². */
const PENALTY_STIFFNESS = 10
const TWO_PI = 6.283185307179586
const SINE_DEVIATION = 2
const GAIN = 1.6

/** The default network, 2 → 64 sin → 32 SiLU → 32 SiLU → 1: 3,361 parameters. */
export const DEFAULT_SHAPE: NetworkShape = {
  widths: [64, 32, 32],
  activations: ['sin', 'silu', 'silu'],
}

/** Where the penalty starts on Ω = [−halfWidth, halfWidth]², world units. */
export function penaltyStartOf(halfWidth: number): number {
  return PENALTY_SHARE * halfWidth
}

/**
 * θ at the start: a first sine layer has weights N(0, 2²) and biases U(0, 2π); other layers have
 * weights N(0, 1.6²/fan-in) and biases 0; the output layer is 0, so that training begins from pure
 * confinement.
 */
export function initialParameters(shape: NetworkShape, seed: number): Float32Array {
  const { layers, length } = parameterLayout(shape)
  const rng = new Rng({ seed, purpose: Purpose.weights })
  const theta = new Float32Array(length)
  layers.slice(0, -1).forEach((layer, i) => {
    const sine = i === 0 && shape.activations[0] === 'sin'
    const deviation = sine ? SINE_DEVIATION : GAIN / Math.sqrt(layer.inputs)
    for (let k = layer.weights; k < layer.biases; k++) theta[k] = deviation * rng.normal()
    if (!sine) return
    for (let k = 0; k < layer.outputs; k++) theta[layer.biases + k] = TWO_PI * rng.uniform()
  })
  return theta
}

/**
 * The untrained part of the energy, ½|x|² + 10 Σᵢ relu(|xᵢ| − penaltyStart)², along one axis: its value
 * and its slope in `out[0]`, `out[1]`.
 */
export function axisConfinement(x: number, penaltyStart: number, out: Float64Array): void {
  const beyond = Math.max(0, Math.abs(x) - penaltyStart)
  out[0] = 0.5 * x * x + PENALTY_STIFFNESS * beyond * beyond
  out[1] = x + 2 * PENALTY_STIFFNESS * beyond * (x < 0 ? -1 : 1)
}

const axis = new Float64Array(2)

/**
 * V and ∇V of the whole energy, network and confinement, at n points.
 * @param xy length 2n, world units
 * @param value length n; overwritten
 * @param gradient length 2n; overwritten. null: only V is evaluated
 */
export async function evaluateModel(
  kernel: EnergyKernel,
  model: Pick<EnergyModel, 'theta' | 'penaltyStart'>,
  xy: Float32Array,
  value: Float32Array,
  gradient: Float32Array | null,
): Promise<void> {
  await kernel.evaluate(model.theta, xy, value, gradient)
  for (let i = 0; i < xy.length; i++) {
    axisConfinement(xy[i]!, model.penaltyStart, axis)
    value[i >> 1] = value[i >> 1]! + axis[0]!
    if (gradient !== null) gradient[i] = gradient[i]! + axis[1]!
  }
}

/**
 * Σ cᵢ V(xᵢ) + Σ wᵢ |∇V(xᵢ) + uᵢ|² for the whole energy, and its θ-gradient: the confinement adds a
 * constant to the first sum and is part of u in the second.
 * @param out length of θ; overwritten
 */
export async function accumulateModel(
  kernel: EnergyKernel,
  model: Pick<EnergyModel, 'theta' | 'penaltyStart'>,
  tuples: Tuples,
  out: Float32Array,
): Promise<number> {
  const { xy, c, w, u } = tuples
  const shifted = u === null ? null : new Float32Array(u.length)
  let constant = 0
  for (let i = 0; i < xy.length; i++) {
    axisConfinement(xy[i]!, model.penaltyStart, axis)
    constant += c[i >> 1]! * axis[0]!
    if (u !== null && shifted !== null && i < u.length) shifted[i] = u[i]! + axis[1]!
  }
  return constant + (await kernel.accumulate(model.theta, { xy, c, w, u: shifted }, out))
}
