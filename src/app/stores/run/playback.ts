import { isAbortError } from '../../../lab/client/callError.ts'
import type { RunReady } from '../../../lab/protocol/calls.ts'
import { explain } from '../explain.ts'
import type { Surroundings } from '../surroundings.ts'
import { createClock } from './clock.ts'
import { createPreparation, type PreparationOptions } from './preparation.ts'
import { createRunFrames } from './runFrames.ts'
import { post } from './runStore.ts'
import { createStopReports } from './stopReports.ts'

/**
 * Prepares the run of the scene and moves its clock. The scene may change at any rate, as a drag of a slider does:
 * the latest scene wins, and at most one `prepare`, one `frame` and one `stops` are in flight.
 */
export interface Playback {
  /**
   * Prepares the scene if its run is not the one on the stage. The new run plays if the old one was playing or had
   * played to its end; `play` overrides this.
   */
  refresh(options?: { readonly play?: boolean }): void
  play(): void
  pause(): void
  /** Stops the clock and shows the next step. */
  step(): void
  /** Plays from step 0. */
  restart(): void
  /** Stops the clock and shows the particles at a step. */
  scrub(step: number): void
  /** Prepares and plays nothing until `resume`, since a training has the stage. */
  suspend(): void
  /** Prepares the scene anew. @param options.step the step to show, at most the last of the run; default 0 */
  resume(options: { readonly play: boolean; readonly step?: number }): void
  /** The step on the stage, and whether the clock is playing. */
  readonly place: { readonly step: number; readonly playing: boolean }
  /** Requests the stopping reports again, since the analysis has found more of the run. */
  recheck(): void
  /** @param seen whether any of the stage is on screen; otherwise the clock stands and requests no frames */
  watch(seen: boolean): void
  /** Called after the worker was restarted: prepares anew and goes back to the step on the stage. */
  recover(): void
  /** Called when there is no worker any more: the clock stops, and the visitor's next action prepares anew. */
  fail(): void
  dispose(): void
}

export interface PlaybackOptions
  extends Omit<PreparationOptions, 'onBegin' | 'onReady'>, Pick<Surroundings, 'live'> {
  /** Called when another run is on the stage. */
  readonly onReady: (run: RunReady) => void
}

export function createPlayback(options: PlaybackOptions): Playback {
  const { platform, scene, run: store } = options
  const preparation = createPreparation({
    ...options,
    onBegin: () => {
      clock.stop()
    },
    onReady: show,
  })
  const reports = createStopReports(options, preparation)
  const frames = createRunFrames({
    ...options,
    stage: preparation,
    reports,
    playing: () => clock.playing,
    onShown: (frame, forward) => {
      clock.follow(frame, forward)
    },
    onLost: () => {
      preparation.anew(clock.playing, frames.shown)
    },
    onFailed: (error) => {
      clock.stop()
      store.setState({ status: 'error' })
      const lost = 'The particles of this run were lost. Play begins it once more.'
      post(store, 'error', isAbortError(error) ? lost : explain(error), 'scene')
    },
  })
  const clock = createClock(options, frames)

  function show(ready: RunReady, { step, play }: { step: number; play: boolean }): void {
    frames.begin(ready)
    options.onReady(ready)
    reports.refresh()
    if (step > 0) frames.seek(Math.min(step, frames.last))
    const { haltAt } = scene.getState().scene.view
    if (!play) {
      if (step > 0) store.setState({ status: step >= frames.last ? 'stopped' : 'paused' })
    } else if (haltAt === 0) store.setState({ status: 'paused' })
    else if (platform.reducedMotion() && haltAt !== null) {
      // With reduced motion the stage goes to the halt at once.
      frames.seek(Math.min(haltAt, frames.last))
      store.setState({ status: 'paused' })
    } else clock.start()
  }

  return {
    refresh({ play } = {}) {
      if (preparation.follow(play)) return
      if (play === true) start()
      reports.refresh()
    },
    play() {
      preparation.intend(true)
      start()
    },
    pause() {
      if (preparation.intend(false)) store.setState({ status: 'paused' })
      clock.halt()
    },
    step() {
      if (preparation.retry(false) || !preparation.free) return
      clock.halt()
      const next = Math.min(frames.goal + 1, frames.last)
      store.setState({ status: next >= frames.last ? 'stopped' : 'paused' })
      frames.seek(next)
    },
    restart() {
      if (preparation.retry(true, 0) || !preparation.free) return
      frames.rewind()
      clock.start()
    },
    scrub(step) {
      if (preparation.retry(false) || !preparation.free) return
      clock.stop()
      const to = Math.max(0, Math.min(Math.round(step), frames.last))
      store.setState({ status: 'paused', step: to })
      frames.seek(to)
    },
    suspend() {
      clock.stop()
      preparation.suspend()
    },
    resume({ play, step = 0 }) {
      preparation.resume(play, step)
    },
    get place() {
      return { step: frames.shown, playing: clock.playing }
    },
    recheck() {
      reports.recheck()
    },
    watch(seen) {
      clock.watch(seen)
    },
    recover() {
      const { status, preparing } = store.getState()
      // Prepares the run again that was being prepared.
      if (preparing) preparation.anew()
      else preparation.anew(status === 'running', frames.shown)
    },
    fail() {
      clock.stop()
      preparation.abandon(frames.shown)
    },
    dispose() {
      clock.dispose()
      preparation.dispose()
    },
  }

  function start(): void {
    if (!preparation.retry(true) && preparation.free) clock.start()
  }
}
