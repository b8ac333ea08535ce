import type { Strokes } from '../canvas.ts'
import { toScreen, world, type Viewport } from '../coordinates.ts'
import type { Palette } from '../theme.ts'

/** So many pairs of two clouds are tied together: enough to see them approach, few enough to follow one. */
const LINKED = 40

/** Straight ties between the partners of two clouds under one noise, for the first few dozen pairs. */
export function drawLinks(
  context: Strokes,
  viewport: Viewport,
  from: Float32Array,
  to: Float32Array,
  palette: Palette,
): void {
  const end = Math.min(from.length, to.length, 2 * LINKED)
  context.save()
  context.strokeStyle = palette.ink
  context.globalAlpha = 0.55
  context.lineWidth = 1
  context.beginPath()
  for (let i = 0; i + 1 < end; i += 2) {
    const [ax, ay] = toScreen(viewport, world(from[i]!, from[i + 1]!))
    const [bx, by] = toScreen(viewport, world(to[i]!, to[i + 1]!))
    context.moveTo(ax, ay)
    context.lineTo(bx, by)
  }
  context.stroke()
  context.restore()
}
