import type { ObjectiveId } from '../ids.ts'
import type { BlockStep, TrainBlock } from '../kernels/block.ts'
import { BackendFault } from '../kernels/deadline.ts'
import { parameterLayout } from '../kernels/kernel.ts'
import type { EnergyKernel, Tuples } from '../kernels/kernel.ts'
import { adamFactors, adamStep, isReachable, startAdam } from './adam.ts'
import type { AdamState } from './adam.ts'
import { DivergenceError } from './api.ts'
import type {
  Chains,
  EnergyModel,
  StepReport,
  Trainer,
  TrainerCheckpoint,
  TrainerOptions,
} from './api.ts'
import { accumulateModel, evaluateModel, initialParameters, penaltyStartOf } from './model.ts'
import type { ObjectiveState, TrainingEnergy } from './objectives/objective.ts'
import { OBJECTIVES } from './objectives/registry.ts'

/** The trainer keeps a state to roll back to every KEEP_EVERY steps. */
const KEEP_EVERY = 25
/** Most rollbacks. Each halves the rate; after six it is 1/64 of the recipe's, too small to learn. */
const MAX_ROLLBACKS = 6

/** The state of a training. A step replaces it and changes nothing in place. */
interface TrainingState {
  readonly step: number
  readonly theta: Float32Array
  readonly adam: AdamState
  readonly objective: ObjectiveState
  readonly loss: number
}

class NonFiniteError extends Error {}

/**
 * A training run: a pure function of its options. `advance` makes one Adam step, `advanceBlock` a block of them
 * where the kernel can. A call that throws (a lost device) leaves the state unchanged, so that the caller can
 * repeat it on another kernel.
 * @throws RangeError when the checkpoint belongs to another network
 */
export function createTrainer(options: TrainerOptions): Trainer {
  return new ResumableTrainer(options)
}

class ResumableTrainer implements Trainer {
  private readonly objectiveId: ObjectiveId
  private readonly options: TrainerOptions
  private readonly penaltyStart: number
  private readonly run
  private kernel: EnergyKernel
  private state: TrainingState
  private kept: TrainingState
  private rateScale: number
  private rollbacks: number
  private evaluations: number
  private readonly gradient: Float32Array

  constructor(options: TrainerOptions) {
    this.options = options
    this.objectiveId = options.objective
    this.kernel = options.kernel
    this.penaltyStart = penaltyStartOf(options.problem.halfWidth)
    const { length } = parameterLayout(options.kernel.shape)
    this.gradient = new Float32Array(length)
    const { checkpoint } = options
    if (checkpoint === undefined) {
      this.state = {
        step: 0,
        theta: initialParameters(options.kernel.shape, options.seed),
        adam: startAdam(length),
        objective: { arrays: {}, scalars: {} },
        loss: 0,
      }
      this.kept = this.state
      this.rateScale = 1
      this.rollbacks = 0
      this.evaluations = 0
    } else {
      this.state = readState(checkpoint, 'now.', length)
      this.kept = readState(checkpoint, 'kept.', length)
      this.rateScale = scalar(checkpoint, 'rateScale')
      this.rollbacks = scalar(checkpoint, 'rollbacks')
      this.evaluations = scalar(checkpoint, 'evaluations')
    }
    this.run = OBJECTIVES[options.objective].prepare({
      seed: options.seed,
      steps: options.steps,
      problem: options.problem,
      energy: this.energy(),
    })
  }

  get step(): number {
    return this.state.step
  }

  get steps(): number {
    return this.options.steps
  }

  get gradientEvaluations(): number {
    return this.evaluations
  }

  async advance(): Promise<StepReport> {
    const [report] = await this.advanceBlock(1)
    return report!
  }

  async advanceBlock(limit: number): Promise<readonly StepReport[]> {
    if (this.state.step >= this.steps)
      throw new RangeError(`the training ended at step ${this.steps}`)
    const { evaluations } = this
    try {
      return this.kernel.trainBlock === undefined
        ? [await this.hostStep()]
        : await this.deviceSteps(limit, this.kernel.trainBlock)
    } catch (error) {
      // The caller makes the step again, which counts its evaluations again.
      this.evaluations = evaluations
      throw error
    }
  }

  private async hostStep(): Promise<StepReport> {
    const { state } = this
    let made
    try {
      made = await this.stepFrom(state)
    } catch (error) {
      if (error instanceof NonFiniteError) return this.rollBack(state.step + 1)
      throw error
    }
    const { next, acceptance } = made
    this.state = next
    if (next.step % KEEP_EVERY === 0) this.kept = next
    return {
      step: next.step,
      loss: next.loss,
      phase: this.phase(state.step),
      acceptance,
      recovery: null,
    }
  }

