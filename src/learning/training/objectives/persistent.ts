import { exp, log } from '../../../core/maths/elementary.ts'
import { fold } from '../../../core/maths/grid.ts'
import { Purpose, gaussianPair, hash4, unit } from '../../../core/maths/rng.ts'
import { mean } from '../../../core/maths/statistics.ts'
import type { Tuples } from '../../kernels/kernel.ts'
import { rampedCosine } from '../adam.ts'
import { DEFAULT_SHAPE } from '../model.ts'
import { DataHistogram } from './dataHistogram.ts'
import { blurredHistogram, contrast, type BlurredData } from './farField.ts'
import { flowMatchingBatch } from './flowMatching.ts'
import type { Objective, ObjectiveContext, ObjectiveState } from './objective.ts'

const WARM_UP_STEPS = 100
const WARM_UP_BATCH = 128
const BATCH = 256
const CHAINS = 256
const MALA_STEPS = 1
/** Largest norm of the chains' drift, world units; clipped in proposal and reverse proposal alike. */
const CLIP = 0.25
const FIRST_STEP_SIZE = 0.02
const LEAST_STEP_SIZE = 1e-5
const LARGEST_STEP_SIZE = 0.3
const TARGET_ACCEPTANCE = 0.6
const ADAPTATION = 0.1

const words = new Uint32Array(4)
const draws = new Float64Array(4)

/**
 * Maximum likelihood by persistent contrastive divergence (PCD) with Metropolis-adjusted chains. After a short
 * flow-matching warm-up, half the chains start at the data and half at a Gaussian. Each step makes one jump
 * (independence Metropolis–Hastings with proposals from a histogram of the data) and one MALA step, then follows ∇θ of
 * mean V(data) − mean V(chains) and of the far-field term. The chains never restart, and MALA refuses proposals outside Ω.
 */
export const persistent: Objective = {
  id: 'persistent',
  shape: DEFAULT_SHAPE,
  steps: 1720,
  hasChains: true,
  rate: (step, steps) => rampedCosine(1e-2, step, steps),
  prepare(context) {
    const warmUp = Math.min(WARM_UP_STEPS, Math.ceil(context.steps / 10))
    let made: ChainStepper | null = null
    // The first step with chains makes them: they look at the data more than once.
    const chainsOf = () => (made ??= new ChainStepper(context))
    const warmUpTuples = (step: number) => flowMatchingBatch(context, step, WARM_UP_BATCH, 0).tuples
    return {
      warmUp,
      async step(step, theta, state, gradient) {
        if (step < warmUp) {
          const loss = await context.energy.accumulate(theta, warmUpTuples(step), gradient)
          return { loss, acceptance: null, state }
        }
        const chains = chainsOf()
        const moved = await chains.advance(step, theta, step === warmUp ? chains.start() : state)
        const tuples = chains.tuples(step)
        negativesOf(tuples).set(moved.state.arrays.chains!)
        const loss = await context.energy.accumulate(theta, tuples, gradient)
        return { loss, acceptance: moved.acceptance, state: moved.state }
      },
      onDevice: {
        begin: (step, state) => (step === warmUp ? chainsOf().start() : state),
        plan(step) {
          if (step < warmUp) return { tuples: warmUpTuples(step), negatives: null, evaluations: 0 }
          const chains = chainsOf()
          const { histogram } = chains
          const tuples = chains.tuples(step)
          histogram.draw(chains.key, 4 * step + 1, negativesOf(tuples))
          return {
            tuples,
            negatives: {
              kind: 'chains',
              jumps: histogram.jumps,
              seed: context.seed,
              purpose: Purpose.chains,
              counter: 4 * step + 1,
              count: CHAINS,
              moves: MALA_STEPS,
              clip: CLIP,
              targetAcceptance: TARGET_ACCEPTANCE,
              adaptation: ADAPTATION,
              leastStep: LEAST_STEP_SIZE,
              largestStep: LARGEST_STEP_SIZE,
            },
            evaluations: (2 + MALA_STEPS) * CHAINS,
          }
        },
      },
    }
  },
}

/**
 * Σ over the moves of the change of mean V over the chains, at the θ of each move; NaN from a checkpoint of before it was
 * kept.
 */
function movedBy(state: ObjectiveState, change: number): number {
  return (state.scalars.moved ?? Number.NaN) + change
}

/** The coordinates of the negatives among the points of a step. */
function negativesOf({ xy }: Tuples): Float32Array {
  return xy.subarray(xy.length - 2 * CHAINS)
}

/**
 * The negative chains at ε = 1: x′ ~ N(x − D(x), 2d I) with D = clip(d∇V), accepted with
 * log a = V(x) − V(x′) − |x − x′ + D(x′)|²/4d + |ξ|²/2.
 */
class ChainStepper {
  readonly key
  readonly histogram: DataHistogram
  private readonly context: ObjectiveContext
  private readonly blurred: BlurredData
  private readonly both = new Float32Array(4 * CHAINS)
  private readonly bothValue = new Float32Array(2 * CHAINS)
  private readonly bothGradient = new Float32Array(4 * CHAINS)
  private readonly proposal = new Float32Array(2 * CHAINS)
  private readonly proposalValue = new Float32Array(CHAINS)
  private readonly proposalGradient = new Float32Array(2 * CHAINS)
  private readonly drift = new Float64Array(2)
  private readonly noise = new Float64Array(2 * CHAINS)
  private readonly uniform = new Float64Array(CHAINS)

  constructor(context: ObjectiveContext) {
    this.context = context
    this.histogram = new DataHistogram(context)
    this.blurred = blurredHistogram(this.histogram)
    this.key = { seed: context.seed, purpose: Purpose.chains }
  }

