import { kindOf, type Barrier } from '../../../core/fields/barriers/registry.ts'
import type { Point } from '../../../core/maths/grid.ts'
import type { Strokes } from '../canvas.ts'
import { toScreen, world, type Viewport } from '../coordinates.ts'
import type { Palette } from '../theme.ts'

/** Distance of the lines of a hatching, and the width of an edge, CSS pixels. */
const HATCH = 7
const EDGE = 1.5

/** Twice the area of a polygon; positive where it runs counter-clockwise. */
export function doubleArea(points: readonly Point[]): number {
  return points.reduce((sum, [x, y], i) => {
    const [px, py] = points.at(i - 1)!
    return sum + px * y - x * py
  }, 0)
}

/** Adds the outline of a forbidden region to the path, counter-clockwise like all others, so that they unite. */
function trace(context: Strokes, viewport: Viewport, barrier: Barrier): void {
  const outline = kindOf(barrier).outline(barrier, viewport.halfWidth)
  if (outline.length === 0) return
  const corners = doubleArea(outline) < 0 ? outline.toReversed() : outline
  corners.forEach((corner, i) => {
    const [x, y] = toScreen(viewport, world(...corner))
    if (i === 0) context.moveTo(x, y)
    else context.lineTo(x, y)
  })
  context.closePath()
}

/** Keep-out regions over the landscape: veiled and hatched, their edges clear. */
export function drawRegions(
  context: Strokes,
  viewport: Viewport,
  barriers: readonly Barrier[],
  palette: Palette,
): void {
  if (barriers.length === 0) return
  const { left, top, size } = viewport
  context.save()
  context.beginPath()
  context.rect(left, top, size, size)
  context.clip()
  context.beginPath()
  for (const barrier of barriers) trace(context, viewport, barrier)
  context.fillStyle = palette.region.veil
  context.fill()
  context.save()
  context.clip()
  context.beginPath()
  for (let x = left - size + (HATCH - (size % HATCH)); x < left + size; x += HATCH) {
    context.moveTo(x, top + size)
    context.lineTo(x + size, top)
  }
  context.strokeStyle = palette.region.hatch
  context.lineWidth = 1
  context.stroke()
  context.restore()
  context.strokeStyle = palette.region.edge
  context.lineWidth = EDGE
  context.lineJoin = 'round'
  for (const barrier of barriers) {
    context.beginPath()
    trace(context, viewport, barrier)
    context.stroke()
  }
  context.restore()
}

/** Restricts what is drawn next to where nothing is forbidden; in the units of the box's own square. */
export function clipToAllowed(
  context: Strokes,
  viewport: Viewport,
  barriers: readonly Barrier[],
): void {
  const { left, top, size } = viewport
  // One region after the other: each clip leaves what lies outside of it.
  for (const barrier of barriers) {
    context.beginPath()
    context.rect(left, top, size, size)
    trace(context, viewport, barrier)
    context.clip('evenodd')
  }
}
