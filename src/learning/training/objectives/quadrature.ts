import { exp, log } from '../../../core/maths/elementary.ts'
import { Purpose, hash4, unit } from '../../../core/maths/rng.ts'
import type { NetworkShape } from '../../kernels/kernel.ts'
import { rampedCosine } from '../adam.ts'
import type { Objective } from './objective.ts'

/** Cells a side of the jittered grid. */
const SIDE = 32
const NODES = SIDE * SIDE
const BATCH = 256

const SHAPE: NetworkShape = { widths: [48, 24, 24], activations: ['sin', 'silu', 'silu'] }

const words = new Uint32Array(4)

/**
 * Exact likelihood: Z = ∫ e^(−V) over Ω by one uniform point in each of 32² cells, so that the loss is
 * mean V(data) + log Z, the cross-entropy in nats. Its gradient is taken through 256 of those points,
 * resampled systematically by their Gibbs weight.
 */
export const quadrature: Objective = {
  id: 'quadrature',
  shape: SHAPE,
  steps: 1056,
  rate: (step, steps) => rampedCosine(1e-2, step, steps),
  prepare(context) {
    const { energy, problem } = context
    const key = { seed: context.seed, purpose: Purpose.jitter }
    const cell = (2 * problem.halfWidth) / SIDE
    const nodes = new Float32Array(2 * NODES)
    const value = new Float32Array(NODES)
    const slope = new Float32Array(2 * NODES)
    const weight = new Float64Array(NODES)
    const xy = new Float32Array(4 * BATCH)
    const c = new Float32Array(2 * BATCH).fill(1 / BATCH, 0, BATCH).fill(-1 / BATCH, BATCH)
    return {
      warmUp: 0,
      async step(step, theta, state, gradient) {
        for (let i = 0; i < NODES; i++) {
          hash4(key, i, step, words)
          nodes[2 * i] = -problem.halfWidth + cell * ((i % SIDE) + unit(words[0]!))
          nodes[2 * i + 1] = -problem.halfWidth + cell * (Math.floor(i / SIDE) + unit(words[1]!))
        }
        await energy.evaluate(theta, nodes, value, slope)
        let least = Infinity
        for (const v of value) least = Math.min(least, v)
        let total = 0
        for (let i = 0; i < NODES; i++) total += weight[i] = exp(least - value[i]!)
        const logZ = log(total * cell * cell) - least

        problem.batch(step, BATCH, xy.subarray(0, 2 * BATCH))
        hash4(key, NODES, step, words)
        const offset = unit(words[0]!)
        let at = 0
        let mass = weight[0]!
        let resampled = 0
        for (let k = 0; k < BATCH; k++) {
          const level = ((k + offset) / BATCH) * total
          while (mass < level && at < NODES - 1) mass += weight[++at]!
          xy[2 * (BATCH + k)] = nodes[2 * at]!
          xy[2 * (BATCH + k) + 1] = nodes[2 * at + 1]!
          resampled += value[at]! / BATCH
        }
        const contrast = await energy.accumulate(theta, { xy, c, w: null, u: null }, gradient)
        return { loss: contrast + resampled + logZ, acceptance: null, state }
      },
    }
  },
}
