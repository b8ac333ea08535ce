import { area, line, scaleLinear } from 'd3'
import type { Context } from './canvas.ts'
import {
  formatCount,
  formatLogTick,
  formatNats,
  formatNatsWithError,
  formatNumber,
  formatTime,
  trimZeros,
} from './format.ts'
import {
  CHART_TITLE,
  LEGEND_SWATCH,
  LEGEND_TEXT,
  curveRuns,
  legendKeys,
  placeLegend,
  readLyapunov,
  thin,
  type LegendKey,
  type LyapunovData,
  type LyapunovLayout,
  type LyapunovReading,
  type Run,
  type Sample,
} from './lyapunovScale.ts'
import { font, type Accent, type Palette } from './theme.ts'

export * from './lyapunovScale.ts'

/** What the person is doing with the chart. */
export interface LyapunovInteraction {
  /** Step of the particles on the stage. */
  readonly cursor: number | null
  /** Step under the pointer. */
  readonly hover: number | null
  /** δ is under the pointer or being dragged. */
  readonly deltaActive: boolean
  /** Write the values beside the line of `hover`; default false: the page shows them itself. */
  readonly readout?: boolean
}

const LOWER_BOUND_DASH = [5, 4]
const DELTA_DASH = [6, 4]
const STALLED_DASH = [3, 3]

/** A reading as labelled lines, as the read-out on the chart shows them. */
export function formatLyapunovReading(
  reading: LyapunovReading,
  stepSize: number | null,
): readonly { readonly label: string; readonly value: string; readonly of: LegendKey | null }[] {
  const { step, langevin, deterministic } = reading
  const at = (own: number): string => (own === step ? '' : ` at k = ${formatCount(own)}`)
  const out: { label: string; value: string; of: LegendKey | null }[] = [
    {
      label: `k = ${formatCount(step)}`,
      value: stepSize === null ? '' : `t = ${formatTime(step, stepSize)}`,
      of: null,
    },
  ]
  if (langevin !== null) {
    out.push({
      label: LEGEND_TEXT.langevin,
      value:
        formatNatsWithError(langevin.kl, langevin.standardError) +
        (langevin.estimator === 'smoothed' ? ', smoothed' : '') +
        at(langevin.step),
      of: 'langevin',
    })
  }
  if (deterministic !== null) {
    out.push({
      label: LEGEND_TEXT.deterministic,
      value:
        (deterministic.lowerBound ? '≥ ' : '') +
        formatNatsWithError(deterministic.kl, deterministic.standardError) +
        at(deterministic.step),
      of: 'deterministic',
    })
  }
  if (reading.klExact !== null) {
    out.push({ label: LEGEND_TEXT.exact, value: formatNats(reading.klExact), of: 'exact' })
  }
  if (reading.fokkerPlanck !== null) {
    out.push({
      label: LEGEND_TEXT['fokker-planck'],
      value: formatNats(reading.fokkerPlanck),
      of: 'fokker-planck',
    })
  }
  return out
}

/** Draws the whole chart on a cleared surface. Never throws on empty or flat data. */
export function drawLyapunov(
  context: Context,
  layout: LyapunovLayout,
  data: LyapunovData,
  interaction: LyapunovInteraction,
  palette: Palette,
): void {
  context.save()
  context.lineJoin = 'round'
  context.lineCap = 'butt'
  drawLegend(context, layout, data, palette)
  drawGrid(context, layout, data, palette)
  context.save()
  context.beginPath()
  const { plot } = layout
  context.rect(plot.left, plot.top - 1, plot.width + 1, plot.height + 2)
  context.clip()
  drawFloor(context, layout, data, palette)
  drawCurves(context, layout, data, palette)
  context.restore()
  drawDelta(context, layout, data, interaction.deltaActive, palette)
  drawStops(context, layout, data, palette)
  if (interaction.cursor !== null) drawCursor(context, layout, data, interaction.cursor, palette)
  if (interaction.hover !== null) {
    const reading = readLyapunov(data, interaction.hover)
    drawHover(context, layout, reading, palette)
    if (interaction.readout === true) drawReadout(context, layout, data, reading, palette)
  }
  context.restore()
}

