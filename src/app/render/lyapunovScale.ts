import { scaleLinear, scaleLog, scaleSymlog, ticks } from 'd3'
import type { AnalysisReport, CurvePoint, FrameReply } from '../../lab/protocol/calls.ts'
import type { Screen, Surface } from './coordinates.ts'

/** What the chart shows. */
export interface LyapunovData {
  /** In order of step, from step 0 on; what has been computed so far. */
  readonly points: readonly CurvePoint[]
  /** What is known of the laws of the run; null before the first word of them. */
  readonly laws: AnalysisReport['curves'] | null
  /** Steps of the whole run: the right end of the axis. */
  readonly steps: number
  /** η; null until known. */
  readonly stepSize: number | null
  /** Mean and mean + 2 sd of the estimator at exact samples of π. */
  readonly nullFloor: FrameReply['nullFloor']
  readonly stops: FrameReply['stops']
  /** The criterion whose stop carries the flag; the others are ticks. */
  readonly criterion: string
  /** Tolerance δ, nats. */
  readonly delta: number
}

export type ValueScale = 'auto' | 'log' | 'symlog' | 'linear'

export interface LyapunovOptions {
  /** Default `auto`: logarithmic. */
  readonly scale: ValueScale
}

interface Rectangle {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** Scales and places, a pure function of size and data. Lengths are CSS pixels. */
export interface LyapunovLayout {
  readonly surface: Surface
  readonly plot: Rectangle
  /** Text size, CSS pixels. */
  readonly textSize: number
  /** Rows of the legend above the plot, and their height. */
  readonly legend: Rectangle
  /** The strip between legend and plot where the flag of the stop flies. */
  readonly lane: Rectangle
  /** Whether the axis of t = kη has room under that of k. */
  readonly timeAxis: boolean
  /** The scale really used. */
  readonly scale: 'log' | 'symlog' | 'linear'
  /** Nats at the bottom and the top of the plot. */
  readonly domain: readonly [low: number, high: number]
  readonly ticks: readonly number[]
  readonly steps: number
  x(step: number): number
  /** Screen y of a KL; clamped to the plot. */
  y(kl: number): number
  /** KL at a screen y; clamped to the domain. */
  value(y: number): number
}

/** Charts narrower than this make do with less, CSS pixels. */
const NARROW = 420
/** Range of δ, nats, as in a scene. */
const DELTA_RANGE = [1e-6, 10] as const
/** Half the height of the strip in which δ can be caught, CSS pixels. */
const DELTA_REACH = 9
/** The particle KL is evaluated at least this often: a longer gap is a gap. */
export const LONGEST_GAP = 5

/** The largest of 1, 2, 5 · 10ⁿ that is ≤ value (`down`) or the smallest ≥ value. value > 0. */
export function roundStep(value: number, down: boolean): number {
  const power = Math.pow(10, Math.floor(Math.log10(value)))
  const mantissa = value / power
  const slack = 1e-9
  const steps = down ? [5, 2, 1] : [1, 2, 5, 10]
  const found = steps.find((s) => (down ? s <= mantissa + slack : s >= mantissa - slack))
  return (found ?? (down ? 1 : 10)) * power
}

/** What the scales and the legend need to know of the points. */
interface Summary {
  readonly length: number
  readonly highest: number
  readonly lowest: number
  /** 5 % quantile of the positive particle KL; null without. */
  readonly particles: number | null
  /** Least positive value of the other curves; null without. */
  readonly others: number | null
  readonly legend: ReadonlySet<LegendKey>
}

const summaries = new WeakMap<readonly CurvePoint[], Summary>()

/** Computed once an array of points; an array that grew in place is looked at again. */
function summarise(points: readonly CurvePoint[]): Summary {
  const known = summaries.get(points)
  if (known?.length === points.length) return known
  const stride = Math.max(1, Math.floor(points.length / 2000))
  const sample: number[] = []
  const legend = new Set<LegendKey>(['langevin', 'deterministic'])
  let highest = -Infinity
  let lowest = 0
  let others = Infinity
  points.forEach((p, i) => {
    const { kl, deterministicKl } = p
    for (const value of [kl, deterministicKl]) {
      if (value === null || !Number.isFinite(value)) continue
      if (value > highest) highest = value
      if (value < lowest) lowest = value
      if (value !== kl && value > 0 && value < others) others = value
    }
    if (kl !== null && kl > 0 && (i % stride === 0 || sample.length < 50)) sample.push(kl)
    if (p.estimator === 'smoothed') legend.add('smoothed')
    if (p.deterministicLowerBound && deterministicKl !== null) legend.add('lower-bound')
    if (p.klStandardError !== null) legend.add('error')
  })
  sample.sort((a, b) => a - b)
  const summary = {
    length: points.length,
    highest,
    lowest,
    particles: sample[Math.floor(0.05 * (sample.length - 1))] ?? null,
    others: others < Infinity ? others : null,
    legend,
  }
  summaries.set(points, summary)
  return summary
}

/**
 * The range of nats to be shown. Logarithmic: from half the least thing that matters (δ, the estimator's
 * floor, the 5 % quantile of the particle KL, the least of the other curves) to the largest value, both
 * ends rounded outwards to 1, 2, 5 so that the axis rests while the curve grows; at least one decade, at
 * most seven. Otherwise from 0, or from the least value where estimates went below, upwards.
 */
export function valueDomain(
  data: LyapunovData,
  scale: 'log' | 'symlog' | 'linear',
): readonly [low: number, high: number] {
  const { highest, lowest, particles, others } = summarise(data.points)
  const floor = data.nullFloor?.upper ?? 0
  const delta = Number.isFinite(data.delta) && data.delta > 0 ? data.delta : 0.05
  const top = Math.max(highest > 0 ? highest : 1, delta, floor)
  if (scale !== 'log') {
    const step = ticks(lowest, top * 1.05, 5)
    const size = step.length > 1 ? step[1]! - step[0]! : top
    const bottom = lowest < 0 ? Math.floor(lowest / size) * size : 0
    return [bottom, Math.ceil((top * 1.02) / size) * size]
  }
  const matters = [delta, particles, others, floor > 0 ? floor : null].filter((v) => v !== null)
  const high = roundStep(top * 1.05, false)
  const low = roundStep(Math.min(...matters) / 2, true)
  return [roundStep(Math.max(high * 1e-7, Math.min(low, high / 10)), true), high]
}

/** Ticks of a logarithmic axis: decades, with 2 and 5 between where there is room, thinned where not. */
export function logTicks(low: number, high: number, height: number): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-9)
  const last = Math.floor(Math.log10(high) + 1e-9)
  const decades = Math.log10(high / low)
  const room = height / Math.max(decades, 1e-9)
  const mantissas = room > 110 ? [1, 2, 5] : [1]
  const every = Math.max(1, Math.ceil(22 / room))
  const out: number[] = []
  for (let e = first - 1; e <= last; e++) {
    for (const m of mantissas) {
      const value = Number(`${m}e${e}`)
      if (value < low * (1 - 1e-9) || value > high * (1 + 1e-9)) continue
      if ((((e - last) % every) + every) % every === 0) out.push(value)
    }
  }
  return out
}

