import type { Point } from '../../../core/maths/grid.ts'
import { doubleArea } from './regions.ts'

/** What a hand draws, as a polygon: few corners, and no edge across another. */

function sub(a: Point, b: Point): Point {
  return [a[0] - b[0], a[1] - b[1]]
}

function cross(a: Point, b: Point): number {
  return a[0] * b[1] - a[1] * b[0]
}

/** Where the open segments ab and cd cross; null where they do not. */
function crossing(a: Point, b: Point, c: Point, d: Point): Point | null {
  const r = sub(b, a)
  const s = sub(d, c)
  const area = cross(r, s)
  if (area === 0) return null
  const t = cross(sub(c, a), s) / area
  const u = cross(sub(c, a), r) / area
  if (!(t >= 0 && t <= 1 && u >= 0 && u <= 1)) return null
  return [a[0] + t * r[0], a[1] + t * r[1]]
}

/** The first pair of edges of a closed polygon that cross: edge i runs from point i to the next. */
function firstCrossing(
  points: readonly Point[],
): { readonly i: number; readonly j: number; readonly at: Point } | null {
  const n = points.length
  for (let i = 0; i < n; i++) {
    for (let j = i + 2; j < n; j++) {
      if (i === 0 && j === n - 1) continue
      const at = crossing(points[i]!, points[i + 1]!, points[j]!, points[(j + 1) % n]!)
      if (at !== null) return { i, j, at }
    }
  }
  return null
}

/** Whether no edge of a closed polygon crosses another. */
export function isSimple(points: readonly Point[]): boolean {
  return firstCrossing(points) === null
}

/**
 * A polygon without crossings: at each crossing the outline falls into two loops, of which the larger stays.
 * A hand that overshoots where it began so loses its two loose ends.
 */
export function largestLoop(points: readonly Point[]): readonly Point[] {
  let loop = points
  for (;;) {
    const found = firstCrossing(loop)
    if (found === null) return loop
    const { i, j, at } = found
    const inner = [at, ...loop.slice(i + 1, j + 1)]
    const outer = [...loop.slice(0, i + 1), at, ...loop.slice(j + 1)]
    // Edges i and j are no neighbours, so that either loop has fewer corners than the whole.
    loop = Math.abs(doubleArea(inner)) >= Math.abs(doubleArea(outer)) ? inner : outer
  }
}

/** Distance of p from the segment ab. */
function distance(p: Point, a: Point, b: Point): number {
  const r = sub(b, a)
  const length = r[0] * r[0] + r[1] * r[1]
  const q = sub(p, a)
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, (q[0] * r[0] + q[1] * r[1]) / length))
  return Math.hypot(q[0] - t * r[0], q[1] - t * r[1])
}

/**
 * The line through fewer of its points, none of the others farther than `tolerance` from it.
 * Source: Douglas & Peucker (1973), The Canadian Cartographer 10(2).
 */
export function simplifyLine(points: readonly Point[], tolerance: number): readonly Point[] {
  if (points.length < 3) return points
  const [first, last] = [points[0]!, points.at(-1)!]
  let farthest = 0
  let most = tolerance
  for (let i = 1; i < points.length - 1; i++) {
    const away = distance(points[i]!, first, last)
    if (away > most) {
      most = away
      farthest = i
    }
  }
  if (farthest === 0) return [first, last]
  const before = simplifyLine(points.slice(0, farthest + 1), tolerance)
  return [...before.slice(0, -1), ...simplifyLine(points.slice(farthest), tolerance)]
}

export interface OutlineLimits {
  /** How far the polygon may leave the drawn line, world units; grows where that takes too many corners. */
  readonly tolerance: number
  /** Most corners, ≥ 3. */
  readonly most: number
  /** Least area, square world units. */
  readonly area: number
}

/** The polygon that a hand drew, closed by itself; null where it encloses (almost) nothing. */
export function outlineOf(
  drawn: readonly Point[],
  { tolerance, most, area }: OutlineLimits,
): readonly Point[] | null {
  const loop = largestLoop(drawn)
  if (loop.length < 3) return null
  for (let allowed = tolerance; ; allowed *= 1.4) {
    const closed = simplifyLine([...loop, loop[0]!], allowed)
    const polygon = largestLoop(closed.slice(0, -1))
    if (polygon.length < 3) return null
    if (polygon.length > most) continue
    return Math.abs(doubleArea(polygon)) >= 2 * area ? polygon : null
  }
}
