import type { EnergyField } from '../fields/energyField.ts'
import { controlValues } from '../fields/gibbs.ts'
import { spacing } from '../maths/grid.ts'
import { maxEigenvalue2, minEigenvalue2, squareRoot2, type Symmetric2 } from '../maths/linalg2.ts'

/** Bounds of ∇²V over Ω in a constant metric. */
export interface CurvatureRange {
  /** m ≤ λmin(P^½ ∇²V P^½) everywhere; negative where V may not be convex. */
  readonly least: number
  /** M ≥ λmax(P^½ ∇²V P^½) everywhere. */
  readonly most: number
}

const EUCLIDEAN: Symmetric2 = [1, 0, 1]

/**
 * Rigorous bounds (up to rounding) of the curvature of the table on all of Ω. On a cell ∇²V is a polynomial of
 * degree (3, 3) in Bernstein form, hence a convex combination of its 16 control matrices; λmin is concave and
 * λmax convex, so their extremes over the control matrices bound them on the cell. Barriers are not seen.
 * @param metric P as [xx, xy, yy], symmetric positive definite
 * Source: Farin (2002), Curves and Surfaces for CAGD, ch. 5 (convex hull property, degree elevation).
 */
export function curvatureRange(field: EnergyField, metric: Symmetric2 = EUCLIDEAN): CurvatureRange {
  const { box } = field.grid
  const [p, q, r] = squareRoot2(...metric)
  const b = new Float64Array(16)
  const xx = new Float64Array(16)
  const xy = new Float64Array(16)
  const yy = new Float64Array(16)
  const scale = 1 / (spacing(box) * spacing(box))
  let least = Infinity
  let most = -Infinity
  for (let row = 0; row < box.cells; row++) {
    for (let column = 0; column < box.cells; column++) {
      controlValues(field, column, row, b)
      for (let line = 0; line < 4; line++) {
        secondDifferences(b, 4 * line, 1, 6 * scale, xx)
        secondDifferences(b, line, 4, 6 * scale, yy)
      }
      mixedDifferences(b, 9 * scale, xy)
      for (let k = 0; k < 16; k++) {
        // S H S with S = [[p, q], [q, r]] the root of the metric.
        const a = xx[k]!
        const c = xy[k]!
        const d = yy[k]!
        const hxx = p * (p * a + q * c) + q * (p * c + q * d)
        const hxy = q * (p * a + q * c) + r * (p * c + q * d)
        const hyy = q * (q * a + r * c) + r * (q * c + r * d)
        const low = minEigenvalue2(hxx, hxy, hyy)
        const high = maxEigenvalue2(hxx, hxy, hyy)
        if (low < least) least = low
        if (high > most) most = high
      }
    }
  }
  return { least, most }
}

/** Control values of the second derivative along one line of a cubic net, raised from degree 1 to 3. */
function secondDifferences(
  b: Float64Array,
  first: number,
  stride: number,
  scale: number,
  out: Float64Array,
): void {
  const b1 = b[first + stride]!
  const b2 = b[first + 2 * stride]!
  const start = scale * (b[first]! - 2 * b1 + b2)
  const end = scale * (b1 - 2 * b2 + b[first + 3 * stride]!)
  out[first] = start
  out[first + stride] = (2 * start + end) / 3
  out[first + 2 * stride] = (start + 2 * end) / 3
  out[first + 3 * stride] = end
}

/** Control values of the mixed derivative of a bicubic net, raised from degree (2, 2) to (3, 3). */
function mixedDifferences(b: Float64Array, scale: number, out: Float64Array): void {
  for (let row = 0; row < 3; row++) {
    const k = 4 * row
    const d0 = scale * (b[k + 5]! - b[k + 4]! - b[k + 1]! + b[k]!)
    const d1 = scale * (b[k + 6]! - b[k + 5]! - b[k + 2]! + b[k + 1]!)
    const d2 = scale * (b[k + 7]! - b[k + 6]! - b[k + 3]! + b[k + 2]!)
    out[k] = d0
    out[k + 1] = (d0 + 2 * d1) / 3
    out[k + 2] = (2 * d1 + d2) / 3
    out[k + 3] = d2
  }
  for (let column = 0; column < 4; column++) {
    const d0 = out[column]!
    const d1 = out[column + 4]!
    const d2 = out[column + 8]!
    out[column + 4] = (d0 + 2 * d1) / 3
    out[column + 8] = (2 * d1 + d2) / 3
    out[column + 12] = d2
  }
}
