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

/** A copy of the clouds as they are drawn. */
export function drawn(
  step: number,
  { langevin, deterministic, companion }: Positions<Float64Array | Float32Array>,
): Frame {
  return {
    step,
    langevin: Float32Array.from(langevin),
    deterministic: Float32Array.from(deterministic),
    companion: companion === null ? null : Float32Array.from(companion),
  }
}
