import { createStore, type StoreApi } from 'zustand/vanilla'
import { explain } from '../explain.ts'
import { post } from '../run/runStore.ts'
import type { Surroundings } from '../surroundings.ts'
import type { HistoryOptions } from './history.ts'

/** The way back and forth through the scenes of a visit, and the address that follows it. */
export interface SceneHistory {
  readonly state: StoreApi<{ readonly canUndo: boolean; readonly canRedo: boolean }>
  undo(): void
  redo(): void
  /** What `change` does to the scene belongs to the step that is there. */
  amend(change: () => void): void
  dispose(): void
}

/**
 * A history that is fetched beside the first run: what changes before it is there belongs to its first step, and where it
 * cannot be fetched the page works without.
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
