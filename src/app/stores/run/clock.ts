/**
 * The playback clock: how many steps the stage should have reached, as a real number. It is driven by
 * animation frames (a hidden tab gives none, so nothing runs there) and is pulled, not pushed: one frame
 * request is in flight at a time, and while the worker is behind the clock waits for it instead of
 * building up a debt that would later be paid in one leap.
 */
export interface ClockTick {
  /** Seconds since the last animation frame. */
  readonly elapsed: number
  /** Steps a second. */
  readonly speed: number
  /** The step on the stage. */
  readonly shown: number
  /** A frame request is in flight. */
  readonly busy: boolean
  /** Playback never goes past this step. */
  readonly limit: number
  /** Most steps of one request; at least one is always asked for. */
  readonly stride: number
}

/** Longest time that one animation frame may count for: a tab that slept does not leap. */
const LONGEST_TICK = 0.1
/** How far the clock may run ahead of the stage, in seconds of playback. */
const LONGEST_DEBT = 0.25

/**
 * Moves the clock by one animation frame.
 * @param position steps, ≥ 0
 * @returns the new position, and the step to ask the worker for, or null when there is nothing to ask
 */
export function tick(
  position: number,
  { elapsed, speed, shown, busy, limit, stride }: ClockTick,
): { readonly position: number; readonly ask: number | null } {
  const ahead = Math.max(1, LONGEST_DEBT * speed)
  const wanted = Math.max(position, shown) + Math.min(Math.max(elapsed, 0), LONGEST_TICK) * speed
  const next = Math.min(wanted, shown + ahead, limit)
  const step = Math.min(Math.floor(next), shown + Math.max(1, Math.floor(stride)))
  return { position: next, ask: !busy && step > shown ? step : null }
}
