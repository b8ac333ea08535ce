import { levelRange } from '../../fields/barriers/levels.ts'
import type { EnergyField } from '../../fields/energyField.ts'
import { type Gibbs, gibbs } from '../../fields/gibbs.ts'
import { exp, log } from '../../maths/elementary.ts'
import { centreCoordinate, spacing } from '../../maths/grid.ts'
import { isPlaceMetric, type Metric, metricAtCentres } from '../../fields/placeMetric.ts'
import { relativeFisher } from '../laws/fisher.ts'
import {
  type AxisFactors,
  type AxisGenerator,
  directionsOf,
  factorise,
  generatorsOf,
  scharfetterGummel,
  sweep,
  weightBetween,
} from '../laws/generator.ts'

/** Below this share of the fastest rate a Rayleigh quotient is rounding, as a sum of terms of either sign. */
const LOST = 1e-13
/** Below this share of the fastest rate the Dirichlet form of a mode is that of its rounding errors, ten units each. */
const ROUNDED = (10 * 0.5 * Number.EPSILON) ** 2
/** Least mass of a set of cells without exchange with the others for `isParted` to count it as a part. */
const LEAST_PART = 1e-12
/** Most resolvents applied to a mode whose quotient is LOST; fewer once one changes its Dirichlet form by at most POLISHED. */
const POLISHINGS = 40
const POLISHED = 1e-5
/** Ratio of one time t of the preconditioner to the next. */
const TIME_RATIO = 8

/** The slowest mode of the Langevin dynamics on a grid. */
export interface SpectralGap {
  /**
   * λ_PI, the smallest positive eigenvalue of −L, L = εΔ − ∇V·∇ with no-flux walls, per unit of time: the
   * Rayleigh quotient of `mode`, an upper bound of the gap of the grid's generator, which is itself O(h²)
   * from that of the continuum. An upper bound of the log-Sobolev rate, never to be used in its place.
   */
  readonly value: number
  /** The eigenfunction: mean 0 and variance 1 under π; length cells². Its sign tells the slow wells apart. */
  readonly mode: Float64Array
  /** |(L + λ) mode| in L²(π), over λ: the value is within residual²·λ²/(λ₂ − λ) of an eigenvalue. */
  readonly residual: number
  readonly iterations: number
  readonly converged: boolean
  /** Whether the value is due to rounding, about 1e-16 of a mode that is flat on either side: the true one is smaller. */
  readonly lost: boolean
}

export interface SpectrumOptions {
  /** Relative residual to stop at; the relative error of the value is about its square. Default 1e-4. */
  readonly tolerance?: number
  readonly maxIterations?: number
  /** P of preconditioned dynamics, L = ε div(P∇·) − P∇V·∇, or M(x); default the identity. */
  readonly metric?: Metric
  /** Known modes: `spectralGap` finds the slowest mode orthogonal to them. */
  readonly beside?: readonly Pick<SpectralGap, 'mode'>[]
}

/**
 * Spectral gap of the Scharfetter–Gummel generator by the locally optimal preconditioned conjugate gradient
 * method, in L²(π) and orthogonal to the constants. Preconditioner: Σ_t t R_x(t/2) R_y(t) R_x(t/2), R(t) = (I − tL)⁻¹
 * along an axis, over times t in geometric progression; each is close to the inverse of −L for the modes of
 * rate 1/t, and one t alone would suppress the faster ones far more than −L raises them. A mode that every smooth function of low degree is orthogonal to in floating-point numbers
 * (a well of mass below 1e-15, say) is not found.
 * Source: Knyazev (2001), SIAM J. Sci. Comput. 23.
 */
