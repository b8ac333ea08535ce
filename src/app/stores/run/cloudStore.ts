import { createStore, type StoreApi } from 'zustand/vanilla'

/**
 * The clouds as last received. The canvases subscribe to this store themselves, without React, so that a frame
 * renders no components.
 */
export interface ShownClouds {
  /** Step of the run; while training, the number of steps that the clouds have made so far. */
  readonly step: number
  /** [x0, y0, x1, y1, …], world units. */
  readonly langevin: Float32Array
  readonly deterministic: Float32Array
  /** The second cloud, each particle moved by the noise of its Langevin particle (synchronous coupling); null without one. */
  readonly companion: Float32Array | null
  /**
   * The first `TRAILED` particles at the frames before, oldest first, at most `TRAIL_LENGTH` consecutive frames of
   * one run.
   */
  readonly langevinTrail: readonly Float32Array[]
  readonly deterministicTrail: readonly Float32Array[]
}

export type CloudStore = StoreApi<ShownClouds>

export const TRAIL_LENGTH = 8
/** Most particles with a trail: more trails would be a tangle and take memory. */
const TRAILED = 1500

/** Above this many particles the two canvases are drawn on alternate frames. */
const DRAWN_IN_TURNS = 25_000

export function isDrawnInTurns({ langevin }: Pick<ShownClouds, 'langevin'>): boolean {
  return langevin.length > 2 * DRAWN_IN_TURNS
}

const NOTHING = new Float32Array()

export function createCloudStore(): CloudStore {
  return createStore<ShownClouds>()(() => ({
    step: 0,
    langevin: NOTHING,
    deterministic: NOTHING,
    companion: null,
    langevinTrail: [],
    deterministicTrail: [],
  }))
}

/** The arrays of a frame, for reuse once the page no longer shows it. */
export function cloudsOf({
  langevin,
  deterministic,
  companion = null,
}: Pick<ShownClouds, 'langevin' | 'deterministic'> &
  Partial<Pick<ShownClouds, 'companion'>>): readonly Float32Array[] {
  return companion === null ? [langevin, deterministic] : [langevin, deterministic, companion]
}

/** Shows a frame. The trail grows by the frame before if the new frame follows it, and is emptied otherwise. */
export function showFrame(
  store: CloudStore,
  frame: Pick<ShownClouds, 'step' | 'langevin' | 'deterministic' | 'companion'>,
  follows: boolean,
): void {
  const before = store.getState()
  const grows = follows && before.langevin.length === frame.langevin.length
  store.setState({
    step: frame.step,
    langevin: frame.langevin,
    deterministic: frame.deterministic,
    companion: frame.companion,
    langevinTrail: grows ? grown(before.langevinTrail, before.langevin) : [],
    deterministicTrail: grows ? grown(before.deterministicTrail, before.deterministic) : [],
  })
}

function grown(trail: readonly Float32Array[], cloud: Float32Array): readonly Float32Array[] {
  return [...trail.slice(1 - TRAIL_LENGTH), cloud.slice(0, 2 * TRAILED)]
}
