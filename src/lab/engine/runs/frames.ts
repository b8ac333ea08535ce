/** The clouds at one step, [x0, y0, …] each. */
interface Positions<Coordinates> {
  readonly langevin: Coordinates
  readonly deterministic: Coordinates
  /** The second cloud, moved by the noise of the Langevin particles (synchronous coupling); null without one. */
  readonly companion: Coordinates | null
}

/** The clouds in float64, from which the following steps come out bit for bit. */
export interface Keyframe extends Positions<Float64Array> {
  readonly step: number
}

/** The clouds in float32, as the page draws them. */
export interface Frame extends Positions<Float32Array> {
  readonly step: number
}

/** Most spare arrays: two frames of three clouds. */
const MOST_SPARE = 6

/** Arrays that frames may overwrite: with many particles, new arrays for each frame would be megabytes of garbage. */
export class SpareClouds {
  private readonly arrays: Float32Array[] = []

  /** Takes arrays over and drops the oldest beyond MOST_SPARE. */
  add(arrays: readonly Float32Array[]): void {
    this.arrays.push(...arrays)
    this.arrays.splice(0, this.arrays.length - MOST_SPARE)
  }

  /** An array of a length, with arbitrary contents. */
  take(length: number): Float32Array {
    const at = this.arrays.findIndex((array) => array.length === length)
    return at < 0 ? new Float32Array(length) : this.arrays.splice(at, 1)[0]!
  }
}

/** Bytes that the frames of a run may take. */
const FRAME_BUDGET = 192 * 2 ** 20

/**
 * The recorded steps of a run. Where all steps fit the budget the store keeps each in float32; otherwise it keeps
 * every m-th in float64, and the run computes the steps between from there again, exactly.
 */
export class FrameStore {
  /** m: 1 when every step is kept. */
  readonly every: number
  private readonly frames = new Map<number, Frame>()
  private readonly keyframes = new Map<number, Keyframe>()

  /** @param clouds number of recorded clouds: three with a second cloud */
  constructor(particles: number, steps: number, budget = FRAME_BUDGET, clouds: 2 | 3 = 2) {
    const drawn = clouds * 2 * 4 * particles * (steps + 1)
    this.every = drawn <= budget ? 1 : Math.max(2, Math.ceil((2 * drawn) / budget))
  }

  record(step: number, positions: Positions<Float64Array>): void {
    if (this.every === 1) this.frames.set(step, drawn(step, positions))
    else if (step % this.every === 0) {
      const { langevin, deterministic, companion } = positions
      this.keyframes.set(step, {
        step,
        langevin: langevin.slice(),
        deterministic: deterministic.slice(),
        companion: companion?.slice() ?? null,
      })
    }
  }

  /** The recorded frame of a step; null where the run must compute the step again. */
  frame(step: number): Frame | null {
    return this.frames.get(step) ?? null
  }

  /** The last keyframe at or before a step. Steps below the first recorded have none. */
  keyframe(step: number): Keyframe | null {
    return this.keyframes.get(step - (step % this.every)) ?? null
  }
}

/** A float32 copy of the clouds, in spare arrays where some have the length. */
export function drawn(
  step: number,
  { langevin, deterministic, companion }: Positions<Float64Array | Float32Array>,
  spare = new SpareClouds(),
): Frame {
  const copied = (cloud: Float64Array | Float32Array): Float32Array => {
    const copy = spare.take(cloud.length)
    copy.set(cloud)
    return copy
  }
  return {
    step,
    langevin: copied(langevin),
    deterministic: copied(deterministic),
    companion: companion === null ? null : copied(companion),
  }
}