export function spectralGap(pi: Gibbs, options: SpectrumOptions = {}): SpectralGap {
  const { tolerance = 1e-4, maxIterations = 200, metric = [1, 0, 1], beside = [] } = options
  const size = pi.density.length
  const axes = generatorsOf(pi, metric)
  const weight = masses(pi)

  const dot = (f: Float64Array, g: Float64Array): number => {
    let sum = 0
    for (let k = 0; k < size; k++) sum += weight[k]! * f[k]! * g[k]!
    return sum
  }
  const centreOut = (f: Float64Array): void => {
    let mean = 0
    for (let k = 0; k < size; k++) mean += weight[k]! * f[k]!
    for (let k = 0; k < size; k++) f[k] = f[k]! - mean
    for (const { mode } of beside) axpy(f, -dot(f, mode), mode)
  }
  /** Removes the parts of f along orthonormal vectors, carrying A f along, and scales f to norm 1. */
  const orthonormalise = (
    f: Float64Array,
    af: Float64Array | null,
    basis: readonly Vector[],
  ): boolean => {
    const before = dot(f, f)
    for (let pass = 0; pass < 2; pass++) {
      for (const b of basis) {
        const c = dot(f, b.f)
        axpy(f, -c, b.f)
        if (af !== null) axpy(af, -c, b.af)
      }
    }
    const norm2 = dot(f, f)
    if (!(norm2 > 1e-20 * before && norm2 > 0)) return false
    const s = 1 / Math.sqrt(norm2)
    scale(f, s)
    if (af !== null) scale(af, s)
    return true
  }

  const current: Vector = { f: start(pi), af: new Float64Array(size) }
  centreOut(current.f)
  orthonormalise(current.f, null, [])
  applyMinusL(axes, current.f, current.af)
  const search: Vector = { f: new Float64Array(size), af: new Float64Array(size) }
  const previous: Vector = { f: new Float64Array(size), af: new Float64Array(size) }
  let hasPrevious = false
  const scratch = [new Float64Array(size), new Float64Array(size)] as const
  let value = dot(current.f, current.af)
  const resolvents: { time: number; factors: AxisFactors[] }[] = []
  const fastest = Math.max(...axes.map(({ largest }) => largest))
  const last = axes.length - 1
  for (let t = relaxationTime(pi, weight) / meanSpeed(pi, weight, metric); ; t /= TIME_RATIO) {
    const share = (i: number): number => (i < last ? 0.5 : 1)
    const factors = axes.map((axis, i) => factorise(axis, share(i) * t, true))
    resolvents.push({ time: t, factors })
    if (!(t * fastest > TIME_RATIO)) break
  }
  const part = new Float64Array(size)
  let residual = Infinity
  let iterations = 0
  for (; iterations < maxIterations; iterations++) {
    const w = search.f
    for (let k = 0; k < size; k++) w[k] = current.af[k]! - value * current.f[k]!
    // Known modes are exact only up to their residuals: no step can remove the part of w that this leaves along them.
    if (beside.length > 0) centreOut(w)
    if (value <= LOST * fastest) break
    residual = Math.sqrt(dot(w, w)) / value
    if (residual <= tolerance) break
    const r = scratch[0]
    r.set(w)
    w.fill(0)
    for (const { time, factors } of resolvents) {
      part.set(r)
      for (const axis of factors) sweep(axis, part, scratch[1], false)
      for (let i = factors.length - 2; i >= 0; i--) sweep(factors[i]!, part, scratch[1], false)
      axpy(w, time, part)
    }
    centreOut(w)
    const basis = [current]
    if (hasPrevious && orthonormalise(previous.f, previous.af, basis)) basis.push(previous)
    if (!orthonormalise(w, null, basis)) break
    applyMinusL(axes, w, search.af)
    basis.push(search)
    const [coefficients, ritz] = smallestRitz(basis, dot)
    value = ritz
    // The new direction is the step without the part along the old vector.
    combine(basis, coefficients, current, previous, size)
    hasPrevious = true
    // Rounding lets A f drift away from f over many steps.
    if (iterations % 20 === 19) {
      centreOut(current.f)
      orthonormalise(current.f, null, [])
      applyMinusL(axes, current.f, current.af)
    }
  }
  if (value <= LOST * fastest) {
    // The mode is flat except where its two parts meet: resolvents remove what is left of faster modes.
    value = dirichlet(axes, weight, current.f)
    residual = Infinity
    for (let i = 0; i < POLISHINGS && residual > POLISHED; i++) {
      for (const axis of resolvents[0]!.factors) sweep(axis, current.f, scratch[0], false)
      centreOut(current.f)
      orthonormalise(current.f, null, [])
      const next = dirichlet(axes, weight, current.f)
      residual = Math.abs(value / next - 1)
      value = next
    }
    if (isParted(axes, weight)) {
      value = 0
      residual = 0
    }
  }
  // Without convergence A f may have drifted away from f.
  if (iterations === maxIterations) value = dirichlet(axes, weight, current.f)
  const lost = value > 0 && value <= ROUNDED * fastest
  return { value, mode: current.f, residual, iterations, converged: residual <= tolerance, lost }
}

