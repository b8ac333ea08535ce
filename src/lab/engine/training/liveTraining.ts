import type { EnergyField, EnergyGrid } from '../../../core/fields/energyField.ts'
import { gibbs, gibbsSampler } from '../../../core/fields/gibbs.ts'
import { cos } from '../../../core/maths/elementary.ts'
import { nodeCoordinate, type Box } from '../../../core/maths/grid.ts'
import { Purpose } from '../../../core/maths/rng.ts'
import { isOnDevice } from '../../../learning/ids.ts'
import { BackendFault } from '../../../learning/kernels/deadline.ts'
import type { EnergyKernel } from '../../../learning/kernels/kernel.ts'
import { DivergenceError, type Backend, type EnergyModel } from '../../../learning/training/api.ts'
import { LIVE_SHAPE, LiveTrainer } from '../../../learning/training/liveTrainer.ts'
import {
  CHEAP_SIZE,
  FULL_SIZE,
  type QuadratureSize,
} from '../../../learning/training/objectives/quadrature.ts'
import { tableError, tabulateModel } from '../../../learning/training/tabulate.ts'
import type { LandscapeUpdate, LiveFrame } from '../../protocol/calls.ts'
import type { TrainingPoint, TrainingSummary } from '../../protocol/result.ts'
import { samePart } from '../../scene/normalise.ts'
import type { SceneSpec } from '../../scene/sceneSpec.ts'
import type { Backends } from './backends.ts'
import { Slicer, type Environment } from '../environment.ts'
import { landscapeOf } from '../landscape.ts'
import { LiveClouds } from './liveClouds.ts'
import { Leaving } from './leaving.ts'
import { openEnergy, trustedKernel } from '../energies/openEnergy.ts'
import { Aborted, Refusal } from '../refusal.ts'
import type { Quality, ResolvedTarget } from '../energies/resolveTarget.ts'
import { strayStart } from '../energies/strayStart.ts'
import { tabulate, type BatchEnergy } from '../energies/tabulate.ts'
import { tableErrorOf } from '../energies/tableError.ts'

/** Learning rate at the start of a target, and at the end of the cosine. */
export const PEAK_RATE = 1e-2
export const RESTING_RATE = 2e-4
/** Duration of the cosine from PEAK_RATE to RESTING_RATE, seconds, where the backend makes FEWEST_STEPS in that time. */
const HORIZON = 0.8
/** Fewest steps of the cosine; a slower backend takes longer than HORIZON for them. */
const FEWEST_STEPS = 250
/** Share of the cosine during which the trainer uses the cheap size of the quadrature. */
const CHEAP_SHARE = 0.4
/** A smaller improvement of the score does not restart the patience, nats. */
const IMPROVEMENT = 1e-3
/** At the resting rate, the training settles after this many steps and seconds without an improvement. */
const PATIENCE_STEPS = 100
const PATIENCE_SECONDS = 0.5
/** Most cells a side of the live table. */
const LIVE_CELLS = 64
/** Shortest time between two tables, seconds, and the largest share of the time that tables may take. */
const SHOW_INTERVAL = 0.16
const SHOW_SHARE = 0.2
/** Shortest time between two measurements of the stray start while learning, seconds, and the largest share of the time for them. */
const STRAY_INTERVAL = 1
const STRAY_SHARE = 0.03
/** Points at which the live table is compared with the network. */
const PROBE_POINTS = 256
/** Most measurements in the history; beyond it every second one is dropped. */
const MOST_HISTORY = 400

/** The energy on show: the best one measured since the last change of target. */
interface Shown {
  readonly model: EnergyModel
  readonly field: EnergyField
  readonly quality: Quality
  readonly score: number
  /** Training from the draw of the parameters to this energy. */
  readonly effort: Effort
}

interface Effort {
  /** Adam steps. */
  readonly step: number
  /** Seconds spent in the steps. */
  readonly seconds: number
  readonly gradientEvaluations: number
}

interface Stray {
  readonly value: number | null
  readonly of: EnergyField | null
  /** Seconds on the clock. */
  readonly next: number
}

export interface LiveTrainingOptions {
  readonly environment: Environment
  readonly backends: Backends
  readonly scene: SceneSpec
  readonly target: ResolvedTarget
}

