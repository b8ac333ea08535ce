import { scaleLinear, scaleLog } from 'd3-scale'
import type { FrameReply } from '../../../lab/protocol/calls.ts'
import type { Screen, Surface } from '../coordinates.ts'
import { formatCount } from '../format.ts'

/** Whose colour a mark has: one of the two dynamics, or neither. */
export type Tone = 'langevin' | 'deterministic' | 'ink' | 'muted'

/** How a line is drawn. */
export interface Pen {
  readonly tone: Tone
  /** CSS pixels. */
  readonly width: number
  /** Default: none. */
  readonly dash?: readonly number[]
  /** Default: 1. */
  readonly alpha?: number
  /** Hollow dots along the line; default: none. */
  readonly beads?: boolean
}

/** One value of a curve. */
export interface Sample {
  readonly step: number
  readonly value: number
  /** Half the width of the band round it, in the unit of the value; 0 without. */
  readonly error: number
  /** Drawn with the pen of the curve's variant. */
  readonly varied: boolean
}

/** One quantity over the steps. */
export interface Curve {
  /** Its name in legend and read-out. */
  readonly label: string
  readonly pen: Pen
  /** A second style, with its own name in the legend: a lower bound, a smoothed estimate, a rise. */
  readonly variant?: { readonly label: string; readonly pen: Pen }
  /** In order of step. */
  readonly samples: readonly Sample[]
  /** What its band is; default ±2 SE. */
  readonly band?: string
  /** A sample in words, with its unit. */
  readonly read: (sample: Sample) => string
}

/** A line that is predicted, not measured, with its label at its end. */
export interface Guide {
  readonly label: string
  readonly tone: Tone
  readonly samples: readonly Sample[]
}

/** A dot with a label: open, for nothing is certified there. */
export interface Mark {
  readonly label: string
  readonly tone: Tone
  readonly step: number
  readonly value: number
}

type Stop = FrameReply['stops'][number]

/** A chart over the steps of a run before it has a size. Values stand on a logarithmic axis. */
export interface StepPicture {
  /** What the axis measures, with its unit. */
  readonly title: string
  /** What its steps are; default: those of a run, k. */
  readonly axis?: string
  /** Longest way between two values that are joined, steps; default LONGEST_GAP. */
  readonly gap?: number
  readonly curves: readonly Curve[]
  /** Steps of the whole run: the right end of the axis. */
  readonly steps: number
  /** The last step that the particles have made. */
  readonly computed: number
  /** η; null until known. */
  readonly stepSize: number | null
  /** Values at the bottom and the top. */
  readonly domain: readonly [low: number, high: number]
  readonly guides: readonly Guide[]
  readonly marks: readonly Mark[]
  /** A level at the right edge: its label and its value. */
  readonly level: { readonly label: string; readonly value: number } | null
  /** The estimator's floor: everything up to this value. */
  readonly floor: number | null
  /** The tolerance, a line to drag; null where it has no place. */
  readonly delta: number | null
  readonly stops: FrameReply['stops']
  /**
   * The criterion whose stop carries the flag, the others are ticks: what it is called, what its stop is worth in a word (default: "stop"),
   * and whether the laws that it may read are still followed.
   */
  readonly criterion: {
    readonly id: string
    readonly label: string
    readonly word?: string
    readonly pending?: boolean
  }
  /** Where on the axis the stop has its dot; null for none. */
  readonly stopValue: (stop: Stop) => number | null
}

