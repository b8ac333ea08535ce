import { createStore, type StoreApi } from 'zustand/vanilla'

/** State of the visitor's tools that no scene holds. */
export interface ToolState {
  /** Whether the next stroke on the stage draws a keep-out region. */
  readonly drawing: boolean
  /** The barrier just added, whose handle is to get the focus; null: none. */
  readonly placed: number | null
  /** The strokes on the drawing pad, [x0, y0, …] each, kept when the pad closes. */
  readonly draft: readonly (readonly number[])[]
  /** The text in the field for pasted points, kept when the field closes. */
  readonly pasted: string
  /** Whether the list of removed items and unreadable records is open. */
  readonly showsRemoved: boolean
  /** Whether the page of help is open. */
  readonly showsHelp: boolean
  /** Whether keys of the page play, step and choose, beside those of its controls. */
  readonly takesKeys: boolean
}

export type ToolStore = StoreApi<ToolState>

export function createToolStore(): ToolStore {
  return createStore<ToolState>()(() => ({
    drawing: false,
    placed: null,
    draft: [],
    pasted: '',
    showsRemoved: false,
    showsHelp: false,
    takesKeys: true,
  }))
}
