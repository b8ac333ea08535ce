import type { InitialLaw } from '../../../core/analysis/laws/initialLaw.ts'
import type { Criterion } from '../../../core/analysis/stopping/criterion.ts'
import { CRITERIA } from '../../../core/analysis/stopping/registry.ts'
import type { AnalysisInput, AnalysisReport } from '../../protocol/calls.ts'
import type { SweepProgress, SweepResult, SweepRow, SweptScene } from '../../protocol/sweep.ts'
import { hasKnownDensity } from '../../scene/defaults.ts'
import { describeProblem } from '../../scene/reading/problem.ts'
import type { SceneSpec, SweepSpec } from '../../scene/sceneSpec.ts'
import { sweepProblem, sweepSeeds, sweepValues, sweptScene } from '../../scene/sweep.ts'
import { Slicer } from '../environment.ts'
import { Refusal, throwIfAborted } from '../refusal.ts'
import { followLaws } from '../runs/followLaws.ts'
import { buildRun, lawsOf, pose, type Posed, type Resolvers } from '../runs/pose.ts'
import { workOut } from '../runs/workOut.ts'
import type { Run } from '../runs/run.ts'
import { truthOf, truthOfFlow } from './truth.ts'

export interface SweepOptions {
  readonly signal?: AbortSignal | undefined
  /** Called after the laws of each value and after each run; `done` never falls. */
  readonly onProgress?: (progress: SweepProgress) => void
}

/** Runs that share all but their seed: one value of the field, or all of them where the field is δ, which no run depends on. */
interface Group {
  readonly scene: SceneSpec
  readonly seeds: readonly number[]
  readonly settings: readonly { readonly value: number; readonly delta: number }[]
}

/** A scene up to its particles, and its start. */
interface Start {
  readonly posed: Posed
  readonly initial: InitialLaw
}

/** What runs share that differ in their particles alone. */
interface Shared extends Start {
  readonly laws: AnalysisReport
}

/**
 * Makes the sweep of a scene. Every row is a pure function of the scene, and equal to what a run of `sweptScene` reports. The laws are
 * followed once for all runs that they are the same for; a run goes on until each criterion that reads its particles has stopped, beyond
 * which none changes its step; and it needs no particle at all where the laws decide.
 * @throws Refusal naming the field to blame; Aborted
 */
export async function sweep(
  scene: SweptScene,
  resolvers: Resolvers,
  options: SweepOptions = {},
): Promise<SweepResult> {
  const { signal, onProgress } = options
  const { over, criteria } = scene.sweep
  const problem = sweepProblem(scene, scene.sweep)
  if (problem !== null) throw new Refusal(describeProblem(problem), problem.field)
  const values = sweepValues(scene.sweep)
  const chosen = CRITERIA.filter(({ id }) => criteria.includes(id))
  const groups = groupsOf(scene, scene.sweep, values)
  const laws = new SharedLaws(resolvers, chosen, signal)
  const all = groups.reduce((sum, { seeds }) => sum + seeds.length + 1, 0)
  const rows: SweepRow[] = []
  let done = 0
  const report = (added: readonly SweepRow[]) => {
    rows.push(...added)
    onProgress?.({ done: ++done, all, rows: added })
  }
  for (const group of groups) {
    try {
      await laws.of(group.scene)
      report([])
      for (const seed of group.seeds) {
        const shared = await laws.of({ ...group.scene, seed })
        report(await rowsOf(group, seed, shared, chosen, resolvers, signal))
      }
    } catch (error) {
      if (!(error instanceof Refusal) || over === 'delta') throw error
      const where = `${over} = ${group.settings[0]!.value}`
      throw new Refusal(`${error.message} (at ${where})`, error.field, error.reach)
    }
  }
  const place = new Map(values.map((value, i) => [value, i]))
  // A stable sort: where δ is swept, all values come with each seed.
  rows.sort((a, b) => place.get(a.value)! - place.get(b.value)!)
  return { version: 1, scene, over, values, rows }
}

function groupsOf(scene: SceneSpec, spec: SweepSpec, values: readonly number[]): readonly Group[] {
  const { over } = spec
  const { delta } = scene.stopping
  const swept = (value: number) => sweptScene(scene, over, value, scene.seed)
  if (over === 'delta') {
    const settings = values.map((value) => ({ value, delta: value }))
    return [{ scene: swept(delta), seeds: sweepSeeds(scene, spec, delta), settings }]
  }
  return values.map((value) => ({
    scene: swept(value),
    seeds: sweepSeeds(scene, spec, value),
    settings: [{ value, delta }],
  }))
}

/** Laws that have been followed, and from what. */
interface Followed {
  readonly input: AnalysisInput
  readonly report: AnalysisReport
}

/** Poses scenes and follows their laws, those of the scene before where they are the same. */
class SharedLaws {
  private readonly resolvers: Resolvers
  private readonly signal: AbortSignal | undefined
  private readonly proves: boolean
  private readonly couples: boolean
  private readonly readsData: boolean
  private start: { readonly key: string; readonly value: Start } | null = null
  private laws: { readonly key: string; readonly value: Followed } | null = null

  constructor(resolvers: Resolvers, chosen: readonly Criterion[], signal: AbortSignal | undefined) {
    this.resolvers = resolvers
    this.signal = signal
    this.proves = chosen.some(({ needs }) => needs === 'spectralGapBound')
    this.couples = chosen.some(({ needs }) => needs === 'coupling')
    this.readsData = chosen.some(({ divergence }) => divergence === 'data')
  }