/** A live energy with its measurements. */
export interface KeptLive {
  readonly scene: SceneSpec
  readonly model: EnergyModel
  readonly summary: TrainingSummary
}

/**
 * Progress of the learning-rate schedule after a step, in [0, 1].
 * @param progress before the step: 0 at the start of a target, 1 at the resting rate
 * @param seconds from the end of the step before to the end of this one
 */
export function cooled(progress: number, seconds: number): number {
  return Math.min(1, progress + Math.min(seconds / HORIZON, 1 / FEWEST_STEPS))
}

/** The learning rate at a progress: half a cosine from the peak to the resting rate. */
export function liveRate(progress: number): number {
  return RESTING_RATE + (PEAK_RATE - RESTING_RATE) * 0.5 * (1 + cos(PI * progress))
}

const PI = 3.141592653589793

/**
 * A training that follows its target: each new target starts from the parameters learned so far. It shows the
 * best energy measured since the last change of target (by KL where the density is known, by the cross-entropy
 * of the validation points where it is not), rests when the score no longer improves, and wakes with the next target.
 *
 * The parameters depend on wall time, hence on the machine; `keep` therefore returns weights, not a recipe.
 */
export class LiveTraining {
  /** Resolves when the training has ended; rejects where no backend trains. */
  readonly done: Promise<void>
  /** Number of the current target: 1, 2, … */
  target = 1

  private readonly environment: Environment
  private readonly backends: Backends
  private readonly slicer: Slicer
  private readonly clouds: LiveClouds
  private readonly box: Box
  private scene: SceneSpec
  private resolved: ResolvedTarget
  private trainer: LiveTrainer | null = null
  private kernel: EnergyKernel | null = null
  private backend: Backend | null = null

  private ended = false
  private readonly leaving = new Leaving()
  private wake: (() => void) | null = null
  private settled = false

  /** Progress of the learning-rate schedule: 0 at the start of a target, 1 at the resting rate. */
  private progress = 0
  private takenUpAt: number
  private takenUpStep = 0
  private trainingSeconds = 0
  /** Seconds spent in steps over all targets, since the parameters were drawn. */
  private allSeconds = 0
  private lastStepAt: number
  private improvedAt = { step: 0, seconds: 0 }

  private shown: Shown | null = null
  /** The energy that the particles move on; after a change of target it stays until the next table. */
  private lastField: EnergyField | null = null
  /** The last `landscape` event, without its arrays, which were transferred. */
  private lastLandscape:
    | (Omit<LandscapeUpdate, 'landscape'> & { readonly landscape: { readonly epsilon: number } })
    | null = null
  /** The stray start as it was last measured, of which energy, and from when on another one may be. */
  private stray: Stray = { value: null, of: null, next: -Infinity }
  private lastShow = -Infinity
  private showCost = 0
  private lossSum = 0
  private lossCount = 0
  private history: TrainingPoint[] = []
  private pace = { step: 0, at: 0, stepsPerSecond: 0 }

  constructor(options: LiveTrainingOptions) {
    const { environment, scene, target } = options
    this.environment = environment
    this.backends = options.backends
    this.slicer = new Slicer(environment)
    this.scene = scene
    this.resolved = target
    this.clouds = new LiveClouds(environment.clock, scene, target)
    this.box = liveBox(scene)
    const now = environment.clock()
    this.takenUpAt = now
    this.lastStepAt = now
    this.pace = { step: 0, at: now, stepsPerSecond: 0 }
    this.done = this.run()
  }

  /** Whether this training can go on to a scene: it must run, and box, seed and backend must be the same. */
  fits(scene: SceneSpec): boolean {
    return (
      !this.ended &&
      scene.seed === this.scene.seed &&
      scene.domain.halfWidth === this.scene.domain.halfWidth &&
      scene.training.backend === this.scene.training.backend
    )
  }

