import { scaleLinear, scaleLog } from 'd3-scale'
import { line } from 'd3-shape'
import type { TrainingPoint } from '../../../lab/protocol/result.ts'
import type { Context } from '../canvas.ts'
import type { Surface } from '../coordinates.ts'
import { formatCount, formatLogTick, formatNats, formatNumber, trimZeros } from '../format.ts'
import { font, type Palette } from '../theme.ts'

export interface LossData {
  /** One per Adam step so far, in order. */
  readonly losses: readonly { readonly step: number; readonly loss: number }[]
  readonly history: readonly TrainingPoint[]
  /** Adam steps of the whole training: the right end of the axis. */
  readonly steps: number
}

/** Which quality a training reports: the exact KL where the density is known, else the cross-entropy of the validation points. */
export function qualityOf(history: readonly TrainingPoint[]): {
  readonly kind: 'kl' | 'cross-entropy' | 'none'
  readonly points: readonly { readonly step: number; readonly value: number }[]
} {
  const known = history.flatMap((p) =>
    p.klDataModel !== null && Number.isFinite(p.klDataModel)
      ? [{ step: p.step, value: p.klDataModel }]
      : [],
  )
  if (known.length > 0) return { kind: 'kl', points: known }
  const held = history.flatMap((p) =>
    p.crossEntropy !== null && Number.isFinite(p.crossEntropy)
      ? [{ step: p.step, value: p.crossEntropy }]
      : [],
  )
  return held.length > 0 ? { kind: 'cross-entropy', points: held } : { kind: 'none', points: [] }
}

/**
 * Means of the finite losses over at most `buckets` equal spans of steps, with the least and the largest
 * of each: what a column of pixels can show.
 */
export function bucketLosses(
  losses: LossData['losses'],
  steps: number,
  buckets: number,
): readonly { step: number; mean: number; low: number; high: number }[] {
  const out: { step: number; mean: number; low: number; high: number }[] = []
  const width = Math.max(1, steps / Math.max(1, buckets))
  let count = 0
  let bucket = -1
  for (const { step, loss } of losses) {
    if (!Number.isFinite(loss)) continue
    const at = Math.floor(step / width)
    const last = out.at(-1)
    if (last !== undefined && at === bucket) {
      count++
      last.mean += (loss - last.mean) / count
      last.step += (step - last.step) / count
      last.low = Math.min(last.low, loss)
      last.high = Math.max(last.high, loss)
    } else {
      bucket = at
      count = 1
      out.push({ step, mean: loss, low: loss, high: loss })
    }
  }
  return out
}

/** Mean over the entries at most `radius` away on either side, cut at the ends. */
export function movingAverage(values: readonly number[], radius: number): number[] {
  return values.map((_, i) => {
    const window = values.slice(Math.max(0, i - radius), i + radius + 1)
    return window.reduce((sum, value) => sum + value, 0) / window.length
  })
}

/** The range that holds all but the outermost hundredth on either side, widened by a tenth; never empty. */
export function robustDomain(values: readonly number[]): readonly [number, number] {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b)
  if (sorted.length === 0) return [0, 1]
  const low = sorted[Math.floor(0.01 * (sorted.length - 1))]!
  const high = sorted[Math.ceil(0.99 * (sorted.length - 1))]!
  const pad = high > low ? 0.1 * (high - low) : Math.max(1e-6, 0.1 * Math.abs(high))
  return [low - pad, high + pad]
}

/** A part of the plan is shown only while that is so many steps at least. */
const LEAST_SHOWN = 5000

/** The end of the axis: of a long training the least of plan, plan/4, plan/16 … that holds what has been done. */
export function shownSteps(plan: number, done: number): number {
  let end = Math.max(1, plan, done)
  while (end / 4 >= Math.max(done, LEAST_SHOWN)) end /= 4
  return end
}

