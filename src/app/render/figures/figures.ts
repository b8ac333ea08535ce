import { createBitmap, type Bitmap, type Strokes } from '../canvas.ts'
import { drawAxes } from '../charts/axes.ts'
import { drawPointers, drawStepChart } from '../charts/stepChart.ts'
import { stepLayout, type StepPicture } from '../charts/stepScale.ts'
import { toScreen, world, type Viewport } from '../coordinates.ts'
import {
  drawLandscapeLines,
  paintGround,
  reliefOf,
  type LandscapeData,
  type LandscapeLayers,
} from '../stage/landscape.ts'
import { drawLinks } from '../stage/links.ts'
import { createParticlePainter } from '../stage/particles.ts'
import { drawRegions } from '../stage/regions.ts'
import { font, type Palette, type Tint } from '../theme.ts'
import { SvgRecord } from './svgRecord.ts'

/** A chart to be taken away. */
export interface ChartFigure {
  readonly picture: StepPicture
  /** Step of the particles on the stage; null: no line. */
  readonly cursor: number | null
  /** The line under the picture. */
  readonly caption: string
}

/** Both panels of the stage. */
export interface StageFigure {
  readonly data: LandscapeData
  readonly layers: LandscapeLayers & { readonly particles: boolean }
  readonly langevin: Float32Array
  readonly deterministic: Float32Array
  /** Null without a second cloud. */
  readonly companion: Float32Array | null
  readonly caption: string
}

/** How a picture of pixels is made: pixels a CSS pixel, and whether the theme's ground is under it. */
export interface PixelOptions {
  readonly ratio: number
  readonly transparent: boolean
  readonly palette: Palette
}

/** Widths of a column and of a page, mm. */
export const COLUMN_WIDTHS = [88, 180] as const
/** Size of the text of a vector picture, points, and in the units that the charts are laid out in. */
const POINTS = 8
const TEXT = 12
const SCALE = POINTS / TEXT
/** Width of a picture of pixels, CSS pixels. */
const WIDTH = 960
const PADDING = 10
const CAPTION = 20
/** Most particles of a cloud in a vector picture. */
const MOST_DOTS = 5000

const unitsOf = (millimetres: number) => (millimetres * 72) / 25.4 / SCALE

/** Pauses, so that the page can answer between two parts of the work. */
export type Pause = () => Promise<void>

function chartSize(width: number): number {
  return width < 420 ? 250 : 320
}

function drawChart(
  context: Strokes,
  { picture, cursor, caption }: ChartFigure,
  width: number,
  height: number,
  palette: Palette,
  ratio = 1,
): void {
  context.font = font(TEXT)
  const measure = (text: string) => context.measureText(text).width
  const layout = stepLayout({ width, height, ratio }, picture, measure)
  drawStepChart(context, layout, picture, false, palette)
  drawPointers(context, layout, picture, { cursor, hover: null }, palette)
  drawCaption(context, caption, width, height, palette)
}

/** The caption, in as many lines as it needs, broken where it has its dots. @returns their height */
function drawCaption(
  context: Strokes,
  caption: string,
  width: number,
  top: number,
  palette: Palette,
): number {
  context.font = font(TEXT - 1)
  context.textAlign = 'left'
  context.textBaseline = 'top'
  context.fillStyle = palette.muted
  const lines = linesOf(caption, (text) => context.measureText(text).width <= width)
  lines.forEach((line, i) => {
    context.fillText(line, 0, top + 6 + i * (TEXT + 3))
  })
  return CAPTION + (lines.length - 1) * (TEXT + 3)
}

function linesOf(caption: string, fits: (text: string) => boolean): string[] {
  const lines: string[] = []
  for (const part of caption.split(' · ')) {
    const longer = lines.length === 0 ? null : `${lines.at(-1)!} · ${part}`
    if (longer !== null && fits(longer)) lines[lines.length - 1] = longer
    else lines.push(part)
  }
  return lines
}

