import { BackendFault } from '../kernels/deadline.ts'
import type { EnergyKernel, NetworkShape } from '../kernels/kernel.ts'
import { parameterLayout } from '../kernels/kernel.ts'
import { adamStep, startAdam } from './adam.ts'
import type { AdamState } from './adam.ts'
import { DivergenceError } from './api.ts'
import type { EnergyModel, TrainingProblem } from './api.ts'
import { accumulateModel, evaluateModel, initialParameters, penaltyStartOf } from './model.ts'
import type { ObjectiveRun, TrainingEnergy } from './objectives/objective.ts'
import { prepareQuadrature, quadrature, type QuadratureSize } from './objectives/quadrature.ts'

/** The network of a live training: that of the objective `quadrature`. */
export const LIVE_SHAPE: NetworkShape = quadrature.shape

/** A state to fall back on is kept every so many steps. */
const KEEP_EVERY = 25
/** Each return halves the rate; it doubles again with every so many good steps. */
const FORGIVE_AFTER = 100
/** Returns without a good stretch between them after which nothing is tried any more. */
const MAX_RETURNS = 6

/** What a step of a live training is told. */
export interface LiveStep {
  /** Learning rate of Adam. */
  readonly rate: number
  readonly size: QuadratureSize
}

export interface LiveStepReport {
  /** Adam steps done since the beginning, this one included unless it was returned from. */
  readonly step: number
  /** mean V(data) + log Ẑ of the batch: an estimate of the cross-entropy, nats, world units. */
  readonly loss: number
  /** Whether non-finite values sent the parameters back to the last good ones. */
  readonly returned: boolean
}

export interface LiveTrainerOptions {
  readonly seed: number
  readonly problem: TrainingProblem
  readonly kernel: EnergyKernel
  /** A kernel that non-finite values are checked with, as in `TrainerOptions`. */
  readonly check?: () => Promise<EnergyKernel | null>
}

/**
 * A training by quadrature whose target may change between any two steps: θ and the moments of Adam stay,
 * so that it goes on from the energy that it has learned. Unlike a `Trainer` it has no end and no
 * schedule of its own; its result depends on when it was told what.
 */
export class LiveTrainer {
  /** Adam steps done, those that a return undid included; a step that failed is none. */
  step = 0
  /** Samples × evaluations of ∇ₓV or ∇θ. */
  gradientEvaluations = 0

  private readonly seed: number
  private readonly penaltyStart: number
  private readonly gradient: Float32Array
  private readonly runs = new Map<QuadratureSize, ObjectiveRun>()
  private readonly check: LiveTrainerOptions['check']
  private kernel: EnergyKernel
  private problem: TrainingProblem
  private theta: Float32Array
  private adam: AdamState
  private kept: { readonly theta: Float32Array; readonly adam: AdamState }
  private rateScale = 1
  /** Steps that failed since the beginning: each moves the noise on by one. */
  private failed = 0
  private returns = 0
  private goodSteps = 0

  constructor({ seed, problem, kernel, check }: LiveTrainerOptions) {
    this.seed = seed
    this.check = check
    this.problem = problem
    this.kernel = kernel
    this.penaltyStart = penaltyStartOf(problem.halfWidth)
    const { length } = parameterLayout(kernel.shape)
    this.gradient = new Float32Array(length)
    this.theta = initialParameters(kernel.shape, seed)
    this.adam = startAdam(length)
    this.kept = { theta: this.theta, adam: this.adam }
  }

  /**
   * Data of another target from the next step on.
   * @throws RangeError when it lives on another Ω: the confinement is part of the energy
   */
  retarget(problem: TrainingProblem): void {
    if (problem.halfWidth !== this.problem.halfWidth)
      throw new RangeError(
        `retarget: found half width ${problem.halfWidth}, the energy lives on ${this.problem.halfWidth}`,
      )
    this.problem = problem
  }

