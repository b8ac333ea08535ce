import { ticks } from 'd3-array'
import type { Strokes } from '../canvas.ts'
import { toScreen, world, type Viewport } from '../coordinates.ts'
import { formatNumber } from '../format.ts'
import { font, type Palette } from '../theme.ts'

/** Few tick values inside [−halfWidth, halfWidth], symmetric round 0. */
export function axisTicks(halfWidth: number, size: number): number[] {
  const count = size < 240 ? 2 : size < 560 ? 4 : 8
  const half = ticks(0, halfWidth, Math.max(1, count / 2)).filter((t) => t > 0)
  return [...half.map((t) => -t).reverse(), 0, ...half]
}

/**
 * A hairline frame with few ticks. Labels stand outside where the viewport leaves room for them, else
 * inside, faintly, on canvases that are not too small.
 */
export function drawAxes(context: Strokes, viewport: Viewport, palette: Palette): void {
  const { left, top, size, halfWidth, ratio } = viewport
  const bottom = top + size
  const hair = 1 / ratio
  context.save()
  context.strokeStyle = palette.line
  context.lineWidth = 1
  context.strokeRect(left + 0.5, top + 0.5, size - 1, size - 1)
  const roomBelow = viewport.height - bottom >= 14
  const roomLeft = left >= 18
  const inside = size >= 240
  context.strokeStyle = palette.muted
  context.fillStyle = palette.muted
  context.font = font(12)
  context.lineWidth = Math.max(hair, 0.75)
  context.beginPath()
  for (const value of axisTicks(halfWidth, size)) {
    const [x, y] = toScreen(viewport, world(value, value))
    const edge = Math.abs(value) > 0.97 * halfWidth
    if (!edge) {
      context.moveTo(x, bottom)
      context.lineTo(x, bottom - 4)
      context.moveTo(left, y)
      context.lineTo(left + 4, y)
    }
    const label = formatNumber(value, String(Math.abs(value)).replace('.', '').length)
    if (roomBelow || (inside && !edge)) {
      context.textAlign = 'center'
      context.textBaseline = roomBelow ? 'top' : 'alphabetic'
      context.fillText(label, x, roomBelow ? bottom + 4 : bottom - 7)
    }
    if (roomLeft || (inside && !edge)) {
      context.textAlign = roomLeft ? 'right' : 'left'
      context.textBaseline = 'middle'
      context.fillText(label, roomLeft ? left - 5 : left + 7, y)
    }
  }
  context.stroke()
  context.restore()
}
