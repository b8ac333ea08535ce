import { nearestKl } from '../../../core/analysis/estimators/nearestEntropy.ts'
import { trainingLedger, type ChainReading } from '../../../core/analysis/trainingLedger.ts'
import type { EnergyField } from '../../../core/fields/energyField.ts'
import { gibbs, gibbsSampler } from '../../../core/fields/gibbs.ts'
import type { Box } from '../../../core/maths/grid.ts'
import { Purpose } from '../../../core/maths/rng.ts'
import { isOnDevice } from '../../../learning/ids.ts'
import type { EnergyKernel } from '../../../learning/kernels/kernel.ts'
import { isSynchronous } from '../../../learning/kernels/simd/simdKernel.ts'
import {
  DivergenceError,
  type Backend,
  type EnergyModel,
  type StepReport,
  type Trainer,
  type TrainerCheckpoint,
} from '../../../learning/training/api.ts'
import { networkShape } from '../../../learning/training/recipe.ts'
import { createTrainer } from '../../../learning/training/trainer.ts'
import type { TrainingCheckpoint } from '../../protocol/calls.ts'
import type { TableError, TrainingPoint, TrainingSummary } from '../../protocol/result.ts'
import type { SceneSpec } from '../../scene/sceneSpec.ts'
import type { Backends } from './backends.ts'
import { BlockLength } from './blockLength.ts'
import { Slicer, type Environment } from '../environment.ts'
import { landscapeOf } from '../landscape.ts'
import { Leaving } from './leaving.ts'
import { openEnergy, trustedKernel } from '../energies/openEnergy.ts'
import { Aborted, Refusal } from '../refusal.ts'
import type { ResolvedTarget } from '../energies/resolveTarget.ts'
import { strayStart } from '../energies/strayStart.ts'
import { kernelEnergy, tabulate, type BatchEnergy } from '../energies/tabulate.ts'
import { largestDifference, tableErrorOf } from '../energies/tableError.ts'

/** How a training ended, with its last parameters that were good. */
export interface TrainingOutcome {
  readonly outcome: 'finished' | 'aborted' | 'diverged'
  readonly model: EnergyModel
  readonly summary: TrainingSummary
  /** With the backend and the number of steps really used. */
  readonly scene: SceneSpec
}

export interface TrainingJobOptions {
  readonly environment: Environment
  readonly backends: Backends
  readonly scene: SceneSpec
  readonly target: ResolvedTarget
  readonly checkpoint?: TrainingCheckpoint | undefined
  readonly paused?: boolean | undefined
}

/** Most cells a side of the live table. */
const LIVE_CELLS = 64
/** Most measurements of quality in a training; their steps depend on the number of steps alone. */
const MEASUREMENTS = 40
/** Shortest time between two events of a kind, seconds; doubled where the scene has more than MANY particles to draw. */
const PROGRESS_INTERVAL = 0.1
const LANDSCAPE_INTERVAL = 0.25
const MANY = 25_000
/** Least and greatest time between two checkpoints, seconds; within these limits a share of the time trained so far. */
const CHECKPOINT_INTERVALS = [0.5, 5] as const
const CHECKPOINT_SHARE = 0.25
/** Largest share of the time that the live table may take. */
const LANDSCAPE_SHARE = 0.15
/** Most steps of the probe that times a training given in seconds, and the largest share of those seconds for it. */
const PROBE_STEPS = 40
const PROBE_SHARE = 0.1
/** The first steps of the probe compile code and are not timed; the later ones run in blocks. */
const COMPILING_STEPS = 6
const PROBE_BLOCK = 8
/** Points at which the live table is compared with the network. */
const PROBE_POINTS = 256

/**
 * One training: owns the trainer, measures as it goes, and can be paused, stepped and aborted between
 * steps. Pausing, and resuming from a checkpoint, change no number of the result.
 */
export class TrainingJob {
  readonly scene: SceneSpec
  readonly done: Promise<TrainingOutcome>
  /** The coarse table of the current energy; null before the first one. */
  live: EnergyField | null = null

