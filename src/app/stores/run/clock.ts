import type { FrameReply } from '../../../lab/protocol/calls.ts'
import type { Surroundings } from '../surroundings.ts'
import type { RunFrames } from './runFrames.ts'

/**
 * Input of the playback clock, which counts the steps that the stage should have reached, as a real number.
 * Animation frames drive the clock; a hidden tab gets none, so the clock stands there. At most one frame request is in
 * flight, and while the worker is behind, the clock waits for it, so that the stage never leaps to catch up.
 */
export interface ClockTick {
  /** Seconds since the last animation frame. */
  readonly elapsed: number
  /** Steps a second. */
  readonly speed: number
  /** The step on the stage. */
  readonly shown: number
  /** Whether a frame request is in flight. */
  readonly busy: boolean
  /** Playback never goes past this step. */
  readonly limit: number
  /** Most steps of one request; below 1 it counts as 1. */
  readonly stride: number
}

/** Longest time that one animation frame may count for, seconds, so that a tab that slept does not leap. */
const LONGEST_TICK = 0.1
/** How far the clock may run ahead of the stage, in seconds of playback. */
const LONGEST_DEBT = 0.25

/**
 * Moves the clock by one animation frame.
 * @param position steps, ≥ 0
 * @returns the new position, and the step to request from the worker; null: no request
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

/** Plays the run on the stage by animation frames, up to the halt, the stop or the last step. */
export interface Clock {
  readonly playing: boolean
  /** Plays from the step on the stage, or from the first where the stage is at the last. */
  start(): void
  /** Stops the clock; the caller sets the status. */
  stop(): void
  /** Stops the clock for the visitor and sets the status. */
  halt(): void
  /** Called when a frame is on the stage. @param forward whether its step is later than that of the frame before */
  follow(frame: FrameReply, forward: boolean): void
  /** @param now whether any of the stage is on screen; otherwise the clock requests no animation frames */
  watch(seen: boolean): void
  dispose(): void
}

export function createClock(
  { platform, scene: scenes, run: store }: Pick<Surroundings, 'platform' | 'scene' | 'run'>,
  frames: RunFrames,
): Clock {
  let playing = false
  let seen = true
  /** Position of the clock in steps, a real number. */
  let position = 0
  /** The step at which the clock was started; an earlier halt or stop does not count. */
  let startedAt = -1
  let before: number | null = null
  let unframe: (() => void) | null = null

  const haltAt = () => scenes.getState().scene.view.haltAt

  /** The last step that the clock may reach. */
  function limit(): number {
    const halt = haltAt()
    return halt !== null && halt > startedAt ? Math.min(halt, frames.last) : frames.last
  }

  /** Requests animation frames while the clock plays and the stage is seen. */
  function wake(): void {
    if (unframe !== null || !playing || !seen) return
    before = null
    unframe = platform.onFrame((now) => {
      const elapsed = before === null ? 0 : (now - before) / 1000
      before = now
      if (!playing) {
        sleep()
        return
      }
      advance(elapsed, frames.busy || frames.isTooEarly)
      if (!frames.busy && frames.shown >= limit()) end()
    })
  }

  function sleep(): void {
    unframe?.()
    unframe = null
  }

  /** Moves the clock and requests the frame of its new position, unless `busy`. */
  function advance(elapsed: number, busy: boolean): void {
    const { speed } = scenes.getState().scene.view
    const { shown, stride } = frames
    const next = tick(position, { elapsed, speed, shown, busy, limit: limit(), stride })
    position = next.position
    if (next.ask !== null) ask(next.ask)
  }

  /** Requests a step. The first one comes early, since building the KL estimator takes time. */
  function ask(step: number): void {
    frames.ask(step, step === 1 && frames.shown === 0 && step < limit())
  }

  function end(): void {
    playing = false
    frames.settle()
    store.setState({ status: frames.shown === haltAt() ? 'paused' : 'stopped' })
  }

  /** The step at which the scene's stopping criterion fired; null without "pause at the stop". */
  function stopOf({ stops }: FrameReply): number | null {
    const { stopping, view } = scenes.getState().scene
    if (!view.pauseAtStop) return null
    return stops.find(({ criterion }) => criterion === stopping.criterion)?.step ?? null
  }

  return {
    get playing() {
      return playing
    },
    start() {
      if (frames.shown >= frames.last) frames.rewind()
      startedAt = frames.shown
      // Requests the first step at once instead of when the clock reaches it.
      position = Math.min(startedAt + 1, limit())
      playing = true
      store.setState({ status: 'running' })
      wake()
      if (!frames.busy && position > startedAt) ask(position)
    },
    stop() {
      playing = false
    },
    halt() {
      if (!playing) return
      playing = false
      frames.seek(null)
      frames.settle()
      store.setState({ status: 'paused' })
    },
    follow(frame, forward) {
      const stop = stopOf(frame)
      const { shown } = frames
      if (!playing) frames.settle()
      else if (stop !== null && stop > startedAt && stop <= shown) {
        playing = false
        frames.settle()
        if (stop !== shown) frames.seek(stop)
        store.setState({ status: 'stopped' })
      } else if (shown >= limit()) end()
      else {
        // A clock that is already ahead requests the next step without waiting for an animation frame.
        if (seen && forward) advance(0, frames.busy)
        frames.publish()
      }
    },
    watch(now) {
      if (now === seen) return
      seen = now
      if (seen) wake()
      else sleep()
    },
    dispose: sleep,
  }
}
