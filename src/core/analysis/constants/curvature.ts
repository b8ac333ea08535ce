import type { EnergyField } from '../../fields/energyField.ts'
import { controlValues, halveNet } from '../../fields/gibbs.ts'
import { spacing } from '../../maths/grid.ts'
import { maxEigenvalue2, squareRoot2, type Symmetric2 } from '../../maths/linalg2.ts'

/** Bounds of ∇²V over Ω in a constant metric. */
export interface CurvatureRange {
  /** m ≤ λmin(P^½ ∇²V P^½) everywhere; negative where V may not be convex. */
  readonly least: number
  /** M ≥ λmax(P^½ ∇²V P^½) everywhere. */
  readonly most: number
}

const EUCLIDEAN: Symmetric2 = [1, 0, 1]
/** Patches are quartered until their bounds are this close to a curvature that is attained, as a share of the largest. */
const TIGHT = 1e-3
/** Quarterings of a patch, at most. */
const DEEPEST = 8
/**
 * Units of rounding of max|V|/h² that a control matrix may be off by: 6 (|b₀| + 2|b₁| + |b₂|) over h², each control value by 3
 * and their difference by 2 units, and what raising the degree and quartering add, twice over.
 */
const ROUNDINGS = 256
/**
 * Units of rounding of the largest range R of control values on a patch, over h², that a control matrix may be off by: the
 * products that make a control value of slopes and twist are at most 1, 1 and 2 times R, off by 3, 3 and 6 units each, so that the
 * value is off by less than 20 more: 36 of them in V_xy, 24 in V_xx and V_yy.
 */
const RANGE_ROUNDINGS = 2048
const UNIT = Number.EPSILON / 2

/** The three entries of the Hessian on one patch, 16 control values each. */
interface HessianNet {
  readonly xx: Float64Array
  readonly xy: Float64Array
  readonly yy: Float64Array
}

function hessianNet(): HessianNet {
  return { xx: new Float64Array(16), xy: new Float64Array(16), yy: new Float64Array(16) }
}

/**
 * Proved bounds of the curvature of the table on all of Ω, rounding included, attained up to 1e-3 of
 * the largest curvature wherever eight quarterings of a cell suffice. On a patch ∇²V is a polynomial of degree (3, 3)
 * in Bernstein form, hence a convex combination of its 16 control matrices; λmin is concave and λmax convex, so
 * their extremes over the control matrices bound them on the patch. Patches whose bounds are not
 * tight are quartered by de Casteljau. Barriers are ignored.
 * @param metric P as [xx, xy, yy], symmetric positive definite
 * Source: Farin (2002), Curves and Surfaces for CAGD, ch. 5 (convex hull property, degree elevation, subdivision).
 */
