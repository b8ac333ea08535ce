import { scaleLinear, scaleLog, scaleSymlog } from 'd3-scale'
import {
  line,
  symbol,
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
  symbolWye,
} from 'd3-shape'
import { formatLogTick, formatNumber, trimZeros } from '../format.ts'

interface Spread {
  readonly least: number
  readonly median: number
  readonly most: number
}

/** The runs of one value as one criterion sees them; see `SweepSummary`. */
export interface SweptPoint<Id extends string = string> {
  readonly value: number
  readonly criterion: Id
  readonly step: Spread | null
  readonly trueKl: Spread | null
}

interface SweepPictureData<Id extends string = string> {
  readonly points: readonly SweptPoint<Id>[]
  /** In the order of their marks. */
  readonly criteria: readonly Id[]
  /** All values of the sweep, and whether their axis is logarithmic. */
  readonly values: readonly number[]
  readonly logarithmic: boolean
  /** δ at a value of the sweep. */
  readonly deltaAt: (value: number) => number
}

/** A median with its spread over the seeds, in pixels. */
interface Mark<Id extends string> {
  readonly criterion: Id
  readonly value: number
  readonly x: number
  readonly y: number
  readonly high: number
  readonly low: number
}

interface Tick {
  readonly at: number
  readonly label: string
}

/** One of the two charts, one above the other over the same axis of values. All lengths in pixels. */
export interface SweepPanel<Id extends string = string> {
  readonly title: string
  readonly top: number
  readonly bottom: number
  readonly ticks: readonly Tick[]
  readonly marks: readonly Mark<Id>[]
  /** One for each criterion that has marks. */
  readonly lines: readonly { readonly criterion: Id; readonly path: string }[]
  /** δ, where the panel shows it. */
  readonly delta: string | null
}

interface SweepPicture<Id extends string = string> {
  readonly left: number
  readonly right: number
  readonly height: number
  readonly ticks: readonly Tick[]
  readonly panels: readonly [SweepPanel<Id>, SweepPanel<Id>]
}

const LEFT = 46
const RIGHT = 14
const HEAD = 18
const PANEL = 118
const AXIS = 20
/** Marks of criteria at the same value stand so far apart, px, where there is room. */
const APART = 6
/** A true KL below is drawn here: it is rounding. Nats. */
const LEAST_KL = 1e-6

