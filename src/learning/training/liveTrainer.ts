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

/** The trainer keeps a state to return to every KEEP_EVERY steps. */
const KEEP_EVERY = 25
/** Each return halves the rate; FORGIVE_AFTER good steps double it again. */
const FORGIVE_AFTER = 100
/** Most returns without a good stretch between them; beyond it the trainer throws. */
const MAX_RETURNS = 6

/** The settings of one step of a live training. */
export interface LiveStep {
  /** Learning rate of Adam. */
  readonly rate: number
  readonly size: QuadratureSize
}

export interface LiveStepReport {
  /** Adam steps made since the beginning, including this one unless it failed. */
  readonly step: number
  /** mean V(data) + log Ẑ of the batch, an estimate of the cross-entropy, nats, world units, and the small far-field term. */
  readonly loss: number
  /** Whether non-finite values sent the parameters back to the last good ones. */
  readonly returned: boolean
}

export interface LiveTrainerOptions {
  readonly seed: number
  readonly problem: TrainingProblem
  readonly kernel: EnergyKernel
  /** Opens a kernel that checks non-finite values, as in `TrainerOptions`. */
  readonly check?: () => EnergyKernel | null
}

/**
 * A training by quadrature whose target may change between any two steps: θ and Adam's moments stay, so that
 * training goes on from the learned energy. Unlike a `Trainer` it has neither an end nor a schedule of its own;
 * its result depends on the sequence of its calls.
 */
export class LiveTrainer {
  /** Adam steps made, including those that a return undid; failed steps do not count. */
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
  /** Steps that failed since the beginning; each moves the counter of the noise on by one. */
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
   * Trains on another target from the next step on.
   * @throws RangeError when the target has another Ω: the confinement is part of the energy
   */
  retarget(problem: TrainingProblem): void {
    if (problem.halfWidth !== this.problem.halfWidth)
      throw new RangeError(
        `retarget: found half width ${problem.halfWidth}, the energy lives on ${this.problem.halfWidth}`,
      )
    this.problem = problem
  }

  /**
   * Makes one Adam step. A step that throws (a lost device) does not change the state.
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

  /** @throws BackendFault where the same step gives finite values on the kernel of `check` */
  private async checkKernel(live: LiveStep): Promise<void> {
    const trusted = this.check?.() ?? null
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
    // The same noise would lead to the same non-finite values again.
    this.failed++
    return { step: this.step, loss: Number.NaN, returned: true }
  }

  /** The objective at a size, prepared once; its steps read the current problem and kernel. */
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
  // The sum is finite exactly if all values are: finite float32 values cannot overflow a float64 sum.
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  if (!Number.isFinite(sum)) throw new NonFiniteError()
}