/** Whether the cells fall into several parts without exchange between them. */
function isParted(axes: readonly AxisGenerator[], weight: Float64Array): boolean {
  const seen = new Uint8Array(weight.length)
  const queue = new Int32Array(weight.length)
  let parts = 0
  for (let first = 0; first < weight.length; first++) {
    if (seen[first] === 1) continue
    let mass = 0
    let end = 0
    const reach = (k: number): void => {
      if (seen[k] === 1) return
      seen[k] = 1
      queue[end++] = k
    }
    reach(first)
    for (let i = 0; i < end; i++) {
      const k = queue[i]!
      mass += weight[k]!
      for (const { forth, stride } of axes) {
        if (k + stride < weight.length && forth[k]! > 0) reach(k + stride)
        if (k >= stride && forth[k - stride]! > 0) reach(k - stride)
      }
    }
    if (mass >= LEAST_PART) parts++
  }
  return parts > 1
}

/** Σ over faces of π_k q_kj (f_k − f_j)²: as a sum of squares right to its last digits, however small. */
function dirichlet(axes: readonly AxisGenerator[], weight: Float64Array, f: Float64Array): number {
  let sum = 0
  for (const { forth, stride } of axes) {
    for (let k = 0; k + stride < f.length; k++) {
      const d = f[k]! - f[k + stride]!
      sum += weight[k]! * forth[k]! * d * d
    }
  }
  return sum
}

/** A function and its image under −L. */
interface Vector {
  readonly f: Float64Array
  readonly af: Float64Array
}

/** The two-state factor of a well of mass 1e-15, below which π has none in double precision. */
const LEAST_FACTOR = 0.058
/** Most modes to find: each costs about as much as the first. */
const MOST_MODES = 12
/** The residual of the modes after the first. */
const FURTHER_TOLERANCE = 1e-2

/**
 * Finds the modes after the slowest one, one at a time, while a further one could still lower the estimate of λ: while the
 * last rate times the two-state factor of the smallest well that double precision holds is below the estimate.
 * @param modes the slowest one; the others are appended
 * @param estimate the present estimate of λ, which λ is known not to exceed
 */
export function* furtherModes(
  pi: Gibbs,
  metric: Metric,
  modes: SpectralGap[],
  estimate: () => number,
): Generator<SpectralGap, void> {
  while (modes.length < MOST_MODES && modes.at(-1)!.value * LEAST_FACTOR < estimate()) {
    const next = spectralGap(pi, { metric, beside: modes, tolerance: FURTHER_TOLERANCE })
    modes.push(next)
    yield next
  }
}

/** Cell masses of π, Σ = 1. */
function masses(pi: Gibbs): Float64Array {
  const area = spacing(pi.box) * spacing(pi.box)
  return pi.density.map((p) => p * area)
}

/** Time within which a well relaxes: 1/(½ E_π ΔV + ε(π/side)²), E_π ΔV = ε I(π‖uniform). */
function relaxationTime(pi: Gibbs, weight: Float64Array): number {
  const q = Math.PI / (2 * pi.box.halfWidth)
  const curvature = 0.5 * relativeFisher(weight, new Float64Array(weight.length), pi.box)
  return 1 / (pi.epsilon * (curvature + q * q))
}

/** ½ E_π[tr M] of a metric that depends on the place, by which relaxation is faster; of any other 1. */
function meanSpeed({ box }: Gibbs, weight: Float64Array, metric: Metric): number {
  if (!isPlaceMetric(metric)) return 1
  const { xx, yy } = metricAtCentres(metric, box)
  let sum = 0
  for (let k = 0; k < weight.length; k++) sum += 0.5 * weight[k]! * (xx[k]! + yy[k]!)
  return sum
}

/** A function of low degree without symmetries. */
function start(pi: Gibbs): Float64Array {
  const { cells, halfWidth } = pi.box
  const f = new Float64Array(cells * cells)
  for (let row = 0, k = 0; row < cells; row++) {
    const y = centreCoordinate(pi.box, row) / halfWidth
    for (let column = 0; column < cells; column++, k++) {
      const x = centreCoordinate(pi.box, column) / halfWidth
      f[k] = x + 0.7 * y + 0.23 * x * x - 0.31 * x * y + 0.17 * y * y
    }
  }
  return f
}

function axpy(f: Float64Array, c: number, g: Float64Array): void {
  for (let k = 0; k < f.length; k++) f[k] = f[k]! + c * g[k]!
}

function scale(f: Float64Array, c: number): void {
  for (let k = 0; k < f.length; k++) f[k] = c * f[k]!
}

/** −L f: Σ over neighbours j of q_kj (f_k − f_j). */
function applyMinusL(axes: readonly AxisGenerator[], f: Float64Array, out: Float64Array): void {
  out.fill(0)
  for (const { forth, back, stride } of axes) {
    for (let k = 0; k + stride < f.length; k++) {
      const d = f[k]! - f[k + stride]!
      out[k] = out[k]! + forth[k]! * d
      out[k + stride] = out[k + stride]! - back[k]! * d
    }
  }
}

