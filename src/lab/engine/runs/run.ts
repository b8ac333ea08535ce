import { bestStep, findBasins } from '../../../core/analysis/estimators/collapse.ts'
import { energyBalanceInPieces } from '../../../core/analysis/estimators/energyBalance.ts'
import { Contraction } from '../../../core/analysis/constants/contraction.ts'
import {
  type Collapse,
  type Constants,
  type ContractionCurves,
  type FromGibbsCurves,
  type DeterministicCurves,
  type FilterCurves,
  type LangevinCurves,
  type LawCurves,
  noLawCurves,
  type StoppingReport,
} from '../../../core/analysis/curves.ts'
import { foldedAtRest } from '../../../core/analysis/laws/exactChain.ts'
import { initialLaw, type InitialLaw } from '../../../core/analysis/laws/initialLaw.ts'
import {
  createKlEstimatorInPieces,
  meaningOf,
  type KlEstimator,
  type KlReading,
} from '../../../core/analysis/estimators/nativeKl.ts'
import { measureNullFloor, type NullFloor } from '../../../core/analysis/estimators/nullFloor.ts'
import {
  type CertificateContext,
  stableBelow,
} from '../../../core/analysis/stopping/certificates.ts'
import type { StoppingInput } from '../../../core/analysis/stopping/criterion.ts'
import { stoppingReports } from '../../../core/analysis/stopping/registry.ts'
import { steinDiscrepancyInPieces } from '../../../core/analysis/estimators/stein.ts'
import { CRITERION_TEXTS, type CriterionText } from '../../../core/analysis/texts.ts'
import { patchesOf, quadraticWalls, type Walls } from '../../../core/analysis/stopping/walls.ts'
import { FromGibbs } from '../../../core/analysis/estimators/fromGibbs.ts'
import {
  type TransportKl,
  transportKlInPieces,
} from '../../../core/analysis/estimators/transportKl.ts'
import { isAllowed } from '../../../core/fields/barriers/ways.ts'
import type { EnergyField } from '../../../core/fields/energyField.ts'
import type { Gibbs } from '../../../core/fields/gibbs.ts'
import type { Transition } from '../../../core/fields/transition.ts'
import { fold } from '../../../core/maths/grid.ts'
import { finish, PIECE } from '../../../core/maths/pieces.ts'
import { Purpose, type Key } from '../../../core/maths/rng.ts'
import { gradientFlow } from '../../../core/samplers/gradientFlow.ts'
import { samplerOf, stepperOf } from '../../../core/samplers/registry.ts'
import {
  createCloud,
  departureOf,
  noCounts,
  piecesOf,
  stepInPieces,
  type Cloud,
  type CloudPiece,
  type Sampler,
} from '../../../core/samplers/sampler.ts'
import type { Distribution } from '../../../core/targets/target.ts'
import type { AnalysisReport, CurvePoint } from '../../protocol/calls.ts'
import type { RunResult, TrainingSummary } from '../../protocol/result.ts'
import type { SceneSpec, StoppingSpec } from '../../scene/sceneSpec.ts'
import { Slicer, type Environment } from '../environment.ts'
import { drawn, FrameStore, SpareClouds, type Frame } from './frames.ts'
import { Aborted, throwIfAborted } from '../refusal.ts'

export interface RunOptions {
  readonly environment: Pick<Environment, 'clock' | 'pause' | 'working'>
  /** Normalised, with the step size filled in. */
  readonly scene: SceneSpec
  readonly field: EnergyField
  /** π at the scene's temperature. */
  readonly gibbs: Gibbs
  readonly transition: Transition
  readonly constants: Constants
  /** For the initial law `data`. */
  readonly target: Distribution
  /** Kind of the density of the data; default: null, the data have none. */
  readonly dataLaw?: StoppingInput['law']['data']
  readonly frameBudget?: number
  /** Spare arrays for the clouds of frames; default: none, every frame gets new ones. */
  readonly spare?: SpareClouds
  /** The start, where it has been built before; default: built from scene, field, π and target. */
  readonly initial?: InitialLaw | undefined
  /** Whether the deterministic flow is followed; default true. Its curves are null after step 0 where it is not. */
  readonly flow?: boolean
}

