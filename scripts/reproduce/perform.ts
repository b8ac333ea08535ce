import path from 'node:path'
import { noLawCurves } from '../../src/core/analysis/curves.ts'
import { barrierLevel } from '../../src/core/fields/barriers/levels.ts'
import { FolderAssets } from '../../src/lab/cli/folderAssets.ts'
import { readKernelModule, readSamplerModule } from '../../src/lab/cli/kernelModule.ts'
import type { Environment } from '../../src/lab/engine/environment.ts'
import { followLaws } from '../../src/lab/engine/runs/followLaws.ts'
import { workOut } from '../../src/lab/engine/runs/workOut.ts'
import { createSession, type Session } from '../../src/lab/engine/session.ts'
import { packReport } from '../../src/lab/io/packedReport.ts'
import type {
  AnalysisInput,
  AnalysisReport,
  Extras,
  FrameReply,
  Landscape,
} from '../../src/lab/protocol/calls.ts'
import type { RunResult } from '../../src/lab/protocol/result.ts'
import type { SceneSpec } from '../../src/lab/scene/sceneSpec.ts'

/** One scene under several seeds. */
export interface Job {
  readonly scene: SceneSpec
  readonly seeds: readonly number[]
  /**
   * The laws on the grid: followed once for all seeds (they depend on none where energy and start are exact), for each
   * seed anew, or not at all.
   */
  readonly laws: 'shared' | 'each' | 'none'
  /** What is worked out once the laws are known. */
  readonly extras?: readonly (keyof Extras)[]
  /** Whether the scene is trained on first, for an energy that is to be trained; default: it stays untrained. */
  readonly train?: boolean
}

/** One run of a scene, by the very engine of the page. */
export interface Outcome {
  readonly seed: number
  readonly result: RunResult
  readonly nullFloor: FrameReply['nullFloor']
  /** Langevin particles after the last step, [x0, y0, …]. */
  readonly cloud: Float32Array
  /** Of the continuous dynamics, as in `AnalysisReport`. Null where they were not followed. */
  readonly continuous: Pick<AnalysisReport, 'dissipationError' | 'fokkerPlanckRise'>
  /** Cells a side that the exact law was followed on; null: not followed. */
  readonly cells: number | null
  /** Langevin particles found inside a barrier, over all steps. */
  readonly trespassers: number
}

export interface Outcomes {
  /** The energy, the same for all seeds. */
  readonly landscape: Landscape
  /** In the order of the seeds; at least one. */
  readonly runs: readonly Outcome[]
}

function environment(): Environment {
  return {
    assets: new FolderAssets(path.join(import.meta.dirname, '../../scenes')),
    clock: () => performance.now() / 1000,
    pause: () => Promise.resolve(),
    emit: () => undefined,
    kernelModule: readKernelModule,
    samplerModule: readSamplerModule,
  }
}

/** The report that is attached to a run whose laws are not followed. */
function nothing(steps: number): AnalysisReport {
  return {
    stage: 'done',
    curves: noLawCurves(steps),
    exactTo: -1,
    cells: null,
    unresolved: null,
    withoutContinuous: null,
    dataOutside: null,
    dataAtGibbs: null,
    foldedMass: [],
    fokkerPlanckRise: null,
    dissipationError: null,
    constants: null,
    mode: null,
    basins: null,
  }
}

/** @throws Refusal where the engine does not run the scene */
export async function perform({ scene, seeds, laws, extras = [], train }: Job): Promise<Outcomes> {
  const surroundings = environment()
  const session = createSession(surroundings, () => undefined)
  let shared: AnalysisReport | null = laws === 'none' ? nothing(scene.dynamics.steps) : null
  let landscape: Landscape | null = null
  let { stepSize } = scene.dynamics
  const runs: Outcome[] = []
  for (const [i, seed] of seeds.entries()) {
    const run = i + 1
    const dynamics = { ...scene.dynamics, stepSize }
    if (train === true) await session.train({ scene: { ...scene, seed, dynamics } })
    const ready = await session.prepare({ run, scene: { ...scene, seed, dynamics } })
    // The default step size is read off seeded probes; runs that share their laws must share it.
    if (laws === 'shared') stepSize = ready.scene.dynamics.stepSize
    const report = shared ?? (await follow(await session.analysisInput({ run }), extras))
    if (laws === 'shared') shared = report
    await session.attach({ run, report: packReport(report) })
    const result = await session.result({ run })
    const { steps } = result.scene.dynamics
    const { langevin, nullFloor } = await session.frame({ run, step: steps, have: steps })
    landscape ??= ready.landscape
    const { dissipationError, fokkerPlanckRise, cells } = report
    const continuous = { dissipationError, fokkerPlanckRise }
    const trespassers = await countTrespassers(session, run, steps, ready.landscape)
    runs.push({ seed, result, nullFloor, cloud: langevin, continuous, cells, trespassers })
  }
  if (landscape === null) throw new RangeError('A job needs at least one seed')
  return { landscape, runs }
}

/** The laws of a run, with what is to be worked out from them. */
async function follow(
  input: AnalysisInput,
  extras: readonly (keyof Extras)[],
): Promise<AnalysisReport> {
  const surroundings = environment()
  let report = await followLaws(input, { environment: surroundings })
  for (const extra of extras)
    report = { ...report, [extra]: await workOut(extra, input, report, surroundings) }
  return report
}

/** Frames carry single precision: a particle at a wall may be this far on its wrong side, world units. */
const ROUNDING = 1e-6

async function countTrespassers(
  session: Session,
  run: number,
  steps: number,
  { barriers }: Landscape,
): Promise<number> {
  let count = 0
  if (barriers.length === 0) return count
  for (let step = 0; step <= steps; step++) {
    const { langevin: xy } = await session.frame({ run, step, have: steps })
    for (let i = 0; i < xy.length; i += 2)
      if (barriers.some((barrier) => barrierLevel(barrier, xy[i]!, xy[i + 1]!) < -ROUNDING)) count++
  }
  return count
}
