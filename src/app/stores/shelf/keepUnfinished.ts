import type { Library } from '../../storage/library.ts'
import { addressOf } from '../scene/address.ts'
import type { Surroundings } from '../surroundings.ts'
import type { ToolState } from '../toolStore.ts'

/** Shortest time between two writes, ms. */
const WRITE_INTERVAL = 250

interface UnfinishedOptions extends Pick<Surroundings, 'scene' | 'run' | 'tool' | 'platform'> {
  /** Writes to storage if storage is ready; otherwise drops the write. */
  readonly write: (write: (kept: Library) => Promise<void>) => void
}

/**
 * Keeps the strokes on the drawing pad and the address of the scene that is followed live, so that a reload goes on with
 * them. @returns a function that ends this
 */
export function keepUnfinished(options: UnfinishedOptions): () => void {
  const { scene, run, tool, platform, write } = options
  let waiting: (() => void) | null = null
  const later = () => {
    waiting ??= platform.after(WRITE_INTERVAL, () => {
      waiting = null
      const { draft } = tool.getState()
      const followed = run.getState().live === null ? '' : addressOf(scene.getState().scene)
      write(async (kept) => {
        await kept.putUnfinished('draft', JSON.stringify(draft))
        await kept.putUnfinished('followed', followed)
      })
    })
  }
  // What was begun before this code had come.
  if (tool.getState().draft.length > 0 || run.getState().live !== null) later()
  const ends = [
    tool.subscribe(({ draft }, before) => {
      if (draft !== before.draft) later()
    }),
    run.subscribe(({ live }, before) => {
      if ((live === null) !== (before.live === null)) later()
    }),
    scene.subscribe(() => {
      if (run.getState().live !== null) later()
    }),
  ]
  return () => {
    waiting?.()
    for (const end of ends) end()
  }
}

/** The kept strokes of the pad; none where the record is no drawing. */
export function readDraft(kept: unknown): ToolState['draft'] {
  if (typeof kept !== 'string') return []
  try {
    const strokes: unknown = JSON.parse(kept)
    return Array.isArray(strokes) && strokes.every(isStroke) ? strokes : []
  } catch {
    return []
  }
}

function isStroke(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length % 2 === 0 && value.every(Number.isFinite)
}
