import { exp, log } from '../../../core/maths/elementary.ts'
import { Purpose, hash4, unit } from '../../../core/maths/rng.ts'
import type { NetworkShape } from '../../kernels/kernel.ts'
import { rampedCosine } from '../adam.ts'
import { contrast } from './farField.ts'
import type { Objective, ObjectiveContext, ObjectiveRun } from './objective.ts'

/** Resolution of the likelihood in one step. */
export interface QuadratureSize {
  /** Cells a side of the jittered grid on which Z is computed. */
  readonly side: number
  /** Number of data points, and of points resampled from the grid, through which the gradient is computed. */
  readonly batch: number
}

/** The recipe's: Z by 1,024 points, the gradient by 2 × 256. */
export const FULL_SIZE: QuadratureSize = { side: 32, batch: 256 }
/** The cheap version: Z by 576 points, the gradient by 2 × 128. */
export const CHEAP_SIZE: QuadratureSize = { side: 24, batch: 128 }

const SHAPE: NetworkShape = { widths: [48, 24, 24], activations: ['sin', 'silu', 'silu'] }

const words = new Uint32Array(4)

/**
 * Maximum likelihood by quadrature: Z = ∫ e^(−V) over Ω by one uniform point in each of side² cells, so that the loss is
 * mean V(data) + log Ẑ, an estimate of the cross-entropy in nats, and the far-field term. Its gradient is taken through
 * `batch` of those points, resampled systematically by their Gibbs weight.
 *
 * Ẑ is unbiased; log Ẑ is not: by Jensen E log Ẑ ≤ log Z, low by about Var(Ẑ)/(2Z²). The weights are normalised by Ẑ, so
 * the gradient is that of log Ẑ, with a bias of the same order; resampling adds noise to it, and no bias. The error of
 * stratified points in the plane falls like side⁻² wherever V is smooth on a cell.
 */
export function prepareQuadrature(
  { side, batch }: QuadratureSize,
  context: ObjectiveContext,
): ObjectiveRun {
  const { energy, problem } = context
  const count = side * side
  const key = { seed: context.seed, purpose: Purpose.jitter }
  const cell = (2 * problem.halfWidth) / side
  const nodes = new Float32Array(2 * count)
  const value = new Float32Array(count)
  const weight = new Float64Array(count)
  return {
    warmUp: 0,
    async step(step, theta, state, gradient) {
      for (let i = 0; i < count; i++) {
        hash4(key, i, step, words)
        nodes[2 * i] = -problem.halfWidth + cell * ((i % side) + unit(words[0]!))
        nodes[2 * i + 1] = -problem.halfWidth + cell * (Math.floor(i / side) + unit(words[1]!))
      }
      await energy.evaluate(theta, nodes, value, null)
      let least = Infinity
      for (const v of value) least = Math.min(least, v)
      let total = 0
      for (let i = 0; i < count; i++) total += weight[i] = exp(least - value[i]!)
      const logZ = log(total * cell * cell) - least

      const tuples = contrast(context, step, batch, batch)
      const negatives = tuples.xy.subarray(-2 * batch)
      hash4(key, count, step, words)
      const offset = unit(words[0]!)
      let at = 0
      let mass = weight[0]!
      let resampled = 0
      for (let k = 0; k < batch; k++) {
        const level = ((k + offset) / batch) * total
        while (mass < level && at < count - 1) mass += weight[++at]!
        negatives[2 * k] = nodes[2 * at]!
        negatives[2 * k + 1] = nodes[2 * at + 1]!
        resampled += value[at]! / batch
      }
      const loss = await energy.accumulate(theta, tuples, gradient)
      return { loss: loss + resampled + logZ, acceptance: null, state }
    },
    onDevice: {
      begin: (_, state) => state,
      plan(step) {
        return {
          tuples: contrast(context, step, batch, batch),
          negatives: {
            kind: 'quadrature',
            seed: context.seed,
            purpose: Purpose.jitter,
            counter: step,
            count: batch,
            side,
          },
          evaluations: count,
        }
      },
    },
  }
}

/** The likelihood by quadrature with the recipe's grid and batch. */
export const quadrature: Objective = {
  id: 'quadrature',
  shape: SHAPE,
  steps: 1056,
  rate: (step, steps) => rampedCosine(1e-2, step, steps),
  prepare: (context) => prepareQuadrature(FULL_SIZE, context),
}
