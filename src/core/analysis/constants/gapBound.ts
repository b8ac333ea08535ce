import type { EnergyField } from '../../fields/energyField.ts'
import { exp } from '../../maths/elementary.ts'
import type { Symmetric2 } from '../../maths/linalg2.ts'
import { type BoundedWeight, boundWeight, type Mesh } from './boundedWeight.ts'

/** A proved lower bound of the spectral gap. */
export interface GapBound {
  /** λ_P ≥ value, per unit of time. */
  readonly value: number
  /** Squares a side of the mesh that proves it. */
  readonly cells: number
}

export interface GapBoundOptions {
  /** P of preconditioned dynamics, Dirichlet form ε∫π ∇fᵀP∇f; default the identity. */
  readonly metric?: Symmetric2
  /** Default: `meshOf` the table. */
  readonly mesh?: Mesh
  /** An estimate of the gap, from which the search begins: any positive number. */
  readonly estimate: number
}

/** The search ends when the least count of two eigenvalues is within this share of the greatest of one. */
const SEARCHED = 0.02
const MOST_COUNTS = 24
/** Share of the estimate's relaxation time 1/λ that the variation of the weight on the triangles may add. */
const VARIATION_SHARE = 0.03
/**
 * What rounding may move an eigenvalue by: a share of it, and a share of the fastest rate 12ε λmax(P)/h² of a triangle. The
 * matrices of `countBelow` have entries of size 1, so that the errors of its eliminations are some 1e-14 of them; the
 * eigenvalues are relative to masses of h²/6.
 */
const ROUNDED = 1e-6
const ROUNDED_OF_FASTEST = 1e-11
/** The parts of V on a side of the box whose bounds make those of the weight. */
const FINEST = 512

/** The table's cells, doubled or halved to between 96 and 191 squares a side where that can be. */
export function meshOf(cells: number): Mesh {
  let mesh = cells
  while (mesh < 96) mesh *= 2
  while (mesh > 191 && mesh % 2 === 0) mesh /= 2
  let parts = 1
  while (mesh * parts < FINEST || mesh * parts < cells) parts *= 2
  return { cells: mesh, parts }
}

/**
 * A lower bound of the spectral gap, λ_P = inf ε∫π|∇f|²_P/Var_π(f) over non-constant f on the box with no-flux walls, proved up to rounding.
 *
 * On every triangle K of a mesh let a ≤ w ≤ b bound the weight w = e^(−V/ε), α ≤ ᾱ, the harmonic mean of w, and Πf be the
 * Crouzeix–Raviart function with the edge means of f, q = ∇Πf its gradient on K, the mean of ∇f. With r = ∇f − ᾱq/w
 *
 *   ∫_K w|∇f|² = ᾱ|K||q|² + ∫_K w|r|²   and   ‖f − Πf‖_K ≤ c‖∇f − q‖_K = c‖r + (ᾱ/w − 1)q‖_K,  c = 0.1893 diam K,
 *
 * so that for any time T, with α cut to α(1 − t_K/T), t_K = c²b∫(ᾱ/w − 1)²/(εα|K|), and λ_h the second eigenvalue of the
 * Crouzeix–Raviart problem with the weights α and an upper bound of w in the masses,
 *
 *   1/λ_P ≤ 1/λ_h + T + max_K c²b/(εa).
 *
 * With constant weights (t_K = 0, T = 0) it is the bound of Carstensen and Gedicke (2014), Math. Comp. 83, and Liu (2015),
 * Appl. Math. Comput. 267; steep triangles take it. λ_h > μ is proved by counting the eigenvalues below μ, not by
 * iterating for it.
 * @param field without barriers
 * @returns null where nothing is proved; better bounds are yielded as they are found, null between pieces of work
 */
