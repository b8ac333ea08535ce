/** The clouds at one step, [x0, y0, …] each. */
interface Positions<Coordinates> {
  readonly langevin: Coordinates
  readonly deterministic: Coordinates
  /** The second cloud under the noise of the Langevin particles; null without one. */
  readonly companion: Coordinates | null
}

/** The clouds in float64, so that a step taken from here is the step that was taken. */
export interface Keyframe extends Positions<Float64Array> {
  readonly step: number
}

/** The clouds as they are drawn. */
export interface Frame extends Positions<Float32Array> {
  readonly step: number
}

/** Most arrays that wait to be used again: two frames of three clouds. */
const MOST_SPARE = 6

/** Arrays of clouds that may be written over: of many particles, new ones for each frame would be megabytes of garbage. */
export class SpareClouds {
  private readonly arrays: Float32Array[] = []

  /** Takes arrays over; of too many the oldest go. */
  add(arrays: readonly Float32Array[]): void {
    this.arrays.push(...arrays)
    this.arrays.splice(0, this.arrays.length - MOST_SPARE)
  }

  /** An array of a length, with anything in it. */
  take(length: number): Float32Array {
    const at = this.arrays.findIndex((array) => array.length === length)
    return at < 0 ? new Float32Array(length) : this.arrays.splice(at, 1)[0]!
  }
}

/** Bytes that the frames of a run may take. */
const FRAME_BUDGET = 192 * 2 ** 20

/**
 * The recorded steps of a run. While all of them fit the budget each is kept as it is drawn; otherwise
 * every m-th is kept in float64 and what lies between is computed again from there, exactly.
 */
export class FrameStore {
  /** m: 1 when every step is kept. */
  readonly every: number
  private readonly frames = new Map<number, Frame>()
  private readonly keyframes = new Map<number, Keyframe>()

  /** @param clouds how many are recorded: three with a companion */
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

  /** The step as it was recorded; null where it must be computed again. */
  frame(step: number): Frame | null {
    return this.frames.get(step) ?? null
  }

  /** The last keyframe at or before a step. Steps below the first recorded have none. */
  keyframe(step: number): Keyframe | null {
    return this.keyframes.get(step - (step % this.every)) ?? null
  }
}

/** A copy of the clouds as they are drawn, in spare arrays where there are some. */
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
