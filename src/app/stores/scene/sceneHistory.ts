import { createStore, type StoreApi } from 'zustand/vanilla'
import { explain } from '../explain.ts'
import { post } from '../run/runStore.ts'
import type { Surroundings } from '../surroundings.ts'
import type { HistoryOptions } from './history.ts'

/** Undo and redo through the scenes of a visit, and the address that follows the scene. */
export interface SceneHistory {
  readonly state: StoreApi<{ readonly canUndo: boolean; readonly canRedo: boolean }>
  undo(): void
  redo(): void
  /** Adds the changes that `change` makes to the current step. */
  amend(change: () => void): void
  dispose(): void
}

/**
 * A history whose code loads beside the first run: earlier changes belong to its first step, and the page works
 * without it where the code cannot be fetched.
 */
export function createSceneHistory({
  run,
  ...options
}: Omit<HistoryOptions, 'state'> & Pick<Surroundings, 'run'>): SceneHistory {
  const state = createStore<{ canUndo: boolean; canRedo: boolean }>()(() => ({
    canUndo: false,
    canRedo: false,
  }))
  let real: SceneHistory | null = null
  let disposed = false
  import('./history.ts').then(
    ({ createHistory }) => {
      if (!disposed) real = createHistory({ ...options, state })
    },
    (error: unknown) => {
      post(run, 'warning', explain(error))
    },
  )
  return {
    state,
    undo: () => real?.undo(),
    redo: () => real?.redo(),
    amend(change) {
      if (real === null) change()
      else real.amend(change)
    },
    dispose() {
      disposed = true
      real?.dispose()
    },
  }
}