/** Above this many particles a run measures the null floor after its last step, otherwise after step 10. */
const FLOOR_AT_ONCE = 20_000

/** Whether the KL is evaluated at a step: the first ten, every fifth, and the last. */
export function isEvaluated(step: number, steps: number): boolean {
  return step <= 10 || step % 5 === 0 || step === steps
}

/** The words of a criterion, among them what it needs to be measured. */
export function textOf({ criterion }: StoppingSpec): CriterionText {
  return CRITERION_TEXTS[criterion]
}

/** The clouds of a run, all at the same step. */
interface Clouds {
  readonly langevin: Cloud
  readonly deterministic: Cloud
  /** The second cloud, moved by the noise of the Langevin particles (synchronous coupling); null without one. */
  readonly companion: Cloud | null
  /** The pieces in which the sampler steps each cloud. */
  readonly pieces: ReadonlyMap<Cloud, readonly CloudPiece[]>
}

type Folded = Readonly<Record<'langevin' | 'companion', number>>

/**
 * Langevin and the deterministic flow from the same particles in the same steps, with their curves.
 * `advanceTo` computes the steps; every number is a pure function of the scene.
 */
export class Run {
  readonly scene: SceneSpec
  readonly field: EnergyField
  readonly gibbs: Gibbs
  readonly initial: InitialLaw

  private readonly environment: Pick<Environment, 'clock' | 'pause' | 'working'>
  private readonly ownConstants: Constants
  private readonly dataLaw: StoppingInput['law']['data']
  private readonly transition: Transition
  private folded: number | null = null
  private knownWalls: Walls | null | undefined
  /** Moves the particles of the Langevin panel and the second cloud. */
  private readonly sampler: Sampler
  private readonly key: Key
  private readonly particles: number
  private readonly steps: number
  private readonly flow: boolean
  private readonly clouds: Clouds
  private readonly frames: FrameStore
  private readonly spare: SpareClouds
  private cursor: { step: number; readonly clouds: Clouds } | null = null
  private step = 0
  /** The last work queued on the clouds; new work waits for it. */
  private turn: Promise<unknown> = Promise.resolve()
  private closed = false
  /** The error that stopped a step half-way: the clouds then stand between two steps, so every later step throws it again. */
  private failure: { readonly error: unknown } | null = null

  private estimator: KlEstimator | null = null
  private floor: NullFloor | null = null
  private measuringFloor: Promise<NullFloor> | null = null
  /** Whether the Stein discrepancy is read at every evaluated step. */
  private readsStein: boolean
  private measuringStein: Promise<void> | null = null
  private ends: Pick<Collapse, 'basins' | 'slope'> | null = null
  private findingEnds: Promise<void> | null = null
  private readonly langevin: Omit<LangevinCurves, keyof LawCurves> = {
    step: [],
    kl: [],
    klStandardError: [],
    estimator: [],
    foldedMass: [],
    acceptance: [],
    energy: [],
    energyError: [],
    energyRate: [],
    energyRateError: [],
    energyDrift: [],
    energyDriftError: [],
    gradient: [],
    stein: [],
    steinError: [],
  }
  private readonly deterministic: DeterministicCurves = {
    step: [],
    kl: [],
    klStandardError: [],
    lowerBound: [],
    klRate: [],
    energy: [],
    gradient: [],
  }
  /** Null without a barrier filter. */
  private readonly filter: FilterCurves | null
  /** Null without a second cloud. */
  private readonly contraction: Contraction | null
  /** Null unless the run starts at π and its flow is followed. */
  private readonly fromGibbs: FromGibbs | null
  /** The last report of the analysis on the laws; null before `attach`. */
  private analysis: AnalysisReport | null = null
  /** The curves of the laws before the first report: null at every step. Built once, because every frame reads them. */
  private readonly noLaws: LawCurves
  private readonly pseudoValues: (Float64Array | null)[] = []