/** Ticks of a symmetric logarithmic axis: 0 and the powers of ten that stand apart from it. */
export function symlogTicks(low: number, high: number, constant: number, height: number): number[] {
  const decades = Math.log10(high / constant) + 1
  const every = Math.max(1, Math.ceil((22 * decades) / height))
  const out = [0]
  const last = Math.floor(Math.log10(high) + 1e-9)
  for (let e = last; Math.pow(10, e) >= 2 * constant; e -= every) out.push(Number(`1e${e}`))
  if (low < -2 * constant) {
    const first = Math.floor(Math.log10(-low) + 1e-9)
    for (let e = first; Math.pow(10, e) >= 2 * constant; e -= every) out.push(-Number(`1e${e}`))
  }
  return out.sort((a, b) => a - b)
}

/** The parts of the data that the legend has to name, in its order. */
export type LegendKey =
  'langevin' | 'smoothed' | 'deterministic' | 'lower-bound' | 'exact' | 'fokker-planck' | 'error'

export const LEGEND_TEXT: Readonly<Record<LegendKey, string>> = {
  langevin: 'Langevin',
  smoothed: 'smoothed',
  deterministic: 'deterministic flow',
  'lower-bound': 'lower bound',
  exact: 'exact chain',
  'fokker-planck': 'Fokker–Planck',
  error: '±2 SE',
}

/** The keys in order; a narrow chart leaves out the error bands, which speak for themselves. */
export function legendKeys(data: LyapunovData, surface: Surface): LegendKey[] {
  const legend = new Set(summarise(data.points).legend)
  if (data.laws?.klExact.some((value) => value !== null) === true) legend.add('exact')
  if (data.laws?.fokkerPlanck.some((value) => value !== null) === true) legend.add('fokker-planck')
  const narrow = surface.width < NARROW
  return (Object.keys(LEGEND_TEXT) as LegendKey[]).filter(
    (key) => legend.has(key) && !(narrow && key === 'error'),
  )
}

export const CHART_TITLE = 'KL(ρₖ‖π), nats'
export const LEGEND_SWATCH = 18
export const LEGEND_GAP = 14
const ROW = 18

