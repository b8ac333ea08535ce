import { curvatureRange } from '../../core/analysis/constants/curvature.ts'
import { convexity } from '../../core/analysis/constants/logSobolev.ts'
import { suggestedMetric } from '../../core/analysis/constants/metric.ts'
import {
  biasPrediction,
  defaultStepSize,
  isQuadratic,
  curvature95,
  smoothness,
  smoothness95,
} from '../../core/analysis/constants/smoothness.ts'
import type { StoppingInput } from '../../core/analysis/stopping/criterion.ts'
import type { EnergyField } from '../../core/fields/energyField.ts'
import { gibbs, gibbsSampler, type Gibbs } from '../../core/fields/gibbs.ts'
import { createTransition } from '../../core/fields/transition.ts'
import type { Box } from '../../core/maths/grid.ts'
import { formatShare } from '../../core/maths/numberText.ts'
import { Purpose } from '../../core/maths/rng.ts'
import { samplerOf } from '../../core/samplers/registry.ts'
import { departureOf } from '../../core/samplers/sampler.ts'
import type { EnergyModel } from '../../learning/training/api.ts'
import { writeEnergyFile } from '../io/energyFile.ts'
import { unpackReport } from '../io/packedReport.ts'
import { sha256HexSync } from '../io/sha256.ts'
import type {
  AnalysisInput,
  AnalysisReport,
  FrameReply,
  FrameRequest,
  LiveEnergy,
  LiveFrame,
  LiveTarget,
  Notice,
  PrepareRequest,
  Raster,
  Reply,
  Request,
  RunReady,
  ThumbnailRequest,
  TrainReply,
  TrainRequest,
} from '../protocol/calls.ts'
import type { AnalysisCallName, CallHandlers } from '../protocol/messages.ts'
import type { DataReport, RunResult, TrainingSummary } from '../protocol/result.ts'
import { namedAssets } from '../scene/assets.ts'
import { DEFAULT_SCENE } from '../scene/defaults.ts'
import type { SceneSpec } from '../scene/sceneSpec.ts'
import { analysisInput, type AnalysisInputOptions } from './runs/analysisInput.ts'
import { Backends, reportOf } from './training/backends.ts'
import { checkBackend } from './training/checkBackend.ts'
import { Slicer, type Environment } from './environment.ts'
import { SpareClouds, type Frame } from './runs/frames.ts'
import { openStepKernel } from './openStepKernel.ts'
import { landscapeOf } from './landscape.ts'
import { LiveClouds } from './training/liveClouds.ts'
import { LiveTargets } from './training/liveTargets.ts'
import { LiveTraining } from './training/liveTraining.ts'
import { describeFailure } from './describeFailure.ts'
import { Aborted, Refusal, throwIfAborted } from './refusal.ts'
import { EnergyResolver, type TrainingRecipe } from './energies/resolveEnergy.ts'
import { TargetResolver, type ResolvedTarget } from './energies/resolveTarget.ts'
import { followLaws } from './runs/followLaws.ts'
import { Run } from './runs/run.ts'
import { TrainingJob, type TrainingOutcome } from './training/trainingJob.ts'

/** A training that has ended well. */
export interface TrainedEnergy {
  readonly model: EnergyModel
  readonly summary: TrainingSummary
  /** The recipe with the backend and the number of steps really used. */
  readonly scene: SceneSpec
}

/** Draws that L95 is taken over. */
const L95_DRAWS = 4096
/** The scene's seed does not enter: the default η, and with it every curve of the laws, is that of the energy. */
const L95_SEED = 1
/** Points sent along to be drawn. */
const PICTURE_POINTS = 2000
/** Most cells a side of the target's density as a layer: a picture, on which no number rests. */
const PICTURE_CELLS = 64
/** Most cells a side of a small picture. */
const MAX_THUMBNAIL = 256
/** More mass than this in the outermost cells is worth a word. */
const WALL_MASS = 1e-6

/**
 * The lab behind its calls: owns backends, energies, the run and the training. The compute worker, the
 * headless runner and the tests are shells round it.
 *
 * A `prepare` that succeeds replaces the run before it; calls that name any other run than the latest end as aborted.
 */
