import { ticks } from 'd3'
import type { Context } from './canvas.ts'
import { toScreen, world, type Margins, type Viewport } from './coordinates.ts'
import { formatNumber } from './format.ts'
import { font, type Palette } from './theme.ts'

/** Room that tick labels need round a square canvas; pass it to `createViewport`. */
export const AXES_MARGINS: Margins = { top: 6, right: 6, bottom: 20, left: 26 }

/** Few tick values inside [−halfWidth, halfWidth], symmetric round 0. */
export function axisTicks(halfWidth: number, size: number): number[] {
  const count = size < 240 ? 2 : size < 560 ? 4 : 8
  const half = ticks(0, halfWidth, Math.max(1, count / 2)).filter((t) => t > 0)
  return [...half.map((t) => -t).reverse(), 0, ...half]
}

/** A hairline frame with few ticks; labels only where the viewport leaves room for them. */
export function drawAxes(context: Context, viewport: Viewport, palette: Palette): void {
  const { left, top, size, halfWidth, ratio } = viewport
  const bottom = top + size
  const hair = 1 / ratio
  context.save()
  context.strokeStyle = palette.line
  context.lineWidth = Math.max(1, hair)
  context.strokeRect(left, top, size, size)
  const roomBelow = viewport.height - bottom >= 14
  const roomLeft = left >= 18
  context.strokeStyle = palette.muted
  context.fillStyle = palette.muted
  context.font = font(11)
  context.lineWidth = hair
  context.beginPath()
  for (const value of axisTicks(halfWidth, size)) {
    const [x, y] = toScreen(viewport, world(value, value))
    if (value > -halfWidth && value < halfWidth) {
      context.moveTo(x, bottom)
      context.lineTo(x, bottom - 4)
      context.moveTo(left, y)
      context.lineTo(left + 4, y)
    }
    const label = formatNumber(
      value,
      value % 1 === 0 ? Math.max(1, String(Math.abs(value)).length) : 2,
    )
    if (roomBelow) {
      context.textAlign = 'center'
      context.textBaseline = 'top'
      context.fillText(label, x, bottom + 4)
    }
    if (roomLeft) {
      context.textAlign = 'right'
      context.textBaseline = 'middle'
      context.fillText(label, left - 5, y)
    }
  }
  context.stroke()
  context.restore()
}