  /** @throws RangeError where the initial law does not fit the box */
  constructor(options: RunOptions) {
    const { scene, field, gibbs, transition, target } = options
    this.environment = options.environment
    this.scene = scene
    this.field = field
    this.gibbs = gibbs
    this.transition = transition
    this.sampler = samplerOf(scene.dynamics)
    this.filter =
      this.sampler.filtering === undefined
        ? null
        : { changed: [], infeasible: [], intervention: [], exits: [], outside: [] }
    this.ownConstants = options.constants
    this.dataLaw = options.dataLaw ?? null
    this.key = { seed: scene.seed, purpose: Purpose.dynamics }
    this.particles = scene.dynamics.particles
    this.steps = scene.dynamics.steps
    this.noLaws = noLawCurves(this.steps)
    this.flow = options.flow ?? true
    this.initial = options.initial ?? initialLaw(scene.dynamics.initial, { field, gibbs, target })
    const xy = this.initial.sample(this.particles, scene.seed)
    const { logDensity } = this.initial
    const { companion } = scene.dynamics
    this.clouds = cloudsFrom(
      {
        langevin: xy,
        deterministic: xy,
        companion: companion === null ? null : offset(xy, companion, field),
      },
      logDensity === null || !this.flow
        ? null
        : Float64Array.from({ length: this.particles }, (_, i) =>
            logDensity(xy[2 * i]!, xy[2 * i + 1]!),
          ),
    )
    this.fromGibbs = this.flow && scene.dynamics.initial.kind === 'gibbs' ? new FromGibbs(xy) : null
    this.spare = options.spare ?? new SpareClouds()
    this.contraction =
      companion === null
        ? null
        : new Contraction(field, transition, departureOf(this.sampler) === null)
    this.frames = new FrameStore(
      this.particles,
      this.steps,
      options.frameBudget,
      companion === null ? 2 : 3,
    )
    this.readsStein = textOf(scene.stopping).needsStein === true
    finish(this.note(0, { langevin: 0, companion: 0 }))
  }

  /** Mass that the walls reflect in one step from π; computed on first use, since only some stopping criteria read it. */
  private get foldedAtRest(): number {
    this.folded ??= foldedAtRest(this.field, this.gibbs, this.transition)
    return this.folded
  }

  /** What the walls may add to the bounds for a convex quadratic energy; see `quadraticWalls`. */
  private get walls(): Walls | null {
    if (this.knownWalls === undefined) {
      const { field, initial, scene, transition } = this
      const patches = patchesOf(scene.dynamics.initial, initial, field.grid.box)
      this.knownWalls = quadraticWalls(field, transition, patches)
    }
    return this.knownWalls
  }

  /** The last computed step. */
  get computed(): number {
    return this.step
  }

  /** Whether the null floor is unmeasured and the run has computed enough steps to show it. */
  get needsFloor(): boolean {
    const { particles, steps } = this
    const from = particles <= FLOOR_AT_ONCE ? Math.min(10, steps) : steps
    return this.floor === null && steps > 0 && this.step >= from
  }

  /** Mean, and mean + 2 sd, of the estimator at exact samples of π; null until measured. */
  get nullFloor(): { readonly mean: number; readonly upper: number } | null {
    if (this.floor === null) return null
    const { mean, deviation } = this.floor
    return { mean, upper: mean + 2 * deviation }
  }

  /** Whether the run has computed its last step and `findEnds` has not finished. */
  get needsEnds(): boolean {
    return this.ends === null && this.steps > 0 && this.step === this.steps
  }

  /** The best step of the deterministic flow so far and, after `findEnds`, its basins and slope; null before step 1. */
  get collapse(): Collapse | null {
    if (this.step === 0) return null
    const { basins = [], slope = null } = this.ends ?? {}
    return { bestStep: bestStep(this.deterministic), basins, slope }
  }

