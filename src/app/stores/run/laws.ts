import type { AnalysisClient } from '../../../lab/client/analysisClient.ts'
import { isAbortError, isCrash } from '../../../lab/client/callError.ts'
import type { ComputeClient } from '../../../lab/client/computeClient.ts'
import type {
  AnalysisReport,
  Extras,
  PackedAnalysis,
  RunReady,
} from '../../../lab/protocol/calls.ts'
import { packReport, unpackReport } from '../../../lab/io/packedReport.ts'
import { explain } from '../explain.ts'
import type { Platform } from '../platform.ts'
import { post, withdraw, type RunStore } from './runStore.ts'

/** Has the analysis worker follow the laws of the run on the stage, and gives its reports to the page and to the run. */
export interface Laws {
  /** Starts the analysis of a run and aborts that of the run before. */
  follow(run: RunReady): void
  /** Aborts the analysis, so that the run on the stage gets no laws. */
  drop(): void
  /**
   * From now on works these out for each run whose laws are known, with what others ask for; each takes seconds of a processor.
   * @param asker in place of what it asked for before
   */
  workOut(asker: string, extras: readonly Extra[]): void
  dispose(): void
}

type Extra = keyof Extras

export interface LawsOptions {
  readonly analysis: AnalysisClient
  readonly client: Pick<ComputeClient, 'call'>
  readonly platform: Platform
  readonly run: RunStore
  /** Requests the stopping reports again. */
  readonly refreshStops: () => void
}

const MISSING =
  'The exact curves of this run are missing: the analysis worker stopped. The next scene tries again.'
const ABOUT = 'exact curves'

/** Only a run that stays this long on the stage is followed, ms, since a drag prepares many. */
const SETTLED = 50

export function createLaws({ analysis, client, platform, run, refreshStops }: LawsOptions): Laws {
  let controller: AbortController | null = null
  let current: number | null = null
  let timer: (() => void) | null = null
  let attaching = false
  let waiting: PackedAnalysis | null = null
  const wanted = new Map<string, readonly Extra[]>()
  let working: { readonly on: Extra; readonly controller: AbortController } | null = null

  analysis.onReport(({ run: id, report }) => {
    if (id === current) receive(report)
  })

  function receive(report: PackedAnalysis): void {
    run.setState({ analysis: unpackReport<AnalysisReport>(report) })
    waiting = report
    void attach()
  }

  /** Hands the reports to the run, one at a time; of those that arrive meanwhile only the latest counts. */
  async function attach(): Promise<void> {
    if (attaching) return
    attaching = true
    try {
      while (waiting !== null && current !== null) {
        const report = waiting
        waiting = null
        await client.call('attach', { run: current, report })
        refreshStops()
      }
    } catch {
      // The run or its worker is gone; the run that replaces it gets its own analysis.
    } finally {
      attaching = false
    }
  }

  async function start(ready: RunReady, tries: number): Promise<void> {
    const own = new AbortController()
    controller = own
    let asking = true
    try {
      const input = await client.call('analysisInput', { run: ready.run }, { signal: own.signal })
      asking = false
      const report = await analysis.analyse(ready.run, input, own.signal)
      if (current !== ready.run) return
      receive(report)
      withdraw(run, ABOUT)
      void workOut()
    } catch (error) {
      if (own.signal.aborted || isAbortError(error) || current !== ready.run) return
      if (isCrash(error)) {
        // A crash of the compute worker ends its run; the analysis then follows the run that is prepared anew.
        if (asking) return
        if (tries > 0) {
          await start(ready, tries - 1)
          return
        }
      }
      receive(nothingKnown(ready.scene.dynamics.steps))
      post(run, 'warning', { ...explain(error), text: MISSING }, ABOUT)
    }
  }

  /** Works out the next wanted extra of the run on the stage where its laws are known and the extra is not yet. */
  async function workOut(): Promise<void> {
    const before = run.getState().analysis
    if (working !== null || current === null || before?.stage !== 'done') return
    const on = [...wanted.values()].flat().find((extra) => before[extra] === undefined)
    if (on === undefined) return
    const own = { on, controller: new AbortController() }
    working = own
    // A worker that stopped, or knows another run, finds nothing of this one; the next run gets its own.
    const found = await analysis.workOut(current, on, own.controller.signal).catch(() => null)
    // Another run, or another wish, has taken its place.
    if (working !== own) return
    working = null
    const report = run.getState().analysis
    if (report !== null) receive(packReport({ ...report, [on]: found ?? BROKEN_OFF[on] }))
    await workOut()
  }

  function stopWorking(): void {
    working?.controller.abort()
    working = null
  }

  function drop(): void {
    stopWorking()
    timer?.()
    timer = null
    controller?.abort()
    controller = null
    current = null
    waiting = null
  }

  return {
    follow(ready) {
      drop()
      if (!ready.trained) return
      current = ready.run
      timer = platform.after(SETTLED, () => {
        timer = null
        void start(ready, 1)
      })
    },
    drop,
    workOut(asker, extras) {
      wanted.set(asker, extras)
      const { on } = working ?? {}
      if (on !== undefined && ![...wanted.values()].flat().includes(on)) stopWorking()
      void workOut()
    },
    dispose() {
      drop()
      analysis.dispose()
    },
  }
}

/** What stands for an extra whose work was broken off. */
const BROKEN_OFF: Extras = {
  spectralGapBound: { value: 0, cells: 0 },
  coupling: { lag: 0, pairs: 0, unmet: 0, curves: null },
  terms: [],
}

/** The final report for laws that could not be followed to the end: no values. */
function nothingKnown(steps: number): PackedAnalysis {
  const nothing = () => new Float64Array(steps + 1).fill(NaN)
  return {
    stage: 'done',
    curves: {
      klExact: nothing(),
      fisher: nothing(),
      mismatch: nothing(),
      fokkerPlanck: nothing(),
      fokkerPlanckError: nothing(),
      fokkerPlanckFisher: nothing(),
      renyi: nothing(),
      dataKl: nothing(),
      dataFisher: nothing(),
      residual: nothing(),
      envelope: nothing(),
    },
    exactTo: -1,
    cells: null,
    unresolved: 'the exact law could not be followed here',
    withoutContinuous: null,
    dataOutside: null,
    dataAtGibbs: null,
    foldedMass: nothing(),
    fokkerPlanckRise: null,
    dissipationError: null,
    constants: null,
    mode: null,
    basins: null,
  }
}