export function* gapBound(
  field: EnergyField,
  epsilon: number,
  { metric = [1, 0, 1], estimate, mesh = meshOf(field.grid.box.cells) }: GapBoundOptions,
): Generator<GapBound | null, GapBound | null> {
  if (field.barriers.length > 0) return null
  const { cells } = mesh
  const time = VARIATION_SHARE / estimate
  const weights = boundWeight(field, epsilon, metric, mesh, 0.5 * time)
  let next = weights.next()
  while (next.done !== true) {
    yield null
    next = weights.next()
  }
  const weight = next.value
  const h = (2 * field.grid.box.halfWidth) / cells
  const rounding = (ROUNDED_OF_FASTEST * 12 * epsilon * (metric[0] + metric[2])) / (h * h)
  const proved = (mu: number): number =>
    1 / (1 / (mu * (1 - ROUNDED) - rounding) + time + weight.remainder)
  let low = 0
  let high = Infinity
  let best: GapBound | null = null
  let mu = 0.94 * estimate
  /** Share by which μ is raised or lowered while it is bracketed on one side only. */
  let stride = 2 * SEARCHED
  for (let i = 0; i < MOST_COUNTS && !(high <= low * (1 + SEARCHED)); i++) {
    if (!(mu * (1 - ROUNDED) > rounding)) break
    const count = yield* countBelow(weight, epsilon, metric, time, mu)
    // The constants are one of them.
    if (count === 1) {
      low = mu
      best = { value: proved(low), cells }
      yield best
    } else high = mu
    if (low > 0 && high < Infinity) mu = Math.sqrt(low * high)
    else {
      mu = low > 0 ? low * (1 + stride) : high / (1 + stride)
      stride *= 2
    }
  }
  return best
}

/** A pivot below this share of an entry of the matrix makes the elimination unreliable: the count is then Infinity. */
const LEAST_PIVOT = 1e-10
/** A pivot above so many entries is the remainder of a division by a tiny one, with its error; the count is then Infinity, too. */
const MOST_PIVOT = 1e4

interface PivotLimits {
  readonly least: number
  readonly most: number
}

const isPivot = (d: number, { least, most }: PivotLimits): boolean =>
  Math.abs(d) > least && Math.abs(d) < most

/**
 * The number of eigenvalues below μ of the Crouzeix–Raviart problem ε∫α(1 − t/T)∇uᵀP∇v = λ∫βuv: that of the negative pivots of
 * K − μB, eliminated row of squares by row, in the order diagonals, edges along y, lower edges along x; between rows of squares stands a
 * dense Schur complement on the edges along x. Each unknown is scaled by the root of the greater of its two weights.
 * Yields null after each row of squares; 7n⁴/6 multiplications in all, n squares a side.
 */