  /** Computes every step up to `step` and lets messages in between pieces of work. */
  advanceTo(step: number, signal?: AbortSignal): Promise<void> {
    return this.inTurn(async () => {
      const slicer = new Slicer(this.environment)
      while (this.step < Math.min(step, this.steps)) {
        this.environment.working?.(() => `the particles, step ${this.step} of ${this.steps}`)
        await this.whole(() => slicer.drain(this.advance()))
        throwIfAborted(signal)
      }
    })
  }

  /**
   * Computes the next step. Resolves as soon as the particles have moved; the run measures the step after that.
   * @param step the step after `computed`
   * @returns null where `step` is not the next step when the work begins, since another call has computed it
   */
  moveTo(step: number): Promise<Frame | null> {
    return new Promise((resolve, reject) => {
      this.inTurn(async () => {
        if (this.step !== step - 1) {
          resolve(null)
          return
        }
        const slicer = new Slicer(this.environment)
        await this.whole(async () => {
          const folded = await slicer.drain(this.move(this.clouds, step))
          resolve(drawn(step, positionsOf(this.clouds), this.spare))
          // The caller that awaits the particles continues before the measurement.
          await this.environment.pause()
          await slicer.drain(this.note(step, folded))
          this.step = step
        })
      }).catch(reject)
    })
  }

  /** Makes a step. After a step has failed half-way, every later call throws the same error. */
  private async whole(step: () => Promise<void>): Promise<void> {
    if (this.failure !== null) throw this.failure.error
    try {
      await step()
    } catch (error) {
      this.failure = { error }
      throw error
    }
  }

  /** Queues `work` behind all earlier work on the clouds, so that it finds them at a whole step. */
  private inTurn<Result>(work: () => Promise<Result> | Result): Promise<Result> {
    const done = this.turn.then(work)
    this.turn = done.catch(() => undefined)
    return done
  }

  /** Moves every cloud one step and measures it; `this.step` rises when both are done. */
  private *advance(): Generator<undefined, void> {
    const step = this.step + 1
    const folded = yield* this.move(this.clouds, step)
    yield* this.note(step, folded)
    this.step = step
  }

  /**
   * Moves clouds from `step` − 1 to `step`; the second cloud takes the noise of the Langevin cloud (synchronous coupling).
   * @returns how many particles of each stochastic cloud the walls reflected
   */
  private *move(clouds: Clouds, step: number): Generator<undefined, Folded> {
    const { langevin, deterministic, companion, pieces } = clouds
    const { field, transition, key } = this
    const stepped = function* (sampler: Sampler, cloud: Cloud): Generator<undefined, number> {
      const parts = pieces.get(cloud) ?? []
      const folded = yield* stepInPieces(sampler, cloud, parts, field, transition, key, step)
      yield
      return folded
    }
    const folded = {
      langevin: yield* stepped(this.sampler, langevin),
      companion: companion === null ? 0 : yield* stepped(this.sampler, companion),
    }
    if (this.flow) yield* stepped(gradientFlow, deterministic)
    return folded
  }

