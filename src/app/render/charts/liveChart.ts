import { scaleLinear, scaleLog } from 'd3-scale'
import type { Context } from '../canvas.ts'
import type { Surface } from '../coordinates.ts'
import { formatLogTick, formatNumber } from '../format.ts'
import { font, type Palette } from '../theme.ts'

/** A measurement of a training that follows its target. */
export interface LiveMeasurement {
  readonly seconds: number
  readonly target: number
  readonly value: number
  /** What was measured: the KL where the density is known, else the cross-entropy of held-out points. */
  readonly quantity: 'kl' | 'cross-entropy'
}

export interface LiveChartData {
  /** Oldest first. */
  readonly history: readonly LiveMeasurement[]
  /** Seconds that the axis reaches back from the last measurement. */
  readonly span: number
  /** The quantity that is drawn, the KL on a logarithmic axis; measurements of the other are left out. */
  readonly quantity: LiveMeasurement['quantity']
}

/** Least KL that the axis goes down to. */
const LEAST = 1e-3
/** A target is marked where it and the one before were each measured so often: a drag is one movement. */
const MARKED = 4

/** The runs of measurements against one and the same target, in order. */
export function byTarget(
  history: readonly LiveMeasurement[],
): readonly (readonly LiveMeasurement[])[] {
  const runs: LiveMeasurement[][] = []
  for (const point of history) {
    const last = runs.at(-1)
    if (last?.[0]?.target === point.target) last.push(point)
    else runs.push([point])
  }
  return runs
}

/** The range of some values, widened by a tenth on either side; never empty. */
export function widened(values: readonly number[]): readonly [number, number] {
  if (values.length === 0) return [0, 1]
  const low = Math.min(...values)
  const high = Math.max(...values)
  const pad = high > low ? 0.1 * (high - low) : Math.max(1e-6, 0.1 * Math.abs(high))
  return [low - pad, high + pad]
}

/** Quality over the last seconds: it leaps up where the target changes, and comes down again. */
export function drawLiveChart(
  context: Context,
  surface: Surface,
  { history: measured, span, quantity }: LiveChartData,
  palette: Palette,
): void {
  const history = measured.filter((point) => point.quantity === quantity)
  const logarithmic = quantity === 'kl'
  const left = 40
  const right = surface.width - 8
  const top = 6
  const bottom = surface.height - 16
  const last = history.at(-1)
  const now = measured.at(-1)?.seconds ?? 0
  if (right - left < 20 || bottom - top < 16) return
  const end = Math.max(span, now)
  const x = scaleLinear([end - span, end], [left, right])
  const values = history.map(({ value }) => value).filter(Number.isFinite)
  const largest = Math.max(1, ...values)
  const y = logarithmic
    ? scaleLog([LEAST, largest], [bottom, top]).clamp(true)
    : scaleLinear([...widened(values)], [bottom, top]).nice(4)
  context.save()
  context.font = font(12)
  context.lineWidth = 1
  context.strokeStyle = palette.grid
  context.fillStyle = palette.muted
  context.textAlign = 'right'
  context.textBaseline = 'middle'
  const ticks = logarithmic ? [1e-3, 1e-2, 1e-1, 1] : y.ticks(3)
  for (const tick of ticks) {
    const at = Math.round(y(tick)) + 0.5
    context.beginPath()
    context.moveTo(left, at)
    context.lineTo(right, at)
    context.stroke()
    context.fillText(logarithmic ? formatLogTick(tick) : formatNumber(tick, 3), left - 5, at)
  }
  context.textBaseline = 'alphabetic'
  context.textAlign = 'left'
  context.fillText(formatNumber(Math.round(end - span), 3), left, surface.height - 3)
  context.textAlign = 'right'
  const seconds = formatNumber(Math.round(end), 3)
  context.fillText(`${seconds} s of training`, right, surface.height - 3)
  context.beginPath()
  context.rect(left, top - 2, right - left, bottom - top + 4)
  context.clip()
  context.lineJoin = 'round'
  context.lineWidth = 1.5
  const runs = byTarget(history)
  for (const [i, run] of runs.entries()) {
    const first = run[0]!
    if (i > 0 && Math.min(run.length, runs[i - 1]!.length) >= MARKED) {
      context.strokeStyle = palette.line
      context.setLineDash([2, 3])
      context.beginPath()
      context.moveTo(x(first.seconds), top)
      context.lineTo(x(first.seconds), bottom)
      context.stroke()
      context.setLineDash([])
    }
  }
  context.strokeStyle = palette.ink
  context.fillStyle = palette.ink
  context.beginPath()
  for (const { seconds, value } of history)
    if (Number.isFinite(value)) context.lineTo(x(seconds), y(value))
  context.stroke()
  if (last !== undefined) {
    context.beginPath()
    context.arc(x(last.seconds), y(last.value), 2.5, 0, 2 * Math.PI)
    context.fill()
  }
  context.restore()
}