function drawSwatch(
  context: Context,
  key: LegendKey,
  x: number,
  y: number,
  palette: Palette,
): void {
  const to = x + LEGEND_SWATCH
  context.beginPath()
  context.setLineDash([])
  context.lineWidth = 2
  switch (key) {
    case 'langevin':
      context.strokeStyle = palette.langevin.base
      break
    case 'smoothed':
      context.strokeStyle = palette.langevin.base
      context.lineWidth = 1
      break
    case 'deterministic':
      context.strokeStyle = palette.deterministic.base
      break
    case 'lower-bound':
      context.strokeStyle = palette.deterministic.base
      context.setLineDash([4, 3])
      break
    case 'exact':
      context.strokeStyle = palette.ink
      context.lineWidth = 1.25
      break
    case 'fokker-planck':
      context.strokeStyle = palette.ink
      context.lineWidth = 1.5
      context.setLineDash([1.5, 3])
      break
    case 'error': {
      context.fillStyle = palette.langevin.band
      context.fillRect(x, y - 4.5, LEGEND_SWATCH / 2, 9)
      context.fillStyle = palette.deterministic.band
      context.fillRect(x + LEGEND_SWATCH / 2, y - 4.5, LEGEND_SWATCH / 2, 9)
      return
    }
    default:
      key satisfies never
  }
  context.moveTo(x, y)
  context.lineTo(to, y)
  context.stroke()
  context.setLineDash([])
  if (key === 'smoothed') {
    context.beginPath()
    context.arc(x + LEGEND_SWATCH / 2, y, 2.25, 0, 2 * Math.PI)
    context.fillStyle = palette.surface
    context.fill()
    context.stroke()
  }
}

function drawLegend(
  context: Context,
  layout: LyapunovLayout,
  data: LyapunovData,
  palette: Palette,
): void {
  const row = 18
  context.textBaseline = 'middle'
  context.textAlign = 'left'
  context.font = font(layout.textSize, 600)
  context.fillStyle = palette.ink
  context.fillText(CHART_TITLE, 0, row / 2)
  const titleWidth = context.measureText(CHART_TITLE).width
  context.font = font(layout.textSize)
  const keys = legendKeys(data, layout.surface)
  const places = placeLegend(
    titleWidth,
    keys.map((key) => context.measureText(LEGEND_TEXT[key]).width + LEGEND_SWATCH + 5),
    layout.legend.width,
  )
  keys.forEach((key, i) => {
    const [at, x] = places[i]!
    const y = at * row + row / 2
    if (y > layout.legend.height) return
    drawSwatch(context, key, x, y, palette)
    context.fillStyle = palette.muted
    context.fillText(LEGEND_TEXT[key], x + LEGEND_SWATCH + 5, y + 0.5)
  })
}

function drawGrid(
  context: Context,
  layout: LyapunovLayout,
  data: LyapunovData,
  palette: Palette,
): void {
  const { plot, surface } = layout
  const bottom = plot.top + plot.height
  const crisp = (v: number): number =>
    (Math.round(v * surface.ratio) + (surface.ratio % 2 === 1 ? 0.5 : 0)) / surface.ratio
  context.lineWidth = 1
  context.strokeStyle = palette.grid
  context.fillStyle = palette.muted
  context.font = font(layout.textSize)
  context.textAlign = 'right'
  context.textBaseline = 'middle'
  context.beginPath()
  for (const tick of layout.ticks) {
    const y = crisp(layout.y(tick))
    context.moveTo(plot.left, y)
    context.lineTo(plot.left + plot.width, y)
    const text = layout.scale === 'linear' ? trimZeros(formatNumber(tick, 2)) : formatLogTick(tick)
    context.fillText(text, plot.left - 6, Math.min(bottom - 3, y))
  }
  context.stroke()

  context.strokeStyle = palette.line
  context.beginPath()
  context.moveTo(plot.left, crisp(bottom))
  context.lineTo(plot.left + plot.width, crisp(bottom))
  const count = Math.max(2, Math.min(10, Math.floor(plot.width / 80)))
  const ticks = scaleLinear([0, layout.steps], [0, 1])
    .ticks(count)
    .filter((t) => Number.isInteger(t))
  for (const tick of ticks) {
    const x = crisp(layout.x(tick))
    context.moveTo(x, bottom)
    context.lineTo(x, bottom + 4)
  }
  context.stroke()
  const rows: readonly { y: number; head: string; text: (step: number) => string }[] = [
    { y: bottom + 6, head: 'step k', text: (step) => formatCount(step) },
    ...(layout.timeAxis && data.stepSize !== null
      ? [
          {
            y: bottom + 21,
            head: 't = kη',
            text: (step: number) => formatNumber(step * data.stepSize!, 3),
          },
        ]
      : []),
  ]
  context.textBaseline = 'top'
  const every = [1, ticks.length > 6 ? 2 : 1]
  rows.forEach(({ y, head, text }, i) => {
    context.fillStyle = palette.muted
    context.globalAlpha = i === 0 ? 1 : 0.8
    context.textAlign = 'left'
    context.fillText(head, 0, y)
    context.textAlign = 'center'
    for (const [at, tick] of ticks.entries()) {
      if (at % every[i]! !== 0) continue
      if (tick === 0 && context.measureText(head).width > plot.left - 8) continue
      context.fillText(trimZeros(text(tick)), layout.x(tick), y)
    }
  })
  context.globalAlpha = 1
}