  /** Measures the clouds at a step, then writes all its curve entries and its frame without a yield between them. */
  private *note(step: number, folded: Folded): Generator<undefined, void> {
    const { langevin, deterministic, clouds } = this
    const cloud = clouds.deterministic
    const evaluated = isEvaluated(step, this.steps)
    let kl: number | null = null
    let error: number | null = null
    let flow: Pick<TransportKl, 'value' | 'standardError'> | null = null
    let logRatio: Float64Array | null = null
    let reading: KlReading | null = null
    if (step === 0) {
      kl = this.initial.kl
      error = kl === null ? null : this.initial.klError
      flow = kl === null ? null : { value: kl, standardError: this.initial.klError }
    } else if (evaluated) {
      const estimator = yield* this.klEstimator()
      const { xy, centres } = clouds.langevin
      reading = yield* estimator.reading(estimator.readsPositions ? xy : centres)
      kl = reading.kl
      error = reading.standardError
      if (cloud.logDensity !== null) {
        const { epsilon, logZ } = this.gibbs
        const carried = yield* transportKlInPieces(
          ...([cloud.xy, cloud.logDensity, this.field, epsilon, logZ] as const),
        )
        flow = carried
        if (this.fromGibbs !== null) logRatio = carried.terms.map((term) => term + logZ)
      }
    }
    if (this.fromGibbs !== null)
      yield* this.fromGibbs.note(step, evaluated ? cloud.xy : null, logRatio)
    const balance = (xy: Float64Array) => energyBalanceInPieces(xy, this.field, this.transition)
    const falling = evaluated && this.flow ? yield* balance(cloud.xy) : null
    const safe = evaluated ? this.inside(clouds.langevin.xy) : null
    const noisy = safe === null ? null : yield* balance(safe)
    const stein = safe !== null && this.readsStein ? yield* this.steinOf(safe) : null
    this.pseudoValues[step] = reading?.pseudoValues ?? null
    langevin.estimator[step] =
      reading?.estimator ?? (step === 0 && kl !== null ? 'quadrature' : null)
    langevin.step[step] = step
    langevin.kl[step] = finite(kl)
    langevin.klStandardError[step] = finite(error)
    langevin.foldedMass[step] = folded.langevin / this.particles
    langevin.acceptance[step] =
      step > 0 && this.refuses ? 1 - clouds.langevin.refused / this.particles : null
    if (this.filter !== null) noteFilter(this.filter, step, clouds.langevin)
    deterministic.step[step] = step
    deterministic.kl[step] = finite(flow?.value ?? null)
    deterministic.klStandardError[step] = finite(flow?.standardError ?? null)
    deterministic.lowerBound[step] = !cloud.injective
    deterministic.klRate[step] = finite(falling?.rate.value ?? null)
    deterministic.energy[step] = finite(falling?.energy.value ?? null)
    deterministic.gradient[step] = finite(falling?.gradient ?? null)
    langevin.energy[step] = finite(noisy?.energy.value ?? null)
    langevin.energyError[step] = finite(noisy?.energy.standardError ?? null)
    langevin.energyRate[step] = finite(noisy?.rate.value ?? null)
    langevin.energyRateError[step] = finite(noisy?.rate.standardError ?? null)
    langevin.energyDrift[step] = finite(noisy?.drift.value ?? null)
    langevin.energyDriftError[step] = finite(noisy?.drift.standardError ?? null)
    langevin.gradient[step] = finite(noisy?.gradient ?? null)
    langevin.stein[step] = finite(stein?.value ?? null)
    langevin.steinError[step] = finite(stein?.standardError ?? null)
    if (clouds.companion !== null)
      this.contraction?.note(
        clouds.langevin.xy,
        clouds.companion.xy,
        folded.langevin + folded.companion,
      )
    this.frames.record(step, positionsOf(clouds))
  }

  /** The particles where V is finite: all, unless a filter lets some out. None of them: all, whose means are then no numbers. */
  private inside<Places extends Float64Array | Float32Array>(xy: Places): Places {
    if (this.filter === null) return xy
    const at = xy.filter((_, k) => isAllowed(this.field, xy[k & ~1]!, xy[k | 1]!)) as Places
    return at.length === 0 ? xy : at
  }

  /** The Stein discrepancy of particles, in the precision of the frames: read at the step or from its frame it is the same. */
  private steinOf(xy: Float64Array | Float32Array): ReturnType<typeof steinDiscrepancyInPieces> {
    const places = Float64Array.from(Float32Array.from(xy))
    return steinDiscrepancyInPieces(places, this.field, this.gibbs.epsilon)
  }

  /** Whether Metropolis or a barrier may refuse a particle's move. */
  private get refuses(): boolean {
    return this.sampler.refuses ?? this.field.barriers.length > 0
  }

  private *klEstimator(): Generator<undefined, KlEstimator> {
    this.estimator ??= yield* createKlEstimatorInPieces({
      field: this.field,
      transition: this.transition,
      particles: this.particles,
      nativeKernel: departureOf(this.sampler) === null,
    })
    return this.estimator
  }