  private readonly environment: Environment
  private kernel: EnergyKernel | null = null
  private readonly backends: Backends
  private readonly target: ResolvedTarget
  private readonly slicer: Slicer
  private readonly box: Box
  private readonly liveBox: Box

  private readonly patience: number
  private paused: boolean
  private stepsAllowed = 0
  private aborted = false
  private readonly leaving = new Leaving()
  private wake: (() => void) | null = null

  private elapsed = 0
  private resumedAt = 0
  private history: TrainingPoint[] = []
  private lossSum = 0
  private lossCount = 0
  /** Whether a measurement at the current step is due. */
  private unmeasured = false
  private gradientEvaluations = 0

  private pendingLosses: { step: number; loss: number }[] = []
  private pendingHistory: TrainingPoint[] = []
  private rate = 0
  /** Whether `rate` was measured over a whole second. */
  private rateMeasured = false
  private rateSince = { step: 0, elapsed: 0 }
  private lastProgress = -Infinity
  private lastLandscape = -Infinity
  private landscapeCost = 0
  private landscapeStep = -1
  private lastCheckpoint = 0

  constructor(options: TrainingJobOptions) {
    this.environment = options.environment
    this.backends = options.backends
    this.scene = options.scene
    this.target = options.target
    this.slicer = new Slicer(options.environment)
    const { halfWidth, cells } = options.scene.domain
    this.box = { halfWidth, cells }
    this.liveBox = { halfWidth, cells: Math.min(LIVE_CELLS, cells) }
    this.patience = options.scene.dynamics.particles > MANY ? 2 : 1
    this.paused = options.paused ?? false
    this.done = this.run(options.checkpoint)
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
    this.wake?.()
  }

  /** Allows one Adam step; a running training pauses after it. */
  step(): void {
    this.paused = true
    this.stepsAllowed++
    this.wake?.()
  }

  abort(): void {
    this.aborted = true
    this.wake?.()
    this.leaving.leave(this.done)
  }

  private async run(from: TrainingCheckpoint | undefined): Promise<TrainingOutcome> {
    const { training, seed } = this.scene
    let backend = await this.leaving.wait(this.backends.open(training.backend))
    const problem = this.target.problem(seed, this.box.halfWidth)
    const shape = networkShape(training.objective)
    let kernel = (this.kernel = backend.kernel(shape))
    const create = (steps: number, checkpoint?: TrainerCheckpoint): Trainer =>
      createTrainer({
        seed,
        objective: training.objective,
        steps,
        problem,
        kernel,
        check: () => (isOnDevice(backend.name) ? trustedKernel(this.environment, shape) : null),
        ...(checkpoint === undefined ? {} : { checkpoint }),
      })
    /** Goes on with another backend; the failed call has left the trainer unchanged. */
    const replace = async (error: unknown): Promise<void> => {
      if (error instanceof Aborted) this.backends.giveUp(backend, 'the GPU did not answer')
      if (error instanceof Aborted || error instanceof Refusal || backend.name === 'cpu')
        throw error
      kernel.dispose()
      backend = await this.leaving.wait(this.backends.replace(backend, error))
      kernel = this.kernel = backend.kernel(shape)
    }

    let steps = training.steps
    while (steps === null) {
      try {
        steps = await this.stepsWithin(training.seconds ?? 0, create)
      } catch (error) {
        await replace(error)
      }
    }
    if (from !== undefined) {
      this.elapsed = from.elapsedSeconds
      this.history = [...from.history]
      this.lossSum = from.lossWindow.sum
      this.lossCount = from.lossWindow.count
    }
    const trainer = create(steps, from?.trainer)
    this.rateSince = { step: trainer.step, elapsed: this.elapsed }
    let diverged = false
    try {
      this.resumedAt = this.environment.clock()
      this.lastCheckpoint = this.resumedAt
      while (trainer.step < steps && !this.aborted && !diverged) {
        try {
          const lost = backend.lost()
          if (lost !== null) throw lost
          await this.turn(trainer, steps)
        } catch (error) {
          if (error instanceof DivergenceError) diverged = true
          else {
            await replace(error).catch(unlessAborted)
            trainer.useKernel(kernel)
          }
        }
      }
      if (this.unmeasured) await this.measure(trainer)
      const total = this.settleClock()
      this.emitProgress(trainer, steps)
      // A later training can resume an aborted one from this checkpoint.
      if (this.aborted) this.emitCheckpoint(trainer)
      this.gradientEvaluations = trainer.gradientEvaluations
      const model = this.withTransform(trainer.model())
      const summary = await this.conclude(model, backend, trainer.step, total)
      return {
        outcome: diverged ? 'diverged' : this.aborted ? 'aborted' : 'finished',
        model,
        summary,
        scene: {
          ...this.scene,
          training: { ...training, steps, seconds: null, backend: backend.name },
        },
      }
    } finally {
      kernel.dispose()
      this.live = null
    }
  }