  private async stepFrom(
    state: TrainingState,
  ): Promise<{ readonly next: TrainingState; readonly acceptance: number | null }> {
    const result = await this.run.step(state.step, state.theta, state.objective, this.gradient)
    const rate = this.rateScale * OBJECTIVES[this.objectiveId].rate(state.step, this.steps)
    const updated = adamStep(state.adam, state.theta, this.gradient, rate)
    requireFinite(updated.theta)
    const next = {
      step: state.step + 1,
      theta: updated.theta,
      adam: updated.state,
      objective: result.state,
      loss: result.loss,
    }
    return { next, acceptance: result.acceptance }
  }

  checkpoint(): TrainerCheckpoint {
    const arrays: Record<string, Float32Array> = {}
    const scalars: Record<string, number> = {
      rateScale: this.rateScale,
      rollbacks: this.rollbacks,
      evaluations: this.evaluations,
    }
    writeState(this.state, 'now.', arrays, scalars)
    writeState(this.kept, 'kept.', arrays, scalars)
    return { step: this.state.step, arrays, scalars }
  }

  get chainsFrom(): number {
    return OBJECTIVES[this.objectiveId].hasChains === true ? this.run.warmUp : this.steps
  }

  chains(): Chains | null {
    const { arrays, scalars } = this.state.objective
    return arrays.chains === undefined
      ? null
      : { xy: arrays.chains, moved: scalars.moved ?? Number.NaN }
  }

  model(): EnergyModel {
    return {
      shape: this.kernel.shape,
      theta: this.state.theta.slice(),
      halfWidth: this.options.problem.halfWidth,
      penaltyStart: this.penaltyStart,
      transform: null,
    }
  }

  useKernel(kernel: EnergyKernel): void {
    if (parameterLayout(kernel.shape).length !== this.gradient.length) {
      throw new RangeError('the new kernel is for another network')
    }
    this.kernel = kernel
  }

  private phase(step: number): StepReport['phase'] {
    return step < this.run.warmUp ? 'warm-up' : 'main'
  }

  /**
   * Makes a block of steps on the device. It ends at the latest where the trainer keeps a state and where the
   * warm-up ends, so that the state of a rollback does not depend on the lengths of the blocks.
   */
  private async deviceSteps(limit: number, trainBlock: TrainBlock): Promise<readonly StepReport[]> {
    const { state, run, penaltyStart } = this
    const from = state.step
    const end = Math.min(
      from + Math.max(1, limit),
      this.steps,
      from - (from % KEEP_EVERY) + KEEP_EVERY,
      from < run.warmUp ? run.warmUp : Infinity,
    )
    const objective = run.onDevice.begin(from, state.objective)
    let { firstPower, secondPower } = state.adam
    const block = Array.from({ length: end - from }, (_, k): BlockStep => {
      const { tuples, negatives, evaluations } = run.onDevice.plan(from + k)
      this.evaluations += evaluations + (tuples.w === null ? 1 : 2) * tuples.c.length
      const rate = this.rateScale * OBJECTIVES[this.objectiveId].rate(from + k, this.steps)
      const factors = adamFactors({ firstPower, secondPower }, rate)
      firstPower = factors.firstPower
      secondPower = factors.secondPower
      return { tuples, negatives, stride: factors.stride, scale: factors.scale }
    })
    const { chains } = objective.arrays
    const result = await trainBlock(
      { halfWidth: this.options.problem.halfWidth, penaltyStart },
      {
        theta: state.theta,
        mean: state.adam.mean,
        square: state.adam.square,
        chains: chains === undefined ? null : { xy: chains, stepSize: objective.scalars.stepSize! },
      },
      block,
    )
    const bad = result.losses.findIndex((loss) => !Number.isFinite(loss))
    if (bad >= 0) return [await this.rollBack(from + bad + 1)]
    const { theta, mean, square } = result
    const moved = result.chains?.xy ?? result.theta
    if (![theta, mean, square, moved].every(allFinite)) return [await this.rollBack(end)]
    const strides = block.map(({ stride, scale }) => stride / Math.sqrt(scale))
    if (!isReachable({ theta: state.theta, square: state.adam.square }, { theta, square }, strides))
      throw new BackendFault('it returned parameters that no training step leads to')
    this.state = {
      step: end,
      theta,
      adam: { mean, square, firstPower, secondPower },
      objective:
        result.chains === null
          ? objective
          : {
              arrays: { chains: result.chains.xy },
              scalars: {
                stepSize: result.chains.stepSize,
                moved: result.moved.reduce(
                  (sum, change) => sum + change,
                  objective.scalars.moved ?? Number.NaN,
                ),
              },
            },
      loss: result.losses.at(-1)!,
    }
    if (end % KEEP_EVERY === 0) this.kept = this.state
    return block.map(({ negatives }, k) => ({
      step: from + k + 1,
      loss: result.losses[k]!,
      phase: this.phase(from + k),
      acceptance: negatives?.kind === 'chains' ? result.acceptances[k]! : null,
      recovery: null,
    }))
  }