  /** The clouds at a computed step, in arrays that the caller owns. */
  async frameAt(step: number, signal?: AbortSignal): Promise<Frame> {
    const recorded = this.frames.frame(step)
    if (recorded !== null) return drawn(step, recorded, this.spare)
    // Work under way may take the clouds past this step before the queue reaches the copy.
    if (step === this.step) {
      const now = await this.inTurn(() =>
        step === this.step ? drawn(step, positionsOf(this.clouds), this.spare) : null,
      )
      if (now !== null) return now
    }
    const slicer = new Slicer(this.environment)
    let at = this.cursor
    // This call takes the cursor away, so that two concurrent calls never step the same clouds.
    this.cursor = null
    const keyframe = this.frames.keyframe(step)
    if (at === null || at.step > step || at.step < (keyframe?.step ?? 0)) {
      if (keyframe === null) throw new RangeError(`Step ${step} has not been computed yet`)
      at = { step: keyframe.step, clouds: cloudsFrom(keyframe, null) }
    }
    while (at.step < step) {
      at.step++
      await slicer.drain(this.move(at.clouds, at.step))
      throwIfAborted(signal)
    }
    this.cursor = at
    return drawn(step, positionsOf(at.clouds), this.spare)
  }

  /** Curve entries after step `have` up to the last computed. */
  curvesSince(have: number): CurvePoint[] {
    const { langevin, deterministic } = this
    const pairs = this.contraction?.curves
    const away = this.fromGibbs?.curves
    const points: CurvePoint[] = []
    for (let step = Math.max(0, have + 1); step <= this.step; step++)
      points.push({
        step,
        kl: langevin.kl[step]!,
        klStandardError: langevin.klStandardError[step]!,
        estimator: langevin.estimator[step]!,
        foldedMass: langevin.foldedMass[step]!,
        acceptance: langevin.acceptance[step]!,
        deterministicKl: deterministic.kl[step]!,
        deterministicStandardError: deterministic.klStandardError[step]!,
        deterministicLowerBound: deterministic.lowerBound[step]!,
        deterministicRate: deterministic.klRate[step]!,
        energy: langevin.energy[step]!,
        energyStandardError: langevin.energyError[step]!,
        deterministicEnergy: deterministic.energy[step]!,
        contraction: pairs === undefined ? null : contractionAt(pairs, step),
        fromGibbs: away === undefined ? null : awayAt(away, step),
      })
    return points
  }

  /** Measures, once per run, what the KL estimator reads at exact samples of π; lets messages in. */
  measureFloor(): Promise<NullFloor> {
    this.measuringFloor ??= this.runFloor()
    return this.measuringFloor
  }

  private async runFloor(): Promise<NullFloor> {
    const centres = new Float64Array(2 * this.particles)
    this.environment.working?.(() => 'what the estimator reads at π')
    this.floor = await this.drain(
      measureNullFloor({
        field: this.field,
        transition: this.transition,
        estimator: await this.drain(this.klEstimator()),
        particles: this.particles,
        seed: this.scene.seed,
        move: (xy, key, step, first) => {
          const cloud = { xy, centres, logDensity: null, injective: true, refused: 0 }
          this.sampler.step(cloud, this.field, this.transition, key, step, first)
        },
      }),
    )
    return this.floor
  }

  /** Reads the Stein discrepancy of the steps so far, from their frames, and of every step from now on; lets messages in. */
  measureStein(signal?: AbortSignal): Promise<void> {
    this.measuringStein ??= this.runStein(signal).catch((error: unknown) => {
      this.measuringStein = null
      throw error
    })
    return this.measuringStein
  }