  /**
   * Goes on to another target with the parameters learned so far; the learning rate starts again. A scene with
   * the same target only changes how the particles move and the ε at which the landscape is drawn.
   */
  retarget(scene: SceneSpec, target: ResolvedTarget): void {
    if (samePart(scene.target, this.scene.target)) {
      this.scene = scene
      this.clouds.retarget(scene, target)
      this.republish()
      return
    }
    this.target++
    this.scene = scene
    this.resolved = target
    this.trainer?.retarget(this.problem())
    this.clouds.retarget(scene, target)
    this.beginAnew()
    this.wake?.()
  }

  /** Moves both clouds up to n steps on the energy on show; null before the first table and where no time is left. */
  advance(steps: number): LiveFrame | null {
    return this.lastField === null ? null : this.clouds.advance(this.lastField, steps)
  }

  end(): void {
    this.ended = true
    this.wake?.()
    this.leaving.leave(this.done)
  }

  /**
   * The energy on show, with its final measurements on the scene's own table and the training that led to it; later
   * steps do not count. Null before the first table.
   */
  async keep(): Promise<KeptLive | null> {
    const { shown, scene, resolved, backend } = this
    if (shown === null || backend === null) return null
    const { step, seconds, gradientEvaluations } = shown.effort
    const history = this.history.filter((point) => point.step <= step)
    const model = { ...shown.model, transform: resolved.transform }
    const energy = openEnergy(this.environment, model)
    const { halfWidth, cells } = scene.domain
    const grid = await tabulate({ halfWidth, cells }, energy, this.slicer)
    const field: EnergyField = { grid, barriers: [] }
    return {
      scene: {
        ...scene,
        training: {
          ...scene.training,
          objective: 'quadrature',
          steps: Math.max(1, step),
          seconds: null,
          backend: backend.name,
        },
      },
      model,
      summary: {
        backend: backend.name,
        steps: step,
        seconds,
        gradientEvaluations,
        ...resolved.conclude(field, scene.seed),
        strayStart: strayStart(field),
        tableError: await tableErrorOf(field, energy, this.slicer),
        history,
        ledger: null,
      },
    }
  }

  /** Restarts the schedule and discards the measurements. */
  private beginAnew(): void {
    this.progress = 0
    this.shown = null
    this.history = []
    this.lossSum = 0
    this.lossCount = 0
    this.trainingSeconds = 0
    this.takenUpAt = this.environment.clock()
    this.takenUpStep = this.trainer?.step ?? 0
    this.lastStepAt = this.takenUpAt
    this.settled = false
  }

  /** Emits the landscape on show again where the scene's ε has changed. */
  private republish(): void {
    if (this.lastLandscape === null || this.lastField === null) return
    const { epsilon } = this.scene.dynamics
    if (epsilon === this.lastLandscape.landscape.epsilon) return
    const landscape = landscapeOf(this.lastField, epsilon, gibbs(this.lastField, epsilon).logZ)
    this.emitLandscape({ ...this.lastLandscape, landscape })
  }

  private emitLandscape(update: LandscapeUpdate): void {
    const { epsilon } = update.landscape
    this.lastLandscape = { ...update, landscape: { epsilon } }
    this.environment.emit('landscape', update)
  }

  private problem() {
    return this.resolved.problem(this.scene.seed, this.box.halfWidth)
  }

  private async run(): Promise<void> {
    let backend = await this.leaving.wait(this.backends.open(this.scene.training.backend))
    let kernel = backend.kernel(LIVE_SHAPE)
    this.backend = backend
    this.kernel = kernel
    const begin = () =>
      (this.trainer = new LiveTrainer({
        seed: this.scene.seed,
        problem: this.problem(),
        kernel,
        check: () =>
          isOnDevice(backend.name) ? trustedKernel(this.environment, LIVE_SHAPE) : null,
      }))
    let trainer = begin()
    // Opening a backend may take seconds; the clock of the first target starts when its training does.
    this.takenUpAt = this.environment.clock()
    this.lastStepAt = this.takenUpAt
    this.pace = { step: 0, at: this.takenUpAt, stepsPerSecond: 0 }
    try {
      while (!this.isOver()) {
        try {
          const lost = backend.lost()
          if (lost !== null) throw lost
          await this.turn(trainer)
        } catch (error) {
          if (error instanceof DivergenceError) {
            trainer = begin()
            this.allSeconds = 0
            this.beginAnew()
            this.environment.emit('notice', {
              level: 'warning',
              about: 'training recovery',
              text: `${error.message} It begins again from new parameters.`,
            })
            continue
          }
          if (error instanceof Aborted) {
            this.backends.giveUp(backend, 'the GPU did not answer')
            break
          }
          if (backend.name === 'cpu' || error instanceof Refusal) throw error
          kernel.dispose()
          backend = await this.leaving.wait(this.backends.replace(backend, error))
          kernel = backend.kernel(LIVE_SHAPE)
          this.backend = backend
          this.kernel = kernel
          trainer.useKernel(kernel)
        }
      }
    } finally {
      this.ended = true
      kernel.dispose()
    }
  }