/** Two small panels over one axis of steps: the quality above, the loss below. */
export function drawLossChart(
  context: Context,
  surface: Surface,
  data: LossData,
  palette: Palette,
): void {
  const { width, height } = surface
  const right = width - 8
  const left = 40
  if (right - left < 20 || height < 40) return
  const quality = qualityOf(data.history)
  const steps = shownSteps(data.steps, data.losses.at(-1)?.step ?? 0)
  const x = scaleLinear([0, steps], [left, right])
  const bottomAxis = 16
  const header = 15
  const panels = quality.kind === 'none' ? 1 : 2
  const room = (height - bottomAxis - panels * header - (panels - 1) * 6) / panels
  if (room < 8) return

  context.save()
  context.lineJoin = 'round'
  const head = (y: number, title: string, value: string): void => {
    context.font = font(12)
    context.textBaseline = 'alphabetic'
    context.textAlign = 'left'
    context.fillStyle = palette.muted
    context.fillText(title, 0, y + 10)
    context.textAlign = 'right'
    context.fillStyle = palette.ink
    context.font = font(12, 600)
    context.fillText(value, right, y + 10)
  }
  const frame = (top: number, ticks: readonly { y: number; label: string }[]): void => {
    context.strokeStyle = palette.grid
    context.lineWidth = 1
    context.font = font(12)
    context.fillStyle = palette.muted
    context.textAlign = 'right'
    context.textBaseline = 'middle'
    context.beginPath()
    for (const { y, label } of ticks) {
      context.moveTo(left, y)
      context.lineTo(right, y)
      context.fillText(label, left - 5, Math.max(top + 4, Math.min(top + room - 4, y)))
    }
    context.stroke()
  }

  let top = header
  if (quality.kind !== 'none') {
    const values = quality.points.map((p) => p.value)
    const logarithmic = quality.kind === 'kl' && values.some((v) => v > 0)
    const low = Math.min(...values.filter((v) => !logarithmic || v > 0))
    const high = Math.max(...values)
    const y = logarithmic
      ? scaleLog([Math.max(1e-6, low * 0.8), Math.max(low * 1.6, high * 1.2)], [top + room, top])
      : scaleLinear(robustDomain(values), [top + room, top])
    const floor = y.domain()[0]!
    const ticks = logarithmic
      ? y.ticks(3).filter((t) => /^[1]/.test(t.toExponential()))
      : y.ticks(3)
    const shown = ticks.length > 0 ? ticks : [floor]
    head(
      top - header,
      quality.kind === 'kl' ? 'KL(ρ*‖π), nats' : 'cross-entropy, validation',
      formatNats(values.at(-1)),
    )
    frame(
      top,
      shown.map((t) => ({
        y: y(t),
        label: logarithmic ? formatLogTick(t) : trimZeros(formatNumber(t, 3)),
      })),
    )
    const path = line<{ step: number; value: number }>(
      (p) => x(p.step),
      (p) => y(Math.max(floor, p.value)),
    ).context(context as CanvasRenderingContext2D)
    context.beginPath()
    path([...quality.points])
    context.strokeStyle = palette.ink
    context.lineWidth = 1.75
    context.stroke()
    const last = quality.points.at(-1)!
    context.beginPath()
    context.arc(x(last.step), y(Math.max(floor, last.value)), 2.5, 0, 2 * Math.PI)
    context.fillStyle = palette.ink
    context.fill()
    top += room + 6 + header
  }

  const buckets = bucketLosses(data.losses, steps, Math.floor((right - left) * 1.5))
  const means = buckets.map((b) => b.mean)
  const smoothed = movingAverage(means, Math.max(3, Math.round((right - left) / 24)))
  const y = scaleLinear(robustDomain(means), [top + room, top]).clamp(true)
  head(top - header, 'loss', smoothed.length > 0 ? formatNumber(smoothed.at(-1), 3) : '–')
  frame(
    top,
    (buckets.length > 0 ? y.ticks(3) : []).map((t) => ({
      y: y(t),
      label: trimZeros(formatNumber(t, 2)),
    })),
  )
  context.globalAlpha = 0.35
  context.strokeStyle = palette.muted
  context.lineWidth = 1
  context.beginPath()
  buckets.forEach((b, i) => {
    if (i === 0) context.moveTo(x(b.step), y(b.mean))
    else context.lineTo(x(b.step), y(b.mean))
  })
  context.stroke()
  context.globalAlpha = 1
  context.strokeStyle = palette.muted
  context.lineWidth = 1.5
  context.beginPath()
  buckets.forEach((b, i) => {
    if (i === 0) context.moveTo(x(b.step), y(smoothed[i]!))
    else context.lineTo(x(b.step), y(smoothed[i]!))
  })
  context.stroke()

  context.strokeStyle = palette.line
  context.beginPath()
  context.moveTo(left, height - bottomAxis + 0.5)
  context.lineTo(right, height - bottomAxis + 0.5)
  context.stroke()
  context.font = font(12)
  context.fillStyle = palette.muted
  context.textBaseline = 'top'
  context.textAlign = 'left'
  context.fillText('0', left, height - bottomAxis + 4)
  context.textAlign = 'right'
  context.fillText(`${formatCount(steps)} steps`, right, height - bottomAxis + 4)
  context.restore()
}