interface Rectangle {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** Scales and places, a pure function of size and picture. Lengths are CSS pixels. */
export interface StepLayout {
  readonly surface: Surface
  readonly plot: Rectangle
  /** Text size, CSS pixels: nothing on the page is smaller. */
  readonly textSize: number
  /** Rows of the legend above the plot, and their height. */
  readonly legend: Rectangle
  /** The strip between legend and plot where the flag of the stop flies. */
  readonly lane: Rectangle
  /** Whether the axis of t = kη has room under that of k. */
  readonly timeAxis: boolean
  readonly domain: readonly [low: number, high: number]
  readonly ticks: readonly number[]
  readonly steps: number
  x(step: number): number
  /** Screen y of a value; clamped to the plot, values ≤ 0 at its bottom. */
  y(value: number): number
  /** Screen y of a value on a curve, which may leave the plot; values ≤ 0 well under it. */
  place(value: number): number
  /** Value at a screen y; clamped to the domain. */
  value(y: number): number
}

/** Charts narrower than this make do with less, CSS pixels. */
const NARROW = 420
/** Range of δ, nats, as in a scene. */
const DELTA_RANGE = [1e-6, 10] as const
/** Half the height of the strip in which δ can be caught, CSS pixels. */
const DELTA_REACH = 9
/** Every quantity is evaluated at least this often: a longer gap is a gap. */
export const LONGEST_GAP = 5
/** Most decades on an axis. */
const MOST_DECADES = 7

/** Samples of the values of steps 0, 1, …, nulls left out, with their errors where there are any. */
export function samplesOf(
  values: readonly (number | null | undefined)[],
  varied: (step: number) => boolean = () => false,
  errors: readonly (number | null)[] = [],
): Sample[] {
  const samples: Sample[] = []
  values.forEach((value, step) => {
    if (value === null || value === undefined || !Number.isFinite(value)) return
    samples.push({ step, value, error: errors[step] ?? 0, varied: varied(step) })
  })
  return samples
}

/** The largest of 1, 2, 5 · 10ⁿ that is ≤ value (`down`) or the smallest ≥ value. value > 0. */
export function roundStep(value: number, down: boolean): number {
  const power = Math.pow(10, Math.floor(Math.log10(value)))
  const mantissa = value / power
  const slack = 1e-9
  const steps = down ? [5, 2, 1] : [1, 2, 5, 10]
  const found = steps.find((s) => (down ? s <= mantissa + slack : s >= mantissa - slack))
  return (found ?? (down ? 1 : 10)) * power
}

/**
 * The range of a logarithmic axis from half the least value that matters to the largest, both ends rounded
 * outwards to 1, 2, 5 so that the axis rests while curves grow; at least one decade, at most seven. Values
 * that are not positive do not count; without any the axis goes from 0.1 to 1.
 */
export function logDomain(
  highest: number,
  matters: readonly (number | null)[],
): readonly [low: number, high: number] {
  const positive = matters.filter((v) => v !== null && v > 0 && v < Infinity) as number[]
  const top = highest > 0 && highest < Infinity ? highest : 1
  const high = roundStep(top * 1.05, false)
  const low = roundStep(Math.min(high, ...positive) / 2, true)
  const least = high * Math.pow(10, -MOST_DECADES)
  return [roundStep(Math.max(least, Math.min(low, high / 10)), true), high]
}

/** Largest value of samples; −∞ for none. */
export function largest(samples: readonly Sample[]): number {
  return samples.reduce((most, { value }) => Math.max(most, value), -Infinity)
}

/** Least positive value of samples; null for none. */
export function leastPositive(samples: readonly Sample[]): number | null {
  let least = Infinity
  for (const { value } of samples) if (value > 0 && value < least) least = value
  return least < Infinity ? least : null
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

/** A name in the legend with the pen it stands for, or `error`: the bands. */
export interface LegendEntry {
  readonly label: string
  readonly pen: Pen | 'error'
}

/** What is drawn and nothing else; a narrow chart leaves out the error bands, which speak for themselves. */
export function legendOf(picture: StepPicture, surface: Surface): LegendEntry[] {
  const entries: LegendEntry[] = []
  for (const { label, pen, variant, samples } of picture.curves) {
    if (samples.length === 0) continue
    const plain = variant === undefined || samples.some(({ varied }) => !varied)
    if (plain) entries.push({ label, pen })
    if (variant !== undefined && samples.some(({ varied }) => varied)) entries.push(variant)
  }
  if (surface.width < NARROW) return entries
  const banded = picture.curves.filter(({ samples }) => samples.some(({ error }) => error > 0))
  for (const label of new Set(banded.map(({ band = '±2 SE' }) => band)))
    entries.push({ label, pen: 'error' })
  return entries
}

export const LEGEND_SWATCH = 18
const LEGEND_GAP = 14
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
export function stepLayout(
  surface: Surface,
  picture: StepPicture,
  measure?: (text: string) => number,
): StepLayout {
  const narrow = surface.width < NARROW
  const textSize = 12
  const width = measure ?? ((text: string) => text.length * textSize * 0.58)
  const left = narrow ? 40 : 52
  const right = narrow ? 48 : 64
  const available = Math.max(40, surface.width - 8)
  const places = placeLegend(
    width(picture.title),
    legendOf(picture, surface).map(({ label }) => width(label) + LEGEND_SWATCH + 5),
    available,
  )
  const rows = (places.at(-1)?.[0] ?? 0) + 1
  const legend = { left: 0, top: 0, width: available, height: rows * ROW }
  const timeAxis = picture.stepSize !== null && surface.height >= 150
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
  const { domain } = picture
  const [low, high] = domain
  const range = [plot.top + plot.height, plot.top] as const
  const free = scaleLog([low, high], range)
  const clamped = free.copy().clamp(true)
  const steps = Math.max(1, picture.steps, picture.computed)
  const x = scaleLinear([0, steps], [plot.left, plot.left + plot.width])
  return {
    surface,
    plot,
    textSize,
    legend,
    lane,
    timeAxis,
    domain,
    ticks: logTicks(low, high, plot.height),
    steps,
    x: (step) => x(step),
    y: (value) => (value > 0 ? clamped(value) : range[0]),
    place: (value) =>
      value > 0 ? Math.min(range[0] + plot.height, free(value)) : range[0] + plot.height,
    value: (at) => clamped.invert(at),
  }
}

/** The step under a screen x, a whole number in [0, steps]. */
export function stepAt(layout: StepLayout, x: number): number {
  const share = (x - layout.plot.left) / layout.plot.width
  return Math.max(0, Math.min(layout.steps, Math.round(share * layout.steps)))
}

/** The tolerance at a screen y: two significant digits, within a scene's range. */
export function deltaAt(layout: StepLayout, y: number): number {
  const value = Math.max(DELTA_RANGE[0], Math.min(DELTA_RANGE[1], layout.value(y)))
  return Number(value.toPrecision(2))
}

/** Whether a point catches the line of δ or its handle in the right margin; never where there is none. */
export function hitDelta(layout: StepLayout, delta: number | null, point: Screen): boolean {
  if (delta === null) return false
  const { plot, surface } = layout
  const reach = point[0] > plot.left + plot.width ? DELTA_REACH + 5 : DELTA_REACH
  return (
    point[0] >= plot.left &&
    point[0] <= surface.width &&
    Math.abs(point[1] - layout.y(delta)) <= reach
  )
}

/** Whether a point lies on the plot, its flag lane or its axis: where a click scrubs. */
export function hitPlot(layout: StepLayout, point: Screen): boolean {
  const { plot, lane, surface } = layout
  return (
    point[0] >= plot.left - 6 &&
    point[0] <= plot.left + plot.width + 6 &&
    point[1] >= lane.top &&
    point[1] <= surface.height
  )
}

/** What a curve says at a step. */
export interface Reading {
  readonly curve: Curve
  /** The sample nearest to the step, at most LONGEST_GAP steps away. */
  readonly sample: Sample
  /** In words; names the sample's own step where it is another. */
  readonly text: string
}

/** First index whose step is ≥ step. */
function lowerIndex(samples: readonly Sample[], step: number): number {
  let low = 0
  let high = samples.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (samples[middle]!.step < step) low = middle + 1
    else high = middle
  }
  return low
}

/** The sample nearest to a step, at most `gap` steps away; null for none. */
export function nearest(
  samples: readonly Sample[],
  step: number,
  gap = LONGEST_GAP,
): Sample | null {
  const at = lowerIndex(samples, step)
  let best: Sample | null = null
  for (const sample of [samples[at - 1], samples[at]]) {
    if (sample === undefined || Math.abs(sample.step - step) > gap) continue
    if (best === null || Math.abs(sample.step - step) < Math.abs(best.step - step)) best = sample
  }
  return best
}

/** The values at a step, for the read-out and for people who do not see the canvas. */
export function readPicture(picture: StepPicture, step: number): readonly Reading[] {
  return picture.curves.flatMap((curve) => {
    const sample = nearest(curve.samples, step, picture.gap)
    if (sample === null) return []
    const { axis = 'k =' } = picture
    const at = sample.step === step ? '' : ` at ${axis} ${formatCount(sample.step)}`
    return [{ curve, sample, text: curve.read(sample) + at }]
  })
}

/** A stretch of a curve drawn in one style. */
export interface Run {
  readonly varied: boolean
  readonly samples: readonly Sample[]
}

/**
 * Cuts a curve into runs: a new one where more than `gap` steps have no value (a gap is drawn), and
 * where the style changes (the new run starts at the last sample of the old, so that they join).
 */
export function curveRuns(samples: readonly Sample[], gap = LONGEST_GAP): readonly Run[] {
  const runs: { varied: boolean; samples: Sample[] }[] = []
  for (const sample of samples) {
    const current = runs.at(-1)
    const last = current?.samples.at(-1)
    if (current === undefined || last === undefined || sample.step - last.step > gap) {
      runs.push({ varied: sample.varied, samples: [sample] })
    } else if (current.varied !== sample.varied) {
      runs.push({ varied: sample.varied, samples: [last, sample] })
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