/** Smallest Ritz value of −L in the span of up to three orthonormal vectors, with its coefficients. */
function smallestRitz(
  basis: readonly Vector[],
  dot: (f: Float64Array, g: Float64Array) => number,
): [coefficients: number[], value: number] {
  const n = basis.length
  const m = basis.map((a, i) => basis.map((b, j) => (j < i ? 0 : dot(a.f, b.af))))
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) m[i]![j] = m[j]![i]!
  const v = basis.map((_, i) => basis.map((_, j): number => (i === j ? 1 : 0)))
  // Jacobi's method: cyclic rotations.
  for (let sweep = 0; sweep < 30; sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const b = m[p]![q]!
        if (b === 0) continue
        const tau = (m[q]![q]! - m[p]![p]!) / (2 * b)
        const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau))
        const c = 1 / Math.sqrt(1 + t * t)
        const s = t * c
        for (let k = 0; k < n; k++) {
          const a = m[k]![p]!
          const d = m[k]![q]!
          m[k]![p] = c * a - s * d
          m[k]![q] = s * a + c * d
        }
        for (let k = 0; k < n; k++) {
          const a = m[p]![k]!
          const d = m[q]![k]!
          m[p]![k] = c * a - s * d
          m[q]![k] = s * a + c * d
        }
        for (let k = 0; k < n; k++) {
          const a = v[k]![p]!
          const d = v[k]![q]!
          v[k]![p] = c * a - s * d
          v[k]![q] = s * a + c * d
        }
      }
    }
  }
  let best = 0
  for (let i = 1; i < n; i++) if (m[i]![i]! < m[best]![best]!) best = i
  return [v.map((row) => row[best]!), m[best]![best]!]
}

/** current ← Σ c_i basis_i, previous ← Σ_{i>0} c_i basis_i; basis[0] is current. */
function combine(
  basis: readonly Vector[],
  c: readonly number[],
  current: Vector,
  previous: Vector,
  size: number,
): void {
  const search = basis[basis.length - 1]!
  const cp = basis.length === 3 ? c[1]! : 0
  const cs = c[basis.length - 1]!
  const c0 = c[0]!
  for (let k = 0; k < size; k++) {
    const f = cp * previous.f[k]! + cs * search.f[k]!
    const af = cp * previous.af[k]! + cs * search.af[k]!
    previous.f[k] = f
    previous.af[k] = af
    current.f[k] = c0 * current.f[k]! + f
    current.af[k] = c0 * current.af[k]! + af
  }
}

/** Largest correction by the coarse grid, as a share of the fine value; beyond, the grids do not show second order. */
export const ASYMPTOTIC = 0.25 / 3

/** The gap of a grid's generator, for the continuum. */
interface GridGap extends Pick<SpectralGap, 'value' | 'lost'> {
  /** `cutCellCorrection`, which the value includes: of first order in h, and as uncertain as it is large; default 0. */
  readonly correction?: number
}

/** A gap of the continuum, as two grids show it. */
export interface ExtrapolatedGap {
  readonly value: number
  /**
   * Estimated error of the value: the difference of the two grids, and with walls what the cells that they cut leave uncertain;
   * where it is not resolved, at least the fine grid's value.
   */
  readonly error: number
  /** Whether the two grids show second order, and cut cells leave no more uncertain than that allows the grids to differ by. */
  readonly resolved: boolean
}

/**
 * Gap of the continuum by Richardson extrapolation, λ + (λ − λ_c)/(r² − 1), from the gaps on n and n/r cells a side:
 * the error of a grid is O(h²), that of the extrapolation O(h⁴). Where the grids differ by more than second order explains, log λ
 * is extrapolated, λ (λ/λ_c)^(1/(r² − 1)), if λ < λ_c: the errors of the cells are in the heights of V between wells, on
 * which λ depends like e^(−V/ε). Then the value is never above that of the finer grid.
 *
 * With walls each grid leaves its correction D for cut cells uncertain, and the two need not fall like h nor have one sign: where
 * a wall falls within its cells differs between the grids. The extrapolation leaves at most (r² D + D_c)/(r² − 1) of that.
 * @param coarse the gap on n/r cells a side
 * @param ratio r
 */
