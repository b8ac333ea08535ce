import type { Context } from '../canvas.ts'
import { toScreen, world, type Viewport } from '../coordinates.ts'
import type { Palette } from '../theme.ts'

/** Radius of a ring, CSS pixels. */
const RADIUS = 2.75

/** The negative chains of a training as rings: hollow, so that the particles are seen through them. */
export function drawChains(
  context: Context,
  viewport: Viewport,
  xy: Float32Array,
  palette: Palette,
): void {
  context.save()
  context.lineWidth = 1.25
  context.strokeStyle = palette.companion.base
  context.beginPath()
  for (let i = 0; i + 1 < xy.length; i += 2) {
    const [x, y] = toScreen(viewport, world(xy[i]!, xy[i + 1]!))
    context.moveTo(x + RADIUS, y)
    context.arc(x, y, RADIUS, 0, 2 * Math.PI)
  }
  context.stroke()
  context.restore()
}