/** Places legend entries (widths with swatch) in rows behind a title; [row, x] each. */
export function placeLegend(
  titleWidth: number,
  widths: readonly number[],
  available: number,
): readonly (readonly [row: number, x: number])[] {
  let row = 0
  let x = titleWidth + LEGEND_GAP + 6
  const out: [number, number][] = []
  for (const width of widths) {
    if (x + width > available && x > 0) {
      row++
      x = 0
    }
    out.push([row, x])
    x += width + LEGEND_GAP
  }
  return out
}

/**
 * @param surface CSS pixels; anything from 160 × 100 up
 * @param measure width of a text at the layout's text size; an upper estimate is built in
 */
export function lyapunovLayout(
  surface: Surface,
  data: LyapunovData,
  options: LyapunovOptions = { scale: 'auto' },
  measure?: (text: string) => number,
): LyapunovLayout {
  const scale = options.scale === 'auto' ? 'log' : options.scale
  const narrow = surface.width < NARROW
  const textSize = narrow ? 11 : surface.width > 760 && surface.height >= 150 ? 12 : 11
  const width = measure ?? ((text: string) => text.length * textSize * 0.64)
  const left = narrow ? 40 : 52
  const right = narrow ? 48 : 64
  const available = Math.max(40, surface.width - 8)
  const places = placeLegend(
    width(CHART_TITLE),
    legendKeys(data, surface).map((key) => width(LEGEND_TEXT[key]) + LEGEND_SWATCH + 5),
    available,
  )
  const rows = (places.at(-1)?.[0] ?? 0) + 1
  const legend = { left: 0, top: 0, width: available, height: rows * ROW }
  const timeAxis = data.stepSize !== null && surface.height >= 150
  const bottom = timeAxis ? 36 : 20
  const lane = {
    left,
    top: legend.height + 2,
    width: Math.max(10, surface.width - left - right),
    height: 20,
  }
  const top = lane.top + lane.height
  const plot = {
    left,
    top,
    width: lane.width,
    height: Math.max(10, surface.height - top - bottom),
  }
  const domain = valueDomain(data, scale)
  const [low, high] = domain
  const range = [plot.top + plot.height, plot.top] as const
  const constant = Math.max(high * 1e-4, data.nullFloor?.upper ?? data.delta)
  const y =
    scale === 'log'
      ? scaleLog([low, high], range).clamp(true)
      : scale === 'symlog'
        ? scaleSymlog([low, high], range).constant(constant).clamp(true)
        : scaleLinear([low, high], range).clamp(true)
  const steps = Math.max(1, data.steps, data.points.at(-1)?.step ?? 0)
  const x = scaleLinear([0, steps], [plot.left, plot.left + plot.width])
  return {
    surface,
    plot,
    textSize,
    legend,
    lane,
    timeAxis,
    scale,
    domain,
    ticks:
      scale === 'log'
        ? logTicks(low, high, plot.height)
        : scale === 'symlog'
          ? symlogTicks(low, high, constant, plot.height)
          : y.ticks(Math.max(2, Math.min(6, Math.round(plot.height / 36)))),
    steps,
    x: (step) => x(step),
    y: (kl) => (scale === 'log' && !(kl > 0) ? range[0] : y(kl)),
    value: (at) => y.invert(at),
  }
}

/** The step under a screen x, a whole number in [0, steps]. */
export function stepAt(layout: LyapunovLayout, x: number): number {
  const share = (x - layout.plot.left) / layout.plot.width
  return Math.max(0, Math.min(layout.steps, Math.round(share * layout.steps)))
}

/** The tolerance at a screen y: two significant digits, within a scene's range. */
export function deltaAt(layout: LyapunovLayout, y: number): number {
  const value = Math.max(DELTA_RANGE[0], Math.min(DELTA_RANGE[1], layout.value(y)))
  return Number(value.toPrecision(2))
}

/** Whether a point catches the line of δ or its handle in the right margin. */
export function hitDelta(layout: LyapunovLayout, delta: number, point: Screen): boolean {
  const { plot, surface } = layout
  const reach = point[0] > plot.left + plot.width ? DELTA_REACH + 5 : DELTA_REACH
  return (
    point[0] >= plot.left &&
    point[0] <= surface.width &&
    Math.abs(point[1] - layout.y(delta)) <= reach
  )
}

/** Whether a point lies on the plot, its flag lane or its axis: where a click scrubs. */
export function hitPlot(layout: LyapunovLayout, point: Screen): boolean {
  const { plot, lane, surface } = layout
  return (
    point[0] >= plot.left - 6 &&
    point[0] <= plot.left + plot.width + 6 &&
    point[1] >= lane.top &&
    point[1] <= surface.height
  )
}

