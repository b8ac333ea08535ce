import { isAbortError, isCrash } from '../../../lab/client/callError.ts'
import type { CurvePoint, FrameReply, RunReady } from '../../../lab/protocol/calls.ts'
import { samePart } from '../../../lab/scene/normalise.ts'
import type { Surroundings } from '../surroundings.ts'
import { cloudsOf, isDrawnInTurns, showFrame } from './cloudStore.ts'
import type { Stage } from './preparation.ts'
import { grow } from './runStore.ts'
import type { StopReports } from './stopReports.ts'

/** The frames of the run on the stage: asks for them, one request at a time, and writes what comes into the stores. */
export interface RunFrames {
  /** The step on the stage. */
  readonly shown: number
  /** The step on the stage, or the one that it goes to. */
  readonly goal: number
  /** The last step of the run. */
  readonly last: number
  /** A request is in flight. */
  readonly busy: boolean
  /** How many steps the worker takes while one picture waits for the next; infinite until measured. */
  readonly stride: number
  /** Whether what was sent now would not be drawn. */
  readonly isTooEarly: boolean
  /** Puts a run on the stage, at its first step. */
  begin(run: RunReady): void
  /** @param early whether the particles may come before what is measured of them */
  ask(step: number, early: boolean): void
  /** Goes to a step as soon as no request is in flight; null: nowhere any more. */
  seek(step: number | null): void
  /** From here on the step on the stage is the first. */
  rewind(): void
  /** Writes what has come into the run store, as the clock stands, and asks for what is missing of it. */
  settle(): void
  /** The same while the clock runs, as often as a chart is worth drawing. */
  publish(): void
}

export interface RunFramesOptions extends Pick<
  Surroundings,
  'client' | 'platform' | 'run' | 'live'
> {
  readonly stage: Stage
  readonly reports: StopReports
  /** Whether the clock runs. */
  readonly playing: () => boolean
  /** A frame is on the stage. @param forward whether it is a later one than that before it */
  readonly onShown: (frame: FrameReply, forward: boolean) => void
  /** The worker has another run at hand, or none. */
  readonly onLost: () => void
  readonly onFailed: (error: unknown) => void
}

/** Shortest times between two writes into the run store while playing, ms. */
interface Intervals {
  readonly step: number
  /**
   * Of the curves and reports, which set the charts anew: so rarely that one frame in twenty is hit, and not before they
   * have come on by a share of the run that shows, about a pixel.
   */
  readonly curves: number
}
const INTERVALS: Intervals = { step: 100, curves: 350 }
/** Where every frame has a large cloud to draw. */
const INTERVALS_OF_MANY: Intervals = { step: 300, curves: 600 }
const CURVE_SHARE = 1 / 600
/** Even the slowest curve is brought up to date so often, ms. */
const LONGEST_WAIT = 2000
/** One request is for no more steps than take about this long, ms, so that a slow worker still shows many positions. */
const REPLY_TIME = 33
/**
 * Of clouds that are drawn in turns, on every second animation frame at most, a worker that keeps up is not asked
 * before so many ms are over: what it sent would not be drawn.
 */
const DRAWING_TIME = 25

export function createRunFrames(options: RunFramesOptions): RunFrames {
  const { client, platform, run: store, live, stage, reports } = options

  let shown = 0
  let wanted: number | null = null
  let busy = false
  /** Whether the worker has answered anything about the run. */
  let answered = false
  let lastAsked = -Infinity
  /** How long the worker takes for a step, ms; 0 until measured. */
  let stepTime = 0
  let points: readonly CurvePoint[] = []
  let newest: FrameReply | null = null
  /** Of frames that have left the stage. */
  let spare: readonly Float32Array[] = []
  let lastFlush = -Infinity
  let flushedStep = 0
  let lastStep = -Infinity

  const lastStepOfRun = () => store.getState().run?.scene.dynamics.steps ?? 0

  function seek(step: number | null): void {
    wanted = step
    pump()
  }

  function pump(): void {
    if (busy || wanted === null) return
    const step = wanted
    wanted = null
    void ask(step, false)
  }

  async function ask(step: number, early: boolean): Promise<void> {
    const run = store.getState().run?.run ?? 0
    busy = true
    const asked = platform.now()
    lastAsked = asked
    try {
      const given = spare
      spare = []
      const have = points.length - 1
      const reply = await client.call('frame', { run, step, have, early, spare: given })
      if (!stage.shows(run)) return
      busy = false
      answered = true
      if (reply.step > shown && !early) {
        const time = (platform.now() - asked) / (reply.step - shown)
        stepTime = stepTime === 0 ? time : 0.7 * stepTime + 0.3 * time
      }
      receive(reply)
    } catch (error) {
      if (!stage.shows(run)) return
      busy = false
      if (isCrash(error) || store.getState().preparing) return
      if (isAbortError(error) && answered) {
        answered = false
        options.onLost()
      } else options.onFailed(error)
      return
    }
    pump()
  }

  function receive(reply: FrameReply): void {
    const forward = reply.step > shown
    const follows = options.playing() && forward && reply.step - shown <= 4
    points = grow(points, reply.points)
    const before = newest
    newest = reply
    shown = reply.step
    showFrame(live, reply, follows)
    // The first frame of a run is kept with it.
    if (before !== null && before !== store.getState().run?.frame) spare = cloudsOf(before)
    options.onShown(reply, forward)
  }

  function flush(): void {
    if (newest === null) return
    lastFlush = platform.now()
    lastStep = lastFlush
    flushedStep = shown
    const { computed, nullFloor, collapse, stops } = newest
    // Reports are asked for anew while they still answer an older δ or criterion.
    const isNews = reports.current && !samePart(store.getState().stops, stops)
    store.setState({
      step: shown,
      ...{ computed, points, nullFloor, collapse },
      ...(isNews ? { stops } : {}),
    })
    reports.refresh()
  }

  return {
    get shown() {
      return shown
    },
    get goal() {
      return wanted ?? shown
    },
    get last() {
      return lastStepOfRun()
    },
    get busy() {
      return busy
    },
    get stride() {
      return stepTime > 0 ? REPLY_TIME / stepTime : Infinity
    },
    get isTooEarly() {
      return isDrawnInTurns(live.getState()) && platform.now() - lastAsked < DRAWING_TIME
    },
    begin(ready) {
      busy = false
      wanted = null
      shown = 0
      newest = ready.frame
      points = grow([], newest.points)
      flushedStep = 0
      lastFlush = -Infinity
      showFrame(live, newest, false)
      const { computed, nullFloor, collapse, stops } = newest
      store.setState({
        run: ready,
        landscape: ready.landscape,
        preparing: false,
        status: 'idle',
        analysis: null,
        step: 0,
        ...{ computed, points, nullFloor, collapse, stops },
      })
    },
    ask(step, early) {
      void ask(step, early)
    },
    seek,
    rewind() {
      shown = 0
      seek(0)
    },
    settle() {
      flush()
      // Of a step whose particles came first the page asks what was measured, where no later step brings it.
      if (newest !== null && newest.computed < newest.step) wanted ??= newest.step
      pump()
    },
    publish() {
      const now = platform.now()
      const least = isDrawnInTurns(live.getState()) ? INTERVALS_OF_MANY : INTERVALS
      const waited = now - lastFlush
      const grown = shown - flushedStep >= CURVE_SHARE * lastStepOfRun()
      if (waited >= LONGEST_WAIT || (waited >= least.curves && grown)) flush()
      else if (now - lastStep >= least.step) {
        lastStep = now
        store.setState({ step: shown })
      }
    },
  }
}
