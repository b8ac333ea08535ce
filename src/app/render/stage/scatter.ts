import { ticks } from 'd3-array'
import type { Context } from '../canvas.ts'
import type { Surface } from '../coordinates.ts'
import { formatNumber } from '../format.ts'
import { font, type Palette } from '../theme.ts'

/** Room for the labels of the axes, CSS pixels. */
const MARGINS = { top: 8, right: 10, bottom: 20, left: 44 }
/** Most points drawn: of more, every so many-th. */
const MOST = 4000
/** Share of its range that an axis goes on beyond the points. */
const PAD = 0.05

/** Points in their own units, each axis from its least number to its greatest. @param points [x0, y0, …], not empty */
export function drawScatter(
  context: Context,
  { width, height }: Surface,
  points: Float64Array,
  palette: Palette,
): void {
  const spans = [spanOf(points, 0), spanOf(points, 1)] as const
  const { top, left } = MARGINS
  const [right, bottom] = [width - MARGINS.right, height - MARGINS.bottom]
  const along = (x: number) => left + ((x - spans[0].low) / spans[0].width) * (right - left)
  const up = (y: number) => bottom - ((y - spans[1].low) / spans[1].width) * (bottom - top)
  context.strokeStyle = palette.line
  context.lineWidth = 1
  context.strokeRect(left + 0.5, top + 0.5, right - left - 1, bottom - top - 1)
  context.fillStyle = palette.muted
  context.strokeStyle = palette.muted
  context.font = font(12)
  context.beginPath()
  context.textAlign = 'center'
  context.textBaseline = 'top'
  for (const value of ticksOf(spans[0], 3)) {
    const x = along(value)
    context.moveTo(x, bottom)
    context.lineTo(x, bottom - 4)
    context.fillText(label(value, spans[0]), Math.min(x, width - 18), bottom + 4)
  }
  context.textAlign = 'right'
  context.textBaseline = 'middle'
  for (const value of ticksOf(spans[1], 4)) {
    const y = up(value)
    context.moveTo(left, y)
    context.lineTo(left + 4, y)
    context.fillText(label(value, spans[1]), left - 5, y)
  }
  context.stroke()
  const n = points.length / 2
  const drawn = Math.min(n, MOST)
  context.fillStyle = palette.langevin.base
  context.globalAlpha = drawn > 500 ? 0.5 : 0.85
  for (let k = 0; k < drawn; k++) {
    const i = Math.floor((k * n) / drawn)
    context.fillRect(along(points[2 * i]!) - 1.25, up(points[2 * i + 1]!) - 1.25, 2.5, 2.5)
  }
  context.globalAlpha = 1
}

interface Span {
  readonly low: number
  readonly width: number
}

function spanOf(points: Float64Array, axis: number): Span {
  let [low, high] = [Infinity, -Infinity]
  for (let i = axis; i < points.length; i += 2) {
    low = Math.min(low, points[i]!)
    high = Math.max(high, points[i]!)
  }
  const pad = PAD * (high - low)
  return { low: low - pad, width: high - low + 2 * pad }
}

function ticksOf({ low, width }: Span, count: number): number[] {
  return ticks(low, low + width, count)
}

/** A tick's number with as many digits as tell it from its neighbours. */
function label(value: number, { width }: Span): string {
  const places = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value) / width)) + 2
  const digits = Math.min(9, Math.max(1, places))
  return formatNumber(Number(value.toPrecision(digits)), Math.max(1, shortest(value, digits)))
}

/** The fewest significant digits that give a number as well as so many do. */
function shortest(value: number, digits: number): number {
  const wanted = Number(value.toPrecision(digits))
  let n = 1
  while (n < digits && Number(value.toPrecision(n)) !== wanted) n++
  return n
}
