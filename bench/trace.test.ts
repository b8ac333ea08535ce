import { describe, expect, it } from 'vitest'
import { readTrace, type TraceEvent } from './trace.ts'

const MAIN = { pid: 1, tid: 2 }
const at = (name: string, ms: number, rest: Partial<TraceEvent> = {}): TraceEvent => ({
  name,
  ph: 'I',
  ts: 1000 * ms,
  ...MAIN,
  ...rest,
})
const task = (from: number, to: number, cpu = to - from, where = MAIN): TraceEvent =>
  at('RunTask', from, { ph: 'X', dur: 1000 * (to - from), tdur: 1000 * cpu, ...where })
const frame = (ms: number): TraceEvent => at('BeginMainThreadFrame', ms)
const reported = (ms: number, state: string, type?: string): TraceEvent =>
  at('PipelineReporter', ms, {
    ph: 'b',
    tid: 3,
    args: { frame_reporter: { state, ...(type === undefined ? {} : { frame_type: type }) } },
  })

/** Two seconds between the marks, of which each test fills in a little. */
const traceOf = (...events: TraceEvent[]): TraceEvent[] => [
  { ...at('thread_name', 0), ph: 'M', args: { name: 'CrRendererMain' } },
  { ...at('thread_name', 0), ph: 'M', tid: 3, args: { name: 'Compositor' } },
  at('from', 100),
  at('to', 2100),
  ...events,
]

describe('a trace', () => {
  it('gives each task to the frame that it ends in, the one that starts the frame included', () => {
    const { frameTimes, frameCpuTimes, mainFrames } = readTrace(
      traceOf(
        ...[200, 220, 240].map(frame),
        task(199, 204, 3),
        task(210, 212),
        task(219, 229),
        // Of the frame after the last, which has no end.
        task(239.5, 245),
      ),
      'from',
      'to',
    )
    expect(frameTimes).toEqual([7, 10])
    expect(frameCpuTimes).toEqual([5, 10])
    expect(mainFrames).toBe(1.5)
  })

  it('counts neither what lies outside the marks nor what other threads and pages do', () => {
    const { busy, longTasks, mainFrames } = readTrace(
      traceOf(
        frame(50),
        frame(2200),
        task(10, 90),
        task(2150, 2250),
        task(300, 400, 100, { pid: 1, tid: 3 }),
        task(300, 400, 100, { pid: 7, tid: 2 }),
        task(500, 560, 20),
      ),
      'from',
      'to',
    )
    expect(mainFrames).toBe(0)
    expect(busy).toBe(30)
    expect(longTasks).toEqual([60])
  })

  it('does not take time on a processor that nobody measured for none', () => {
    const unmeasured = at('RunTask', 300, { ph: 'X', dur: 100_000, ...MAIN })
    expect(() => readTrace(traceOf(frame(200), unmeasured), 'from', 'to')).toThrow(/on a processor/)
    expect(readTrace(traceOf(frame(200)), 'from', 'to').busyCpu).toBe(0)
  })

  it('tells pictures from frames without one, from dropped ones and from their forks', () => {
    const { presented, dropped } = readTrace(
      traceOf(
        reported(200, 'STATE_PRESENTED_ALL'),
        reported(216, 'STATE_PRESENTED_PARTIAL'),
        reported(216, 'STATE_PRESENTED_ALL', 'FORKED'),
        reported(232, 'STATE_NO_UPDATE_DESIRED'),
        reported(248, 'STATE_DROPPED'),
      ),
      'from',
      'to',
    )
    expect(presented).toBe(1)
    expect(dropped).toBe(0.5)
  })

  it('without its marks or its main thread is refused', () => {
    expect(() => readTrace(traceOf(), 'from', 'until')).toThrow('no mark until')
    expect(() => readTrace([at('from', 0), at('to', 9)], 'from', 'to')).toThrow('main thread')
  })
})
