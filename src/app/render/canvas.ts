import type { Surface } from './coordinates.ts'

/**
 * Every picture here is worked out by the processor and put on its canvas as pixels. In main memory that is a copy; on
 * a canvas that lives with the GPU it is an upload and a wait, and where the GPU is software, most of a frame.
 */
const IN_MEMORY: CanvasRenderingContext2DSettings = { willReadFrequently: true }

/**
 * Fits the backing store of a canvas to a surface, clears it and returns a context whose unit is the CSS
 * pixel; null where the browser gives none, and nothing can be drawn.
 */
export function prepareContext(
  canvas: HTMLCanvasElement,
  surface: Surface,
): CanvasRenderingContext2D | null {
  const width = Math.max(1, Math.round(surface.width * surface.ratio))
  const height = Math.max(1, Math.round(surface.height * surface.ratio))
  if (canvas.width !== width) canvas.width = width
  if (canvas.height !== height) canvas.height = height
  const context = canvas.getContext('2d', IN_MEMORY)
  if (context === null) return null
  context.setTransform(surface.ratio, 0, 0, surface.ratio, 0, 0)
  context.globalAlpha = 1
  context.clearRect(0, 0, surface.width, surface.height)
  return context
}

/** Whether this browser gives canvases anything to draw with. */
export function canDraw(): boolean {
  return document.createElement('canvas').getContext('2d') !== null
}

/** A canvas that is not on the page, and its context. */
export interface Bitmap {
  readonly canvas: OffscreenCanvas | HTMLCanvasElement
  readonly context: Context
}

/** An off-page bitmap of so many device pixels. */
export function createBitmap(width: number, height: number): Bitmap {
  const canvas =
    typeof OffscreenCanvas === 'undefined'
      ? document.createElement('canvas')
      : new OffscreenCanvas(1, 1)
  canvas.width = Math.max(1, width)
  canvas.height = Math.max(1, height)
  const context = canvas.getContext('2d', IN_MEMORY)
  if (context === null) throw new Error('this browser gives no 2-D drawing context')
  return { canvas, context }
}

/** What both kinds of canvas can do: every renderer takes this. */
export type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D

/** The part of a canvas that draws lines and texts; a vector picture has it, too (`figures/svgRecord.ts`). */
export interface Strokes {
  save(): void
  restore(): void
  beginPath(): void
  closePath(): void
  moveTo(x: number, y: number): void
  lineTo(x: number, y: number): void
  arc(x: number, y: number, radius: number, from: number, to: number): void
  rect(x: number, y: number, width: number, height: number): void
  roundRect(x: number, y: number, width: number, height: number, radii: number | number[]): void
  clip(rule?: CanvasFillRule): void
  stroke(): void
  fill(): void
  fillRect(x: number, y: number, width: number, height: number): void
  strokeRect(x: number, y: number, width: number, height: number): void
  fillText(text: string, x: number, y: number, widest?: number): void
  strokeText(text: string, x: number, y: number): void
  measureText(text: string): { readonly width: number }
  setLineDash(lengths: number[]): void
  lineWidth: number
  lineJoin: CanvasLineJoin
  lineCap: CanvasLineCap
  font: string
  textAlign: CanvasTextAlign
  textBaseline: CanvasTextBaseline
  globalAlpha: number
  strokeStyle: Context['strokeStyle']
  fillStyle: Context['fillStyle']
}