/** The charts of a sweep in a width of so many pixels: stops above, the true KL at them with δ below. */
export function sweepPicture<Id extends string>(
  { points, criteria, values, logarithmic, deltaAt }: SweepPictureData<Id>,
  width: number,
): SweepPicture<Id> {
  const right = Math.max(LEFT + 40, width - RIGHT)
  const [first, last] = [Math.min(...values), Math.max(...values)]
  const inset = 16
  const span = [LEFT + inset, right - inset]
  const pad = first === last ? Math.max(Math.abs(first) / 2, 0.5) : 0
  const x = logarithmic
    ? scaleLog([first / (pad > 0 ? 2 : 1), last * (pad > 0 ? 2 : 1)], span)
    : scaleLinear([first - pad, last + pad], span)
  const room = (right - LEFT) / (values.length + 1) / Math.max(1, criteria.length)
  const apart = Math.min(APART, room)
  const aside = (id: Id): number => apart * (criteria.indexOf(id) - (criteria.length - 1) / 2)

  const stops = points.flatMap(({ step }) => (step === null ? [] : [step.most]))
  const mostSteps = Math.max(1, ...stops)
  const kls = points.flatMap(({ trueKl }) => (trueKl === null ? [] : [trueKl.least, trueKl.most]))
  const shownKls = [...kls, ...values.map(deltaAt)].map((kl) => Math.max(LEAST_KL, kl))

  const rows = [HEAD, HEAD + PANEL + HEAD + 6]
  const [topOfSteps, topOfKl] = rows as [number, number]
  const yStep = logarithmic
    ? scaleSymlog([0, 1.15 * mostSteps], [topOfSteps + PANEL, topOfSteps])
    : scaleLinear([0, 1.08 * mostSteps], [topOfSteps + PANEL, topOfSteps])
  const yKl = scaleLog(
    [Math.min(...shownKls) / 1.4, Math.max(...shownKls) * 1.4],
    [topOfKl + PANEL, topOfKl],
  )
  const atKl = (kl: number): number => yKl(Math.max(LEAST_KL, kl))

  const panel = (
    title: string,
    top: number,
    y: (value: number) => number,
    spread: (point: SweptPoint<Id>) => Spread | null,
    ticks: readonly Tick[],
    delta: string | null,
  ): SweepPanel<Id> => {
    const marks = points.flatMap((point): Mark<Id>[] => {
      const { value, criterion } = point
      const found = spread(point)
      if (found === null) return []
      const { least, median, most } = found
      const at = x(value) + aside(criterion)
      return [{ criterion, value, x: at, y: y(median), low: y(least), high: y(most) }]
    })
    const path = line<Mark<Id>>(
      (mark) => mark.x,
      (mark) => mark.y,
    ).digits(2)
    const lines = criteria.flatMap((criterion) => {
      const own = marks.filter((mark) => mark.criterion === criterion).sort((a, b) => a.x - b.x)
      const drawn = path(own)
      return drawn === null ? [] : [{ criterion, path: drawn }]
    })
    return { title, top, bottom: top + PANEL, ticks, marks, lines, delta }
  }

  const across = [...values].sort((a, b) => a - b)
  // From frame to frame: beyond the first and the last value δ is as it is there.
  const delta = line().digits(2)([
    [LEFT, atKl(deltaAt(first))],
    ...across.map((value): [number, number] => [x(value), atKl(deltaAt(value))]),
    [right, atKl(deltaAt(last))],
  ])
  const stepTicks = logarithmic
    ? [0, 1, 10, 100, 1000, 10_000].filter((step) => step <= 1.15 * mostSteps)
    : yStep.ticks(4).filter(Number.isInteger)
  return {
    left: LEFT,
    right,
    height: topOfKl + PANEL + AXIS,
    ticks: thinned(values, x).map((value) => ({
      at: x(value),
      label: trimZeros(formatNumber(value, 3)),
    })),
    panels: [
      panel(
        'stop, step k',
        topOfSteps,
        yStep,
        ({ step }) => step,
        stepTicks.map((step) => ({ at: yStep(step), label: formatLogTick(step) })),
        null,
      ),
      panel(
        'true KL at the stop, nats',
        topOfKl,
        atKl,
        ({ trueKl }) => trueKl,
        decades(yKl.domain()).map((kl) => ({ at: yKl(kl), label: formatLogTick(kl) })),
        delta,
      ),
    ],
  }
}

/** The values whose labels have room beside each other, px. */
const LABEL = 48
function thinned(values: readonly number[], x: (value: number) => number): readonly number[] {
  let end = -Infinity
  return [...values]
    .sort((a, b) => a - b)
    .filter((value) => {
      if (x(value) - end < LABEL) return false
      end = x(value)
      return true
    })
}

/** The powers of ten in a range, four at most; of a range without two of them 1, 2, 5 of each decade. */
function decades([low, high]: readonly number[]): readonly number[] {
  const scale = scaleLog([low!, high!], [0, 1])
  const whole = scale.ticks(4).filter((tick) => tick.toExponential().startsWith('1e'))
  if (whole.length >= 2) {
    const every = Math.ceil(whole.length / 4)
    return whole.filter((_, i) => i % every === 0)
  }
  return scale.ticks(4).filter((tick) => /^[125]e/u.test(tick.toExponential()))
}

const SHAPES = [
  symbolCircle,
  symbolSquare,
  symbolTriangle,
  symbolDiamond,
  symbolStar,
  symbolCross,
  symbolWye,
]
/** Number of colours of marks; with seven shapes no two of the criteria look alike. */
const HUES = 5

/** The look of the i-th criterion: an SVG path round the origin, and which of the colours of the style sheet. */
export function sweepMark(i: number): { readonly path: string; readonly hue: number } {
  const shape = SHAPES[i % SHAPES.length] ?? symbolCircle
  return { path: symbol(shape, 46).digits(2)() ?? '', hue: i % HUES }
}
