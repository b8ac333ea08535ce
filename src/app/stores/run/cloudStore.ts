import { createStore, type StoreApi } from 'zustand/vanilla'

/**
 * What moves: the clouds as last received. Subscribed to by the canvases themselves, never through
 * React, so that a frame costs no rendering of components.
 */
export interface ShownClouds {
  /** Step k of the run; while training, steps that the clouds have made on the energy so far. */
  readonly step: number
  /** [x0, y0, x1, y1, …], world units. */
  readonly langevin: Float32Array
  readonly deterministic: Float32Array
  /** The second cloud under the noise of the Langevin particles, pair by pair; null without one. */
  readonly companion: Float32Array | null
  /**
   * The first `TRAILED` particles at the frames before, oldest first, at most `TRAIL_LENGTH` frames; only
   * consecutive frames of one run.
   */
  readonly langevinTrail: readonly Float32Array[]
  readonly deterministicTrail: readonly Float32Array[]
}

export type CloudStore = StoreApi<ShownClouds>

export const TRAIL_LENGTH = 8
/** Trails of more particles than this are a tangle, and whole clouds would be memory for nothing. */
const TRAILED = 1500

/** With more particles than this the two canvases are drawn on alternate frames. */
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

/** The arrays of a frame that is shown no longer, to be written over. */
export function cloudsOf({
  langevin,
  deterministic,
  companion = null,
}: Pick<ShownClouds, 'langevin' | 'deterministic'> &
  Partial<Pick<ShownClouds, 'companion'>>): readonly Float32Array[] {
  return companion === null ? [langevin, deterministic] : [langevin, deterministic, companion]
}

/** A cloud, with the trail grown by the cloud before it when the frame follows on, or cut when it does not. */
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