export class Session implements Omit<CallHandlers, AnalysisCallName> {
  private readonly environment: Environment
  private readonly onProvide: (request: Request<'provide'>) => void
  private readonly backends: Backends
  private readonly targets: TargetResolver
  private readonly energies: EnergyResolver
  private readonly trainedEnergies = new Map<string, TrainedEnergy>()
  private readonly trainings = new Map<string, Promise<TrainedEnergy>>()
  private current: {
    readonly id: number
    readonly run: Run
    readonly models: readonly EnergyModel[]
    readonly analysisInput: (signal?: AbortSignal) => Promise<AnalysisInput>
    readonly targetDensity: () => Raster | null
  } | null = null
  private latestPrepare = 0
  private job: TrainingJob | null = null
  private clouds: LiveClouds | null = null
  private readonly spare = new SpareClouds()
  private readonly liveTargets: LiveTargets
  private following: LiveTraining | null = null
  private latestLive = 0

  /** @param onProvide where bytes handed in by `provide` go; the environment's assets find them there */
  constructor(environment: Environment, onProvide: (request: Request<'provide'>) => void) {
    this.environment = environment
    this.onProvide = onProvide
    this.backends = new Backends(environment)
    void openStepKernel(environment)
    this.targets = new TargetResolver(environment.assets)
    this.liveTargets = new LiveTargets(this.targets, environment.assets)
    this.energies = new EnergyResolver(environment, this.targets, {
      inHand: (recipe) => this.trainedEnergies.get(recipeKey(recipe))?.model ?? null,
      train: async (recipe, signal) => (await this.trainOnce(recipe, signal)).model,
    })
  }

  openBackend = async ({
    choice,
    calibrations,
  }: Request<'openBackend'>): Promise<Reply<'openBackend'>> => {
    this.backends.learn(calibrations)
    return reportOf(await this.backends.open(choice))
  }

  checkBackend = async ({ name }: Request<'checkBackend'>): Promise<Reply<'checkBackend'>> => {
    return checkBackend(this.backends, name, this.current?.models ?? [])
  }

  provide = async (request: Request<'provide'>): Promise<null> => {
    this.onProvide(request)
    return null
  }

  prepare = async ({ run: id, scene }: PrepareRequest, signal?: AbortSignal): Promise<RunReady> => {
    const turn = ++this.latestPrepare
    this.energies.prefetch(scene.energy)
    // Calls that already wait are let in first: a drag sends many, and only the last one counts.
    await this.environment.pause()
    const check = () => {
      throwIfAborted(signal)
      if (turn !== this.latestPrepare) throw new Aborted()
    }
    check()
    const target = await this.targets.resolve(scene.target, scene.seed, scene.domain.halfWidth)
    const energy = await this.energies.resolve(scene, signal)
    check()
    const slicer = new Slicer(this.environment)
    const { field } = energy
    const notices = [...energy.notices]
    const { epsilon } = scene.dynamics
    const pi = gibbsOf(field, epsilon)
    await slicer.breathe()
    check()
    const probes = this.probes(scene, target, field, pi)
    const l95 = smoothness95(field, probes)
    const stepSize = scene.dynamics.stepSize ?? defaultStepSize(l95)
    const transition = createTransition({ ...scene.dynamics, stepSize })
    const wall = wallMass(pi)
    if (wall > WALL_MASS) notices.push(wallNotice(scene, wall))
    const trainedScene = this.trainedEnergies.get(recipeKey(recipeOf(scene)))?.scene
    const normalised: SceneSpec = {
      ...scene,
      training:
        scene.energy.kind === 'trained' && trainedScene ? trainedScene.training : scene.training,
      dynamics: { ...scene.dynamics, stepSize },
    }
    await slicer.breathe()
    check()
    const steepest = smoothness(field)
    const curvature = field.barriers.length > 0 ? null : curvatureRange(field)
    const constants = {
      spectralGap: null,
      spectralGapError: null,
      spectralGapResolved: null,
      slowMode: null,
      logSobolevEstimate: null,
      twoStateFactor: null,
      logSobolevBound: null,
      convexity: curvature?.least ?? convexity(field),
      smoothness: steepest.value,
      smoothnessAt: steepest.at,
      quadratic: isQuadratic(field),
      smoothness95: l95,
      curvature95: curvature95(field, probes),
      // MALA has no bias, and jumps shrink it.
      biasPrediction:
        departureOf(samplerOf(scene.dynamics)) === null
          ? biasPrediction(field, pi, transition)
          : null,
    }
    await slicer.breathe()
    check()
    const run = this.buildRun({
      dataLaw: dataLawKind(target, scene),
      scene: normalised,
      field,
      gibbs: pi,
      transition,
      constants,
      target,
    })
    const data = dataLaw(target)
    const input = (aborting?: AbortSignal) =>
      this.drain(
        analysisInput({
          scene: normalised,
          field,
          transition,
          gibbs: pi,
          initial: run.initial,
          constants,
          data,
        }),
        run,
        aborting,
      )
    const density = () => densityRaster(target, field)
    const frame = await this.frameReply(id, run, 0, -1, signal)
    // One that was given up meanwhile leaves the run on the stage as it is.
    check()
    this.current?.run.close()
    const { models } = energy
    this.current = { id, run, models, analysisInput: input, targetDensity: density }
    return {
      run: id,
      scene: normalised,
      trained: energy.trained,
      landscape: landscapeOf(field, epsilon, pi.logZ),
      targetDensity: scene.view.layers.includes('target') ? density() : null,
      data: target.picture(PICTURE_POINTS, scene.seed),
      transform: target.transform,
      constants,
      dataLaw: data === null ? 'none' : data.smoothed ? 'smoothed' : 'known',
      frame,
      notices,
      terms: energy.terms,
      suggestedMetric: suggestedMetric(field, pi, curvature?.most),
    }
  }

