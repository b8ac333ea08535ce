import { fold } from '../../../core/maths/grid.ts'
import { Purpose, gaussianPair } from '../../../core/maths/rng.ts'
import type { Tuples } from '../../kernels/kernel.ts'
import { rampedCosine } from '../adam.ts'
import { DEFAULT_SHAPE } from '../model.ts'
import { flowMatchingBatch } from './flowMatching.ts'
import type { Objective, ObjectiveContext } from './objective.ts'

const BATCH = 128
/** Noise on the transport paths, world units. */
const PATH_SIGMA = 0.1
/** Weight λ of the contrastive divergence beside the flow loss. */
const LAMBDA = 2
/** Share of the steps that is pure flow matching. */
const WARM_UP_SHARE = 0.75
const LANGEVIN_STEPS = 200
const LANGEVIN_STEP_SIZE = 0.01
/** Temperature: 0 up to t = τ*, linear to ε_max at t = 1, ε_max beyond. */
const TAU = 0.8
const MAX_TEMPERATURE = 0.15

const draws = new Float64Array(4)

/**
 * Energy matching as published: flow matching along transport paths, then the same loss plus λ times
 * the contrastive divergence, with fresh unadjusted Langevin negatives, half from noise under the
 * temperature schedule, half from data at ε_max.
 *
 * The published energy E has its Gibbs measure at ε_max = 0.15; this lab's V has it at 1, hence
 * E = ε_max V: L_flow = ½ mean ε_max²|∇V + v/ε_max|², L_CD = ε_max(mean V(data) − mean V(negatives)).
 * Differences: the lab's network and learning-rate schedule, source noise N(0, I), and reflection at the
 * walls of Ω, without which chains that leave Ω are lost from the loss.
 * Source: Balcerak et al. (2025), arXiv 2504.10612.
 */
export const energyMatching: Objective = {
  id: 'energy-matching',
  shape: DEFAULT_SHAPE,
  steps: 1720,
  rate: (step, steps) => rampedCosine(1e-2, step, steps),
  prepare(context) {
    const warmUp = Math.ceil(WARM_UP_SHARE * context.steps)
    return {
      warmUp,
      async step(step, theta, state, gradient) {
        const tuples = tuplesOf(context, step, step >= warmUp)
        if (step >= warmUp) {
          await moveNegatives(context, step, theta, tuples.xy.subarray(4 * BATCH))
        }
        const loss = await context.energy.accumulate(theta, tuples, gradient)
        return { loss, acceptance: null, state }
      },
      onDevice: {
        begin: (_, state) => state,
        plan(step) {
          const joint = step >= warmUp
          const tuples = tuplesOf(context, step, joint)
          if (!joint) return { tuples, negatives: null, evaluations: 0 }
          return {
            tuples,
            negatives: {
              kind: 'langevin',
              seed: context.seed,
              purpose: Purpose.chains,
              counter: firstCounter(step),
              count: BATCH,
              moves: LANGEVIN_STEPS,
              // A step Δt of E at ε(t) is a step ε_max Δt of V at ε(t)/ε_max.
              eta: LANGEVIN_STEP_SIZE * MAX_TEMPERATURE,
              epsilon: 1,
              hot: BATCH / 2,
              rampFrom: TAU,
            },
            evaluations: LANGEVIN_STEPS * BATCH,
          }
        },
      },
    }
  },
}

/** The points of a step: those of the flow loss and, in the joint phase, data and negatives at their start. */
function tuplesOf(
  context: ObjectiveContext,
  step: number,
  joint: boolean,
): Tuples & { readonly xy: Float32Array } {
  const { tuples, time } = flowMatchingBatch(context, step, BATCH, PATH_SIGMA)
  const n = joint ? 3 * BATCH : BATCH
  const xy = new Float32Array(2 * n)
  const c = new Float32Array(n)
  const w = new Float32Array(BATCH)
  const u = new Float32Array(2 * BATCH)
  xy.set(tuples.xy)
  for (let i = 0; i < BATCH; i++) {
    // In the joint phase the flow loss fades out over the times with a temperature above 0.
    const fade = joint ? Math.min(1, (1 - time[i]!) / (1 - TAU)) : 1
    w[i] = (fade * MAX_TEMPERATURE * MAX_TEMPERATURE) / (2 * BATCH)
    u[2 * i] = tuples.u[2 * i]! / MAX_TEMPERATURE
    u[2 * i + 1] = tuples.u[2 * i + 1]! / MAX_TEMPERATURE
  }
  if (joint) {
    context.problem.batch(context.steps + 2 * step, BATCH, xy.subarray(2 * BATCH, 4 * BATCH))
    startNegatives(context, step, xy.subarray(4 * BATCH))
    c.fill((LAMBDA * MAX_TEMPERATURE) / BATCH, BATCH, 2 * BATCH)
    c.fill((-LAMBDA * MAX_TEMPERATURE) / BATCH, 2 * BATCH)
  }
  return { xy, c, w, u }
}

function temperature(t: number): number {
  return MAX_TEMPERATURE * Math.min(1, Math.max(0, (t - TAU) / (1 - TAU)))
}

/** The draws of a step's negatives: their start, then one for each Langevin step. */
function firstCounter(step: number): number {
  return step * (LANGEVIN_STEPS + 1)
}

/** Half the negatives at data, half at N(0, I) in Ω. */
function startNegatives({ problem, seed, steps }: ObjectiveContext, step: number, x: Float32Array) {
  const key = { seed, purpose: Purpose.chains }
  const half = BATCH / 2
  problem.batch(steps + 2 * step + 1, half, x.subarray(0, 2 * half))
  for (let i = half; i < BATCH; i++) {
    gaussianPair(key, i, firstCounter(step), draws)
    x[2 * i] = fold(draws[0]!, problem.halfWidth)
    x[2 * i + 1] = fold(draws[1]!, problem.halfWidth)
  }
}

/** x ← x − Δt∇E + √(2ε(t)Δt) ξ for 200 steps; t runs from 0 to 1 for the half that started at noise. */
async function moveNegatives(
  context: ObjectiveContext,
  step: number,
  theta: Float32Array,
  x: Float32Array,
): Promise<void> {
  const { problem, energy, seed } = context
  const key = { seed, purpose: Purpose.chains }
  const half = BATCH / 2
  const value = new Float32Array(BATCH)
  const slope = new Float32Array(2 * BATCH)
  const hot = Math.sqrt(2 * MAX_TEMPERATURE * LANGEVIN_STEP_SIZE)
  for (let m = 1; m <= LANGEVIN_STEPS; m++) {
    await energy.evaluate(theta, x, value, slope)
    const warming = Math.sqrt(2 * temperature(m / LANGEVIN_STEPS) * LANGEVIN_STEP_SIZE)
    for (let i = 0; i < BATCH; i++) {
      gaussianPair(key, i, firstCounter(step) + m, draws)
      const spread = i < half ? hot : warming
      for (let k = 0; k < 2; k++) {
        const drift = LANGEVIN_STEP_SIZE * MAX_TEMPERATURE * slope[2 * i + k]!
        x[2 * i + k] = fold(x[2 * i + k]! - drift + spread * draws[k]!, problem.halfWidth)
      }
    }
  }
}
