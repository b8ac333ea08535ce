import { CAP_TO } from './cap.ts'
import { kindOf, type Barrier } from './registry.ts'

/** h and its derivatives at the point of the last `readLevel`, in the order of `Jet`. */
export const level = new Float64Array(6)

/** The level h of a barrier at (x, y), before the cap, world units; leaves it in `level`, with its derivatives if wanted. */
export function readLevel(barrier: Barrier, x: number, y: number, derivatives: boolean): number {
  kindOf(barrier).readLevel(barrier, x, y, derivatives, level)
  return level[0]!
}

/** The level h of a barrier at (x, y), before the cap, world units: positive outside the region kept clear. */
export function barrierLevel(barrier: Barrier, x: number, y: number): number {
  return readLevel(barrier, x, y, false)
}

/** Least and greatest value that h may take within `distance` of (x, y): bounds, not attained by every kind. */
export function levelRange(
  barrier: Barrier,
  x: number,
  y: number,
  distance: number,
): readonly [low: number, high: number] {
  const range = kindOf(barrier).levelRange?.(barrier, x, y, distance)
  if (range !== undefined) return range
  const h = readLevel(barrier, x, y, false)
  return [h - distance, h + distance]
}

/** The barriers that change V anywhere within `distance` of (x, y). */
export function barriersFelt(
  barriers: readonly Barrier[],
  x: number,
  y: number,
  distance: number,
): readonly Barrier[] {
  if (barriers.length === 0) return barriers
  return barriers.filter((barrier) => {
    const [low] = levelRange(barrier, x, y, distance)
    return barrier.strength > 0 ? low < CAP_TO : low <= 0
  })
}