  private async runStein(signal: AbortSignal | undefined): Promise<void> {
    const { stein, steinError } = this.langevin
    await this.inTurn(() => {
      this.readsStein = true
    })
    for (let step = 0; step <= this.step; step++) {
      if (!isEvaluated(step, this.steps) || (stein[step] ?? null) !== null) continue
      const { langevin } = await this.frameAt(step, signal)
      const reading = await this.drain(this.steinOf(this.inside(langevin)))
      stein[step] = finite(reading.value)
      steinError[step] = finite(reading.standardError)
    }
  }

  /** Finds, once per run, the basins that the deterministic flow ends in, from its last positions; lets messages in. */
  findEnds(): Promise<void> {
    this.findingEnds ??= this.runEnds()
    return this.findingEnds
  }

  private async runEnds(): Promise<void> {
    this.ends = await this.drain(
      findBasins(this.clouds.deterministic.xy, this.field, this.transition),
    )
  }

  /** Does work piece by piece and lets messages in. @throws Aborted once the run is closed */
  private async drain<Result>(work: Generator<unknown, Result>): Promise<Result> {
    const slicer = new Slicer(this.environment)
    return slicer.drain(work, () => {
      if (this.closed) throw new Aborted()
    })
  }

  /** Whether the analysis has attached its final report. */
  get analysed(): boolean {
    return this.analysis?.stage === 'done'
  }

  /** Takes over a report of the analysis on the laws of this run. */
  attach(report: AnalysisReport): void {
    this.analysis = report
  }

  /** Ends the measurements under way beside the steps; they reject with `Aborted`. */
  close(): void {
    this.closed = true
  }

  /** Whether `close` was called, since another run has replaced this one. */
  get isClosed(): boolean {
    return this.closed
  }

  /** The constants of the landscape, overwritten by those that the analysis has found. */
  get constants(): Constants {
    const { analysis, ownConstants } = this
    const spectralGapBound = analysis?.spectralGapBound ?? null
    return { ...ownConstants, ...analysis?.constants, spectralGapBound }
  }

  private curves(): LangevinCurves {
    const { langevin, analysis, noLaws } = this
    const folded = analysis?.foldedMass ?? []
    return {
      ...langevin,
      // The law's own are known before the particles come to their steps.
      foldedMass: this.noLaws.klExact.map((_, k) => folded[k] ?? langevin.foldedMass[k] ?? null),
      ...(analysis?.curves ?? noLaws),
    }
  }

  /** The report of each stopping criterion on the steps and laws known so far. */
  reports(stopping: StoppingSpec = this.scene.stopping): StoppingReport[] {
    const { analysis, constants, initial, scene } = this
    const { dynamics } = scene
    return stoppingReports({
      computed: this.step,
      steps: this.steps,
      particles: dynamics.particles,
      curves: this.curves(),
      flow: this.deterministic,
      pseudoValues: this.pseudoValues,
      nullFloor: this.floor,
      delta: stopping.delta,
      strict: stopping.strict,
      law: {
        // A coarse report decides no stop: the law on the finer grid may give another.
        exactTo: analysis === null || analysis.stage === 'coarse' ? -1 : analysis.exactTo,
        pending: analysis?.stage !== 'done',
        unresolved: analysis?.unresolved ?? null,
        data: this.dataLaw,
        dataOutside: analysis?.dataOutside ?? null,
        startSplits: analysis?.startSplits ?? null,
        coupling: analysis?.coupling ?? null,
      },
      certificates: {
        ...this.stepping,
        jumpEvery: dynamics.jumpEvery,
        walls: () => this.walls,
        foldedAtRest: () => this.foldedAtRest,
        kl0: initial.kl,
        constants,
      },
      biasPrediction: constants.biasPrediction,
    })
  }

  /** What decides of a step whether it is stable, and whether anything is certified of it. */
  private get stepping(): Pick<CertificateContext, 'transition' | 'departure' | 'barriers'> {
    const { dynamics } = this.scene
    const { metric, stepSize } = this.transition
    return {
      transition: { ...dynamics, metricTable: metric, stepSize },
      departure: departureOf(stepperOf(dynamics)),
      barriers: this.field.barriers,
    }
  }