/** A chart as a vector picture of a width in mm, on no ground. @param measure as of `SvgRecord` */
export function chartSvg(
  figure: ChartFigure,
  millimetres: number,
  palette: Palette,
  measure: (text: string, font: string) => number,
): string {
  const record = new SvgRecord(SCALE, measure)
  const width = unitsOf(millimetres)
  const height = chartSize(width)
  drawChart(record, figure, width, height, palette)
  const lines = linesOf(figure.caption, (text) => measure(text, font(TEXT - 1)) <= width).length
  return record.svg(width, height + CAPTION + (lines - 1) * (TEXT + 3), figure.caption)
}

export async function chartPng(
  figure: ChartFigure,
  options: PixelOptions,
  pause: Pause,
): Promise<Blob> {
  const { ratio, palette } = options
  const height = chartSize(WIDTH)
  const sheet = sheetOf(WIDTH, height + CAPTION, options)
  await pause()
  const { context } = sheet
  context.setTransform(ratio, 0, 0, ratio, ratio * PADDING, ratio * PADDING)
  drawChart(context, figure, WIDTH, height, palette, ratio)
  await pause()
  return pngOf(sheet)
}

function sheetOf(width: number, height: number, { ratio, transparent, palette }: PixelOptions) {
  const [w, h] = [width + 2 * PADDING, height + 2 * PADDING].map((side) => Math.round(side * ratio))
  const sheet = createBitmap(w!, h!)
  if (!transparent) {
    sheet.context.fillStyle = palette.surface
    sheet.context.fillRect(0, 0, w!, h!)
  }
  return sheet
}

function pngOf({ canvas }: Bitmap): Promise<Blob> {
  if ('convertToBlob' in canvas) return canvas.convertToBlob({ type: 'image/png' })
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob === null) reject(new Error('this browser makes no PNG of a canvas so large'))
      else resolve(blob)
    }, 'image/png')
  })
}

const TITLES = { langevin: 'Langevin', deterministic: 'Deterministic flow' } as const
const FLOWS = ['langevin', 'deterministic'] as const

/** Where the panels lie on a picture of a width: titles over them, numbers of the axes beside and under them. */
function panelsOf(width: number, ratio: number, halfWidth: number) {
  const [left, gap, top, bottom] = [22, 14, 24, 22]
  const snapped = (value: number) => Math.floor(value * ratio) / ratio
  const size = snapped((width - gap) / 2 - left)
  const height = top + size + bottom
  const viewports = FLOWS.map((_, i): Viewport => {
    const x = snapped(left + i * (left + size + gap))
    return { width, height, ratio, halfWidth, left: x, top, size }
  })
  return { viewports, height }
}

function drawTitle(
  context: Strokes,
  viewport: Viewport,
  flow: (typeof FLOWS)[number],
  palette: Palette,
) {
  const { left } = viewport
  context.beginPath()
  context.arc(left + 4, 11, 4, 0, 2 * Math.PI)
  context.fillStyle = palette[flow].base
  context.fill()
  context.font = font(TEXT, 600)
  context.textAlign = 'left'
  context.textBaseline = 'middle'
  context.fillStyle = palette.ink
  context.fillText(TITLES[flow], left + 14, 11.5)
}

/** The clouds of a panel, with what each is coloured as. */
function cloudsOf(figure: StageFigure, flow: (typeof FLOWS)[number]): [Tint, Float32Array][] {
  if (!figure.layers.particles) return []
  const own: [Tint, Float32Array] = [flow, figure[flow]]
  return flow === 'langevin' && figure.companion !== null
    ? [['companion', figure.companion], own]
    : [own]
}

