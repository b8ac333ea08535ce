import { scaleLinear } from 'd3-scale'
import type { Strokes } from '../canvas.ts'
import { formatCount, formatLogTick, formatNats, formatNumber, trimZeros } from '../format.ts'
import { placeBox, type Box, type Obstacles, type Polyline } from '../labels.ts'
import {
  LEGEND_SWATCH,
  curveRuns,
  legendOf,
  nearest,
  placeLegend,
  thin,
  type Curve,
  type Guide,
  type LegendEntry,
  type Mark,
  type Pen,
  type Run,
  type Sample,
  type StepLayout,
  type StepPicture,
  type Tone,
} from './stepScale.ts'
import { font, type Palette } from '../theme.ts'

/** Steps that are pointed out on a chart. */
export interface ChartPointers {
  /** Step of the particles on the stage. */
  readonly cursor: number | null
  /** Step under the pointer. */
  readonly hover: number | null
}

const DELTA_DASH = [6, 4]
const STALLED_DASH = [3, 3]
const GUIDE_DASH = [2, 3]

/**
 * Draws a chart on a cleared surface: all of it that rests while the particles move. Never throws on empty or
 * flat data.
 * @param deltaActive δ is under the pointer or being dragged
 */
export function drawStepChart(
  context: Strokes,
  layout: StepLayout,
  picture: StepPicture,
  deltaActive: boolean,
  palette: Palette,
): void {
  context.save()
  context.lineJoin = 'round'
  context.lineCap = 'butt'
  drawLegend(context, layout, picture, palette)
  drawGrid(context, layout, picture, palette)
  context.save()
  context.beginPath()
  const { plot } = layout
  context.rect(plot.left, plot.top - 1, plot.width + 1, plot.height + 2)
  context.clip()
  drawFloor(context, layout, picture, palette)
  drawCurves(context, layout, picture, palette)
  for (const guide of picture.guides) drawGuide(context, layout, guide, palette)
  context.restore()
  drawLevel(context, layout, picture, palette)
  for (const mark of picture.marks) drawMark(context, layout, mark, palette)
  drawDelta(context, layout, picture, deltaActive, palette)
  drawStops(context, layout, picture, palette)
  drawLabels(context, layout, picture, palette)
  context.restore()
}

/** Draws cursor and hover line, for a surface of their own over the chart. */
export function drawPointers(
  context: Strokes,
  layout: StepLayout,
  picture: StepPicture,
  { cursor, hover }: ChartPointers,
  palette: Palette,
): void {
  context.save()
  if (cursor !== null) drawCursor(context, layout, picture, cursor, palette)
  if (hover !== null) drawHover(context, layout, picture, hover, palette)
  context.restore()
}

function colourOf(tone: Tone, palette: Palette): string {
  switch (tone) {
    case 'langevin':
      return palette.langevin.base
    case 'deterministic':
      return palette.deterministic.base
    case 'ink':
      return palette.ink
    case 'muted':
      return palette.muted
    default:
      return tone satisfies never
  }
}

function bandOf(tone: Tone, palette: Palette): string {
  return tone === 'langevin' || tone === 'deterministic' ? palette[tone].band : palette.floor
}

/** Sets stroke, width, dash and alpha; `restorePen` takes the last two back. */
function applyPen(context: Strokes, pen: Pen, palette: Palette): void {
  context.strokeStyle = colourOf(pen.tone, palette)
  context.lineWidth = pen.width
  context.setLineDash([...(pen.dash ?? [])])
  context.globalAlpha = pen.alpha ?? 1
}

function restorePen(context: Strokes): void {
  context.setLineDash([])
  context.globalAlpha = 1
}

function drawSwatch(
  context: Strokes,
  pen: LegendEntry['pen'],
  x: number,
  y: number,
  palette: Palette,
): void {
  if (pen === 'error') {
    context.fillStyle = palette.langevin.band
    context.fillRect(x, y - 4.5, LEGEND_SWATCH / 2, 9)
    context.fillStyle = palette.deterministic.band
    context.fillRect(x + LEGEND_SWATCH / 2, y - 4.5, LEGEND_SWATCH / 2, 9)
    return
  }
  applyPen(context, pen, palette)
  context.beginPath()
  context.moveTo(x, y)
  context.lineTo(x + LEGEND_SWATCH, y)
  context.stroke()
  restorePen(context)
  if (pen.beads === true) {
    context.beginPath()
    context.arc(x + LEGEND_SWATCH / 2, y, 2.25, 0, 2 * Math.PI)
    context.fillStyle = palette.surface
    context.fill()
    context.stroke()
  }
}