  /** Makes a block of steps and what is due after it, or rests while paused. */
  private async turn(trainer: Trainer, steps: number): Promise<void> {
    if (this.unmeasured) await this.measure(trainer)
    if (this.live === null) await this.refreshLandscape(trainer)
    if (this.paused && this.stepsAllowed === 0) {
      await this.rest(trainer, steps)
      return
    }
    const reports = await this.advance(trainer, steps)
    if (this.stepsAllowed > 0) this.stepsAllowed--
    for (const report of reports) this.note(report)
    const report = reports.at(-1)!
    this.unmeasured = report.recovery === null && isMeasured(report.step, steps, trainer)
    if (this.unmeasured) await this.measure(trainer)
    await this.publish(trainer, steps)
    await this.slicer.breathe()
  }

  /**
   * Makes a block of steps, which ends before messages wait too long and at the next measurement at the latest;
   * after `step`, the block is one step.
   */
  private async advance(trainer: Trainer, steps: number): Promise<readonly StepReport[]> {
    const { clock } = this.environment
    const left = nextMeasured(trainer, steps) - trainer.step
    const limit = this.stepsAllowed > 0 ? 1 : Math.min(this.blockLength.steps, left)
    const start = clock()
    const reports = await this.leaving.wait(trainer.advanceBlock(limit))
    this.blockLength.note(reports.length, clock() - start)
    return reports
  }

  /** Emits landscape, progress and a checkpoint, then waits while paused. */
  private async rest(trainer: Trainer, steps: number): Promise<void> {
    this.settleClock()
    await this.refreshLandscape(trainer)
    this.emitProgress(trainer, steps)
    this.emitCheckpoint(trainer)
    await new Promise<void>((resolve) => {
      this.wake = resolve
      if (!this.paused || this.stepsAllowed > 0 || this.aborted) resolve()
    })
    this.wake = null
    this.resumedAt = this.environment.clock()
  }

  /** Adds the time since the clock was last settled to the time spent training. */
  private settleClock(): number {
    const now = this.environment.clock()
    this.elapsed += now - this.resumedAt
    this.resumedAt = now
    return this.elapsed
  }

  private note(report: StepReport): void {
    this.phase = report.phase
    if (report.recovery !== null) {
      this.environment.emit('notice', {
        level: 'warning',
        about: 'training recovery',
        text: report.recovery,
      })
      // The trainer went back to `report.step` and will measure the later steps again.
      this.history = this.history.filter(({ step }) => step <= report.step)
      return
    }
    this.lossSum += report.loss
    this.lossCount++
    this.pendingLosses.push({ step: report.step, loss: report.loss })
  }

  private phase: StepReport['phase'] = 'warm-up'
  private readonly blockLength = new BlockLength()