function drawFloor(
  context: Context,
  layout: LyapunovLayout,
  data: LyapunovData,
  palette: Palette,
): void {
  if (data.nullFloor === null || !(data.nullFloor.upper > 0)) return
  const { plot } = layout
  const bottom = plot.top + plot.height
  const top = layout.y(data.nullFloor.upper)
  if (bottom - top < 1) return
  context.fillStyle = palette.floor
  context.fillRect(plot.left, top, plot.width, bottom - top)
  if (bottom - top >= layout.textSize + 5) {
    context.font = font(layout.textSize - 1)
    context.textAlign = 'left'
    context.textBaseline = 'alphabetic'
    context.fillStyle = palette.muted
    context.fillText('estimator’s floor', plot.left + 6, bottom - 5)
  }
}

function drawBand(
  context: Context,
  layout: LyapunovLayout,
  samples: readonly Sample[],
  colour: string,
): void {
  if (!samples.some((s) => s.error > 0)) return
  context.beginPath()
  area<Sample>(
    (s) => layout.x(s.step),
    (s) => layout.y(s.value - s.error),
    (s) => layout.y(s.value + s.error),
  ).context(context as CanvasRenderingContext2D)([...samples])
  context.fillStyle = colour
  context.fill()
}

function drawRun(context: Context, layout: LyapunovLayout, samples: readonly Sample[]): void {
  const only = samples.length === 1 ? samples[0]! : null
  context.beginPath()
  if (only !== null) {
    const x = layout.x(only.step)
    const y = layout.y(only.value)
    context.moveTo(x - 2, y)
    context.lineTo(x + 2, y)
  } else {
    line<Sample>(
      (s) => layout.x(s.step),
      (s) => layout.y(s.value),
    ).context(context as CanvasRenderingContext2D)([...samples])
  }
  context.stroke()
}

/** The curves of the particles cut into runs and thinned to the columns of the plot. */
interface Curves {
  readonly length: number
  readonly steps: number
  readonly columns: number
  readonly langevin: readonly Run[]
  readonly deterministic: readonly Run[]
}

const known = new WeakMap<LyapunovData['points'], Curves>()

/** Computed once an array of points and a width, so that hovering a long run costs only the strokes. */
function curvesOf(data: LyapunovData, layout: LyapunovLayout): Curves {
  const { points } = data
  const { steps } = layout
  const columns = Math.ceil(layout.plot.width)
  const before = known.get(points)
  if (before?.length === points.length && before.columns === columns && before.steps === steps) {
    return before
  }
  const prepare = (
    read: (point: LyapunovData['points'][number]) => [number | null, number | null, boolean],
  ): readonly Run[] =>
    curveRuns(points, (point) => {
      const [value, standardError, styled] = read(point)
      return value === null ? null : { value, error: 2 * (standardError ?? 0), styled }
    }).map((run) => ({ ...run, samples: thin(run.samples, steps, columns) }))
  const curves = {
    length: points.length,
    steps,
    columns,
    langevin: prepare((p) => [p.kl, p.klStandardError, p.estimator === 'smoothed']),
    deterministic: prepare((p) => [
      p.deterministicKl,
      p.deterministicStandardError,
      p.deterministicLowerBound,
    ]),
  }
  known.set(points, curves)
  return curves
}

