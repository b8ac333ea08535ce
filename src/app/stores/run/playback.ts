import { isAbortError, CallError } from '../../../lab/client/callError.ts'
import type { ComputeClient } from '../../../lab/client/computeClient.ts'
import type { CurvePoint, FrameReply, RunReady } from '../../../lab/protocol/calls.ts'
import { partKey, samePart } from '../../../lab/scene/normalise.ts'
import type { SceneSpec, StoppingSpec } from '../../../lab/scene/sceneSpec.ts'
import { tick } from './clock.ts'
import { explain } from '../explain.ts'
import { cloudsOf, isDrawnInTurns, showFrame, type CloudStore } from './cloudStore.ts'
import type { Platform } from '../platform.ts'
import { grow, post, withdraw, type RunStore } from './runStore.ts'
import type { SceneStore } from '../scene/sceneStore.ts'

/**
 * Prepares the run that the scene asks for, and moves its clock. Scene changes come as they like (a
 * slider drags through dozens): the latest wins, and at most one `prepare`, one `frame` and one `stops`
 * are in flight.
 */
export interface Playback {
  /**
   * Prepares the scene if it asks for another run than the one on the stage. A run that was playing, or
   * had played to its end, plays again; `play` overrides.
   */
  refresh(options?: { readonly play?: boolean; readonly force?: boolean }): void
  play(): void
  pause(): void
  /** One step further, the clock standing. */
  step(): void
  /** From step 0, playing. */
  restart(): void
  /** Shows the particles at a step, the clock standing. */
  scrub(step: number): void
  /** While a training has the stage nothing is prepared or played. */
  suspend(): void
  /** Prepares the scene anew. @param options.step the step to show, where the run reaches it; default 0 */
  resume(options: { readonly play: boolean; readonly step?: number }): void
  /** The step on the stage, and whether the clock moves it. */
  readonly place: { readonly step: number; readonly playing: boolean }
  /** Asks for the stopping reports anew, since more is known of the run. */
  recheck(): void
  /** Whether anything that moves is seen: unseen, the clock stands and the worker is asked for nothing. */
  watch(seen: boolean): void
  /** After the worker was restarted: prepares anew and goes back to the step on the stage. */
  recover(): void
  /** There is no worker any more: the stage stands, and whatever a person does next prepares anew. */
  fail(): void
  dispose(): void
}