function* countBelow(
  { cells: n, logAlpha, mass, variation }: BoundedWeight,
  epsilon: number,
  [pxx, pxy, pyy]: Symmetric2,
  time: number,
  mu: number,
): Generator<null, number> {
  // ∇φ_e of the lower left half, times h/2: (0, −1), (−1, 0), (1, 1); of the other half the same with the other sign.
  const stiffness = [
    2 * pyy,
    2 * pxy,
    -2 * (pxy + pyy),
    2 * pxx,
    -2 * (pxx + pxy),
    2 * (pxx + 2 * pxy + pyy),
  ]
  // Rates and entries in units of ε, so that entries are of size 1.
  const rate = mu / epsilon
  const limits = { least: LEAST_PIVOT * Math.min(pxx, pyy), most: MOST_PIVOT * (pxx + pyy) }
  let negative = 0
  const size = 2 * n
  /** Upper triangle; rows and columns: the lower edges along x of a row of squares, then the upper ones. */
  const a = new Float64Array(size * size)
  /** The six entries of the lower left half of a square, then those of the other. */
  const e = new Float64Array(12)
  const scaleLow = new Float64Array(n)
  const scaleHigh = new Float64Array(n)
  const scaleSide = new Float64Array(n + 1)
  const pivot = new Float64Array(n + 1)
  const beside = new Float64Array(n + 1)
  const ratio = new Float64Array(n + 1)
  const ahead = new Float64Array(n + 2)
  /** Entries of an edge along x with the left and the right edge along y of its square, then what elimination makes of them. */
  const left = new Float64Array(size)
  const right = new Float64Array(size)
  const tail = new Float64Array(size)
  for (let row = 0; row < n; row++) {
    const first = 2 * row * n
    for (let j = 0; j < n; j++) {
      const k = first + 2 * j
      const below = row === 0 ? -Infinity : logAlpha[k - 2 * n + 1]!
      const above = row === n - 1 ? -Infinity : logAlpha[k + 2 * n]!
      scaleLow[j] = Math.max(logAlpha[k]!, below)
      scaleHigh[j] = Math.max(logAlpha[k + 1]!, above)
      scaleSide[j] = Math.max(logAlpha[k]!, j === 0 ? -Infinity : logAlpha[k - 1]!)
    }
    scaleSide[n] = logAlpha[first + size - 1]!
    for (let i = 0; i < n; i++) {
      const from = (n + i) * size + n
      for (let j = i; j < n; j++) a[i * size + j] = row === 0 ? 0 : a[from + j]!
      a.fill(0, i * size + n, (i + 1) * size)
    }
    a.fill(0, n * size)
    pivot.fill(0)
    for (let j = 0; j < n; j++) {
      const k = first + 2 * j
      const scaleDiagonal = Math.max(logAlpha[k]!, logAlpha[k + 1]!)
      for (const half of [0, 1]) {
        const own = logAlpha[k + half]!
        const s0 = exp(0.5 * (own - (half === 0 ? scaleLow[j]! : scaleHigh[j]!)))
        const s1 = exp(0.5 * (own - scaleSide[j + half]!))
        const s2 = exp(0.5 * (own - scaleDiagonal))
        const kept = 1 - variation[k + half]! / time
        for (let i = 0; i < 6; i++) {
          e[6 * half + i] = kept * stiffness[i]! - rate * mass[6 * (k + half) + i]!
        }
        e[6 * half] = e[6 * half]! * s0 * s0
        e[6 * half + 1] = e[6 * half + 1]! * s0 * s1
        e[6 * half + 2] = e[6 * half + 2]! * s0 * s2
        e[6 * half + 3] = e[6 * half + 3]! * s1 * s1
        e[6 * half + 4] = e[6 * half + 4]! * s1 * s2
        e[6 * half + 5] = e[6 * half + 5]! * s2 * s2
      }
      const d = e[5]! + e[11]!
      if (!isPivot(d, limits)) return Infinity
      if (d < 0) negative++
      const [low, lowSide, high, highSide] = [e[2]!, e[4]!, e[8]!, e[10]!]
      a[j * size + j] = a[j * size + j]! + e[0]! - (low * low) / d
      a[j * size + n + j] = a[j * size + n + j]! - (low * high) / d
      a[(n + j) * size + n + j] = e[6]! - (high * high) / d
      pivot[j] = pivot[j]! + e[3]! - (lowSide * lowSide) / d
      pivot[j + 1] = pivot[j + 1]! + e[9]! - (highSide * highSide) / d
      beside[j] = -(lowSide * highSide) / d
      left[j] = e[1]! - (low * lowSide) / d
      left[n + j] = -(lowSide * high) / d
      right[j] = -(low * highSide) / d
      right[n + j] = e[7]! - (high * highSide) / d
    }
    for (let j = 0; j <= n; j++) {
      if (j > 0) pivot[j] = pivot[j]! - (beside[j - 1]! * beside[j - 1]!) / pivot[j - 1]!
      const d = pivot[j]!
      if (!isPivot(d, limits)) return Infinity
      if (d < 0) negative++
      ratio[j] = j < n ? -beside[j]! / d : 0
    }
    // Edges along y: an edge along x whose square is left of edge j has with it the entry g, and with the next one ratio_j g.
    ahead[n + 1] = 0
    for (let j = n; j >= 0; j--) ahead[j] = 1 / pivot[j]! + ratio[j]! * ratio[j]! * ahead[j + 1]!
    for (let c = 0; c < size; c++) {
      const j = c % n
      right[c] = right[c]! + ratio[j]! * left[c]!
      tail[c] = left[c]! / pivot[j]! + ratio[j]! * right[c]! * ahead[j + 1]!
    }
    for (let i = 0; i < n; i++) {
      const [lowLeft, highLeft, lowRight, highRight] = [
        left[i]!,
        left[n + i]!,
        right[i]!,
        right[n + i]!,
      ]
      const own = 1 / pivot[i]!
      const next = ahead[i + 1]!
      const low = i * size
      const high = (n + i) * size
      a[low + i] = a[low + i]! - lowLeft * lowLeft * own - lowRight * lowRight * next
      a[low + n + i] = a[low + n + i]! - lowLeft * highLeft * own - lowRight * highRight * next
      a[high + n + i] = a[high + n + i]! - highLeft * highLeft * own - highRight * highRight * next
      let g = lowRight
      let gHigh = highRight
      for (let j = i + 1; j < n; j++) {
        a[low + j] = a[low + j]! - g * tail[j]!
        a[low + n + j] = a[low + n + j]! - g * tail[n + j]!
        a[j * size + n + i] = a[j * size + n + i]! - gHigh * tail[j]!
        a[high + n + j] = a[high + n + j]! - gHigh * tail[n + j]!
        g *= ratio[j]!
        gHigh *= ratio[j]!
      }
    }
    negative += eliminate(a, size, 0, n, limits)
    if (row === n - 1) negative += eliminate(a, size, n, size, limits)
    if (!Number.isFinite(negative)) return Infinity
    yield null
  }
  return negative
}

