import { suggestedMetric } from '../../../core/analysis/constants/metric.ts'
import type { Gibbs } from '../../../core/fields/gibbs.ts'
import type { EnergyModel } from '../../../learning/training/api.ts'
import { unpackReport } from '../../io/packedReport.ts'
import type {
  AnalysisInput,
  AnalysisReport,
  FrameReply,
  FrameRequest,
  PrepareRequest,
  Raster,
  Reply,
  Request,
  RunReady,
  WayPrices,
} from '../../protocol/calls.ts'
import type { RunResult } from '../../protocol/result.ts'
import { tabulateDensity } from '../../../core/analysis/estimators/kl.ts'
import { PICTURE_POINTS, rasterOf } from '../energies/targetRaster.ts'
import { Slicer, type Environment } from '../environment.ts'
import { landscapeOf } from '../landscape.ts'
import { Aborted, throwIfAborted } from '../refusal.ts'
import { recipeOf } from '../training/trainings.ts'
import { followLaws } from './followLaws.ts'
import type { Frame, SpareClouds } from './frames.ts'
import { buildRun, lawsOf, pose, type Resolvers } from './pose.ts'
import { priceOfWays } from './priceOfWays.ts'
import { type Run, textOf } from './run.ts'
import { workOut } from './workOut.ts'

/** The current run. A `prepare` replaces it when it succeeds; calls that name another run reject with `Aborted`. */
export class Runs {
  private readonly environment: Environment
  private readonly resolvers: Resolvers
  private readonly spare: SpareClouds
  private current: {
    readonly id: number
    readonly run: Run
    readonly models: readonly EnergyModel[]
    readonly analysisInput: (signal?: AbortSignal) => Promise<AnalysisInput>
    readonly targetDensity: () => Raster | null
    readonly priceOfWays: (signal?: AbortSignal) => Promise<WayPrices>
  } | null = null
  private latest = 0

  constructor({ spare, ...resolvers }: Resolvers & { readonly spare: SpareClouds }) {
    this.environment = resolvers.environment
    this.resolvers = resolvers
    this.spare = spare
  }

  /** The networks in the energy of the current run. */
  get models(): readonly EnergyModel[] {
    return this.current?.models ?? []
  }

  prepare = async ({ run: id, scene }: PrepareRequest, signal?: AbortSignal): Promise<RunReady> => {
    const turn = ++this.latest
    this.resolvers.energies.prefetch(scene.energy)
    // Lets waiting calls in first: a drag sends many, and only the last one counts.
    await this.environment.pause()
    const check = () => {
      throwIfAborted(signal)
      if (turn !== this.latest) throw new Aborted()
    }
    check()
    const posed = await pose(scene, this.resolvers, check, signal)
    const { target, energy, data, pi, constants } = posed
    const { field } = energy
    const run = buildRun(posed, { environment: this.environment, spare: this.spare })
    const input = (aborting?: AbortSignal) => this.drain(lawsOf(posed, run.initial), run, aborting)
    const prices = (aborting?: AbortSignal) => this.drain(priceOfWays(posed), run, aborting)
    const density = () =>
      rasterOf(
        scene.energy.kind === 'sum' && data !== null
          ? (box) => tabulateDensity((x, y) => data.density.logDensity(x, y), box)
          : (box) => target.density(box),
        field.grid.box,
      )
    const frame = await this.frameReply(id, run, 0, -1, signal)
    // A `prepare` that was aborted meanwhile does not replace the current run.
    check()
    this.current?.run.close()
    const { models } = energy
    this.current = {
      ...{ id, run, models },
      analysisInput: input,
      targetDensity: density,
      priceOfWays: prices,
    }
    return {
      run: id,
      scene: posed.scene,
      trained: energy.trained,
      landscape: landscapeOf(field, pi.epsilon, pi.logZ),
      targetDensity: scene.view.layers.includes('target') ? density() : null,
      data: target.picture(PICTURE_POINTS, scene.seed),
      transform: target.transform,
      constants,
      energy: { least: leastOf(field.grid.v), atGibbs: meanEnergy(pi) },
      dataLaw: data === null ? 'none' : data.smoothed ? 'smoothed' : 'known',
      frame,
      notices: posed.notices,
      terms: energy.terms,
      stableBelow: run.stableBelow,
      suggestedMetric: suggestedMetric(field, pi, posed.mostCurvature),
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

  priceOfWays = async (
    { run: id }: Request<'priceOfWays'>,
    signal?: AbortSignal,
  ): Promise<WayPrices> => {
    return this.currentOf(id).priceOfWays(signal)
  }

  /** A call of its own, so that the first particles do not wait for this input. */
  analysisInput = async (
    { run: id }: Request<'analysisInput'>,
    signal?: AbortSignal,
  ): Promise<AnalysisInput> => {
    return this.currentOf(id).analysisInput(signal)
  }

  stops = async (
    { run: id, stopping }: Request<'stops'>,
    signal?: AbortSignal,
  ): Promise<Reply<'stops'>> => {
    const run = this.runOf(id)
    if (run.needsFloor) await run.measureFloor()
    if (textOf(stopping).needsStein === true) await run.measureStein(signal)
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
      scene.energy.kind === 'trained'
        ? (this.resolvers.trainings.of(recipeOf(scene))?.summary ?? null)
        : null
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
    const { needs } = textOf(run.scene.stopping)
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
}

function leastOf(values: Float64Array): number {
  let least = Infinity
  for (const value of values) least = Math.min(least, value)
  return least
}

/** E_π[V] = Σ π(V at the centre of the cell), over the cells that barriers leave. */
function meanEnergy({ density, values }: Gibbs): number {
  let sum = 0
  let mass = 0
  for (let k = 0; k < density.length; k++) {
    if (density[k] === 0) continue
    sum += density[k]! * values[k]!
    mass += density[k]!
  }
  return sum / mass
}