  async of(scene: SceneSpec): Promise<Shared> {
    const start = await this.startOf(scene)
    const { seed, target, dynamics } = scene
    const splits = !hasKnownDensity(target) && (this.readsData || dynamics.initial.kind === 'data')
    // Where the start has no density, its particles stand for it.
    const drawn = start.initial.logDensity === null
    const key = JSON.stringify([
      withoutParticles(start.posed.scene),
      ...(splits || drawn ? [seed] : []),
      ...(drawn ? [dynamics.particles] : []),
    ])
    if (this.laws?.key !== key) this.laws = { key, value: await this.follow(start) }
    const { input, report } = this.laws.value
    if (!this.couples) return { ...start, laws: report }
    // The pairs are drawn by the seed of the run.
    const pairs = input.pairs && {
      seed,
      starts: start.initial.sample(input.pairs.starts.length / 2, seed),
    }
    const { environment } = this.resolvers
    const own = { ...input, pairs }
    const coupling = await workOut('coupling', own, report, environment, this.signal)
    return { ...start, laws: { ...report, coupling } }
  }

  private async startOf(scene: SceneSpec): Promise<Start> {
    // The seed splits data points, and with them what is read off the data.
    const splits = hasKnownDensity(scene.target) ? [] : [scene.seed]
    const key = JSON.stringify([withoutParticles(scene), ...splits])
    if (this.start?.key === key) return this.start.value
    const posed = await pose(scene, this.resolvers, this.check, this.signal)
    const { initial } = buildRun(posed, { environment: this.resolvers.environment })
    const value = { posed, initial }
    this.start = { key, value }
    return value
  }

  private async follow({ posed, initial }: Start): Promise<Followed> {
    const { environment } = this.resolvers
    const input = await new Slicer(environment).drain(lawsOf(posed, initial), this.check)
    const report = await followLaws(input, { environment, signal: this.signal })
    if (!this.proves) return { input, report }
    const bound = await workOut('spectralGapBound', input, report, environment, this.signal)
    return { input, report: { ...report, spectralGapBound: bound } }
  }

  private readonly check = () => {
    throwIfAborted(this.signal)
  }
}

/** The part of a scene that no seed, no number of particles and no δ enters. */
function withoutParticles({ target, energy, training, domain, dynamics }: SceneSpec) {
  return [target, energy, training, domain, { ...dynamics, particles: null }]
}

/** The rows of one run, for each setting of δ. */
async function rowsOf(
  { scene, settings }: Group,
  seed: number,
  { posed, initial, laws }: Shared,
  chosen: readonly Criterion[],
  { environment }: Resolvers,
  signal: AbortSignal | undefined,
): Promise<readonly SweepRow[]> {
  const { particles } = scene.dynamics
  const own = {
    ...posed,
    scene: { ...posed.scene, seed, dynamics: { ...posed.scene.dynamics, particles } },
  }
  const flow = chosen.some(({ needsFlow }) => needsFlow)
  // No frame of it is shown: a budget of one byte keeps the first alone.
  const run = buildRun(own, { environment, initial, flow, frameBudget: 1 })
  run.attach(laws)
  const close = () => {
    run.close()
  }
  signal?.addEventListener('abort', close)
  const { steps } = scene.dynamics
  const reading = readers(chosen, laws, steps)
  const isDecided = (delta: number) =>
    run
      .reports({ ...scene.stopping, delta })
      .filter(({ criterion }) => reading.some(({ id }) => id === criterion))
      .every(({ step }) => step !== null && run.computed >= Math.min(step, steps))
  try {
    if (chosen.some(({ needsStein }) => needsStein)) await run.measureStein(signal)
    const block = Math.max(LEAST_BLOCK, Math.ceil(steps / BLOCKS))
    while (reading.length > 0 && run.computed < steps) {
      await run.advanceTo(run.computed + block, signal)
      if (reading.some(({ particles }) => particles === undefined)) await run.measureFloor()
      if (settings.every(({ delta }) => isDecided(delta))) break
    }
  } finally {
    signal?.removeEventListener('abort', close)
  }
  return settings.flatMap(({ value, delta }) => rowsAt(run, laws, { value, seed, delta }, chosen))
}

/** Steps between two looks whether all has been decided: at least so many, and at most so many looks a run. */
const LEAST_BLOCK = 10
const BLOCKS = 20

/** The criteria that read the particles of a run. */
function readers(
  chosen: readonly Criterion[],
  { exactTo }: AnalysisReport,
  steps: number,
): readonly Criterion[] {
  return chosen.filter(
    ({ particles }) => particles === undefined || (particles === 'unfollowed' && exactTo < steps),
  )
}

function rowsAt(
  run: Run,
  laws: AnalysisReport,
  { value, seed, delta }: { readonly value: number; readonly seed: number; readonly delta: number },
  chosen: readonly Criterion[],
): readonly SweepRow[] {
  const reports = run.reports({ ...run.scene.stopping, delta })
  const { steps } = run.scene.dynamics
  const judged = { laws, steps, delta, bias: run.constants.biasPrediction }
  return chosen.map(({ id, claims, needsFlow }): SweepRow => {
    const report = reports.find(({ criterion }) => criterion === id)!
    const { step, outcome, status, kl, klMeaning, divergence, reason } = report
    return {
      ...{ value, seed, criterion: id, step, outcome, status, kl, klMeaning, divergence },
      claims: claims ?? null,
      ...(needsFlow === true ? truthOfFlow(report) : truthOf(report, claims, judged)),
      reason,
    }
  })
}