function drawLegend(
  context: Strokes,
  layout: StepLayout,
  picture: StepPicture,
  palette: Palette,
): void {
  const row = 18
  context.textBaseline = 'middle'
  context.textAlign = 'left'
  context.font = font(layout.textSize, 600)
  context.fillStyle = palette.ink
  context.fillText(picture.title, 0, row / 2)
  const titleWidth = context.measureText(picture.title).width
  context.font = font(layout.textSize)
  const entries = legendOf(picture, layout.surface)
  const places = placeLegend(
    titleWidth,
    entries.map(({ label }) => context.measureText(label).width + LEGEND_SWATCH + 5),
    layout.legend.width,
  )
  entries.forEach(({ label, pen }, i) => {
    const [at, x] = places[i]!
    const y = at * row + row / 2
    if (y > layout.legend.height) return
    drawSwatch(context, pen, x, y, palette)
    context.fillStyle = palette.muted
    context.fillText(label, x + LEGEND_SWATCH + 5, y + 0.5)
  })
}

function drawGrid(
  context: Strokes,
  layout: StepLayout,
  picture: StepPicture,
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
    context.fillText(formatLogTick(tick), plot.left - 6, Math.min(bottom - 3, y))
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
    { y: bottom + 6, head: picture.axis ?? 'step k', text: (step) => formatCount(step) },
    ...(layout.timeAxis && picture.stepSize !== null
      ? [
          {
            y: bottom + 21,
            head: 't = kη',
            text: (step: number) => formatNumber(step * picture.stepSize!, 3),
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
  context: Strokes,
  layout: StepLayout,
  { floor, stops, criterion }: StepPicture,
  palette: Palette,
): void {
  if (floor === null || !(floor > 0)) return
  const { plot } = layout
  const bottom = plot.top + plot.height
  const top = layout.y(floor)
  if (bottom - top < 1) return
  context.fillStyle = palette.floor
  context.fillRect(plot.left, top, plot.width, bottom - top)
  if (bottom - top >= layout.textSize + 5) {
    context.font = font(layout.textSize)
    context.textAlign = 'left'
    context.textBaseline = 'alphabetic'
    context.fillStyle = palette.muted
    const text = 'estimator’s floor'
    // Behind the line of a stop that would cross it.
    const step = stops.find((stop) => stop.criterion === criterion.id)?.step ?? null
    const line = step === null ? -Infinity : layout.x(step)
    const crossed = line < plot.left + 10 + context.measureText(text).width
    context.fillText(text, Math.max(plot.left, crossed ? line : 0) + 6, bottom - 5)
  }
}

function drawBand(
  context: Strokes,
  layout: StepLayout,
  samples: readonly Sample[],
  colour: string,
): void {
  if (!samples.some((s) => s.error > 0)) return
  context.beginPath()
  for (const s of samples) context.lineTo(layout.x(s.step), layout.place(s.value - s.error))
  for (const s of samples.toReversed())
    context.lineTo(layout.x(s.step), layout.place(s.value + s.error))
  context.closePath()
  context.fillStyle = colour
  context.fill()
}

function drawRun(context: Strokes, layout: StepLayout, samples: readonly Sample[]): void {
  const only = samples.length === 1 ? samples[0]! : null
  context.beginPath()
  if (only !== null) {
    const x = layout.x(only.step)
    const y = layout.place(only.value)
    context.moveTo(x - 2, y)
    context.lineTo(x + 2, y)
  } else {
    for (const s of samples) context.lineTo(layout.x(s.step), layout.place(s.value))
  }
  context.stroke()
}

interface Drawn {
  readonly steps: number
  readonly columns: number
  readonly runs: readonly Run[]
}

const known = new WeakMap<readonly Sample[], Drawn>()

/** Cut and thinned once for samples and a width, so that hovering a long run costs only the strokes. */
function runsOf({ samples }: Curve, layout: StepLayout, gap?: number): readonly Run[] {
  const { steps } = layout
  const columns = Math.ceil(layout.plot.width)
  const before = known.get(samples)
  if (before?.columns === columns && before.steps === steps) return before.runs
  const runs = curveRuns(samples, gap).map((run) => ({
    ...run,
    samples: thin(run.samples, steps, columns),
  }))
  known.set(samples, { steps, columns, runs })
  return runs
}

function drawCurves(
  context: Strokes,
  layout: StepLayout,
  { curves, gap }: StepPicture,
  palette: Palette,
): void {
  for (const curve of curves)
    for (const { samples } of runsOf(curve, layout, gap))
      drawBand(context, layout, samples, bandOf(curve.pen.tone, palette))
  for (const curve of curves) {
    for (const { samples, varied } of runsOf(curve, layout, gap)) {
      const pen = varied ? (curve.variant?.pen ?? curve.pen) : curve.pen
      applyPen(context, pen, palette)
      drawRun(context, layout, samples)
      restorePen(context)
      if (pen.beads === true) drawBeads(context, layout, samples, pen, palette)
    }
  }
}

/** Hollow dots along a thin line: the smoothed estimator. */
function drawBeads(
  context: Strokes,
  layout: StepLayout,
  samples: readonly Sample[],
  pen: Pen,
  palette: Palette,
): void {
  let before = -Infinity
  context.strokeStyle = colourOf(pen.tone, palette)
  context.fillStyle = palette.surface
  for (const s of samples) {
    const x = layout.x(s.step)
    if (x - before < 10) continue
    before = x
    context.beginPath()
    context.arc(x, layout.place(s.value), 2.25, 0, 2 * Math.PI)
    context.fill()
    context.stroke()
  }
}

/** The strip at the bottom where the estimator's floor is named. */
const FLOOR_LABEL_HEIGHT = 14

/** A text beside a point of the chart, with the places that it may take: the first free one is taken. */
interface Label {
  readonly text: string
  readonly colour: string
  /** Offsets of the near end of its middle line from the point; x < 0: the text ends there. */
  readonly offsets: readonly (readonly [x: number, y: number])[]
  readonly at: readonly [x: number, y: number]
}

/** Right or left of a dot, below or above, near before far: far enough to the right, a line of the stop is passed. */
const ROUND_A_DOT = [8, 28, 52, 80].flatMap((dx) =>
  [9, 20, 32].flatMap((dy) => [
    [dx, dy] as const,
    [dx, -dy] as const,
    [-dx, dy] as const,
    [-dx, -dy] as const,
  ]),
)
/** Over or under the end of a line, and further back along it. */
const ALONG_A_LINE = [4, 60, 120].flatMap((dx) => [
  [-dx, -11] as const,
  [-dx, 12] as const,
  [-dx, -22] as const,
  [-dx, 24] as const,
])
/** Before the tick at the right edge, or over or under it. */
const BY_THE_EDGE = [
  [-17, 0],
  [-4, -10],
  [-4, 10],
  [-17, -12],
  [-17, 12],
  [-30, -20],
  [-30, 20],
] as const

function labelsOf(layout: StepLayout, picture: StepPicture, palette: Palette): Label[] {
  const { level, marks, guides, domain } = picture
  const right = layout.plot.left + layout.plot.width
  const labels: Label[] = marks.map(({ label, tone, step, value }) => ({
    text: label,
    colour: colourOf(tone, palette),
    offsets: ROUND_A_DOT,
    at: [layout.x(step), layout.y(value)],
  }))
  for (const { label, tone, samples } of guides) {
    const last = samples.at(-1)
    if (last === undefined) continue
    const at = [layout.x(last.step), layout.y(last.value)] as const
    labels.push({ text: label, colour: colourOf(tone, palette), offsets: ALONG_A_LINE, at })
  }
  if (level !== null && level.value >= domain[0] && level.value <= domain[1])
    labels.push({
      text: level.label,
      colour: palette.ink,
      offsets: BY_THE_EDGE,
      at: [right, layout.y(level.value)],
    })
  return labels
}

/** What labels should not cover: curves, the lines of δ and of the stop, dots, and the name of the floor. */
function obstaclesOf(
  layout: StepLayout,
  picture: StepPicture,
): Obstacles & { readonly boxes: Box[] } {
  const { plot } = layout
  const lines: Polyline[] = []
  const trace = (samples: readonly Sample[]): void => {
    lines.push(samples.map((s) => [layout.x(s.step), layout.place(s.value)] as const))
  }
  for (const curve of picture.curves)
    for (const { samples } of runsOf(curve, layout)) trace(samples)
  for (const { samples } of picture.guides) trace(samples)
  const bottom = plot.top + plot.height
  const right = plot.left + plot.width
  if (picture.delta !== null && picture.delta > 0) {
    const y = layout.y(picture.delta)
    lines.push([
      [plot.left, y],
      [right, y],
    ])
  }
  const stop = picture.stops.find(({ criterion }) => criterion === picture.criterion.id)
  if (stop !== undefined && stop.step !== null) {
    const x = layout.x(stop.step)
    lines.push([
      [x, plot.top],
      [x, bottom],
    ])
  }
  const dots = picture.marks.map(({ step, value }) => [layout.x(step), layout.y(value)] as const)
  const boxes: Box[] = dots.map(([x, y]) => ({ left: x - 5, top: y - 5, width: 10, height: 10 }))
  if (picture.floor !== null && picture.floor > 0)
    boxes.push({
      left: plot.left,
      top: bottom - FLOOR_LABEL_HEIGHT,
      width: 8 * layout.textSize,
      height: FLOOR_LABEL_HEIGHT,
    })
  return { lines, boxes }
}

/** The labels, each where it covers least of what is drawn and nothing of the others. */
function drawLabels(
  context: Strokes,
  layout: StepLayout,
  picture: StepPicture,
  palette: Palette,
): void {
  const labels = labelsOf(layout, picture, palette)
  if (labels.length === 0) return
  const obstacles = obstaclesOf(layout, picture)
  const height = layout.textSize + 3
  context.font = font(layout.textSize)
  context.textBaseline = 'middle'
  context.textAlign = 'left'
  for (const { text, colour, offsets, at } of labels) {
    const width = context.measureText(text).width
    const places = offsets.map(([dx, dy]) => ({
      left: dx < 0 ? at[0] + dx - width : at[0] + dx,
      top: at[1] + dy - height / 2,
      width,
      height,
    }))
    const place = placeBox(places, layout.plot, obstacles)
    obstacles.boxes.push(place)
    const y = place.top + height / 2
    // The rim keeps it readable where nothing is free.
    context.lineWidth = 3
    context.strokeStyle = palette.surface
    context.globalAlpha = 0.85
    context.strokeText(text, place.left, y)
    context.globalAlpha = 1
    context.fillStyle = colour
    context.fillText(text, place.left, y)
  }
}

function drawGuide(
  context: Strokes,
  layout: StepLayout,
  { tone, samples }: Guide,
  palette: Palette,
): void {
  if (samples.length === 0) return
  context.strokeStyle = colourOf(tone, palette)
  context.lineWidth = 1.25
  context.setLineDash(GUIDE_DASH)
  drawRun(context, layout, thin(samples, layout.steps, layout.plot.width))
  context.setLineDash([])
}

function drawMark(
  context: Strokes,
  layout: StepLayout,
  { tone, step, value }: Mark,
  palette: Palette,
): void {
  context.beginPath()
  context.arc(layout.x(step), layout.y(value), 4, 0, 2 * Math.PI)
  context.fillStyle = palette.surface
  context.fill()
  context.lineWidth = 1.5
  context.strokeStyle = colourOf(tone, palette)
  context.stroke()
}

/** A short tick at the right edge. */
function drawLevel(
  context: Strokes,
  layout: StepLayout,
  { level, domain }: StepPicture,
  palette: Palette,
): void {
  if (level === null || !(level.value >= domain[0] && level.value <= domain[1])) return
  const right = layout.plot.left + layout.plot.width
  const y = layout.y(level.value)
  context.strokeStyle = palette.ink
  context.lineWidth = 1.5
  context.beginPath()
  context.moveTo(right - 14, y)
  context.lineTo(right + 3, y)
  context.stroke()
}

function roundRectangle(
  context: Strokes,
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
  context: Strokes,
  layout: StepLayout,
  picture: StepPicture,
  active: boolean,
  palette: Palette,
): void {
  const { delta } = picture
  if (delta === null || !(delta > 0)) return
  const { plot, surface } = layout
  const y = layout.y(delta)
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
  const number = formatNumber(delta, 2)
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
  context: Strokes,
  layout: StepLayout,
  picture: StepPicture,
  palette: Palette,
): void {
  const { plot, lane } = layout
  const bottom = plot.top + plot.height
  for (const stop of picture.stops) {
    if (stop.criterion === picture.criterion.id || stop.step === null) continue
    if (stop.step > layout.steps) continue
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
  const chosen = picture.stops.find((stop) => stop.criterion === picture.criterion.id)
  if (chosen === undefined) return
  const middle = lane.top + lane.height / 2 - 1
  context.font = font(layout.textSize, 500)
  context.textBaseline = 'middle'
  const { computed, steps, criterion } = picture
  if (chosen.step === null || chosen.outcome === 'unfired' || chosen.step > layout.steps) {
    const text =
      chosen.step !== null
        ? `${criterion.label}: k = ${formatCount(chosen.step)}, beyond this run →`
        : chosen.status === 'none'
          ? `${criterion.label}: no claim`
          : computed < steps || criterion.pending === true
            ? `${criterion.label}: not yet`
            : `${criterion.label}: no stop in ${formatCount(steps)} steps`
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
  const value = picture.stopValue(chosen)
  if (value !== null) {
    context.beginPath()
    context.arc(x, layout.y(value), 4, 0, 2 * Math.PI)
    context.fillStyle = stalled ? palette.surface : colour
    context.fill()
    if (stalled) context.stroke()
    else {
      context.strokeStyle = palette.surface
      context.stroke()
      context.strokeStyle = colour
    }
  }
  const verb = criterion.word ?? (stalled ? 'stalled' : 'stop')
  const step = `k = ${formatCount(chosen.step)}`
  const of =
    chosen.divergence === 'data'
      ? 'KL to the data'
      : chosen.klMeaning?.startsWith('smoothed')
        ? 'smoothed'
        : 'KL'
  const kl = chosen.kl === null ? null : `${of} ${formatNats(chosen.kl)}`
  const texts = [[verb, step, kl, criterion.label], [verb, step, kl], [verb, step], [step]].map(
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
  context: Strokes,
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

function drawDots(
  context: Strokes,
  layout: StepLayout,
  { curves, gap }: StepPicture,
  step: number,
  radius: number,
  palette: Palette,
): void {
  for (const { pen, samples } of [...curves].reverse()) {
    // What is thin gets no dot: its line under the cursor says enough.
    if (pen.width < 2) continue
    const sample = nearest(samples, step, gap)
    if (sample === null || sample.value < layout.domain[0]) continue
    const at = [layout.x(sample.step), layout.y(sample.value)] as const
    dot(context, at[0], at[1], radius, colourOf(pen.tone, palette), palette.surface)
  }
}

function drawCursor(
  context: Strokes,
  layout: StepLayout,
  picture: StepPicture,
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
  // The particles may be a little ahead of their curves: then the dots are at the heads of these.
  drawDots(context, layout, picture, Math.min(step, picture.computed), 4, palette)
}

function placeOf(layout: StepLayout, step: number): number {
  return layout.x(Math.max(0, Math.min(layout.steps, step)))
}

function drawHover(
  context: Strokes,
  layout: StepLayout,
  picture: StepPicture,
  step: number,
  palette: Palette,
): void {
  const { plot } = layout
  const x = placeOf(layout, step)
  context.strokeStyle = palette.muted
  context.lineWidth = 1
  context.beginPath()
  context.moveTo(x, plot.top)
  context.lineTo(x, plot.top + plot.height)
  context.stroke()
  drawDots(context, layout, picture, step, 3.5, palette)
}