export function curvatureRange(field: EnergyField, metric: Symmetric2 = EUCLIDEAN): CurvatureRange {
  const { box } = field.grid
  const { cells } = box
  const b = new Float64Array(16)
  const net = hessianNet()
  const lows = new Float64Array(cells * cells)
  const highs = new Float64Array(cells * cells)
  const range = new Float64Array(4)
  let attainedLeast = Infinity
  let attainedMost = -Infinity
  let largestValue = 0
  let largestRange = 0
  let largestMatrix = 0
  for (let row = 0, k = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++, k++) {
      controlValues(field, column, row, b)
      let lowest = b[0]!
      let highest = lowest
      for (let i = 1; i < 16; i++) {
        if (b[i]! < lowest) lowest = b[i]!
        if (b[i]! > highest) highest = b[i]!
      }
      largestValue = Math.max(largestValue, highest, -lowest)
      largestRange = Math.max(largestRange, highest - lowest)
      hessianOf(b, spacing(box), metric, net)
      extremes(net, range)
      lows[k] = range[0]!
      highs[k] = range[1]!
      largestMatrix = Math.max(largestMatrix, -range[0]!, range[1]!)
      if (range[2]! < attainedLeast) attainedLeast = range[2]!
      if (range[3]! > attainedMost) attainedMost = range[3]!
    }
  }
  const slack = TIGHT * Math.max(Math.abs(attainedLeast), Math.abs(attainedMost))
  const stack = Array.from({ length: DEEPEST }, () => [0, 1, 2, 3].map(hessianNet))
  const half = [hessianNet(), hessianNet()] as const
  let least = attainedLeast
  let most = attainedMost

  /** Lowers `least` and raises `most` by the bounds of a patch, which it quarters while they are not within `slack` of attained ones. */
  const settle = (patch: HessianNet, depth: number): void => {
    extremes(patch, range)
    const low = range[0]!
    const high = range[1]!
    if (range[2]! < attainedLeast) attainedLeast = range[2]!
    if (range[3]! > attainedMost) attainedMost = range[3]!
    if (depth < DEEPEST && (low < attainedLeast - slack || high > attainedMost + slack)) {
      const quarters = stack[depth]!
      for (const entry of ['xx', 'xy', 'yy'] as const) {
        halveNet(patch[entry], 4, half[0][entry], half[1][entry])
        halveNet(half[0][entry], 1, quarters[0]![entry], quarters[1]![entry])
        halveNet(half[1][entry], 1, quarters[2]![entry], quarters[3]![entry])
      }
      for (const quarter of quarters) settle(quarter, depth + 1)
    } else {
      if (low < least) least = low
      if (high > most) most = high
    }
  }
  for (let k = 0; k < lows.length; k++) {
    if (lows[k]! >= attainedLeast - slack && highs[k]! <= attainedMost + slack) {
      if (lows[k]! < least) least = lows[k]!
      if (highs[k]! > most) most = highs[k]!
      continue
    }
    controlValues(field, k % cells, Math.floor(k / cells), b)
    hessianOf(b, spacing(box), metric, net)
    settle(net, 0)
  }
  const h = spacing(box)
  const control = ROUNDINGS * largestValue + RANGE_ROUNDINGS * largestRange
  const rounding =
    UNIT * ((maxEigenvalue2(...metric) * control) / (h * h) + ROUNDINGS * largestMatrix)
  return { least: least - rounding, most: most + rounding }
}

/** Control matrices of P^½ ∇²V P^½ on a patch with control values b and sides h. */
function hessianOf(b: Float64Array, h: number, metric: Symmetric2, out: HessianNet): void {
  const { xx, xy, yy } = out
  const scale = 1 / (h * h)
  for (let line = 0; line < 4; line++) {
    secondDifferences(b, 4 * line, 1, 6 * scale, xx)
    secondDifferences(b, line, 4, 6 * scale, yy)
  }
  mixedDifferences(b, 9 * scale, xy)
  if (metric[0] === 1 && metric[1] === 0 && metric[2] === 1) return
  const [p, q, r] = squareRoot2(...metric)
  for (let k = 0; k < 16; k++) {
    // S H S with S = [[p, q], [q, r]] the root of the metric.
    const a = xx[k]!
    const c = xy[k]!
    const d = yy[k]!
    xx[k] = p * (p * a + q * c) + q * (p * c + q * d)
    xy[k] = q * (p * a + q * c) + r * (p * c + q * d)
    yy[k] = q * (q * a + r * c) + r * (q * c + r * d)
  }
}

/** Least and greatest eigenvalue of the control matrices, and of those at the corners: [low, high, corner low, corner high]. */
function extremes({ xx, xy, yy }: HessianNet, out: Float64Array): void {
  let low = Infinity
  let high = -Infinity
  let cornerLow = Infinity
  let cornerHigh = -Infinity
  for (let k = 0; k < 16; k++) {
    // The two eigenvalues share their root.
    const middle = 0.5 * (xx[k]! + yy[k]!)
    const d = 0.5 * (xx[k]! - yy[k]!)
    const radius = Math.sqrt(d * d + xy[k]! * xy[k]!)
    const l = middle - radius
    const m = middle + radius
    if (l < low) low = l
    if (m > high) high = m
    if (isCorner(k)) {
      if (l < cornerLow) cornerLow = l
      if (m > cornerHigh) cornerHigh = m
    }
  }
  out[0] = low
  out[1] = high
  out[2] = cornerLow
  out[3] = cornerHigh
}

/** Whether a place of a net, x fastest, is at a corner, where the control matrix is attained. */
function isCorner(k: number): boolean {
  const column = k & 3
  const row = k >> 2
  return (column === 0 || column === 3) && (row === 0 || row === 3)
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