  /** The number of steps that fit into `seconds`, timed on a short training that is discarded. */
  private async stepsWithin(seconds: number, create: (steps: number) => Trainer): Promise<number> {
    const { clock } = this.environment
    const start = clock()
    const trainer = create(PROBE_STEPS)
    let timedFrom = start
    let timed = 0
    while (trainer.step < PROBE_STEPS && clock() - start < PROBE_SHARE * seconds) {
      const compiling = trainer.step < COMPILING_STEPS
      const reports = await this.leaving.wait(trainer.advanceBlock(compiling ? 1 : PROBE_BLOCK))
      if (compiling) timedFrom = clock()
      else timed += reports.length
      await this.slicer.breathe()
    }
    const perStep =
      timed > 0 ? (clock() - timedFrom) / timed : (clock() - start) / Math.max(1, trainer.step)
    const left = seconds - (clock() - start)
    return Math.min(200_000, Math.max(1, Math.floor(left / perStep)))
  }

  private async measure(trainer: Trainer): Promise<void> {
    const field = await this.tabulateLive(trainer)
    this.unmeasured = false
    if (field === null) return
    const { step } = trainer
    const pi = gibbs(field, 1)
    const quality = this.target.measure(field, pi)
    const chains = this.readChains(trainer, pi.logZ)
    const point: TrainingPoint = {
      step,
      seconds: this.settleClock(),
      loss: this.lossSum / Math.max(1, this.lossCount),
      ...quality,
      ...(chains === null ? {} : { chains }),
    }
    this.lossSum = 0
    this.lossCount = 0
    this.history.push(point)
    this.pendingHistory.push(point)
  }

  /** The chains under the energy at hand, by the network; null without chains. */
  private readChains(trainer: Trainer, logZ: number): ChainReading | null {
    const chains = trainer.chains()
    if (chains === null || !Number.isFinite(chains.moved)) return null
    const xy = Float64Array.from(chains.xy)
    const surprise = new Float64Array(xy.length / 2)
    this.liveEnergy(trainer.model())(xy, surprise, new Float64Array(xy.length))
    for (let i = 0; i < surprise.length; i++) surprise[i] = surprise[i]! + logZ
    const read = nearestKl(xy, surprise)
    if (read === null) return null
    const { crossEntropy, entropy, standardError } = read
    return { crossEntropy, entropy, standardError, moved: chains.moved }
  }

  /**
   * The coarse table of the current energy; null where V or ∇V is not finite. This thread evaluates the parameters
   * for every backend, so that a slow device keeps making steps and measurements depend on the parameters alone.
   */
  private async tabulateLive(trainer: Trainer): Promise<EnergyField | null> {
    if (this.live !== null && this.landscapeStep === trainer.step) return this.live
    const { step } = trainer
    try {
      const grid = await tabulate(this.liveBox, this.liveEnergy(trainer.model()), this.slicer)
      this.live = { grid, barriers: [] }
      this.landscapeStep = step
      return this.live
    } catch (error) {
      if (error instanceof RangeError) return null
      throw error
    }
  }

  private async publish(trainer: Trainer, steps: number): Promise<void> {
    const now = this.environment.clock()
    if (now - this.lastProgress >= this.patience * PROGRESS_INTERVAL)
      this.emitProgress(trainer, steps)
    const wait = Math.max(this.patience * LANDSCAPE_INTERVAL, this.landscapeCost / LANDSCAPE_SHARE)
    if (now - this.lastLandscape >= wait) await this.refreshLandscape(trainer)
    const [shortest, longest] = CHECKPOINT_INTERVALS
    const rest = Math.min(longest, Math.max(shortest, CHECKPOINT_SHARE * this.settleClock()))
    if (now - this.lastCheckpoint >= rest) this.emitCheckpoint(trainer)
  }

  private emitProgress(trainer: Trainer, steps: number): void {
    const now = this.environment.clock()
    this.lastProgress = now
    const elapsed = this.settleClock()
    const since = elapsed - this.rateSince.elapsed
    // The first steps compile code, so the rate is renewed at every event until one whole second is measured.
    if (since >= 1 || !this.rateMeasured) {
      this.rate = since > 0 ? (trainer.step - this.rateSince.step) / since : 0
      if (since >= 1) {
        this.rateSince = { step: trainer.step, elapsed }
        this.rateMeasured = true
      }
    }
    this.environment.emit('trainingProgress', {
      step: trainer.step,
      steps,
      phase: this.phase,
      paused: this.paused,
      elapsedSeconds: elapsed,
      remainingSeconds: this.rate > 0 ? (steps - trainer.step) / this.rate : null,
      stepsPerSecond: this.rate,
      losses: this.pendingLosses,
      history: this.pendingHistory,
      chains: trainer.chains()?.xy.slice() ?? null,
    })
    this.pendingLosses = []
    this.pendingHistory = []
  }