  frame = async (
    { run: id, step, have, early = false, spare = [] }: FrameRequest,
    signal?: AbortSignal,
  ): Promise<FrameReply> => {
    this.spare.add(spare)
    const run = this.runOf(id)
    const wanted = Math.max(0, Math.min(Math.floor(step), run.scene.dynamics.steps))
    if (early && wanted === run.computed + 1) {
      const arrived = await run.moveTo(wanted)
      throwIfAborted(signal)
      if (arrived !== null) return this.replyOf(id, run, arrived, have)
    }
    await run.advanceTo(wanted, signal)
    if (run.needsFloor) {
      const measuring = run.measureFloor()
      if (run.computed === run.scene.dynamics.steps) await measuring
      // The reply does not wait for the floor. A run that is replaced meanwhile rejects the measurement.
      else measuring.catch(() => undefined)
    }
    if (run.needsEnds) await run.findEnds()
    return this.frameReply(id, run, wanted, have, signal)
  }

  targetDensity = async ({ run: id }: Request<'targetDensity'>): Promise<Raster | null> => {
    return this.currentOf(id).targetDensity()
  }

  /** Asked for beside the frames, not with the run: the first particles do not wait for it. */
  analysisInput = async (
    { run: id }: Request<'analysisInput'>,
    signal?: AbortSignal,
  ): Promise<AnalysisInput> => {
    return this.currentOf(id).analysisInput(signal)
  }

  stops = async ({ run: id, stopping }: Request<'stops'>): Promise<Reply<'stops'>> => {
    const run = this.runOf(id)
    if (run.needsFloor) await run.measureFloor()
    return run.reports(stopping)
  }

  attach = async ({ run: id, report }: Request<'attach'>): Promise<Reply<'attach'>> => {
    this.runOf(id).attach(unpackReport<AnalysisReport>(report))
    return null
  }

  result = async ({ run: id }: Request<'result'>, signal?: AbortSignal): Promise<RunResult> => {
    const run = this.runOf(id)
    const { scene } = run
    await run.advanceTo(scene.dynamics.steps, signal)
    await this.analyseHere(run, signal)
    const training =
      scene.energy.kind === 'trained'
        ? (this.trainedEnergies.get(recipeKey(recipeOf(scene)))?.summary ?? null)
        : null
    const result = await run.result(training, signal)
    return { ...result, data: await this.dataReports(scene) }
  }

  /**
   * How the files are read that a scene names.
   * @throws Refusal naming what is missing or broken
   */
  async dataReports(scene: SceneSpec): Promise<readonly DataReport[]> {
    const files = [...namedAssets(scene).values()].filter((asset) => asset.kind === 'points')
    return Promise.all(files.map((file) => this.targets.report(file)))
  }