export function extrapolatedGap(coarse: GridGap, fine: GridGap, ratio = 2): ExtrapolatedGap {
  const order = ratio * ratio - 1
  const { correction: cut = 0 } = fine
  const uncertain = (ratio * ratio * cut + (coarse.correction ?? 0)) / order
  const error = Math.abs(fine.value - coarse.value) + uncertain
  const correction = (fine.value - coarse.value) / order
  const most = ASYMPTOTIC * fine.value
  if (Math.abs(correction) <= most && uncertain <= order * most && !fine.lost)
    return { value: fine.value + correction, error, resolved: true }
  const falls = fine.value < coarse.value
  return {
    value: falls ? fine.value * exp(log(fine.value / coarse.value) / order) : fine.value,
    error: Math.max(error, fine.value),
    resolved: false,
  }
}

/**
 * What cells that walls cut take from the gap of the generator, to first order: D = ε Σ w (p_i/n_i + p_j/n_j)(f_i − f_j)² − the Dirichlet
 * form of the grid's mode f, both over the faces of the cut cells, with w the weight of a face's direction, p the mean of
 * π over a cell, 0 where closed, and n_i the number of open faces of cell i in that direction. The first form is that of the
 * continuum for every linear function, however a wall cuts the cells, and the mode is smooth up to a straight wall; the second, which
 * takes p_i p_j over the logarithmic mean of p_i and p_j at a face, is never above it. Hence D ≥ 0, of first order in h, and of third
 * where walls run along the faces of cells.
 * @param mode the slowest mode on the cells of the law
 */
function cutCellCorrection(
  { barriers }: EnergyField,
  { law, slowest: { value, mode } }: OnGrid,
  metric: Metric,
): number {
  // A mode flat on each of several parts has only rounding on either side.
  if (barriers.length === 0 || value === 0) return 0
  const { box, density, epsilon } = law
  const h = spacing(box)
  const cut = density.map((_, k) => {
    const x = centreCoordinate(box, k % box.cells)
    const y = centreCoordinate(box, Math.floor(k / box.cells))
    return barriers.some((barrier) => levelRange(barrier, x, y, Math.SQRT1_2 * h)[0] <= 0) ? 1 : 0
  })
  let sum = 0
  for (const direction of directionsOf(metric, box)) {
    const { forth, stride } = scharfetterGummel(law, direction)
    const share = (k: number): number => {
      const openFaces = (forth[k]! > 0 ? 1 : 0) + (k >= stride && forth[k - stride]! > 0 ? 1 : 0)
      return density[k]! / openFaces
    }
    for (let k = 0; k + stride < cut.length; k++) {
      if (!(forth[k]! > 0) || (cut[k] === 0 && cut[k + stride] === 0)) continue
      const d = mode[k]! - mode[k + stride]!
      const linear =
        weightBetween(direction, k, k + stride) * epsilon * (share(k) + share(k + stride))
      sum += (linear - h * h * density[k]! * forth[k]!) * d * d
    }
  }
  return Math.max(0, sum)
}

/** Most cells a side of a grid on which the gap is sought. */
const MOST_CELLS = 256

interface OnGrid {
  readonly law: Gibbs
  readonly slowest: SpectralGap
}

export interface GapOnGrids {
  readonly gap: ExtrapolatedGap
  readonly fine: OnGrid
  /** On half as many cells a side. */
  readonly coarse: OnGrid
}

/**
 * The gap of the continuum from the table's number of cells a side and half of it; while two grids do not resolve it, from
 * twice as many, at whose centres the table is read between its nodes. With walls each grid's gap is corrected for the cells
 * that they cut.
 * @param pi π on the cells of the table
 * @param metric P, or M(x)
 */
export function* gapOnGrids(
  field: EnergyField,
  pi: Gibbs,
  metric: Metric,
): Generator<undefined, GapOnGrids> {
  const { epsilon, box } = pi
  const on = function* (law: Gibbs): Generator<undefined, OnGrid> {
    yield
    const slowest = spectralGap(law, { metric })
    yield
    return { law, slowest }
  }
  const lawOn = (cells: number): Gibbs => gibbs(field, epsilon, { ...box, cells })
  const corrected = (grid: OnGrid): GridGap => {
    const { value, lost } = grid.slowest
    const correction = cutCellCorrection(field, grid, metric)
    return { value: value + correction, lost, correction }
  }
  let coarse = yield* on(lawOn(Math.ceil(box.cells / 2)))
  let fine = yield* on(pi)
  for (;;) {
    const { cells } = fine.law.box
    const gap = extrapolatedGap(corrected(coarse), corrected(fine), cells / coarse.law.box.cells)
    if (gap.resolved || 2 * cells > MOST_CELLS) return { gap, fine, coarse }
    coarse = fine
    fine = yield* on(lawOn(2 * cells))
  }
}