export interface PlaybackOptions {
  readonly client: Pick<ComputeClient, 'call'>
  readonly platform: Platform
  readonly scene: SceneStore
  readonly run: RunStore
  readonly live: CloudStore
  /** Hands the worker what only the page has; resolves when it may prepare, or with false to wait. */
  readonly provide: (scene: SceneSpec) => Promise<boolean>
  /** Whether the first run plays by itself. */
  readonly autoplay: boolean
  readonly onReady?: (run: RunReady) => void
  /** Changes a scene that was refused into one that may run; false where nothing helps. */
  readonly mend?: (refusal: unknown) => boolean
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
/** Shortest time between two prepares, ms: a drag sends no more than the worker can use. */
const PREPARE_INTERVAL = 60

/** What a run depends on: two scenes with the same key are the same run. */
function runKey({ seed, target, energy, domain, dynamics, training }: SceneSpec): string {
  const parts = [target, energy, domain, dynamics].map(partKey)
  return [seed, training.backend, ...parts].join(' ')
}

export function createPlayback(options: PlaybackOptions): Playback {
  const { client, platform, scene: scenes, run: store, live } = options

  let latestRun = 0
  let activeRun = 0
  let wantedKey: string | null = null
  let preparing: AbortController | null = null
  let timer: (() => void) | null = null
  let lastPrepare = -Infinity
  let suspended = false
  /** Whether the run being prepared is to play. */
  let intent = options.autoplay
  let returnTo: number | null = null
  /** The run on the stage has no worker behind it. */
  let orphaned = false
  /** Whether the worker has answered anything about it. */
  let answered = false

  let playing = false
  let seen = true
  let busy = false
  let lastAsked = -Infinity
  /** How long the worker takes for a step, ms; 0 until measured. */
  let stepTime = 0
  let wanted: number | null = null
  let position = 0
  let shown = 0
  /** Where the clock was started: a halt or a stop before it is past. */
  let startedAt = -1
  let points: readonly CurvePoint[] = []
  let newest: FrameReply | null = null
  /** Of frames that have left the stage. */
  let spare: readonly Float32Array[] = []
  let lastFlush = -Infinity
  let flushedStep = 0
  let lastStep = -Infinity
  let stopsBusy = false
  let stopsWanted = false
  let shownStopping: StoppingSpec | null = null

  const steps = () => store.getState().run?.scene.dynamics.steps ?? 0
  const haltAt = () => scenes.getState().scene.view.haltAt

  // Preparing -----------------------------------------------------------------------------------

  function refresh({ play, force = false }: { play?: boolean; force?: boolean } = {}): void {
    if (play !== undefined) intent = play
    const { scene } = scenes.getState()
    const key = runKey(scene)
    if (!force && key !== wantedKey) returnTo = null
    if (!force && key === wantedKey && !orphaned) {
      if (play === true && preparing === null) start()
      refreshStops()
      return
    }
    const { status } = store.getState()
    if (play === undefined && preparing === null && wantedKey !== null)
      intent = status === 'running' || status === 'stopped'
    wantedKey = key
    if (suspended) return
    orphaned = false
    preparing?.abort()
    preparing = new AbortController()
    playing = false
    store.setState({ preparing: true })
    timer?.()
    const wait = Math.max(0, PREPARE_INTERVAL - (platform.now() - lastPrepare))
    const current = preparing
    timer = platform.after(wait, () => {
      timer = null
      void prepare(scene, current)
    })
  }

  async function prepare(scene: SceneSpec, controller: AbortController): Promise<void> {
    lastPrepare = platform.now()
    const run = ++latestRun
    try {
      if (!(await options.provide(scene)) || controller.signal.aborted) return
      const ready = await client.call('prepare', { run, scene }, { signal: controller.signal })
      if (run !== latestRun || controller.signal.aborted || suspended) return
      preparing = null
      show(ready)
    } catch (error) {
      if (isAbortError(error) || isCrash(error)) return
      if (run !== latestRun || controller.signal.aborted) return
      // The change of the scene asks for the next run, which plays if this one was to.
      if (!suspended && options.mend?.(error) === true) return
      preparing = null
      store.setState({ preparing: false, status: 'error' })
      post(store, 'error', explain(error), 'scene')
    }
  }

  /** Where nothing can be played as the scene was refused, or its run is gone: it is asked for once more. */
  function again(play: boolean): boolean {
    if (store.getState().status !== 'error' || suspended || preparing !== null) return false
    refresh({ play, force: true })
    return true
  }

  function show(ready: RunReady): void {
    activeRun = ready.run
    busy = false
    wanted = null
    position = 0
    shown = 0
    points = grow([], ready.frame.points)
    newest = ready.frame
    flushedStep = 0
    lastFlush = -Infinity
    shownStopping = ready.scene.stopping
    showFrame(live, ready.frame, false)
    say(ready)
    store.setState({
      run: ready,
      landscape: ready.landscape,
      preparing: false,
      status: 'idle',
      stops: ready.frame.stops,
      nullFloor: ready.frame.nullFloor,
      collapse: ready.frame.collapse,
      analysis: null,
      points,
      step: 0,
      computed: ready.frame.computed,
    })
    options.onReady?.(ready)
    refreshStops()
    const target = returnTo
    returnTo = null
    if (target !== null && target > 0) seek(Math.min(target, steps()))
    if (!ready.trained || !intent) {
      if (target !== null && target > 0)
        store.setState({ status: target >= steps() ? 'stopped' : 'paused' })
      return
    }
    if (haltAt() === 0) store.setState({ status: 'paused' })
    else if (platform.reducedMotion() && haltAt() !== null) jumpToHalt()
    else start()
  }

  /** What there is to say of a run takes the place of what there was to say of the one before. */
  function say({ notices }: RunReady): void {
    const said = notices.map((notice) => ({ notice, about: `run: ${notice.about ?? notice.text}` }))
    for (const { about } of store.getState().notices)
      if (
        about === 'scene' ||
        (about.startsWith('run: ') && !said.some((one) => one.about === about))
      )
        withdraw(store, about)
    for (const { notice, about } of said) post(store, notice.level, notice, about)
  }

  /** Where motion is not wanted, `haltAt` goes to its step at once. */
  function jumpToHalt(): void {
    seek(Math.min(haltAt() ?? 0, steps()))
    store.setState({ status: 'paused' })
  }

  // Frames --------------------------------------------------------------------------------------

  function start(): void {
    if (preparing !== null) intent = true
    if (again(true)) return
    const { run } = store.getState()
    if (run === null || suspended || preparing !== null) return
    if (shown >= steps()) {
      seek(0)
      shown = 0
    }
    startedAt = shown
    // The first step is asked for at once, not when the clock has come that far.
    position = Math.min(shown + 1, limit())
    playing = true
    store.setState({ status: 'running' })
    wake()
    if (!busy && position > shown) void ask(position)
  }

  /** The last step that the clock may reach from where it was started. */
  function limit(): number {
    const halt = haltAt()
    return halt !== null && halt > startedAt ? Math.min(halt, steps()) : steps()
  }

  function seek(step: number): void {
    wanted = step
    pump()
  }

  function pump(): void {
    if (busy || wanted === null) return
    const step = wanted
    wanted = null
    void ask(step)
  }

  async function ask(step: number): Promise<void> {
    const run = activeRun
    busy = true
    const asked = platform.now()
    lastAsked = asked
    // The first particles do not wait for the estimator to be made.
    const early = playing && step === 1 && shown === 0 && step < limit()
    try {
      const given = spare
      spare = []
      const have = points.length - 1
      const reply = await client.call('frame', { run, step, have, early, spare: given })
      if (run !== activeRun || suspended) return
      busy = false
      answered = true
      if (reply.step > shown && !early) {
        const time = (platform.now() - asked) / (reply.step - shown)
        stepTime = stepTime === 0 ? time : 0.7 * stepTime + 0.3 * time
      }
      receive(reply)
    } catch (error) {
      if (run !== activeRun || suspended) return
      busy = false
      if (isCrash(error) || preparing !== null) return
      if (isAbortError(error) && answered) {
        // The worker has another run at hand, or none.
        answered = false
        returnTo = shown
        refresh({ play: playing, force: true })
        return
      }
      playing = false
      store.setState({ status: 'error' })
      const lost = 'The particles of this run were lost. Play begins it once more.'
      post(store, 'error', isAbortError(error) ? lost : explain(error), 'scene')
      return
    }
    pump()
  }

  function receive(reply: FrameReply): void {
    const forward = reply.step > shown
    const follows = playing && forward && reply.step - shown <= 4
    points = grow(points, reply.points)
    const before = newest
    newest = reply
    shown = reply.step
    showFrame(live, reply, follows)
    // The first frame of a run is kept with it.
    if (before !== null && before !== store.getState().run?.frame) spare = cloudsOf(before)
    if (!playing) {
      flush()
      measureShown()
      return
    }
    const { scene } = scenes.getState()
    const stop = selectedStop(reply, scene.stopping)
    if (scene.view.pauseAtStop && stop !== null && stop > startedAt && stop <= shown) {
      playing = false
      flush()
      if (stop !== shown) {
        wanted = stop
        pump()
      }
      store.setState({ status: 'stopped' })
    } else if (shown >= limit()) {
      playing = false
      flush()
      store.setState({ status: shown === haltAt() ? 'paused' : 'stopped' })
    } else {
      // Where the clock is ahead already the worker need not wait for the next animation frame.
      if (seen && forward) advance(0)
      const now = platform.now()
      const least = isDrawnInTurns(live.getState()) ? INTERVALS_OF_MANY : INTERVALS
      const waited = now - lastFlush
      const grown = shown - flushedStep >= CURVE_SHARE * steps()
      if (waited >= LONGEST_WAIT || (waited >= least.curves && grown)) flush()
      else if (now - lastStep >= least.step) {
        lastStep = now
        store.setState({ step: shown })
      }
    }
  }

  /** Of a step whose particles came first the page asks what was measured, where no later step brings it. */
  function measureShown(): void {
    if (newest !== null && newest.computed < newest.step) wanted ??= newest.step
  }

  function flush(): void {
    if (newest === null) return
    lastFlush = platform.now()
    lastStep = lastFlush
    flushedStep = shown
    const { stops } = store.getState()
    store.setState({
      step: shown,
      computed: newest.computed,
      points,
      nullFloor: newest.nullFloor,
      collapse: newest.collapse,
      // Reports are asked for anew while they still answer an older δ or criterion.
      ...(stopsCurrent() && !sameReports(stops, newest.stops) ? { stops: newest.stops } : {}),
    })
    if (!stopsCurrent()) refreshStops()
  }

  // Stopping reports for other settings ---------------------------------------------------------

  const stopsCurrent = () =>
    shownStopping !== null && samePart(shownStopping, scenes.getState().scene.stopping)

  function refreshStops(): void {
    if (stopsCurrent() || preparing !== null || suspended || store.getState().run === null) return
    stopsWanted = true
    void askStops()
  }

  async function askStops(): Promise<void> {
    if (stopsBusy) return
    stopsBusy = true
    try {
      while (stopsWanted) {
        stopsWanted = false
        const run = activeRun
        const { stopping } = scenes.getState().scene
        try {
          const stops = await client.call('stops', { run, stopping })
          if (run === activeRun && !suspended) store.setState({ stops })
        } catch (error) {
          // Of a run that has given way to another nothing is to be said.
          if (run !== activeRun || suspended || preparing !== null) continue
          if (!isAbortError(error) && !isCrash(error)) post(store, 'error', explain(error), 'stops')
        }
      }
    } finally {
      stopsBusy = false
    }
  }

  // The clock -----------------------------------------------------------------------------------

  let before: number | null = null
  let unframe: (() => void) | null = null

  /** Animation frames are asked for only while they move something. */
  function wake(): void {
    if (unframe !== null || !playing || !seen) return
    before = null
    unframe = platform.onFrame((now) => {
      const elapsed = before === null ? 0 : (now - before) / 1000
      before = now
      if (!playing || suspended || preparing !== null) {
        sleep()
        return
      }
      advance(elapsed, isDrawnInTurns(live.getState()) && platform.now() - lastAsked < DRAWING_TIME)
      if (!busy && shown >= limit()) {
        playing = false
        store.setState({ status: shown === haltAt() ? 'paused' : 'stopped' })
      }
    })
  }

  function sleep(): void {
    unframe?.()
    unframe = null
  }

  /** Moves the clock, and asks for the frame that it then wants, unless it is too early. */
  function advance(elapsed: number, early = false): void {
    const { speed } = scenes.getState().scene.view
    const stride = stepTime > 0 ? REPLY_TIME / stepTime : Infinity
    const next = tick(position, {
      elapsed,
      speed,
      shown,
      busy: busy || early,
      limit: limit(),
      stride,
    })
    position = next.position
    if (next.ask !== null) void ask(next.ask)
  }

  function halt(): void {
    if (preparing !== null && intent) {
      intent = false
      store.setState({ status: 'paused' })
    }
    if (!playing) return
    playing = false
    wanted = null
    flush()
    measureShown()
    pump()
    store.setState({ status: 'paused' })
  }

  return {
    refresh,
    play: start,
    pause: halt,
    step() {
      if (again(false)) return
      const { run } = store.getState()
      if (run === null || suspended || preparing !== null) return
      halt()
      const next = Math.min((wanted ?? shown) + 1, steps())
      store.setState({ status: next >= steps() ? 'stopped' : 'paused' })
      seek(next)
    },
    restart() {
      if (store.getState().status === 'error') returnTo = null
      if (again(true)) return
      if (store.getState().run === null || suspended || preparing !== null) return
      wanted = 0
      shown = 0
      position = 0
      pump()
      start()
    },
    scrub(step) {
      if (again(false)) return
      const { run } = store.getState()
      if (run === null || suspended || preparing !== null) return
      playing = false
      const to = Math.max(0, Math.min(Math.round(step), steps()))
      store.setState({ status: 'paused', step: to })
      seek(to)
    },
    suspend() {
      suspended = true
      playing = false
      preparing?.abort()
      preparing = null
      timer?.()
      timer = null
      latestRun += 1
      store.setState({ preparing: false })
    },
    resume({ play, step = 0 }) {
      suspended = false
      returnTo = step
      refresh({ play, force: true })
    },
    get place() {
      return { step: shown, playing }
    },
    recheck() {
      if (preparing !== null || suspended || store.getState().run === null) return
      stopsWanted = true
      void askStops()
    },
    watch(now) {
      if (now === seen) return
      seen = now
      if (seen) wake()
      else sleep()
    },
    recover() {
      busy = false
      stopsBusy = false
      if (suspended) return
      // A run that was on its way is on its way again.
      if (preparing === null) returnTo = shown
      const play = preparing === null ? store.getState().status === 'running' : intent
      refresh({ play, force: true })
    },
    fail() {
      if (preparing === null && !suspended) returnTo = shown
      preparing?.abort()
      preparing = null
      busy = false
      stopsBusy = false
      playing = false
      orphaned = true
      store.setState({ preparing: false, status: 'error' })
    },
    dispose() {
      sleep()
      timer?.()
      preparing?.abort()
    },
  }
}

function sameReports(a: FrameReply['stops'], b: FrameReply['stops']): boolean {
  return samePart(a, b)
}

/** The step of the criterion that the scene has chosen; null while it has not fired. */
function selectedStop(
  { stops }: Pick<FrameReply, 'stops'>,
  { criterion }: StoppingSpec,
): number | null {
  return stops.find((report) => report.criterion === criterion)?.step ?? null
}

function isCrash(error: unknown): boolean {
  return error instanceof CallError && error.kind === 'crashed'
}
