/** A rectangle on the screen, CSS pixels. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** A polyline on the screen: x and y of each point, CSS pixels. */
export type Polyline = readonly (readonly [x: number, y: number])[]

/** What a label should not cover. */
export interface Obstacles {
  /** Each crossing costs 1 for every pixel of the line's length in the box. */
  readonly lines: readonly Polyline[]
  /** Labels, flags and handles: covering one costs more than any line. */
  readonly boxes: readonly Box[]
}

/** Cost of a pixel of an obstacle's area, in pixels of line. */
const AREA_COST = 20

/** Length of the part of a segment that lies in a box (Liang–Barsky). */
function lengthInside(
  [x0, y0]: readonly [number, number],
  [x1, y1]: readonly [number, number],
  { left, top, width, height }: Box,
): number {
  const dx = x1 - x0
  const dy = y1 - y0
  let from = 0
  let to = 1
  for (const [slope, room] of [
    [-dx, x0 - left],
    [dx, left + width - x0],
    [-dy, y0 - top],
    [dy, top + height - y0],
  ] as const) {
    if (slope === 0) {
      if (room < 0) return 0
    } else if (slope < 0) from = Math.max(from, room / slope)
    else to = Math.min(to, room / slope)
  }
  return to > from ? (to - from) * Math.hypot(dx, dy) : 0
}

function overlap(a: Box, b: Box): number {
  const width = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left)
  const height = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top)
  return width > 0 && height > 0 ? width * height : 0
}

/** How much of the obstacles a box covers, in pixels of line. */
export function coverCost(box: Box, { lines, boxes }: Obstacles): number {
  let cost = 0
  for (const other of boxes) cost += AREA_COST * overlap(box, other)
  for (const line of lines)
    for (let i = 1; i < line.length; i++) cost += lengthInside(line[i - 1]!, line[i]!, box)
  return cost
}

/**
 * The first of the candidates that covers least; those that stick out of `bounds` are taken only where all do.
 * @param candidates in order of preference, at least one
 */
export function placeBox(candidates: readonly Box[], bounds: Box, obstacles: Obstacles): Box {
  let best = candidates[0]!
  let least = Infinity
  for (const box of candidates) {
    const out = box.width * box.height - overlap(box, bounds)
    const cost = coverCost(box, obstacles) + AREA_COST * 10 * out
    if (cost < least) {
      best = box
      least = cost
    }
    if (least === 0) break
  }
  return best
}