  train = async (
    { scene, ...options }: TrainRequest,
    signal?: AbortSignal,
  ): Promise<TrainReply> => {
    const outcome = await this.start(scene, options, signal)
    const weights = weightsOf(outcome)
    return {
      outcome: outcome.outcome,
      summary: outcome.summary,
      weights,
      scene: outcome.scene,
      hash: sha256HexSync(weights),
    }
  }

  steerTraining = async ({ action }: Request<'steerTraining'>): Promise<null> => {
    this.job?.[action]()
    return null
  }

  live = async ({ scene }: Request<'live'>, signal?: AbortSignal): Promise<LiveTarget> => {
    const turn = ++this.latestLive
    // Calls that already wait are let in first: a stroke sends many, and only the last one counts.
    await this.environment.pause()
    const check = () => {
      throwIfAborted(signal)
      if (turn !== this.latestLive) throw new Aborted()
    }
    check()
    if (this.job !== null)
      throw new Refusal('A training is under way; it must end before one follows its target live')
    const { seed, domain } = scene
    const target = await this.liveTargets.resolve(scene.target, seed, domain.halfWidth)
    check()
    const following = await this.follow(scene, target)
    return {
      target: following.target,
      targetDensity: rasterOf(target, domain),
      data: target.picture(PICTURE_POINTS, seed),
      transform: target.transform,
    }
  }

  keepLive = async (): Promise<LiveEnergy> => {
    const kept = (await this.following?.keep()) ?? null
    if (kept === null) throw new Refusal('There is no live energy to keep yet')
    const { scene, model, summary } = kept
    const provenance = `trained live, ${summary.steps} steps, objective quadrature`
    const weights = writeEnergyFile(model, null, provenance)
    return { scene, summary, weights, hash: sha256HexSync(weights), provenance }
  }

  endLive = async (): Promise<null> => {
    this.latestLive++
    const { following } = this
    this.following = null
    following?.end()
    await following?.done.catch(() => undefined)
    return null
  }

  liveFrame = async ({ steps, spare = [] }: Request<'liveFrame'>): Promise<LiveFrame | null> => {
    this.spare.add(spare)
    if (this.following !== null) return this.following.advance(steps)
    const field = this.job?.live ?? null
    return field === null || this.clouds === null ? null : this.clouds.advance(field, steps)
  }

  thumbnail = async (request: ThumbnailRequest, signal?: AbortSignal): Promise<Raster> => {
    await this.environment.pause()
    throwIfAborted(signal)
    const cells = Math.max(16, Math.min(MAX_THUMBNAIL, Math.floor(request.cells)))
    const domain = { halfWidth: DEFAULT_SCENE.domain.halfWidth, cells }
    if (request.kind === 'target') {
      const target = await this.targets.resolve(
        request.target,
        DEFAULT_SCENE.seed,
        domain.halfWidth,
      )
      return { ...domain, values: target.thumbnail(domain) }
    }
    const scene = { ...DEFAULT_SCENE, target: request.target, energy: request.energy, domain }
    const { field } = await this.energies.resolve(scene, signal)
    return { ...domain, values: Float32Array.from(gibbs(field, 1).density) }
  }

  /** Goes on to a target with the live training there is, or opens one. */
  private async follow(scene: SceneSpec, target: ResolvedTarget): Promise<LiveTraining> {
    if (this.following?.fits(scene)) {
      this.following.retarget(scene, target)
      return this.following
    }
    this.following?.end()
    const following = new LiveTraining({
      environment: this.environment,
      backends: this.backends,
      scene,
      target,
    })
    this.following = following
    following.done.catch((error: unknown) => {
      if (this.following !== following) return
      this.following = null
      const { message, details } = describeFailure(error)
      this.environment.emit('notice', {
        level: 'error',
        text: `The live training stopped. ${message}`,
        ...(details === undefined ? {} : { details }),
      })
      this.environment.emit('liveEnded', { message })
    })
    return following
  }

  /** The weights of a recipe trained here, as a file; null where it was not. */
  trainedWeights(recipe: TrainingRecipe): Uint8Array<ArrayBuffer> | null {
    const trained = this.trainedEnergies.get(recipeKey(recipe))
    return trained === undefined ? null : weightsOf(trained)
  }

