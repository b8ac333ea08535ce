import { isAbortError, isCrash } from '../../../lab/client/callError.ts'
import type { CurvePoint, FrameReply, RunReady } from '../../../lab/protocol/calls.ts'
import { samePart } from '../../../lab/scene/normalise.ts'
import type { Surroundings } from '../surroundings.ts'
import { cloudsOf, isDrawnInTurns, showFrame } from './cloudStore.ts'
import type { Stage } from './preparation.ts'
import { grow } from './runStore.ts'
import type { StopReports } from './stopReports.ts'

/** Requests the frames of the run on the stage, one at a time, and writes the replies into the stores. */
export interface RunFrames {
  /** The step on the stage. */
  readonly shown: number
  /** The step that the stage goes to, or the step on the stage. */
  readonly goal: number
  /** The last step of the run. */
  readonly last: number
  /** Whether a request is in flight. */
  readonly busy: boolean
  /** Number of steps that the worker computes in REPLY_TIME; infinite until measured. */
  readonly stride: number
  /** Whether the page would not draw the reply to a request sent now. */
  readonly isTooEarly: boolean
  /** Puts a run on the stage, at its first step. */
  begin(run: RunReady): void
  /** Requests a step. @param early whether the worker may send the particles before it measures them */
  ask(step: number, early: boolean): void
  /** Requests a step as soon as no request is in flight; null: drops the waiting request. */
  seek(step: number | null): void
  /** Sets the step on the stage to 0 and requests its frame. */
  rewind(): void
  /** Called when the clock stands: writes the newest reply into the run store and requests missing measurements. */
  settle(): void
  /** Called while the clock runs: writes the newest reply into the run store at the rates of `Intervals`. */
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
  /** Called when a frame is on the stage. @param forward whether its step is later than that of the frame before */
  readonly onShown: (frame: FrameReply, forward: boolean) => void
  /** Called when the worker has another current run, or none. */
  readonly onLost: () => void
  readonly onFailed: (error: unknown) => void
}

/** Shortest times between two writes into the run store while playing, ms. */
interface Intervals {
  readonly step: number
  /**
   * For curves and reports, which redraw the charts: long enough that about one frame in twenty does so, and not before
   * the curves have grown by CURVE_SHARE of the run, about a pixel.
   */
  readonly curves: number
}
const INTERVALS: Intervals = { step: 100, curves: 350 }
/** The intervals for clouds so large that the canvases draw them in turns. */
const INTERVALS_OF_MANY: Intervals = { step: 300, curves: 600 }
const CURVE_SHARE = 1 / 600
/** Longest time between two updates of the curves, ms. */
const LONGEST_WAIT = 2000
/** Time that the steps of one request may take, ms, so that the page shows many positions even of a slow worker. */
const REPLY_TIME = 33
/**
 * Shortest time between two requests for clouds that the canvases draw in turns, ms: the page draws such clouds every
 * second animation frame at most, and would not draw an earlier reply.
 */
const DRAWING_TIME = 25

export function createRunFrames(options: RunFramesOptions): RunFrames {
  const { client, platform, run: store, live, stage, reports } = options

  let shown = 0
  let wanted: number | null = null
  let busy = false
  /** Whether the worker has answered a request for the run. */
  let answered = false
  let lastAsked = -Infinity
  /** Time that the worker takes for a step, ms; 0 until measured. */
  let stepTime = 0
  let points: readonly CurvePoint[] = []
  let newest: FrameReply | null = null
  /** Arrays of frames that have left the stage, for the worker to reuse. */
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
    // The run store keeps the first frame of a run, so its arrays are not spare.
    if (before !== null && before !== store.getState().run?.frame) spare = cloudsOf(before)
    options.onShown(reply, forward)
  }

  function flush(): void {
    if (newest === null) return
    lastFlush = platform.now()
    lastStep = lastFlush
    flushedStep = shown
    const { computed, nullFloor, collapse, stops } = newest
    // Reports for an older δ or criterion are not written; `StopReports` requests new ones.
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
      // Where the particles of a step came before their measurements, requests the step again unless another one waits.
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