  /** Far field and data of a step, and room for the chains. */
  tuples(step: number): Tuples {
    return contrast(this.context, step, BATCH, CHAINS, this.blurred)
  }

  /** Half the chains at data (of a batch that no training step uses), half at N(0, I) in Ω. */
  start(): ObjectiveState {
    const { problem, steps } = this.context
    const chains = new Float32Array(2 * CHAINS)
    const half = CHAINS / 2
    problem.batch(steps, half, chains.subarray(0, 2 * half))
    for (let i = half; i < CHAINS; i++) {
      gaussianPair(this.key, i, 0, draws)
      chains[2 * i] = fold(draws[0]!, problem.halfWidth)
      chains[2 * i + 1] = fold(draws[1]!, problem.halfWidth)
    }
    return { arrays: { chains }, scalars: { stepSize: FIRST_STEP_SIZE, moved: 0 } }
  }

  /** One jump and one MALA step at θ. Counters 4·step + 1 and 4·step + 2 belong to this step. */
  async advance(
    step: number,
    theta: Float32Array,
    state: ObjectiveState,
  ): Promise<{ state: ObjectiveState; acceptance: number }> {
    const { energy } = this.context
    const { both, bothValue, bothGradient, histogram } = this
    const x = state.arrays.chains!.slice()

    // The jumps need V at the chains, and MALA needs ∇V at the chains or at the jumps; one evaluation gives both.
    both.set(x)
    histogram.draw(this.key, 4 * step + 1, both.subarray(2 * CHAINS))
    await energy.evaluate(theta, both, bothValue, bothGradient)
    const value = bothValue.slice(0, CHAINS)
    const before = mean(value)
    const gradient = bothGradient.slice(0, 2 * CHAINS)
    for (let i = 0; i < CHAINS; i++) {
      hash4(this.key, i, 4 * step + 1, words)
      const here = bothValue[i]! + histogram.logDensity(both[2 * i]!, both[2 * i + 1]!)
      const there =
        bothValue[CHAINS + i]! +
        histogram.logDensity(both[2 * (CHAINS + i)]!, both[2 * (CHAINS + i) + 1]!)
      if (log(unit(words[2]!)) >= here - there) continue
      value[i] = bothValue[CHAINS + i]!
      for (let k = 2 * i; k < 2 * i + 2; k++) {
        x[k] = both[2 * CHAINS + k]!
        gradient[k] = bothGradient[2 * CHAINS + k]!
      }
    }

    let d = state.scalars.stepSize!
    let accepted = 0
    for (let m = 0; m < MALA_STEPS; m++) {
      const rate = await this.mala(4 * step + 2 + m, theta, x, value, gradient, d)
      d *= exp(ADAPTATION * (rate - TARGET_ACCEPTANCE))
      d = Math.min(LARGEST_STEP_SIZE, Math.max(LEAST_STEP_SIZE, d))
      accepted += rate
    }
    return {
      state: {
        arrays: { chains: x },
        scalars: { stepSize: d, moved: movedBy(state, mean(value) - before) },
      },
      acceptance: accepted / MALA_STEPS,
    }
  }

  /** One MALA step with step size d; x, value and gradient are overwritten. Returns the acceptance rate. */
  private async mala(
    counter: number,
    theta: Float32Array,
    x: Float32Array,
    value: Float32Array,
    gradient: Float32Array,
    d: number,
  ): Promise<number> {
    const { proposal, proposalValue, proposalGradient, noise, drift, uniform } = this
    const wall = this.context.problem.halfWidth
    const spread = Math.sqrt(2 * d)
    for (let i = 0; i < CHAINS; i++) {
      gaussianPair(this.key, i, counter, draws)
      noise[2 * i] = draws[0]!
      noise[2 * i + 1] = draws[1]!
      uniform[i] = draws[2]!
      this.clippedDrift(gradient, i, d)
      proposal[2 * i] = x[2 * i]! - drift[0]! + spread * draws[0]!
      proposal[2 * i + 1] = x[2 * i + 1]! - drift[1]! + spread * draws[1]!
    }
    await this.context.energy.evaluate(theta, proposal, proposalValue, proposalGradient)
    let accepted = 0
    for (let i = 0; i < CHAINS; i++) {
      const px = proposal[2 * i]!
      const py = proposal[2 * i + 1]!
      if (Math.abs(px) > wall || Math.abs(py) > wall) continue
      this.clippedDrift(proposalGradient, i, d)
      const backX = x[2 * i]! - px + drift[0]!
      const backY = x[2 * i + 1]! - py + drift[1]!
      const forward = noise[2 * i]! * noise[2 * i]! + noise[2 * i + 1]! * noise[2 * i + 1]!
      const logRatio =
        value[i]! - proposalValue[i]! - (backX * backX + backY * backY) / (4 * d) + forward / 2
      if (log(uniform[i]!) >= logRatio) continue
      accepted++
      x[2 * i] = px
      x[2 * i + 1] = py
      value[i] = proposalValue[i]!
      gradient[2 * i] = proposalGradient[2 * i]!
      gradient[2 * i + 1] = proposalGradient[2 * i + 1]!
    }
    return accepted / CHAINS
  }

  /** D = d∇V, shortened to norm 0.25 where longer. */
  private clippedDrift(gradient: Float32Array, i: number, d: number): void {
    const dx = d * gradient[2 * i]!
    const dy = d * gradient[2 * i + 1]!
    const norm = Math.sqrt(dx * dx + dy * dy)
    const scale = norm > CLIP ? CLIP / norm : 1
    this.drift[0] = scale * dx
    this.drift[1] = scale * dy
  }
}