  private async refreshLandscape(trainer: Trainer): Promise<void> {
    const start = this.environment.clock()
    this.lastLandscape = start
    const field = await this.tabulateLive(trainer)
    if (field === null) return
    const { epsilon } = this.scene.dynamics
    const tableError = this.liveTableError(field, trainer.model())
    this.environment.emit('landscape', {
      step: trainer.step,
      landscape: landscapeOf(field, epsilon, gibbs(field, epsilon).logZ),
      tableError,
    })
    this.landscapeCost = this.environment.clock() - start
  }

  private liveTableError({ grid }: EnergyField, model: EnergyModel): TableError {
    const key = { seed: this.scene.seed, purpose: Purpose.probe }
    const points = gibbsSampler({ grid, barriers: [] }, 1).sample(key, PROBE_POINTS)
    return largestDifference(grid, points, this.liveEnergy(model))
  }

  /** Evaluates a model on the kernel where that is synchronous, in float64 elsewhere. */
  private liveEnergy(model: EnergyModel): BatchEnergy {
    const { kernel } = this
    return kernel !== null && isSynchronous(kernel)
      ? kernelEnergy(kernel, model)
      : openEnergy(this.environment, model)
  }

  private emitCheckpoint(trainer: Trainer): void {
    this.lastCheckpoint = this.environment.clock()
    this.environment.emit('checkpoint', {
      scene: {
        ...this.scene,
        training: { ...this.scene.training, steps: trainer.steps, seconds: null },
      },
      elapsedSeconds: this.settleClock(),
      history: this.history,
      lossWindow: { sum: this.lossSum, count: this.lossCount },
      trainer: trainer.checkpoint(),
    })
  }

  private withTransform(model: EnergyModel): EnergyModel {
    return { ...model, transform: this.target.transform }
  }

  private async conclude(
    model: EnergyModel,
    backend: Backend,
    steps: number,
    seconds: number,
  ): Promise<TrainingSummary> {
    const energy = openEnergy(this.environment, model)
    // No run samples from an aborted energy, so the coarse table is enough.
    const box = this.aborted ? this.liveBox : this.box
    const grid = await tabulate(box, energy, this.slicer)
    const field: EnergyField = { grid, barriers: [] }
    return {
      backend: backend.name,
      steps,
      seconds,
      gradientEvaluations: this.gradientEvaluations,
      ...this.target.conclude(field, this.scene.seed),
      strayStart: strayStart(field),
      tableError: await tableErrorOf(field, energy, this.slicer),
      history: this.history,
      ledger: ledgerOf(this.history),
    }
  }
}

/** The first move of the chains opens the ledger: what they are like before is no law of a step. */
function isMeasured(step: number, steps: number, { chainsFrom }: Trainer): boolean {
  return step === steps || step === chainsFrom + 1 || step % Math.ceil(steps / MEASUREMENTS) === 0
}

/** The first step after this one that is measured. */
function nextMeasured({ step, chainsFrom }: Trainer, steps: number): number {
  const interval = Math.ceil(steps / MEASUREMENTS)
  const opening = step <= chainsFrom ? chainsFrom + 1 : steps
  return Math.min(steps, opening, step - (step % interval) + interval)
}

/** The last line of the ledger of a training. */
function ledgerOf(history: readonly TrainingPoint[]): TrainingSummary['ledger'] {
  const last = trainingLedger(history.flatMap(({ chains }) => chains ?? [])).at(-1)
  if (last === undefined) return null
  const { sampling, parameters, change } = last
  return { sampling, parameters, change }
}

function unlessAborted(error: unknown): void {
  if (!(error instanceof Aborted)) throw error
}