  /** @param failed the step that gave non-finite values */
  private async rollBack(failed: number): Promise<StepReport> {
    await this.checkKernel(failed)
    this.rollbacks++
    if (this.rollbacks > MAX_ROLLBACKS) {
      throw new DivergenceError(
        `Training met non-finite values at step ${failed} again after ${MAX_ROLLBACKS} returns to a good state, ` +
          `each with half the learning rate. The last good state is step ${this.kept.step}.`,
      )
    }
    this.state = this.kept
    this.rateScale *= 0.5
    return {
      step: this.state.step,
      loss: this.state.loss,
      phase: this.phase(this.state.step),
      acceptance: null,
      recovery:
        `Non-finite values at step ${failed}: went back to step ${this.state.step} ` +
        `and lowered the learning rate to 1/${1 / this.rateScale} of the recipe's.`,
    }
  }

  /**
   * Repeats the steps up to the failed one on the kernel of `options.check`.
   * @throws BackendFault where that kernel finds finite values, so that the backend is at fault
   */
  private async checkKernel(failed: number): Promise<void> {
    const trusted = this.options.check?.() ?? null
    if (trusted === null) return
    const { kernel, evaluations } = this
    let { state } = this
    this.kernel = trusted
    try {
      while (state.step < failed) state = (await this.stepFrom(state)).next
    } catch (error) {
      if (error instanceof NonFiniteError) return
      throw error
    } finally {
      this.kernel = kernel
      this.evaluations = evaluations
      trusted.dispose()
    }
    throw new BackendFault('it returned values that are not numbers')
  }

  /** The energy for the objectives: counts evaluations and throws on non-finite values. */
  private energy(): TrainingEnergy {
    return {
      evaluate: async (theta, xy, value, gradient) => {
        const model = { theta, penaltyStart: this.penaltyStart }
        await evaluateModel(this.kernel, model, xy, value, gradient)
        this.evaluations += value.length
        requireFinite(value)
        if (gradient !== null) requireFinite(gradient)
      },
      accumulate: async (theta, tuples: Tuples, out) => {
        const model = { theta, penaltyStart: this.penaltyStart }
        const loss = await accumulateModel(this.kernel, model, tuples, out)
        this.evaluations += (tuples.w === null ? 1 : 2) * tuples.c.length
        if (!Number.isFinite(loss)) throw new NonFiniteError()
        requireFinite(out)
        return loss
      },
    }
  }
}

function allFinite(values: Float32Array): boolean {
  // The sum is finite exactly if all values are: finite float32 values cannot overflow a float64 sum.
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  return Number.isFinite(sum)
}

function requireFinite(values: Float32Array): void {
  if (!allFinite(values)) throw new NonFiniteError()
}

function writeState(
  state: TrainingState,
  prefix: string,
  arrays: Record<string, Float32Array>,
  scalars: Record<string, number>,
): void {
  arrays[`${prefix}theta`] = state.theta.slice()
  arrays[`${prefix}mean`] = state.adam.mean.slice()
  arrays[`${prefix}square`] = state.adam.square.slice()
  scalars[`${prefix}step`] = state.step
  scalars[`${prefix}loss`] = state.loss
  scalars[`${prefix}firstPower`] = state.adam.firstPower
  scalars[`${prefix}secondPower`] = state.adam.secondPower
  for (const [name, values] of Object.entries(state.objective.arrays)) {
    arrays[`${prefix}objective.${name}`] = values.slice()
  }
  for (const [name, value] of Object.entries(state.objective.scalars)) {
    scalars[`${prefix}objective.${name}`] = value
  }
}

function readState(checkpoint: TrainerCheckpoint, prefix: string, length: number): TrainingState {
  const parameters = (name: string) => {
    const values = checkpoint.arrays[prefix + name]
    if (values?.length !== length) {
      throw new RangeError(
        `checkpoint: ${prefix}${name} has ${values?.length ?? 0} entries, the network has ${length} parameters`,
      )
    }
    return Float32Array.from(values)
  }
  const inner = `${prefix}objective.`
  const arrays: Record<string, Float32Array> = {}
  for (const [name, values] of Object.entries(checkpoint.arrays)) {
    if (name.startsWith(inner)) arrays[name.slice(inner.length)] = Float32Array.from(values)
  }
  const scalars: Record<string, number> = {}
  for (const [name, value] of Object.entries(checkpoint.scalars)) {
    if (name.startsWith(inner)) scalars[name.slice(inner.length)] = value
  }
  return {
    step: scalar(checkpoint, `${prefix}step`),
    theta: parameters('theta'),
    adam: {
      mean: parameters('mean'),
      square: parameters('square'),
      firstPower: scalar(checkpoint, `${prefix}firstPower`),
      secondPower: scalar(checkpoint, `${prefix}secondPower`),
    },
    objective: { arrays, scalars },
    loss: scalar(checkpoint, `${prefix}loss`),
  }
}

function scalar(checkpoint: TrainerCheckpoint, name: string): number {
  const value = checkpoint.scalars[name]
  if (value === undefined) throw new RangeError(`checkpoint: ${name} is missing`)
  return value
}