  /** Follows the laws of a run in this thread, unless an analysis worker has. */
  private async analyseHere(run: Run, signal: AbortSignal | undefined): Promise<void> {
    if (run.analysed || this.current?.run !== run) return
    const { environment } = this
    const input = await this.current.analysisInput(signal)
    const report = await followLaws(input, { environment, signal })
    const { withoutContinuous } = report
    if (withoutContinuous !== null)
      environment.emit('notice', {
        level: 'warning',
        text: `No continuous curve: ${withoutContinuous}.`,
      })
    run.attach(report)
  }

  /** Does work for a run piece by piece, letting messages in. */
  private async drain<Result>(
    work: Generator<unknown, Result>,
    run: Run,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    const slicer = new Slicer(this.environment)
    return slicer.drain(work, () => {
      throwIfAborted(signal)
      if (run.isClosed) throw new Aborted()
    })
  }

  private runOf(id: number): Run {
    return this.currentOf(id).run
  }

  private currentOf(id: number): NonNullable<Session['current']> {
    if (this.current?.id !== id)
      throw new Aborted(`Given up: run ${String(id)} is not the one at hand.`)
    return this.current
  }

  private buildRun(
    options: Omit<ConstructorParameters<typeof Run>[0], 'environment' | 'target'> & {
      readonly target: ResolvedTarget
    },
  ): Run {
    try {
      return new Run({
        ...options,
        spare: this.spare,
        environment: this.environment,
        target: options.target.initial,
      })
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      throw new Refusal(`dynamics.initial: ${error.message}`, 'dynamics.initial')
    }
  }

  private async frameReply(
    id: number,
    run: Run,
    step: number,
    have: number,
    signal: AbortSignal | undefined,
  ): Promise<FrameReply> {
    return this.replyOf(id, run, await run.frameAt(step, signal), have)
  }

  private replyOf(
    id: number,
    run: Run,
    { step, langevin, deterministic, companion }: Frame,
    have: number,
  ): FrameReply {
    return {
      run: id,
      step,
      langevin,
      deterministic,
      computed: run.computed,
      points: run.curvesSince(have),
      stops: run.reports(),
      nullFloor: run.nullFloor,
      companion,
      collapse: run.collapse,
    }
  }

  /** 4,096 samples of the target, of π for sums, at which the curvature is taken. */
  private probes(
    scene: SceneSpec,
    target: ResolvedTarget,
    field: EnergyField,
    pi: Gibbs,
  ): Float64Array {
    const { domain, energy } = scene
    const seed = L95_SEED
    return energy.kind === 'sum'
      ? gibbsSampler(field, pi.epsilon).sample({ seed, purpose: Purpose.probe }, L95_DRAWS)
      : target.probes(L95_DRAWS, seed, domain.halfWidth)
  }

  private async start(
    scene: SceneSpec,
    options: Pick<TrainRequest, 'checkpoint' | 'paused'>,
    signal: AbortSignal | undefined,
  ): Promise<TrainingOutcome> {
    const target = await this.targets.resolve(scene.target, scene.seed, scene.domain.halfWidth)
    throwIfAborted(signal)
    if (this.job !== null)
      throw new Refusal('A training is already under way; it must end before the next begins')
    if (this.following !== null)
      throw new Refusal('A live training is under way; it must end before another begins')
    const job = new TrainingJob({
      environment: this.environment,
      backends: this.backends,
      scene,
      target,
      checkpoint: options.checkpoint,
      paused: options.paused,
    })
    this.job = job
    this.clouds = new LiveClouds(this.environment.clock, scene, target, this.spare)
    const abort = () => {
      job.abort()
    }
    signal?.addEventListener('abort', abort)
    try {
      const outcome = await job.done
      if (outcome.outcome === 'finished') this.remember(scene, outcome)
      return outcome
    } finally {
      signal?.removeEventListener('abort', abort)
      this.job = null
      this.clouds = null
    }
  }

  /** Keeps a finished training under the recipe of the scene and under the one that was carried out, backend and steps filled in. */
  private remember(asked: SceneSpec, { model, summary, scene }: TrainingOutcome): void {
    const trained: TrainedEnergy = { model, summary, scene }
    this.trainedEnergies.set(recipeKey(recipeOf(asked)), trained)
    this.trainedEnergies.set(recipeKey(recipeOf(scene)), trained)
  }

