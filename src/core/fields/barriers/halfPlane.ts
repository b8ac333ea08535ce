import type { Point } from '../../maths/grid.ts'
import type { BarrierKind } from './kind.ts'

interface HalfPlane {
  readonly kind: 'half-plane'
  /** n, of any length but 0; it points to what is kept. */
  readonly normal: Point
  /** Keeps n·x/|n| > offset: distance of the wall from the origin along n, world units. */
  readonly offset: number
  readonly strength: number
}

/** n·x/|n| ≤ offset: h = n·x/|n| − offset. The offset is a length, whatever |n| is. */
export const halfPlane: BarrierKind<HalfPlane> = {
  course: 'affine',
  readLevel({ normal, offset }, x, y, _, jet) {
    const a = normal[0]
    const b = normal[1]
    const scale = 1 / Math.sqrt(a * a + b * b)
    jet[0] = scale * (a * x + b * y) - offset
    jet[1] = scale * a
    jet[2] = scale * b
    jet[3] = 0
    jet[4] = 0
    jet[5] = 0
  },
  /** The part of the box where h ≤ 0 (one round of Sutherland–Hodgman). */
  outline({ normal: [a, b], offset }, w) {
    const scale = 1 / Math.sqrt(a * a + b * b)
    const height = ([x, y]: Point): number => scale * (a * x + b * y) - offset
    const box: readonly Point[] = [
      [-w, -w],
      [w, -w],
      [w, w],
      [-w, w],
    ]
    return box.flatMap((to, i) => {
      const from = box.at(i - 1)!
      const [before, after] = [height(from), height(to)]
      const corners: Point[] = []
      if (before <= 0 !== after <= 0) {
        const share = before / (before - after)
        corners.push([from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])])
      }
      if (after <= 0) corners.push(to)
      return corners
    })
  },
}