function drawCurves(
  context: Context,
  layout: LyapunovLayout,
  data: LyapunovData,
  palette: Palette,
): void {
  const { langevin, deterministic } = curvesOf(data, layout)
  const runsOf = (values: readonly (number | null)[] = []): readonly Run[] =>
    curveRuns(
      values.map((value, step) => ({ step, value })),
      ({ value }) => (value === null ? null : { value, error: 0, styled: false }),
    ).map((run) => ({ ...run, samples: thin(run.samples, layout.steps, layout.plot.width) }))
  for (const [runs, accent] of [
    [deterministic, palette.deterministic],
    [langevin, palette.langevin],
  ] as const) {
    for (const run of runs) drawBand(context, layout, run.samples, accent.band)
  }
  context.strokeStyle = palette.deterministic.base
  context.lineWidth = 2
  for (const run of deterministic) {
    context.setLineDash(run.styled ? LOWER_BOUND_DASH : [])
    drawRun(context, layout, run.samples)
  }
  context.setLineDash([])
  for (const run of langevin) {
    context.strokeStyle = palette.langevin.base
    context.lineWidth = run.styled ? 1 : 2
    drawRun(context, layout, run.samples)
    if (run.styled) drawBeads(context, layout, run.samples, palette.langevin, palette)
  }
  context.strokeStyle = palette.ink
  context.lineWidth = 1.25
  for (const run of runsOf(data.laws?.klExact)) drawRun(context, layout, run.samples)
  context.lineWidth = 1.5
  context.setLineDash([1.5, 3])
  for (const run of runsOf(data.laws?.fokkerPlanck)) drawRun(context, layout, run.samples)
  context.setLineDash([])
}

/** Hollow dots along a thin line: the smoothed estimator. */
function drawBeads(
  context: Context,
  layout: LyapunovLayout,
  samples: readonly Sample[],
  accent: Accent,
  palette: Palette,
): void {
  let before = -Infinity
  context.strokeStyle = accent.base
  context.fillStyle = palette.surface
  for (const s of samples) {
    const x = layout.x(s.step)
    if (x - before < 10) continue
    before = x
    context.beginPath()
    context.arc(x, layout.y(s.value), 2.25, 0, 2 * Math.PI)
    context.fill()
    context.stroke()
  }
}

function roundRectangle(
  context: Context,
  x: number,
  y: number,
  width: number,
  height: number,
  radius: number,
): void {
  context.beginPath()
  context.roundRect(x, y, width, height, radius)
}

function drawDelta(
  context: Context,
  layout: LyapunovLayout,
  data: LyapunovData,
  active: boolean,
  palette: Palette,
): void {
  if (!(data.delta > 0)) return
  const { plot, surface } = layout
  const y = layout.y(data.delta)
  const right = plot.left + plot.width
  context.strokeStyle = palette.delta
  context.lineWidth = active ? 2 : 1.25
  context.setLineDash(DELTA_DASH)
  context.beginPath()
  context.moveTo(plot.left, y)
  context.lineTo(right, y)
  context.stroke()
  context.setLineDash([])
  const height = 20
  const x = right + 3
  const width = surface.width - x - 1
  const lowest = plot.top + plot.height - height + 2
  const top = Math.max(0, Math.min(lowest, y - height / 2))
  roundRectangle(context, x, top, width, height, 6)
  context.fillStyle = active ? palette.delta : palette.surface
  context.fill()
  context.lineWidth = 1.25
  context.stroke()
  context.fillStyle = active ? palette.surface : palette.delta
  for (const dx of [5, 8]) {
    context.fillRect(x + dx, top + 6, 1, height - 12)
  }
  context.font = font(layout.textSize, 500)
  context.textBaseline = 'middle'
  context.textAlign = 'left'
  const number = formatNumber(data.delta, 2)
  const room = width - 16
  const full = `δ ${number}`
  context.fillText(
    context.measureText(full).width <= room ? full : number,
    x + 12,
    top + height / 2 + 0.5,
    room,
  )
}

