import type { Gibbs } from '../fields/gibbs.ts'
import { exp } from '../maths/elementary.ts'
import { type Box, spacing } from '../maths/grid.ts'

/** Bernoulli function B(z) = z/(e^z − 1), positive; B(−z) = B(z) + z. */
export function bernoulli(z: number): number {
  if (Math.abs(z) < 0.03) {
    const z2 = z * z
    return 1 - 0.5 * z + (z2 / 12) * (1 - (z2 / 60) * (1 - z2 / 42))
  }
  // e^z overflows to Infinity for large z: B is 0 to rounding there.
  return z > 0 ? z / (exp(z) - 1) : -z + bernoulli(-z)
}

/**
 * Rates of Scharfetter and Gummel between neighbour cells, q_ij = (ε/h²) B(log π_i − log π_j): π is in
 * detailed balance with them exactly. Nothing passes the walls of the box, nor into or out of a cell
 * where π = 0.
 *
 * Arrays have length cells². `right[k]`: cell k to its right neighbour, `left[k]` back from there to k;
 * `up[k]` and `down[k]` the same in y. 0 where there is no neighbour. Per unit of time.
 * Source: Scharfetter & Gummel (1969), IEEE Trans. Electron Devices 16.
 */
export interface Rates {
  readonly box: Box
  readonly right: Float64Array
  readonly left: Float64Array
  readonly up: Float64Array
  readonly down: Float64Array
}

/** @param pi the Gibbs measure; its log density fixes the rates, its ε their scale */
export function scharfetterGummelRates(pi: Gibbs): Rates {
  const { box, logDensity, epsilon } = pi
  const { cells } = box
  const scale = epsilon / (spacing(box) * spacing(box))
  const size = cells * cells
  const right = new Float64Array(size)
  const left = new Float64Array(size)
  const up = new Float64Array(size)
  const down = new Float64Array(size)
  for (let row = 0, k = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++, k++) {
      const l = logDensity[k]!
      if (l === -Infinity) continue
      if (column + 1 < cells && logDensity[k + 1]! !== -Infinity) {
        const z = l - logDensity[k + 1]!
        right[k] = scale * bernoulli(z)
        left[k] = scale * bernoulli(-z)
      }
      if (row + 1 < cells && logDensity[k + cells]! !== -Infinity) {
        const z = l - logDensity[k + cells]!
        up[k] = scale * bernoulli(z)
        down[k] = scale * bernoulli(-z)
      }
    }
  }
  return { box, right, left, up, down }
}

/** The generator along one axis; the cell after k on its line is k + stride. */
export interface AxisGenerator {
  /** Rate from k to k + stride; 0 at the end of a line. */
  readonly forth: Float64Array
  /** Rate from k + stride to k. */
  readonly back: Float64Array
  readonly stride: number
  readonly cells: number
  /** Largest rate out of a cell. */
  readonly largest: number
}

function startsLine(k: number, stride: number, cells: number): boolean {
  return stride === 1 ? k % cells === 0 : k < cells
}

export function generator(
  forth: Float64Array,
  back: Float64Array,
  stride: number,
  cells: number,
): AxisGenerator {
  let largest = 0
  for (let k = 0; k < forth.length; k++) {
    const exit = forth[k]! + (startsLine(k, stride, cells) ? 0 : back[k - stride]!)
    if (exit > largest) largest = exit
  }
  return { forth, back, stride, cells, largest }
}

/**
 * Elimination of I − tQ along every line of an axis: forth d_k ← (d_k + a_k d_{k−1}) m_k, then back
 * d_k ← d_k + c_k d_{k+1}, with a_k = t q_{k−1→k} and c_k = t q_{k+1→k} m_k; the explicit factor I + tQ is
 * `stay` on the diagonal beside a and b_k = t q_{k+1→k}. The adjoint, which acts on functions instead of
 * densities, has the rates of a and b the other way round and the same pivots. Every number is a sum or product of nonnegative
 * ones, the pivots too (as in Grassmann, Taksar & Heyman 1985), so rounding cannot make a density negative.
 */
export interface AxisFactors {
  readonly a: Float64Array
  readonly b: Float64Array
  readonly m: Float64Array
  readonly c: Float64Array
  readonly stay: Float64Array
}

export function factorise(axis: AxisGenerator, t: number, adjoint = false): AxisFactors {
  const { forth, back, stride, cells } = axis
  const size = forth.length
  const a = new Float64Array(size)
  const b = new Float64Array(size)
  const m = new Float64Array(size)
  const c = new Float64Array(size)
  const stay = new Float64Array(size)
  // Column sums of the part that is not eliminated yet: the pivot less the entry below it.
  const rest = new Float64Array(size)
  for (let k = 0; k < size; k++) {
    const first = startsLine(k, stride, cells)
    const before = k - stride
    const leaving = first ? 0 : t * back[before]!
    a[k] = adjoint ? leaving : first ? 0 : t * forth[before]!
    b[k] = t * (adjoint ? forth : back)[k]!
    rest[k] = 1 + (first ? 0 : leaving * rest[before]! * m[before]!)
    m[k] = 1 / (rest[k]! + t * forth[k]!)
    c[k] = b[k]! * m[k]!
    stay[k] = 1 - (t * forth[k]! + leaving)
  }
  return { a, b, m, c, stay }
}

/** (I − tQ_x)⁻¹ d, or (I − tQ_x)⁻¹(I + tQ_x) d, in place. */
export function sweepX(f: AxisFactors, cells: number, d: Float64Array, explicit: boolean): void {
  const { a, b, m, c, stay } = f
  for (let start = 0; start < d.length; start += cells) {
    const end = start + cells
    let left = 0
    let solved = 0
    if (explicit) {
      for (let k = start; k < end; k++) {
        const here = d[k]!
        const right = k + 1 < end ? b[k]! * d[k + 1]! : 0
        solved = (stay[k]! * here + a[k]! * (left + solved) + right) * m[k]!
        d[k] = solved
        left = here
      }
    } else {
      for (let k = start; k < end; k++) {
        solved = (d[k]! + a[k]! * solved) * m[k]!
        d[k] = solved
      }
    }
    for (let k = end - 2; k >= start; k--) {
      solved = d[k]! + c[k]! * solved
      d[k] = solved
    }
  }
}

/** The same in y, row by row. @param scratch length cells²; overwritten */
export function sweepY(
  f: AxisFactors,
  cells: number,
  d: Float64Array,
  scratch: Float64Array,
  explicit: boolean,
): void {
  const { a, b, m, c, stay } = f
  const last = d.length - cells
  for (let k = 0; k < d.length; k++) {
    let value: number
    if (explicit) {
      value = stay[k]! * d[k]!
      if (k >= cells) value += a[k]! * (d[k - cells]! + scratch[k - cells]!)
      if (k < last) value += b[k]! * d[k + cells]!
    } else {
      value = d[k]!
      if (k >= cells) value += a[k]! * scratch[k - cells]!
    }
    scratch[k] = value * m[k]!
  }
  for (let k = d.length - 1; k >= last; k--) d[k] = scratch[k]!
  for (let k = last - 1; k >= 0; k--) d[k] = scratch[k]! + c[k]! * d[k + cells]!
}
