import type { Surroundings } from './surroundings.ts'
import type { BackendChoice } from './training/backendChoice.ts'
import type { Pictures } from './shelf/pictures.ts'

/** Requests the backend and the thumbnails from the worker, once the first particles move. */
export interface Background {
  /** Called when a run is on the stage. */
  onReady(): void
  /** Called when the scene may choose another backend. */
  onChange(): void
  dispose(): void
}

/** Time for which the first run has the worker to itself, ms. */
const DELAY = 600
/** Time after which thumbnails are requested without a first run, which a training or a refusal may prevent, ms. */
const LONGEST_DELAY = 2500

export function createBackground(
  { platform }: Pick<Surroundings, 'platform'>,
  backend: Pick<BackendChoice, 'open'>,
  pictures: Pick<Pictures, 'begin'>,
): Background {
  let started = false
  return {
    onReady() {
      if (started) backend.open()
      else
        platform.after(DELAY, () => {
          backend.open()
          pictures.begin()
        })
      started = true
    },
    onChange() {
      if (started) backend.open()
    },
    dispose: platform.after(LONGEST_DELAY, pictures.begin),
  }
}