  /** Reads `ended` anew at every check: a message may have called `end` in between. */
  private isOver(): boolean {
    return this.ended
  }

  private async turn(trainer: LiveTrainer): Promise<void> {
    if (!this.settled && this.showIsDue()) await this.show(trainer)
    if (this.isOver()) return
    if (this.settled) {
      await this.rest()
      return
    }
    await this.step(trainer)
    await this.slicer.breathe()
  }

  private async step(trainer: LiveTrainer): Promise<void> {
    const { target } = this
    const size: QuadratureSize = this.progress < CHEAP_SHARE ? CHEAP_SIZE : FULL_SIZE
    const begun = this.environment.clock()
    const { loss, returned } = await this.leaving.wait(
      trainer.advance({ rate: liveRate(this.progress), size }),
    )
    const now = this.environment.clock()
    this.allSeconds += now - begun
    // If the target changed during the step, `retarget` has already restarted clock and schedule.
    if (target !== this.target) return
    this.trainingSeconds += now - begun
    this.progress = cooled(this.progress, now - this.lastStepAt)
    this.lastStepAt = now
    if (returned) {
      this.environment.emit('notice', {
        level: 'warning',
        about: 'training recovery',
        text: `Non-finite values at step ${trainer.step + 1} of the live training: it went back to the last good state at half the learning rate.`,
      })
      return
    }
    this.lossSum += loss
    this.lossCount++
  }