function drawStops(
  context: Context,
  layout: LyapunovLayout,
  data: LyapunovData,
  palette: Palette,
): void {
  const { plot, lane } = layout
  const bottom = plot.top + plot.height
  for (const stop of data.stops) {
    if (stop.criterion === data.criterion || stop.step === null) continue
    const x = layout.x(stop.step)
    context.beginPath()
    context.moveTo(x - 3.5, plot.top)
    context.lineTo(x + 3.5, plot.top)
    context.lineTo(x, plot.top + 6)
    context.closePath()
    context.lineWidth = 1
    context.strokeStyle = stop.outcome === 'stalled' ? palette.stalled : palette.muted
    context.stroke()
  }
  const chosen = data.stops.find((stop) => stop.criterion === data.criterion)
  if (chosen === undefined) return
  const middle = lane.top + lane.height / 2 - 1
  context.font = font(layout.textSize, 500)
  context.textBaseline = 'middle'
  if (chosen.step === null || chosen.outcome === 'unfired') {
    const computed = data.points.at(-1)?.step ?? 0
    const text =
      computed < data.steps
        ? `${chosen.criterion}: not yet`
        : `${chosen.criterion}: no stop in ${formatCount(data.steps)} steps`
    context.font = font(layout.textSize)
    context.fillStyle = palette.muted
    context.textAlign = 'right'
    context.fillText(text, plot.left + plot.width, middle, plot.width)
    return
  }
  const stalled = chosen.outcome === 'stalled'
  const colour = stalled ? palette.stalled : palette.stopped
  const x = layout.x(chosen.step)
  context.strokeStyle = colour
  context.lineWidth = 1.5
  context.setLineDash(stalled ? STALLED_DASH : [])
  context.beginPath()
  context.moveTo(x, lane.top)
  context.lineTo(x, bottom)
  context.stroke()
  context.setLineDash([])
  if (chosen.kl !== null) {
    context.beginPath()
    context.arc(x, layout.y(chosen.kl), 4, 0, 2 * Math.PI)
    context.fillStyle = stalled ? palette.surface : colour
    context.fill()
    if (stalled) context.stroke()
    else {
      context.strokeStyle = palette.surface
      context.stroke()
      context.strokeStyle = colour
    }
  }
  const verb = stalled ? 'stalled' : 'stop'
  const step = `k = ${formatCount(chosen.step)}`
  const kl = chosen.kl === null ? null : `KL ${formatNats(chosen.kl)}`
  const texts = [[verb, chosen.criterion, step, kl], [verb, step, kl], [verb, step], [step]].map(
    (parts) => parts.filter((part) => part !== null).join(' · '),
  )
  const roomRight = plot.left + plot.width - x
  const roomLeft = x - plot.left
  const room = Math.max(roomRight, roomLeft)
  const fits = (text: string): number => context.measureText(text).width + 14
  const text = texts.find((candidate) => fits(candidate) <= room) ?? texts.at(-1)!
  const width = fits(text)
  const toRight = width <= roomRight || roomRight >= roomLeft
  const flagLeft = toRight ? x : x - width
  const height = lane.height - 3
  context.beginPath()
  context.roundRect(flagLeft, lane.top, width, height, toRight ? [0, 5, 5, 0] : [5, 0, 0, 5])
  context.fillStyle = stalled ? palette.surface : colour
  context.fill()
  context.setLineDash(stalled ? STALLED_DASH : [])
  context.stroke()
  context.setLineDash([])
  context.fillStyle = stalled ? colour : palette.surface
  context.textAlign = 'left'
  context.fillText(text, flagLeft + 7, lane.top + height / 2 + 0.5)
}

function dot(
  context: Context,
  x: number,
  y: number,
  radius: number,
  colour: string,
  rim: string,
): void {
  context.beginPath()
  context.arc(x, y, radius, 0, 2 * Math.PI)
  context.fillStyle = colour
  context.fill()
  context.lineWidth = 1.5
  context.strokeStyle = rim
  context.stroke()
}

