import { createStore, type StoreApi } from 'zustand/vanilla'

/** What the pointer does on the stage, besides releasing a cloud. */
export interface ToolState {
  /** The next stroke draws a keep-out region. */
  readonly drawing: boolean
  /** The barrier whose handle is to get the focus, since it was just put there; null: none. */
  readonly placed: number | null
  /** The strokes on the drawing pad, [x0, y0, …] each: closing the pad by mistake loses none. */
  readonly draft: readonly (readonly number[])[]
  /** What stands in the field for pasted points: closing it by mistake loses nothing. */
  readonly pasted: string
  /** The list of what was removed, and of what cannot be read, is open. */
  readonly showsRemoved: boolean
}

export type ToolStore = StoreApi<ToolState>

export function createToolStore(): ToolStore {
  return createStore<ToolState>()(() => ({
    drawing: false,
    placed: null,
    draft: [],
    pasted: '',
    showsRemoved: false,
  }))
}