  private async rest(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.wake = resolve
      if (!this.settled || this.ended) resolve()
    })
    this.wake = null
    this.lastStepAt = this.environment.clock()
    this.pace = { ...this.pace, at: this.lastStepAt }
  }

  private showIsDue(): boolean {
    const wait = Math.max(SHOW_INTERVAL, this.showCost / SHOW_SHARE)
    return this.environment.clock() - this.lastShow >= wait
  }

  /** Measures the current energy, publishes it where it is the best so far, and settles when due. */
  private async show(trainer: LiveTrainer): Promise<void> {
    const { environment, target, resolved, kernel } = this
    if (kernel === null) return
    const start = environment.clock()
    this.lastShow = start
    const { step, gradientEvaluations } = trainer
    const effort = { step, seconds: this.allSeconds, gradientEvaluations }
    const model = trainer.model()
    const grid = await this.leaving.wait(tabulateModel(kernel, model, this.box))
    if (this.backend !== null && isOnDevice(this.backend.name))
      checkTable(grid, openEnergy(environment, model))
    const field: EnergyField = { grid, barriers: [] }
    // The target may have changed while the device was busy.
    if (target !== this.target || this.ended) return
    const quality = measured(resolved, field)
    const score = quality.klDataModel ?? quality.crossEntropy ?? Infinity
    const better = this.note({ model, field, quality, score, effort })
    if (better) await this.publish(kernel, model, field, step)
    if (target !== this.target || this.ended) return
    this.settleWhenDue(step)
    this.measureStray()
    this.emitProgress(step)
    this.showCost = environment.clock() - start
  }

  private note(measured: Shown): boolean {
    const { shown } = this
    const { step } = measured.effort
    const seconds = this.environment.clock() - this.takenUpAt
    this.history.push({
      step,
      seconds,
      loss: this.lossCount === 0 ? 0 : this.lossSum / this.lossCount,
      ...measured.quality,
    })
    // MOST_HISTORY is even, so that the filter keeps the first and the newest measurement.
    if (this.history.length > MOST_HISTORY)
      this.history = this.history.filter((_, i) => i % 2 === 0)
    this.lossSum = 0
    this.lossCount = 0
    if (!Number.isFinite(measured.score)) return false
    if (shown !== null && measured.score >= shown.score) return false
    if (shown === null || measured.score < shown.score - IMPROVEMENT)
      this.improvedAt = { step, seconds }
    this.shown = measured
    this.lastField = measured.field
    return true
  }

  private settleWhenDue(step: number): void {
    const seconds = this.environment.clock() - this.takenUpAt
    this.settled =
      this.progress >= 1 &&
      step - this.improvedAt.step >= PATIENCE_STEPS &&
      seconds - this.improvedAt.seconds >= PATIENCE_SECONDS
  }

  /** The stray start of the energy on show: always where the training settles, and now and then while it learns. */
  private measureStray(): void {
    const { lastField: field, environment } = this
    const start = environment.clock()
    if (field === null || field === this.stray.of) return
    if (!this.settled && start < this.stray.next) return
    const value = strayStart(field)
    const now = environment.clock()
    const next = now + Math.max(STRAY_INTERVAL, (now - start) / STRAY_SHARE)
    this.stray = { value, of: field, next }
  }

  private async publish(
    kernel: EnergyKernel,
    model: EnergyModel,
    field: EnergyField,
    step: number,
  ): Promise<void> {
    const { epsilon } = this.scene.dynamics
    const key = { seed: this.scene.seed, purpose: Purpose.probe }
    const points = gibbsSampler(field, 1).sample(key, PROBE_POINTS)
    this.emitLandscape({
      step,
      landscape: landscapeOf(field, epsilon, gibbs(field, epsilon).logZ),
      tableError: await this.leaving.wait(tableError(kernel, model, field.grid, points)),
    })
  }

  private emitProgress(step: number): void {
    const now = this.environment.clock()
    if (now - this.pace.at >= 0.25)
      this.pace = {
        step,
        at: now,
        stepsPerSecond: (step - this.pace.step) / (now - this.pace.at),
      }
    this.environment.emit('live', {
      target: this.target,
      state: this.settled ? 'settled' : 'learning',
      step,
      targetSteps: step - this.takenUpStep,
      seconds: now - this.takenUpAt,
      trainingSeconds: this.trainingSeconds,
      stepsPerSecond: this.pace.stepsPerSecond,
      learningRate: liveRate(this.progress),
      klDataModel: this.shown?.quality.klDataModel ?? null,
      crossEntropy: this.shown?.quality.crossEntropy ?? null,
      strayStart: this.stray.value,
    })
  }
}

function liveBox({ domain: { halfWidth, cells } }: SceneSpec): Box {
  return { halfWidth, cells: Math.min(LIVE_CELLS, cells) }
}

/** The quality of an energy; nulls where it has no Gibbs measure on the table. */
function measured(target: ResolvedTarget, field: EnergyField): Quality {
  try {
    return target.measure(field)
  } catch (error) {
    if (error instanceof RangeError) return { klDataModel: null, crossEntropy: null }
    throw error
  }
}

/** Nodes at which a device's table is compared with the float64 network, and the allowed error relative to max(1, |V|). */
const CHECKED_NODES = 16
const CHECK_TOLERANCE = 1e-2

/** @throws BackendFault where the table of a device differs from the float64 energy at a checked node */
function checkTable({ box, v }: EnergyGrid, energy: BatchEnergy): void {
  const side = box.cells + 1
  const nodes = Array.from({ length: CHECKED_NODES }, (_, i) =>
    Math.floor(((i + 0.5) / CHECKED_NODES) * side * side),
  )
  const xy = Float64Array.from(
    nodes.flatMap((k) => [
      nodeCoordinate(box, k % side),
      nodeCoordinate(box, Math.floor(k / side)),
    ]),
  )
  const value = new Float64Array(CHECKED_NODES)
  energy(xy, value, new Float64Array(xy.length))
  const largest = value.reduce((most, x) => Math.max(most, Math.abs(x)), 1)
  if (!Number.isFinite(largest)) return
  if (nodes.some((k, i) => !(Math.abs(v[k]! - value[i]!) <= CHECK_TOLERANCE * largest)))
    throw new BackendFault('it returned wrong values of the energy')
}
