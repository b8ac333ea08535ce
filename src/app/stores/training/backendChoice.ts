import { isAbortError, isCrash } from '../../../lab/client/callError.ts'
import type { BackendCheck, BackendReport } from '../../../lab/protocol/calls.ts'
import { explain } from '../explain.ts'
import { post } from '../run/runStore.ts'
import type { LateKeeping } from '../shelf/lateKeeping.ts'
import type { Surroundings } from '../surroundings.ts'

/** Opens the backend that the scene chooses, and keeps the calibrations of the GPU. */
export interface BackendChoice {
  /** Opens the scene's backend, unless it is the one opened last. */
  open(): void
  /** Checks a backend without using it: its step time, and its values against float64. */
  readonly check: (name: BackendReport['name']) => Promise<BackendCheck>
  /** Called when the worker that had opened the backend is gone. */
  forget(): void
  dispose(): void
}

export function createBackendChoice(
  {
    client,
    platform,
    scene,
    run,
    shelf,
  }: Pick<Surroundings, 'client' | 'platform' | 'scene' | 'run' | 'shelf'>,
  keeping: Pick<LateKeeping, 'loaded' | 'safe'>,
): BackendChoice {
  let opened: string | null = null

  const unlisten = [
    client.on('backend', (report) => {
      run.setState({ backend: report })
    }),
    client.on('calibrated', ({ adapter, calibration }) => {
      const at = platform.today()
      const calibrations = { ...shelf.getState().calibrations, [adapter]: { ...calibration, at } }
      shelf.setState({ calibrations })
      const text = JSON.stringify(calibrations)
      void keeping.safe('What was measured of the GPU', (kept) =>
        kept.putSetting('calibrations', text),
      )
    }),
  ]

  return {
    open() {
      const choice = scene.getState().scene.training.backend
      if (choice === opened) return
      opened = choice
      const opening = keeping.loaded.then(() =>
        client.call('openBackend', { choice, calibrations: shelf.getState().calibrations }),
      )
      opening.then(
        (report) => {
          if (choice !== opened) return
          run.setState({ backend: report })
          if (choice !== 'auto' && report.name !== choice) {
            const why = report.refused.find(({ name }) => name === choice)
            post(run, 'warning', {
              text: `${choice} is not used here: ${why?.reason ?? 'it could not be opened'}. ${report.description} is.`,
              ...(why?.details === undefined ? {} : { details: why.details }),
            })
          }
        },
        (error: unknown) => {
          if (choice !== opened || isAbortError(error)) return
          opened = null
          if (!isCrash(error))
            post(run, 'error', explain(error, 'No training backend could be opened.'))
        },
      )
    },
    check: (name) => client.call('checkBackend', { name }),
    forget() {
      opened = null
    },
    dispose() {
      for (const stop of unlisten) stop()
    },
  }
}
