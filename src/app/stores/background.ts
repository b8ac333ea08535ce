import type { Surroundings } from './surroundings.ts'
import type { BackendChoice } from './training/backendChoice.ts'
import type { Pictures } from './shelf/pictures.ts'

/** What the worker is asked for beside the runs, once the first particles move. */
export interface Background {
  /** A run stands on the stage. */
  onReady(): void
  /** The scene may choose another backend. */
  onChange(): void
  dispose(): void
}

/** How long the first run has the worker to itself, ms. */
const DELAY = 600
/** Where no first run comes, as a training took its place or it was refused, pictures are asked for after so long, ms. */
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
