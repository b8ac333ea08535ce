import type { Point } from '../../maths/grid.ts'

/**
 * One entry of the registry of barriers: the region that barriers of this kind keep clear, by its level h. The term that a
 * barrier adds to V is made of h alone (`terms.ts`).
 */
export interface BarrierKind<B> {
  /**
   * The level h at (x, y), world units: positive outside the region, zero on its edge, negative inside; C² off the edge but for
   * creases.
   * @param derivatives false: the caller reads h alone, and the rest of `jet` may be anything
   * @param jet length ≥ 6: [h, h_x, h_y, h_xx, h_xy, h_yy]; overwritten
   */
  readLevel(barrier: B, x: number, y: number, derivatives: boolean, jet: Float64Array): void
  /** Bounds of h within `distance` of (x, y), not always attained. Left out where |∇h| ≤ 1, from which they follow. */
  levelRange?(
    barrier: B,
    x: number,
    y: number,
    distance: number,
  ): readonly [low: number, high: number]
  /**
   * How h runs: `affine`, it is its own tangent; `smooth`, on small rectangles it is near its tangent; `creased`, its
   * slope jumps somewhere and at one point tells nothing of the rest of a rectangle, but |∇h| ≤ 1.
   */
  readonly course: 'affine' | 'smooth' | 'creased'
  /** Whether the region covers a rectangle with its middle at (x, y). Left out where h at the middle tells. */
  covers?(barrier: B, x: number, y: number, width: number, height: number): boolean
  /**
   * Whether the region meets the segment between two points outside of it. Left out where what lies outside is convex, so
   * that it never does.
   */
  meets?(barrier: B, x0: number, y0: number, x1: number, y1: number): boolean
  /**
   * The half-plane out[0]·x + out[1]·y ≥ out[2], out[0]² + out[1]² = 1, that touches {h < least} where that is nearest to (x, y). Left
   * out where the tangent of h at (x, y) does.
   */
  edge?(barrier: B, x: number, y: number, least: number, out: Float64Array): void
  /**
   * Corners of the region, in order, either way round, for drawing: of a curved edge so many that they look like it; of a
   * region without bounds what lies in the box [−halfWidth, halfWidth]², none where that is nothing.
   */
  outline(barrier: B, halfWidth: number): readonly Point[]
}
