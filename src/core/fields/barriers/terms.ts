import { log } from '../../maths/elementary.ts'
import { cap, CAP_TO, capped } from './cap.ts'
import { level, readLevel } from './levels.ts'
import type { Barrier } from './registry.ts'

/*
 * A barrier of strength μ adds −μ log c(h) to V beside the table, h the level of its region and c the cap. Where h ≤ 0,
 * V = +∞ and π = 0; at μ = 0 that is all that it does.
 */

/** −μ log c(h); +∞ for h ≤ 0. */
export function barrierTerm(strength: number, h: number): number {
  if (!(h > 0)) return Infinity
  return strength === 0 || h >= CAP_TO ? 0 : -strength * log(cap(h))
}

/** Adds the gradients of −μ log c(h) at (x, y) to out[k], out[k + 1]; NaN where one forbids. */
export function addSlopes(
  barriers: readonly Barrier[],
  x: number,
  y: number,
  out: Float64Array,
  k: number,
): void {
  for (const barrier of barriers) {
    const h = readLevel(barrier, x, y, barrier.strength > 0)
    if (!(h > 0)) {
      out[k] = Number.NaN
      out[k + 1] = Number.NaN
      return
    }
    if (barrier.strength === 0 || h >= CAP_TO) continue
    cap(h)
    const slope = barrier.strength * capped[0]!
    out[k] = out[k]! - slope * level[1]!
    out[k + 1] = out[k + 1]! - slope * level[2]!
  }
}

/** Adds the jets of −μ log c(h) at (x, y) to `out`, in the order of `Jet`; +∞ and NaN where one forbids. */
export function addBarriers(
  barriers: readonly Barrier[],
  x: number,
  y: number,
  out: Float64Array,
): void {
  for (const barrier of barriers) {
    const mu = barrier.strength
    const h = readLevel(barrier, x, y, mu > 0)
    if (!(h > 0)) {
      out.fill(Number.NaN, 1, 6)
      out[0] = Infinity
      return
    }
    if (mu === 0 || h >= CAP_TO) continue
    out[0] = out[0]! - mu * log(cap(h))
    const capSlope = capped[0]!
    const capBend = capped[1]!
    const slope = mu * capSlope
    const bend = mu * (capBend - capSlope * capSlope)
    const hx = level[1]!
    const hy = level[2]!
    out[1] = out[1]! - slope * hx
    out[2] = out[2]! - slope * hy
    out[3] = out[3]! - (bend * hx * hx + slope * level[3]!)
    out[4] = out[4]! - (bend * hx * hy + slope * level[4]!)
    out[5] = out[5]! - (bend * hy * hy + slope * level[5]!)
  }
}

/** The same regions as hard walls: strength 0, so that only h > 0 remains of them. */
export function hardWalls(barriers: readonly Barrier[]): Barrier[] {
  return barriers.map((barrier) => ({ ...barrier, strength: 0 }))
}