function drawReadingDots(
  context: Context,
  layout: LyapunovLayout,
  reading: LyapunovReading,
  radius: number,
  palette: Palette,
): void {
  const { langevin, deterministic } = reading
  if (deterministic !== null) {
    const { step, kl } = deterministic
    const { base } = palette.deterministic
    dot(context, layout.x(step), layout.y(kl), radius, base, palette.surface)
  }
  if (langevin !== null) {
    const { step, kl } = langevin
    dot(context, layout.x(step), layout.y(kl), radius, palette.langevin.base, palette.surface)
  }
}

function drawCursor(
  context: Context,
  layout: LyapunovLayout,
  data: LyapunovData,
  step: number,
  palette: Palette,
): void {
  const { plot } = layout
  const x = placeOf(layout, step)
  const bottom = plot.top + plot.height
  context.strokeStyle = palette.ink
  context.lineWidth = 1.25
  context.globalAlpha = 0.55
  context.beginPath()
  context.moveTo(x, plot.top)
  context.lineTo(x, bottom)
  context.stroke()
  context.globalAlpha = 1
  context.beginPath()
  context.moveTo(x, bottom - 1)
  context.lineTo(x + 5, bottom + 6)
  context.lineTo(x - 5, bottom + 6)
  context.closePath()
  context.fillStyle = palette.ink
  context.fill()
  drawReadingDots(context, layout, readLyapunov(data, step), 4, palette)
}

function placeOf(layout: LyapunovLayout, step: number): number {
  return layout.x(Math.max(0, Math.min(layout.steps, step)))
}

function drawHover(
  context: Context,
  layout: LyapunovLayout,
  reading: LyapunovReading,
  palette: Palette,
): void {
  const { plot } = layout
  const x = placeOf(layout, reading.step)
  context.strokeStyle = palette.muted
  context.lineWidth = 1
  context.beginPath()
  context.moveTo(x, plot.top)
  context.lineTo(x, plot.top + plot.height)
  context.stroke()
  drawReadingDots(context, layout, reading, 3.5, palette)
}

function drawReadout(
  context: Context,
  layout: LyapunovLayout,
  data: LyapunovData,
  reading: LyapunovReading,
  palette: Palette,
): void {
  const { plot, surface } = layout
  const x = placeOf(layout, reading.step)
  const rows = formatLyapunovReading(reading, data.stepSize)
  const line = layout.textSize + 6
  context.font = font(layout.textSize, 600)
  const labelWidth = Math.max(
    ...rows.map((row) => context.measureText(row.label).width + (row.of === null ? 0 : 14)),
  )
  context.font = font(layout.textSize)
  const valueWidth = Math.max(...rows.map((row) => context.measureText(row.value).width))
  const width = Math.min(surface.width - 4, labelWidth + valueWidth + 28)
  const height = rows.length * line + 10
  const toRight = x + 12 + width <= surface.width - 2
  const left = Math.max(2, Math.min(surface.width - width - 2, toRight ? x + 12 : x - 12 - width))
  const top = Math.max(2, Math.min(plot.top + 6, surface.height - height - 2))
  context.save()
  context.shadowColor = 'rgba(0, 0, 0, 0.25)'
  context.shadowBlur = 10
  context.shadowOffsetY = 2
  roundRectangle(context, left, top, width, height, 7)
  context.fillStyle = palette.raised
  context.fill()
  context.restore()
  context.strokeStyle = palette.line
  context.lineWidth = 1
  context.stroke()
  context.textBaseline = 'middle'
  rows.forEach((row, i) => {
    const y = top + 5 + (i + 0.5) * line
    let at = left + 9
    if (row.of !== null) {
      const colour =
        row.of === 'langevin'
          ? palette.langevin.base
          : row.of === 'deterministic'
            ? palette.deterministic.base
            : palette.ink
      context.beginPath()
      context.arc(at + 4, y, 3.5, 0, 2 * Math.PI)
      context.fillStyle = colour
      context.fill()
      at += 14
    }
    context.textAlign = 'left'
    context.font = font(layout.textSize, row.of === null ? 600 : 400)
    context.fillStyle = row.of === null ? palette.ink : palette.muted
    context.fillText(row.label, at, y + 0.5)
    context.textAlign = 'right'
    context.font = font(layout.textSize)
    context.fillStyle = palette.ink
    context.fillText(row.value, left + width - 9, y + 0.5)
  })
}
