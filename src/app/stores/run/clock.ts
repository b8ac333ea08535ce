import type { FrameReply } from '../../../lab/protocol/calls.ts'
import type { Surroundings } from '../surroundings.ts'
import type { RunFrames } from './runFrames.ts'

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

/** Moves the run on the stage by animation frames, from where it is started to a halt, a stop or the last step. */
export interface Clock {
  readonly playing: boolean
  /** From the step on the stage, or from the first where it is the last. */
  start(): void
  /** Stands; what it stands for is said elsewhere. */
  stop(): void
  /** A person stops it. */
  halt(): void
  /** A frame has come. @param forward whether it is a later one than that before it */
  follow(frame: FrameReply, forward: boolean): void
  /** Whether anything that moves is seen: unseen, no animation frames are asked for. */
  watch(seen: boolean): void
  dispose(): void
}

export function createClock(
  { platform, scene: scenes, run: store }: Pick<Surroundings, 'platform' | 'scene' | 'run'>,
  frames: RunFrames,
): Clock {
  let playing = false
  let seen = true
  /** In steps; a real number. */
  let position = 0
  /** Where the clock was started: a halt or a stop before it is past. */
  let startedAt = -1
  let before: number | null = null
  let unframe: (() => void) | null = null

  const haltAt = () => scenes.getState().scene.view.haltAt

  /** The last step that the clock may reach from where it was started. */
  function limit(): number {
    const halt = haltAt()
    return halt !== null && halt > startedAt ? Math.min(halt, frames.last) : frames.last
  }

  /** Animation frames are asked for only while they move something. */
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

  /** Moves the clock, and asks for the frame that it then wants, unless one is on its way or it is too early. */
  function advance(elapsed: number, busy: boolean): void {
    const { speed } = scenes.getState().scene.view
    const { shown, stride } = frames
    const next = tick(position, { elapsed, speed, shown, busy, limit: limit(), stride })
    position = next.position
    if (next.ask !== null) ask(next.ask)
  }

  /** The first particles do not wait for the estimator to be made. */
  function ask(step: number): void {
    frames.ask(step, step === 1 && frames.shown === 0 && step < limit())
  }

  function end(): void {
    playing = false
    frames.settle()
    store.setState({ status: frames.shown === haltAt() ? 'paused' : 'stopped' })
  }

  /** The step at which the scene wants to pause: where the criterion that it has chosen fired. */
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
      // The first step is asked for at once, not when the clock has come that far.
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
        // Where the clock is ahead already the worker need not wait for the next animation frame.
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