  /**
   * One Adam step. A step that throws (a lost device) leaves the state as it was.
   * @throws DivergenceError when good states lead to non-finite values again and again
   */
  async advance(live: LiveStep): Promise<LiveStepReport> {
    let made
    try {
      made = await this.make(live)
    } catch (error) {
      if (!(error instanceof NonFiniteError)) throw error
      await this.checkKernel(live)
      return this.goBack()
    }
    const { theta, state, loss } = made
    this.theta = theta
    this.adam = state
    this.step++
    if (++this.goodSteps % KEEP_EVERY === 0) this.kept = { theta: this.theta, adam: this.adam }
    if (this.goodSteps % FORGIVE_AFTER === 0) {
      this.returns = 0
      this.rateScale = Math.min(1, 2 * this.rateScale)
    }
    return { step: this.step, loss, returned: false }
  }

  /** A copy of the current energy. */
  model(): EnergyModel {
    return {
      shape: this.kernel.shape,
      theta: this.theta.slice(),
      halfWidth: this.problem.halfWidth,
      penaltyStart: this.penaltyStart,
      transform: null,
    }
  }

  /** Goes on with another kernel (a lost device) without touching the state. */
  useKernel(kernel: EnergyKernel): void {
    if (parameterLayout(kernel.shape).length !== this.gradient.length)
      throw new RangeError('the new kernel is for another network')
    this.kernel = kernel
  }

  private async make({ rate, size }: LiveStep) {
    const counter = this.step + this.failed
    const { loss } = await this.runOf(size).step(counter, this.theta, NO_STATE, this.gradient)
    const next = adamStep(this.adam, this.theta, this.gradient, rate * this.rateScale)
    requireFinite(next.theta)
    return { ...next, loss }
  }

  /** @throws BackendFault where the same step has numbers on the kernel that values are checked with */
  private async checkKernel(live: LiveStep): Promise<void> {
    const trusted = (await this.check?.()) ?? null
    if (trusted === null) return
    const { kernel } = this
    this.kernel = trusted
    try {
      await this.make(live)
    } catch (error) {
      if (error instanceof NonFiniteError) return
      throw error
    } finally {
      this.kernel = kernel
      trusted.dispose()
    }
    throw new BackendFault('it returned values that are not numbers')
  }

  private goBack(): LiveStepReport {
    this.returns++
    if (this.returns > MAX_RETURNS)
      throw new DivergenceError(
        `The live training met non-finite values at step ${this.step + 1} again after ${MAX_RETURNS} ` +
          'returns to a good state, each with half the learning rate.',
      )
    this.theta = this.kept.theta
    this.adam = this.kept.adam
    this.rateScale *= 0.5
    this.goodSteps = 0
    // With the same noise it would go the same way again, and end at the same place.
    this.failed++
    return { step: this.step, loss: Number.NaN, returned: true }
  }

  /** The objective at a size, set up once; it sees whatever problem and kernel are current. */
  private runOf(size: QuadratureSize): ObjectiveRun {
    const known = this.runs.get(size)
    if (known !== undefined) return known
    const run = prepareQuadrature(size, {
      seed: this.seed,
      steps: Infinity,
      problem: {
        halfWidth: this.problem.halfWidth,
        batch: (step, n, out) => {
          this.problem.batch(step, n, out)
        },
      },
      energy: this.energy(),
    })
    this.runs.set(size, run)
    return run
  }

  private energy(): TrainingEnergy {
    const { penaltyStart } = this
    return {
      evaluate: async (theta, xy, value, gradient) => {
        await evaluateModel(this.kernel, { theta, penaltyStart }, xy, value, gradient)
        this.gradientEvaluations += value.length
        requireFinite(value)
      },
      accumulate: async (theta, tuples, out) => {
        const loss = await accumulateModel(this.kernel, { theta, penaltyStart }, tuples, out)
        this.gradientEvaluations += tuples.c.length
        if (!Number.isFinite(loss)) throw new NonFiniteError()
        requireFinite(out)
        return loss
      },
    }
  }
}

class NonFiniteError extends Error {}

const NO_STATE = { arrays: {}, scalars: {} }

function requireFinite(values: Float32Array): void {
  // One sum finds a NaN or an infinity anywhere: finite float32 values cannot overflow a float64 sum.
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  if (!Number.isFinite(sum)) throw new NonFiniteError()
}