/** The values at a step, for the read-out and for people who do not see the canvas. */
export interface LyapunovReading {
  readonly step: number
  /** t = kη; null without η. */
  readonly time: number | null
  /** The evaluation nearest to the step, at most LONGEST_GAP steps away; its own step beside it. */
  readonly langevin: {
    readonly step: number
    readonly kl: number
    readonly standardError: number | null
    readonly estimator: CurvePoint['estimator']
  } | null
  readonly deterministic: {
    readonly step: number
    readonly kl: number
    readonly standardError: number | null
    readonly lowerBound: boolean
  } | null
  readonly klExact: number | null
  readonly fokkerPlanck: number | null
}

/** First index whose step is ≥ step. */
function lowerIndex(points: readonly CurvePoint[], step: number): number {
  let low = 0
  let high = points.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (points[middle]!.step < step) low = middle + 1
    else high = middle
  }
  return low
}

function nearest(
  points: readonly CurvePoint[],
  step: number,
  has: (point: CurvePoint) => boolean,
): CurvePoint | null {
  const start = lowerIndex(points, step)
  let best: CurvePoint | null = null
  for (let i = Math.max(0, start - LONGEST_GAP); i <= start + LONGEST_GAP; i++) {
    const point = points[i]
    if (point === undefined || !has(point) || Math.abs(point.step - step) > LONGEST_GAP) continue
    if (best === null || Math.abs(point.step - step) < Math.abs(best.step - step)) best = point
  }
  return best
}

export function readLyapunov(data: LyapunovData, step: number): LyapunovReading {
  const { points, laws, stepSize } = data
  const l = nearest(points, step, (p) => p.kl !== null)
  const d = nearest(points, step, (p) => p.deterministicKl !== null)
  return {
    step,
    time: stepSize === null ? null : step * stepSize,
    langevin:
      l === null || l.kl === null
        ? null
        : { step: l.step, kl: l.kl, standardError: l.klStandardError, estimator: l.estimator },
    deterministic:
      d === null || d.deterministicKl === null
        ? null
        : {
            step: d.step,
            kl: d.deterministicKl,
            standardError: d.deterministicStandardError,
            lowerBound: d.deterministicLowerBound,
          },
    klExact: laws?.klExact[step] ?? null,
    fokkerPlanck: laws?.fokkerPlanck[step] ?? null,
  }
}

/** One value of a curve on its way to the screen. */
export interface Sample {
  readonly step: number
  readonly value: number
  /** Half the width of the band, nats; 0 without. */
  readonly error: number
}

/** A stretch of a curve drawn in one style. */
export interface Run {
  readonly styled: boolean
  readonly samples: readonly Sample[]
}

/**
 * Cuts a curve into runs: a new one where more than LONGEST_GAP steps have no value (a gap is drawn), and
 * where the style changes (the new run starts at the last sample of the old, so that they join).
 */
export function curveRuns<P extends { readonly step: number }>(
  points: readonly P[],
  read: (point: P) => { value: number; error: number; styled: boolean } | null,
): readonly Run[] {
  const runs: { styled: boolean; samples: Sample[] }[] = []
  for (const point of points) {
    const value = read(point)
    if (value === null || !Number.isFinite(value.value)) continue
    const sample = { step: point.step, value: value.value, error: value.error }
    const current = runs.at(-1)
    const last = current?.samples.at(-1)
    if (current === undefined || last === undefined || point.step - last.step > LONGEST_GAP) {
      runs.push({ styled: value.styled, samples: [sample] })
    } else if (current.styled !== value.styled) {
      runs.push({ styled: value.styled, samples: [last, sample] })
    } else current.samples.push(sample)
  }
  return runs
}

/**
 * Thins a run to what columns of pixels can show: of each column the first, least, largest and last
 * sample, in order. Short runs come back as they are.
 */
export function thin(
  samples: readonly Sample[],
  steps: number,
  columns: number,
): readonly Sample[] {
  if (samples.length <= 4 * columns) return samples
  const out: Sample[] = []
  const width = Math.max(1, steps / columns)
  let from = 0
  while (from < samples.length) {
    const column = Math.floor(samples[from]!.step / width)
    let to = from
    let low = from
    let high = from
    while (to < samples.length && Math.floor(samples[to]!.step / width) === column) {
      if (samples[to]!.value < samples[low]!.value) low = to
      if (samples[to]!.value > samples[high]!.value) high = to
      to++
    }
    for (const i of [...new Set([from, low, high, to - 1])].sort((a, b) => a - b)) {
      out.push(samples[i]!)
    }
    from = to
  }
  return out
}
