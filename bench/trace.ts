/** One event of Chromium's own tracing, as far as it is read here. Times in microseconds. */
export interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly dur?: number
  /** Of `dur`, what the thread spent on a processor. */
  readonly tdur?: number
  readonly args?: {
    readonly name?: string
    readonly frame_reporter?: { readonly state?: string; readonly frame_type?: string }
  }
}

/** What a trace says about the page between two marks. */
export interface FrameFigures {
  readonly seconds: number
  /** Animation frames that the main thread served, a second. */
  readonly mainFrames: number
  /** Frames that brought a new picture to the screen, a second. */
  readonly presented: number
  /** Frames that the compositor wanted and did not get in time, a second. */
  readonly dropped: number
  /** Main-thread time between two animation frames: wall time and time on a processor, ms, in order of time. */
  readonly frameTimes: readonly number[]
  readonly frameCpuTimes: readonly number[]
  /** Durations of all tasks of the main thread longer than 50 ms, ms. */
  readonly longTasks: readonly number[]
  /** And of those that took so long on a processor, without waiting for one. */
  readonly longCpuTasks: readonly number[]
  /** Main-thread time a second, wall and on a processor, ms. */
  readonly busy: number
  readonly busyCpu: number
}

/** The categories that `readTrace` needs. */
export const TRACE_CATEGORIES = [
  '-*',
  'blink.user_timing',
  'devtools.timeline',
  'disabled-by-default-devtools.timeline',
  'disabled-by-default-devtools.timeline.frame',
]

const LONG_TASK = 50

/**
 * Reads the stretch between two `performance.mark`s out of a trace. The main thread is that of the renderer
 * that served most animation frames; its time is that of its top-level tasks (`RunTask`). A task belongs to the
 * animation frame after whose start it ends, so that a frame's own task counts as its own.
 * @throws Error where a mark, the main thread or all time on a processor is missing
 */
export function readTrace(events: readonly TraceEvent[], from: string, to: string): FrameFigures {
  const markAt = (name: string): number => {
    const mark = events.find((event) => event.name === name)
    if (mark === undefined) throw new Error(`the trace has no mark ${name}`)
    return mark.ts
  }
  const start = markAt(from)
  const end = markAt(to)
  const within = ({ ts }: TraceEvent): boolean => ts >= start && ts < end
  const seconds = (end - start) / 1e6

  const thread = mainThread(events, from)
  const onMain = events.filter(({ pid, tid }) => pid === thread.pid && tid === thread.tid)
  const frames = onMain
    .filter((event) => event.name === 'BeginMainThreadFrame' && within(event))
    .map(({ ts }) => ts)
    .sort((a, b) => a - b)
  const tasks = onMain.filter(
    (event) => event.name === 'RunTask' && event.ph === 'X' && within(event),
  )
  if (tasks.length > 0 && tasks.every(({ tdur }) => tdur === undefined))
    throw new Error('the trace does not say how long its tasks were on a processor')
  const frameTimes = new Array<number>(Math.max(0, frames.length - 1)).fill(0)
  const frameCpuTimes = frameTimes.slice()
  let busy = 0
  let busyCpu = 0
  const longTasks: number[] = []
  const longCpuTasks: number[] = []
  for (const { ts, dur = 0, tdur = 0 } of tasks) {
    busy += dur / 1000
    busyCpu += tdur / 1000
    if (dur / 1000 > LONG_TASK) longTasks.push(dur / 1000)
    if (tdur / 1000 > LONG_TASK) longCpuTasks.push(tdur / 1000)
    const frame = lastAtOrBefore(frames, ts + dur)
    if (frame < 0 || frame >= frameTimes.length) continue
    frameTimes[frame]! += dur / 1000
    frameCpuTimes[frame]! += tdur / 1000
  }

  // Of a frame that was forked (its main-thread part came later) the fork is the same frame once more.
  const states = events
    .filter(
      (event) => event.name === 'PipelineReporter' && event.ph === 'b' && event.pid === thread.pid,
    )
    .filter(within)
    .map(({ args }) => args?.frame_reporter ?? {})
    .filter(({ frame_type: type }) => type !== 'FORKED')
    .map(({ state }) => state ?? '')
  const count = (wanted: (state: string) => boolean): number => states.filter(wanted).length
  return {
    seconds,
    mainFrames: frames.length / seconds,
    presented: count((state) => state.startsWith('STATE_PRESENTED')) / seconds,
    dropped: count((state) => state === 'STATE_DROPPED') / seconds,
    frameTimes,
    frameCpuTimes,
    longTasks,
    longCpuTasks,
    busy: busy / seconds,
    busyCpu: busyCpu / seconds,
  }
}

/** The main thread of the page that set a mark. */
function mainThread(events: readonly TraceEvent[], mark: string) {
  const { pid } = events.find((event) => event.name === mark)!
  const named = events.find(
    (event) =>
      event.pid === pid && event.name === 'thread_name' && event.args?.name === 'CrRendererMain',
  )
  if (named === undefined) throw new Error('the trace does not name the main thread of the page')
  return { pid, tid: named.tid }
}

/** Index of the last of the rising values ≤ x; −1 for none. */
function lastAtOrBefore(rising: readonly number[], x: number): number {
  let low = 0
  let high = rising.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (rising[middle]! <= x) low = middle + 1
    else high = middle
  }
  return low - 1
}
