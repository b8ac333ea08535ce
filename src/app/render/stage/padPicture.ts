import type { Landscape, RunReady } from '../../../lab/protocol/calls.ts'
import { createBitmap, type Bitmap, type Context } from '../canvas.ts'
import { createViewport, toScreen, world, type Viewport, type World } from '../coordinates.ts'
import { createLandscapePainter } from './landscape.ts'
import type { Palette } from '../theme.ts'

/** From the data's own units to world units. */
export type Transform = NonNullable<RunReady['transform']>

/** An energy of standardised data, drawn in the data's own units. */
export interface PadPainter {
  /** The landscape under the pad. */
  landscape(
    context: Context,
    pad: Viewport,
    landscape: Landscape,
    transform: Transform,
    palette: Palette,
  ): void
}

/** Most particles drawn on a pad. */
const MOST_PARTICLES = 1500
const LAYERS = { energy: true, contours: true, gradient: false, target: false, data: false }
const NO_DATA = new Float32Array()

/** A place in world units, in the data's own. */
function toOwnUnits(
  { mean, deviation, extraScale }: Transform,
  x: number,
  y: number,
): readonly [number, number] {
  return [mean[0] + deviation[0] * extraScale * x, mean[1] + deviation[1] * extraScale * y]
}

/** Where the box of an energy lies on a pad, CSS pixels. */
function boxOnPad(
  pad: Viewport,
  halfWidth: number,
  transform: Transform,
): {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
} {
  const [left, top] = toScreen(pad, world(...toOwnUnits(transform, -halfWidth, halfWidth)))
  const [right, bottom] = toScreen(pad, world(...toOwnUnits(transform, halfWidth, -halfWidth)))
  return { left, top, width: right - left, height: bottom - top }
}

export function createPadPainter(): PadPainter {
  const painter = createLandscapePainter()
  let bitmap: Bitmap | null = null
  return {
    landscape(context, pad, landscape, transform, palette) {
      const side = Math.round(pad.size * pad.ratio)
      if (bitmap?.canvas.width !== side) bitmap = createBitmap(side, side)
      const inner = createViewport({ width: side, height: side, ratio: 1 }, landscape.halfWidth)
      painter.draw(
        bitmap.context,
        inner,
        { landscape, targetDensity: null, data: NO_DATA, rate: null, basins: null },
        LAYERS,
        palette,
      )
      const { left, top, width, height } = boxOnPad(pad, landscape.halfWidth, transform)
      clipped(context, pad, () => {
        context.drawImage(bitmap!.canvas, left, top, width, height)
      })
    },
  }
}

/** The particles of an energy of standardised data, on the pad. */
export function drawPadParticles(
  context: Context,
  pad: Viewport,
  xy: Float32Array,
  transform: Transform,
  palette: Palette,
): void {
  clipped(context, pad, () => {
    context.fillStyle = palette.langevin.base
    const count = Math.min(MOST_PARTICLES, xy.length / 2)
    for (let i = 0; i < count; i++) {
      const place = toOwnUnits(transform, xy[2 * i]!, xy[2 * i + 1]!)
      const [x, y] = toScreen(pad, world(...place))
      context.fillRect(x - 0.75, y - 0.75, 1.5, 1.5)
    }
  })
}

/** A drawing: a square for each point of its strokes, which are [x0, y0, x1, y1, …] each. */
export function drawStrokes(
  context: Context,
  pad: Viewport,
  strokes: readonly (readonly number[])[],
  colour: string,
): void {
  context.fillStyle = colour
  for (const stroke of strokes)
    for (let i = 0; i + 1 < stroke.length; i += 2) {
      const [x, y] = toScreen(pad, world(stroke[i]!, stroke[i + 1]!))
      context.fillRect(x - 1.25, y - 1.25, 2.5, 2.5)
    }
}

/** The pen of the arrow keys: cross hairs in a circle. */
export function drawPen(context: Context, pad: Viewport, pen: World, colour: string): void {
  const [x, y] = toScreen(pad, pen)
  context.strokeStyle = colour
  context.beginPath()
  context.arc(x, y, 9, 0, 2 * Math.PI)
  context.moveTo(x - 4, y)
  context.lineTo(x + 4, y)
  context.moveTo(x, y - 4)
  context.lineTo(x, y + 4)
  context.stroke()
}

function clipped(context: Context, pad: Viewport, draw: () => void): void {
  context.save()
  context.beginPath()
  context.rect(pad.left, pad.top, pad.size, pad.size)
  context.clip()
  draw()
  context.restore()
}