  /** The step size above which steps overshoot; null where none is known. */
  get stableBelow(): number | null {
    return stableBelow({ ...this.stepping, constants: this.constants })
  }

  /** The result of the whole run; computes missing steps, the null floor and the ends of the flow first. */
  async result(
    training: TrainingSummary | null,
    signal?: AbortSignal,
  ): Promise<Omit<RunResult, 'data'>> {
    await this.advanceTo(this.steps, signal)
    if (this.steps > 0) {
      await this.measureFloor()
      await this.findEnds()
    }
    const langevin = this.curves()
    const { estimator, klStandardError } = langevin
    const klMeaning = estimator.map((name, k) => meaningOf(name, klStandardError[k] ?? null))
    return {
      version: 1,
      scene: this.scene,
      training,
      gibbs: { logZ: this.gibbs.logZ },
      langevin: { ...langevin, klMeaning },
      dataOutside: this.analysis?.dataOutside ?? null,
      dataAtGibbs: this.analysis?.dataAtGibbs ?? null,
      deterministic: this.deterministic,
      collapse: this.collapse,
      contraction: this.contraction?.curves ?? null,
      fromGibbs: this.fromGibbs?.curves ?? null,
      ...(this.filter === null ? {} : { filter: this.filter }),
      constants: this.constants,
      coupling: this.analysis?.coupling ?? null,
      ...(this.analysis?.metricGain === undefined ? {} : { metricGain: this.analysis.metricGain }),
      stopping: this.reports(),
    }
  }
}

function noteFilter(curves: FilterCurves, step: number, { filtered, xy }: Cloud): void {
  const { changed, infeasible, work, exits, outside } = filtered ?? noCounts()
  const n = xy.length / 2
  curves.changed[step] = changed / n
  curves.infeasible[step] = infeasible / n
  curves.intervention[step] = work / n
  curves.exits[step] = exits / n
  curves.outside[step] = outside / n
}

/** The value, or null where it is not finite: JSON has neither NaN nor infinity. */
function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null
}

/** Positions moved by an offset and reflected (`fold`) into the box; a particle stays where a barrier forbids its new place. */
function offset(xy: Float64Array, by: readonly [number, number], field: EnergyField): Float64Array {
  const w = field.grid.box.halfWidth
  const out = xy.slice()
  for (let k = 0; k < xy.length; k += 2) {
    const x = fold(xy[k]! + by[0], w)
    const y = fold(xy[k + 1]! + by[1], w)
    if (!isAllowed(field, x, y)) continue
    out[k] = x
    out[k + 1] = y
  }
  return out
}

/** New clouds at copies of given positions, with the pieces in which the sampler steps them. */
function cloudsFrom(
  { langevin, deterministic, companion }: ReturnType<typeof positionsOf>,
  logDensity: Float64Array | null,
): Clouds {
  const clouds = {
    langevin: createCloud(langevin),
    deterministic: createCloud(deterministic, logDensity),
    companion: companion === null ? null : createCloud(companion),
  }
  const all = Object.values(clouds).filter((cloud) => cloud !== null)
  return { ...clouds, pieces: new Map(all.map((cloud) => [cloud, piecesOf(cloud, PIECE)])) }
}

function positionsOf({ langevin, deterministic, companion }: Omit<Clouds, 'pieces'>) {
  return {
    langevin: langevin.xy,
    deterministic: deterministic.xy,
    companion: companion?.xy ?? null,
  }
}

function awayAt(curves: FromGibbsCurves, step: number): CurvePoint['fromGibbs'] {
  const { renyi, renyiError, moved, sliced } = curves
  return {
    renyi: renyi[step]!,
    renyiError: renyiError[step]!,
    moved: moved[step]!,
    sliced: sliced[step]!,
  }
}

function contractionAt(
  { largest, rootMeanSquare, bound }: ContractionCurves,
  step: number,
): CurvePoint['contraction'] {
  return {
    largest: largest[step]!,
    rootMeanSquare: rootMeanSquare[step]!,
    bound: bound[step]!,
  }
}
