import { exp, log } from '../../../core/maths/elementary.ts'
import { Purpose, gaussianPair } from '../../../core/maths/rng.ts'
import { rampedCosine } from '../adam.ts'
import { DEFAULT_SHAPE } from '../model.ts'
import type { Objective } from './objective.ts'

const BATCH = 256
/** Noise level at the start and at the end, world units; geometric between, held for the last third. */
const FIRST_SIGMA = 1
const LAST_SIGMA = 0.07
const HOLD_FROM = 2 / 3

const draws = new Float64Array(4)

/**
 * Denoising score matching: y = x + σξ, loss mean σ²|∇V(y) − ξ/σ|², so that −∇V learns the score of
 * the data blurred by σ. At small σ the loss does not compare separated modes, so that their weights are those
 * learned at the larger σ of the start.
 * Source: Vincent (2011), Neural Computation 23(7).
 */
export const scoreMatching: Objective = {
  id: 'score-matching',
  shape: DEFAULT_SHAPE,
  steps: 1720,
  rate: (step, steps) => rampedCosine(1e-2, step, steps),
  prepare(context) {
    const key = { seed: context.seed, purpose: Purpose.chains }
    const c = new Float32Array(BATCH)
    const tuplesOf = (step: number) => {
      const share = Math.min(1, step / (HOLD_FROM * context.steps))
      const sigma = FIRST_SIGMA * exp(share * log(LAST_SIGMA / FIRST_SIGMA))
      const xy = new Float32Array(2 * BATCH)
      const u = new Float32Array(2 * BATCH)
      const w = new Float32Array(BATCH).fill((sigma * sigma) / BATCH)
      context.problem.batch(step, BATCH, xy)
      for (let i = 0; i < BATCH; i++) {
        gaussianPair(key, i, step, draws)
        for (let k = 0; k < 2; k++) {
          xy[2 * i + k] = xy[2 * i + k]! + sigma * draws[k]!
          u[2 * i + k] = -draws[k]! / sigma
        }
      }
      return { xy, c, w, u }
    }
    return {
      warmUp: 0,
      async step(step, theta, state, gradient) {
        const loss = await context.energy.accumulate(theta, tuplesOf(step), gradient)
        return { loss, acceptance: null, state }
      },
      onDevice: {
        begin: (_, state) => state,
        plan: (step) => ({ tuples: tuplesOf(step), negatives: null, evaluations: 0 }),
      },
    }
  },
}
