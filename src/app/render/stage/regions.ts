import type { Barrier, Point } from '../../../core/fields/energyField.ts'
import type { Context } from '../canvas.ts'
import { pixelsPerUnit, toScreen, world, type Viewport } from '../coordinates.ts'
import type { Palette } from '../theme.ts'

/** Distance of the lines of a hatching, and the width of an edge, CSS pixels. */
const HATCH = 7
const EDGE = 1.5

/** n/|n|. */
export function unitNormal([x, y]: Point): Point {
  const length = Math.hypot(x, y)
  return [x / length, y / length]
}

/**
 * The part of a polygon where n·x ≤ offset (one round of Sutherland–Hodgman).
 * @param normal of length 1
 */
export function clipToHalfPlane(
  points: readonly Point[],
  normal: Point,
  offset: number,
): readonly Point[] {
  const height = ([x, y]: Point) => normal[0] * x + normal[1] * y - offset
  return points.flatMap((to, i) => {
    const from = points.at(i - 1)!
    const [a, b] = [height(from), height(to)]
    const out: Point[] = []
    if (a <= 0 !== b <= 0) {
      const share = a / (a - b)
      out.push([from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])])
    }
    if (b <= 0) out.push(to)
    return out
  })
}

/** The edge {n·x = offset} of a half-plane inside the box; null where it passes by. */
export function chordOf(
  halfWidth: number,
  normal: Point,
  offset: number,
): readonly [Point, Point] | null {
  const [nx, ny] = normal
  let [low, high] = [-Infinity, Infinity]
  for (const [at, along] of [
    [nx * offset, -ny],
    [ny * offset, nx],
  ] as const) {
    if (along === 0) {
      if (Math.abs(at) > halfWidth) return null
      continue
    }
    const ends = [(-halfWidth - at) / along, (halfWidth - at) / along]
    low = Math.max(low, Math.min(...ends))
    high = Math.min(high, Math.max(...ends))
  }
  if (!(low < high)) return null
  const point = (t: number): Point => [nx * offset - ny * t, ny * offset + nx * t]
  return [point(low), point(high)]
}

/** Twice the area of a polygon; positive where it runs counter-clockwise. */
export function doubleArea(points: readonly Point[]): number {
  return points.reduce((sum, [x, y], i) => {
    const [px, py] = points.at(i - 1)!
    return sum + px * y - x * py
  }, 0)
}

/** Corners of a forbidden region, counter-clockwise; null for a disc, which has none. */
function cornersOf(barrier: Barrier, halfWidth: number): readonly Point[] | null {
  switch (barrier.kind) {
    case 'disc':
      return null
    case 'half-plane': {
      const w = halfWidth
      const box: Point[] = [
        [-w, -w],
        [w, -w],
        [w, w],
        [-w, w],
      ]
      return clipToHalfPlane(box, unitNormal(barrier.normal), barrier.offset)
    }
    case 'polygon':
      return doubleArea(barrier.points) < 0 ? barrier.points.toReversed() : barrier.points
    default:
      return barrier satisfies never
  }
}

/** Adds the outline of a forbidden region to the path; all run the same way round, so that they unite. */
function trace(context: Context, viewport: Viewport, barrier: Barrier): void {
  const corners = cornersOf(barrier, viewport.halfWidth)
  if (corners === null && barrier.kind === 'disc') {
    const [x, y] = toScreen(viewport, world(...barrier.center))
    const radius = barrier.radius * pixelsPerUnit(viewport)
    context.moveTo(x + radius, y)
    context.arc(x, y, radius, 0, 2 * Math.PI, true)
    context.closePath()
    return
  }
  corners?.forEach((corner, i) => {
    const [x, y] = toScreen(viewport, world(...corner))
    if (i === 0) context.moveTo(x, y)
    else context.lineTo(x, y)
  })
  if (corners !== null && corners.length > 0) context.closePath()
}

/** Keep-out regions over the landscape: veiled and hatched, their edges clear. */
export function drawRegions(
  context: Context,
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
  context: Context,
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