  /** The training of a recipe that a term of a sum needs; calls for one recipe share one training. */
  private trainOnce(
    recipe: TrainingRecipe,
    signal: AbortSignal | undefined,
  ): Promise<TrainedEnergy> {
    throwIfAborted(signal)
    const key = recipeKey(recipe)
    const known = this.trainings.get(key)
    if (known) return known
    const training = this.trainRecipe(recipe).finally(() => this.trainings.delete(key))
    this.trainings.set(key, training)
    return training
  }

  private async trainRecipe(recipe: TrainingRecipe): Promise<TrainedEnergy> {
    // One training at a time: they share the backend and the live table.
    while (this.job !== null) await this.job.done.catch(() => undefined)
    const { seed, target, training, halfWidth } = recipe
    const scene: SceneSpec = {
      ...DEFAULT_SCENE,
      seed,
      target,
      training,
      domain: { ...DEFAULT_SCENE.domain, halfWidth },
    }
    const outcome = await this.start(scene, {}, undefined)
    if (outcome.outcome === 'aborted') throw new Aborted()
    if (outcome.outcome === 'diverged')
      throw new Refusal(
        `The training of a term diverged at step ${outcome.summary.steps}; allowed: another seed or objective`,
        'energy',
      )
    return outcome
  }
}

function dataLawKind(
  { initial, distribution }: ResolvedTarget,
  { energy, dynamics }: SceneSpec,
): StoppingInput['law']['data'] {
  if (initial.density === null) return null
  if (distribution.density === null) return 'smoothed'
  // V = −log ρ* is made for ε = 1.
  return energy.kind === 'exact' && dynamics.epsilon === 1 ? 'gibbs' : 'known'
}

/** The law of the data as far as it has a density. */
function dataLaw({ initial, distribution }: ResolvedTarget): AnalysisInputOptions['data'] {
  const { density } = initial
  if (density === null) return null
  return {
    sample: (rng, n) => initial.sample(rng, n),
    density,
    smoothed: distribution.density === null,
  }
}

/** @throws Refusal where barriers leave nothing of the box */
function gibbsOf(field: EnergyField, epsilon: number): Gibbs {
  try {
    return gibbs(field, epsilon)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new Refusal(`energy.barriers: ${error.message}`, 'energy.barriers')
  }
}

/** What a scene's own training is determined by. */
export function recipeOf(
  scene: Pick<SceneSpec, 'seed' | 'target' | 'training' | 'domain'>,
): TrainingRecipe {
  const { seed, target, training, domain } = scene
  return { seed, target, training, halfWidth: domain.halfWidth }
}

function recipeKey({ seed, target, training, halfWidth }: TrainingRecipe): string {
  const { objective, steps, seconds, backend } = training
  return JSON.stringify([seed, target, objective, steps, seconds, backend, halfWidth])
}

/** A trained energy as a safetensors file, with the recipe that makes it again. */
function weightsOf({
  model,
  scene,
}: Pick<TrainedEnergy, 'model' | 'scene'>): Uint8Array<ArrayBuffer> {
  const { seed, target, training } = scene
  return writeEnergyFile(model, { seed, target, training })
}

function densityRaster(target: ResolvedTarget, { grid }: EnergyField): Raster | null {
  return rasterOf(target, grid.box)
}

function rasterOf(target: ResolvedTarget, { halfWidth: width, cells: finest }: Box): Raster | null {
  const table = target.density({ halfWidth: width, cells: Math.min(PICTURE_CELLS, finest) })
  if (table === null) return null
  const { halfWidth, cells } = table.box
  return { halfWidth, cells, values: Float32Array.from(table.density) }
}

/** Share of π in the outermost cells of the box, each cell counted once: of all that the same cells hold, so that it is one. */
function wallMass({ box: { cells }, density }: Gibbs): number {
  let walls = 0
  let all = 0
  for (let row = 0; row < cells; row++)
    for (let column = 0; column < cells; column++) {
      const here = density[row * cells + column]!
      all += here
      const outermost = row === 0 || column === 0 || row === cells - 1 || column === cells - 1
      if (outermost) walls += here
    }
  return walls / all
}

function wallNotice(scene: SceneSpec, mass: number): Notice {
  const subject =
    scene.energy.kind === 'sum'
      ? 'This sum does not confine its particles to the box by itself'
      : 'This energy does not keep its particles off the walls of the box'
  return {
    level: 'info',
    about: 'walls',
    text: `${subject}: ${formatShare(mass)} of its Gibbs measure lies at the walls. It is still a proper law on the box.`,
  }
}
