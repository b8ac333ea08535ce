import { isAbortError, isCrash } from '../../../lab/client/callError.ts'
import { samePart } from '../../../lab/scene/normalise.ts'
import { explain } from '../explain.ts'
import type { Surroundings } from '../surroundings.ts'
import type { Stage } from './preparation.ts'
import { post } from './runStore.ts'

/** Requests stopping reports for the current δ and criterion, which may differ from those of the run; one request at a time. */
export interface StopReports {
  /** Whether the reports of the frames are for the scene's current δ and criterion. */
  readonly current: boolean
  /** Requests reports where those of the frames are for other settings. */
  refresh(): void
  /** Requests reports, since the analysis has found more of the run. */
  recheck(): void
}

export function createStopReports(
  { client, scene, run: store }: Pick<Surroundings, 'client' | 'scene' | 'run'>,
  stage: Stage,
): StopReports {
  let busy = false
  let wanted = false

  async function ask(): Promise<void> {
    if (busy) return
    busy = true
    while (wanted) {
      wanted = false
      const run = store.getState().run?.run ?? 0
      const { stopping } = scene.getState().scene
      try {
        const stops = await client.call('stops', { run, stopping })
        if (stage.shows(run)) store.setState({ stops })
      } catch (error) {
        // The failure of a run that another has replaced is not reported.
        if (!stage.shows(run) || store.getState().preparing) continue
        if (!isAbortError(error) && !isCrash(error)) post(store, 'error', explain(error), 'stops')
      }
    }
    busy = false
  }

  const reports: StopReports = {
    get current() {
      const { run } = store.getState()
      return run !== null && samePart(run.scene.stopping, scene.getState().scene.stopping)
    },
    refresh() {
      if (!reports.current) reports.recheck()
    },
    recheck() {
      if (!stage.free) return
      wanted = true
      void ask()
    },
  }
  return reports
}