/**
 * Eliminates unknowns from…to − 1 of a symmetric matrix of which the upper triangle is kept, overwritten by its Schur
 * complement. Four at a time, so that each entry is read once for four.
 * @returns the number of negative pivots; Infinity where one is outside the limits
 */
function eliminate(
  a: Float64Array,
  size: number,
  from: number,
  to: number,
  limits: PivotLimits,
): number {
  let negative = 0
  for (let k = from; k < to; k += 4) {
    const end = Math.min(k + 4, to)
    for (let p = k; p < end; p++) {
      const d = a[p * size + p]!
      if (!isPivot(d, limits)) return Infinity
      if (d < 0) negative++
      for (let q = p + 1; q < end; q++) subtractRow(a, size, p, q, a[p * size + q]! / d)
    }
    if (end < k + 4) {
      for (let p = k; p < end; p++) {
        const d = a[p * size + p]!
        for (let q = end; q < size; q++) subtractRow(a, size, p, q, a[p * size + q]! / d)
      }
      continue
    }
    const r0 = k * size
    const r1 = r0 + size
    const r2 = r1 + size
    const r3 = r2 + size
    const d0 = a[r0 + k]!
    const d1 = a[r1 + k + 1]!
    const d2 = a[r2 + k + 2]!
    const d3 = a[r3 + k + 3]!
    for (let q = end; q < size; q++) {
      const f0 = a[r0 + q]! / d0
      const f1 = a[r1 + q]! / d1
      const f2 = a[r2 + q]! / d2
      const f3 = a[r3 + q]! / d3
      const row = q * size
      for (let c = q; c < size; c++) {
        a[row + c] =
          a[row + c]! - f0 * a[r0 + c]! - f1 * a[r1 + c]! - f2 * a[r2 + c]! - f3 * a[r3 + c]!
      }
    }
  }
  return negative
}

/** Row q −= factor · row p, from the diagonal on. */
function subtractRow(a: Float64Array, size: number, p: number, q: number, factor: number): void {
  for (let c = q; c < size; c++) a[q * size + c] = a[q * size + c]! - factor * a[p * size + c]!
}
