/** Both clouds at one step, float64 so that a step taken from here is the step that was taken. */
export interface Keyframe {
  readonly step: number
  readonly langevin: Float64Array
  readonly deterministic: Float64Array
}

/** Both clouds at one step as they are drawn. */
export interface Frame {
  readonly step: number
  readonly langevin: Float32Array
  readonly deterministic: Float32Array
}

/** Bytes that the frames of a run may take. */
export const FRAME_BUDGET = 192 * 2 ** 20

/**
 * The recorded steps of a run. While all of them fit the budget each is kept as it is drawn; otherwise
 * every m-th is kept in float64 and what lies between is computed again from there, exactly.
 */
export class FrameStore {
  /** m: 1 when every step is kept. */
  readonly every: number
  private readonly frames = new Map<number, Frame>()
  private readonly keyframes = new Map<number, Keyframe>()

  constructor(particles: number, steps: number, budget = FRAME_BUDGET) {
    const drawn = 2 * 2 * 4 * particles * (steps + 1)
    this.every = drawn <= budget ? 1 : Math.max(2, Math.ceil((2 * drawn) / budget))
  }

  record(step: number, langevin: Float64Array, deterministic: Float64Array): void {
    if (this.every === 1)
      this.frames.set(step, {
        step,
        langevin: Float32Array.from(langevin),
        deterministic: Float32Array.from(deterministic),
      })
    else if (step % this.every === 0)
      this.keyframes.set(step, {
        step,
        langevin: langevin.slice(),
        deterministic: deterministic.slice(),
      })
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
