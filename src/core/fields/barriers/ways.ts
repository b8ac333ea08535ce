import { fold } from '../../maths/grid.ts'
import { readLevel } from './levels.ts'
import { kindOf, type Barrier } from './registry.ts'

/** Whether no barrier forbids (x, y): h > 0 for all of them. */
export function isAllowed(
  { barriers }: { readonly barriers: readonly Barrier[] },
  x: number,
  y: number,
): boolean {
  for (const barrier of barriers) if (!(readLevel(barrier, x, y, false) > 0)) return false
  return true
}

/** The barriers that a segment between two allowed points can meet: all but those whose allowed part is convex. */
export function obstacles(barriers: readonly Barrier[]): readonly Barrier[] {
  return barriers.filter((barrier) => kindOf(barrier).meets !== undefined)
}

/** Whether no barrier forbids a place of the segment between two allowed points. */
export function isClear(
  barriers: readonly Barrier[],
  x0: number,
  y0: number,
  x1: number,
  y1: number,
): boolean {
  for (const barrier of barriers)
    if (kindOf(barrier).meets?.(barrier, x0, y0, x1, y1) === true) return false
  return true
}

/**
 * `isClear` for a segment that the walls of the box [−w, w]² fold.
 * @param x0, y0 inside the box
 * @param x1, y1 the end before it is folded
 */
export function isFoldedClear(
  barriers: readonly Barrier[],
  w: number,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
): boolean {
  const cuts = [0, ...crossings(x0, x1, w), ...crossings(y0, y1, w), 1].sort((a, b) => a - b)
  for (let i = 1; i < cuts.length; i++) {
    const s = cuts[i - 1]!
    const t = cuts[i]!
    const at = (from: number, to: number, share: number): number =>
      fold(from + share * (to - from), w)
    if (!isClear(barriers, at(x0, x1, s), at(y0, y1, s), at(x0, x1, t), at(y0, y1, t))) {
      return false
    }
  }
  return true
}

/** Most reflections at the walls of the box that a segment is followed through. */
const MOST_FOLDS = 64

/** The shares t of a segment at which its coordinate along an axis passes (2k + 1)w, 0 < t < 1. */
function crossings(from: number, to: number, w: number): number[] {
  const out: number[] = []
  const sign = to > from ? 1 : -1
  for (let k = 0; k < MOST_FOLDS; k++) {
    const t = (sign * (2 * k + 1) * w - from) / (to - from)
    if (!(t > 0 && t < 1)) break
    out.push(t)
  }
  return out
}
