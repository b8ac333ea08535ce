import { curvatureRange } from '../../../core/analysis/constants/curvature.ts'
import { convexity } from '../../../core/analysis/constants/logSobolev.ts'
import { suggestedMetric } from '../../../core/analysis/constants/metric.ts'
import {
  biasPrediction,
  defaultStepSize,
  isQuadratic,
  curvature95,
  smoothness,
  smoothness95,
} from '../../../core/analysis/constants/smoothness.ts'
import type { StoppingInput } from '../../../core/analysis/stopping/criterion.ts'
import type { EnergyField } from '../../../core/fields/energyField.ts'
import { gibbs, gibbsSampler, type Gibbs } from '../../../core/fields/gibbs.ts'
import { createTransition } from '../../../core/fields/transition.ts'
import { formatShare } from '../../../core/maths/numberText.ts'
import { Purpose } from '../../../core/maths/rng.ts'
import { samplerOf } from '../../../core/samplers/registry.ts'
import { departureOf } from '../../../core/samplers/sampler.ts'
import type { EnergyModel } from '../../../learning/training/api.ts'
import { unpackReport } from '../../io/packedReport.ts'
import type {
  AnalysisInput,
  AnalysisReport,
  FrameReply,
  FrameRequest,
  Notice,
  PrepareRequest,
  Raster,
  Reply,
  Request,
  RunReady,
} from '../../protocol/calls.ts'
import type { RunResult } from '../../protocol/result.ts'
import type { SceneSpec } from '../../scene/sceneSpec.ts'
import { analysisInput, type AnalysisInputOptions } from './analysisInput.ts'
import { Slicer, type Environment } from '../environment.ts'
import type { Frame, SpareClouds } from './frames.ts'
import { landscapeOf } from '../landscape.ts'
import { Aborted, Refusal, throwIfAborted } from '../refusal.ts'
import type { EnergyResolver } from '../energies/resolveEnergy.ts'
import type { ResolvedTarget, TargetResolver } from '../energies/resolveTarget.ts'
import { followLaws } from './followLaws.ts'
import { Run } from './run.ts'
import { workOut } from './workOut.ts'
import { PICTURE_POINTS, rasterOf } from '../energies/targetRaster.ts'
import { recipeOf, type Trainings } from '../training/trainings.ts'
import { UNKNOWN_CONSTANTS } from '../../../core/analysis/curves.ts'
import { CRITERION_TEXTS, type CriterionText } from '../../../core/analysis/texts.ts'

/** Draws over which L95 is taken. */
const L95_DRAWS = 4096
/** A fixed seed, so that the default η, and with it every curve of the laws, depends on the energy alone. */
const L95_SEED = 1
/** A larger mass of π in the outermost cells raises a notice. */
const WALL_MASS = 1e-6

/** The current run. A `prepare` replaces it when it succeeds; calls that name another run reject with `Aborted`. */
export class Runs {
  private readonly environment: Environment
  private readonly targets: TargetResolver
  private readonly energies: EnergyResolver
  private readonly trainings: Pick<Trainings, 'of'>
  private readonly spare: SpareClouds
  private current: {
    readonly id: number
    readonly run: Run
    readonly models: readonly EnergyModel[]
    readonly analysisInput: (signal?: AbortSignal) => Promise<AnalysisInput>
    readonly targetDensity: () => Raster | null
  } | null = null
  private latest = 0

  constructor(options: {
    readonly environment: Environment
    readonly targets: TargetResolver
    readonly energies: EnergyResolver
    readonly trainings: Pick<Trainings, 'of'>
    readonly spare: SpareClouds
  }) {
    this.environment = options.environment
    this.targets = options.targets
    this.energies = options.energies
    this.trainings = options.trainings
    this.spare = options.spare
  }

  /** The networks in the energy of the current run. */
  get models(): readonly EnergyModel[] {
    return this.current?.models ?? []
  }

  prepare = async ({ run: id, scene }: PrepareRequest, signal?: AbortSignal): Promise<RunReady> => {
    const turn = ++this.latest
    this.energies.prefetch(scene.energy)
    // Lets waiting calls in first: a drag sends many, and only the last one counts.
    await this.environment.pause()
    const check = () => {
      throwIfAborted(signal)
      if (turn !== this.latest) throw new Aborted()
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
    const trainedScene = this.trainings.of(recipeOf(scene))?.scene
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
    const quadratic = isQuadratic(field)
    const bounds = quadratic || curvature === null ? [] : [curvature.most, -curvature.least]
    const constants = {
      ...UNKNOWN_CONSTANTS,
      convexity: curvature?.least ?? convexity(field),
      smoothness: Math.max(steepest.value, ...bounds),
      smoothnessAt: steepest.at,
      quadratic,
      smoothness95: l95,
      curvature95: curvature95(field, probes),
      // MALA has no bias, and jumps (independence Metropolis–Hastings) shrink it.
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
    // A `prepare` that was aborted meanwhile does not replace the current run.
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
      // The reply does not wait for the floor. Closing the run rejects the measurement.
      else measuring.catch(() => undefined)
    }
    if (run.needsEnds) await run.findEnds()
    return this.frameReply(id, run, wanted, have, signal)
  }

  targetDensity = async ({ run: id }: Request<'targetDensity'>): Promise<Raster | null> => {
    return this.currentOf(id).targetDensity()
  }

  /** A call of its own, so that the first particles do not wait for this input. */
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

  result = async (
    { run: id }: Request<'result'>,
    signal?: AbortSignal,
  ): Promise<Omit<RunResult, 'data'>> => {
    const run = this.runOf(id)
    const { scene } = run
    await run.advanceTo(scene.dynamics.steps, signal)
    await this.analyseHere(run, signal)
    const training =
      scene.energy.kind === 'trained' ? (this.trainings.of(recipeOf(scene))?.summary ?? null) : null
    return run.result(training, signal)
  }

  /** Follows the laws of a run in this thread, unless an analysis worker has attached its final report. */
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
    const { needs }: CriterionText = CRITERION_TEXTS[run.scene.stopping.criterion]
    run.attach(
      needs === undefined
        ? report
        : { ...report, [needs]: await workOut(needs, input, report, environment, signal) },
    )
  }

  /** Does work for a run piece by piece and lets messages in. @throws Aborted once the run is closed */
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

  private currentOf(id: number): NonNullable<Runs['current']> {
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

  /** L95_DRAWS points at which the curvature is taken: samples of the target, and of π for sums. */
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

/** The law of the data; null where it has no density. */
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

function densityRaster(target: ResolvedTarget, { grid }: EnergyField): Raster | null {
  return rasterOf(target, grid.box)
}

/** Share of π in the outermost cells of the box, each cell counted once, relative to the sum over all cells. */
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