export async function stagePng(
  figure: StageFigure,
  options: PixelOptions,
  pause: Pause,
): Promise<Blob> {
  const { ratio, palette } = options
  const { data, layers } = figure
  const { landscape } = data
  const { viewports, height } = panelsOf(WIDTH, ratio, landscape.halfWidth)
  const [first] = viewports as [Viewport, Viewport]
  const side = Math.round(first.size * ratio)
  const ground = createBitmap(side, side)
  const relief = reliefOf(landscape)
  paintGround(ground, side, first, data, layers, relief, palette)
  await pause()
  drawLandscapeLines(ground.context, first.size, first, data, layers, relief, palette)
  await pause()
  const sheet = sheetOf(WIDTH, height + CAPTION, options)
  await pause()
  const { context } = sheet
  context.setTransform(ratio, 0, 0, ratio, ratio * PADDING, ratio * PADDING)
  const painter = createParticlePainter()
  for (const [i, flow] of FLOWS.entries()) {
    const viewport = viewports[i]!
    const { left, top, size } = viewport
    drawTitle(context, viewport, flow, palette)
    context.drawImage(ground.canvas, left, top, size, size)
    await pause()
    drawRegions(context, viewport, landscape.barriers, palette)
    drawAxes(context, viewport, palette)
    await pause()
    for (const [tint, xy] of cloudsOf(figure, flow)) {
      painter.draw(context, viewport, { xy, previous: [], first: false }, tint, palette)
      await pause()
    }
    if (flow === 'langevin' && layers.particles && figure.companion !== null)
      drawLinks(context, viewport, figure.langevin, figure.companion, palette)
  }
  drawCaption(context, figure.caption, WIDTH, height, palette)
  await pause()
  return pngOf(sheet)
}

/** The stage as a vector picture of a width in mm: only what colours the whole box is of pixels. */
export async function stageSvg(
  figure: StageFigure,
  millimetres: number,
  palette: Palette,
  measure: (text: string, font: string) => number,
  pause: Pause,
): Promise<string> {
  const { data, layers } = figure
  const { landscape } = data
  const width = unitsOf(millimetres)
  const { viewports, height } = panelsOf(width, 1, landscape.halfWidth)
  const [first] = viewports as [Viewport, Viewport]
  const record = new SvgRecord(SCALE, measure)
  const relief = reliefOf(landscape)
  const side = Math.round(3 * first.size)
  const ground = createBitmap(side, side)
  paintGround(ground, side, { ...first, ratio: 3 }, data, layers, relief, palette)
  await pause()
  const address = await addressOf(await pngOf(ground))
  for (const [i, flow] of FLOWS.entries()) {
    const viewport = viewports[i]!
    const { left, top, size } = viewport
    drawTitle(record, viewport, flow, palette)
    record.image(address, left, top, size, size)
    record.save()
    record.beginPath()
    record.rect(left, top, size, size)
    record.clip()
    record.origin = [left, top]
    drawLandscapeLines(record, size, viewport, data, layers, relief, palette)
    record.origin = [0, 0]
    record.restore()
    await pause()
    drawRegions(record, viewport, landscape.barriers, palette)
    drawAxes(record, viewport, palette)
    for (const [tint, xy] of cloudsOf(figure, flow)) {
      const places = placesOf(xy, viewport)
      const few = Math.min(1, 1500 / Math.max(1, places.length / 2))
      record.dots(places, 0.9, palette[tint].base, Number((0.35 + 0.5 * few).toFixed(2)))
      await pause()
    }
    if (flow === 'langevin' && layers.particles && figure.companion !== null)
      drawLinks(record, viewport, figure.langevin, figure.companion, palette)
  }
  const below = drawCaption(record, figure.caption, width, height, palette)
  return record.svg(width, height + below, figure.caption)
}

/** Where the first `MOST_DOTS` particles of a cloud lie on a picture; the others follow the same law. */
function placesOf(xy: Float32Array, viewport: Viewport): number[] {
  const places: number[] = []
  for (let i = 0; i + 1 < Math.min(xy.length, 2 * MOST_DOTS); i += 2)
    places.push(...toScreen(viewport, world(xy[i]!, xy[i + 1]!)))
  return places
}

function addressOf(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => {
      resolve(typeof reader.result === 'string' ? reader.result : '')
    }
    reader.onerror = () => {
      reject(reader.error ?? new Error('the picture could not be read'))
    }
    reader.readAsDataURL(blob)
  })
}
