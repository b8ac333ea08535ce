import type { Library } from '../../storage/library.ts'
import { addressOf } from '../scene/sceneStore.ts'
import type { Surroundings } from '../surroundings.ts'
import type { ToolState } from '../toolStore.ts'

/** Least time between two writes, ms. */
const WRITE_INTERVAL = 250

interface UnfinishedOptions extends Pick<Surroundings, 'scene' | 'run' | 'tool' | 'platform'> {
  /** Writes to storage, now or never. */
  readonly write: (write: (kept: Library) => Promise<void>) => void
}

/**
 * Keeps what is under way and on no shelf yet, so that a reload goes on with it: the strokes on the drawing pad, and
 * the address of the scene that is followed live. @returns what ends it
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

/** The strokes that were on the pad; none where what was kept is no drawing. */
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
