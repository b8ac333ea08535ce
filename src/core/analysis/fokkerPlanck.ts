import type { EnergyField } from '../fields/energyField.ts'
import { type Gibbs, gibbs } from '../fields/gibbs.ts'
import { exp, log } from '../maths/elementary.ts'
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

/** Which way of stepping was taken. */
export type Scheme = 'crank-nicolson' | 'backward-euler'

/**
 * The Fokker–Planck equation d_t ρ = div(ρ∇V) + εΔρ on the cells of a box without flux through its walls.
 *
 * With Q_x, Q_y the generators along the axes, R(t) = (I − tQ)⁻¹ and C(t) = (I − tQ/2)⁻¹(I + tQ/2), a step is
 *
 *   dt ≤ stepLimit: C_x(dt/2) C_y(dt) C_x(dt/2), of second order;
 *   beyond: R_y(dt) R_x(dt), of first order.
 *
 * Every factor is a column-stochastic matrix with invariant π, so that each step keeps the mass, keeps
 * densities nonnegative, keeps π, and never raises KL(ρ‖π), whatever V, ρ and dt. In space the scheme is of
 * second order. Densities are arrays of length cells² with Σ ρ h² = 1.
 * Source: Strang (1968), SIAM J. Numer. Anal. 5; Scharfetter & Gummel (1969).
 */
export interface FokkerPlanck {
  readonly gibbs: Gibbs
  /** Largest dt for which C_x(dt/2) and C_y(dt) are stochastic: min(4/exit_x, 2/exit_y). */
  readonly stepLimit: number
  /** One step in place. dt > 0; factorisations are kept for the last few dt. */
  step(density: Float64Array, dt: number): Scheme
  /**
   * Advances in place by a duration > 0, by equal Crank–Nicolson steps within `stepLimit`; once KL ≤ 1e-5
   * by one backward Euler step, which then errs by less than that, since KL cannot rise.
   * @returns KL(ρ‖π) at the end
   */
  advance(density: Float64Array, duration: number): number
  /** KL(ρ‖π), nats: Σ ρ (log ρ − log π) h²; never rises. */
  kl(density: Float64Array): number
}

/** From this KL on, nats, `advance` takes backward Euler steps. */
const SETTLED = 1e-5
const KEPT_FACTORS = 4

/**
 * @param box cells of the solution; its halfWidth must be that of the table; default: the table's own cells
 */
export function createFokkerPlanck(
  field: EnergyField,
  epsilon: number,
  box: Box = field.grid.box,
): FokkerPlanck {
  return fokkerPlanckOf(gibbs(field, epsilon, box))
}

/** The solver on the cells of a Gibbs measure that is already known. */
export function fokkerPlanckOf(pi: Gibbs): FokkerPlanck {
  const rates = scharfetterGummelRates(pi)
  const { cells } = pi.box
  const area = spacing(pi.box) * spacing(pi.box)
  const x = generator(rates.right, rates.left, 1, cells)
  const y = generator(rates.up, rates.down, cells, cells)
  // The last digits are given up so that 1 − exit·dt/2 does not round below zero.
  const stepLimit = (1 - 1e-14) * Math.min(4 / x.largest, 2 / y.largest)
  const scratch = new Float64Array(cells * cells)
  const kept = new Map<number, Factors>()

  function factors(dt: number): Factors {
    let found = kept.get(dt)
    if (found === undefined) {
      const scheme = dt <= stepLimit ? 'crank-nicolson' : 'backward-euler'
      const [tx, ty] = scheme === 'crank-nicolson' ? [dt / 4, dt / 2] : [dt, dt]
      found = { scheme, x: factorise(x, tx), y: factorise(y, ty) }
      if (kept.size >= KEPT_FACTORS) kept.delete(kept.keys().next().value!)
      kept.set(dt, found)
    }
    return found
  }

  function step(density: Float64Array, dt: number): Scheme {
    if (!(dt > 0)) throw new RangeError(`The time step must be positive: ${dt}`)
    if (density.length !== cells * cells) {
      throw new RangeError(`${density.length} values for ${cells}² cells`)
    }
    const f = factors(dt)
    const halved = f.scheme === 'crank-nicolson'
    sweepX(f.x, cells, density, halved)
    sweepY(f.y, cells, density, scratch, halved)
    if (halved) sweepX(f.x, cells, density, true)
    return f.scheme
  }

  function kl(density: Float64Array): number {
    let sum = 0
    for (let k = 0; k < density.length; k++) {
      const p = density[k]!
      if (p > 0) sum += p * (log(p) - pi.logDensity[k]!)
    }
    return sum * area
  }

  return {
    gibbs: pi,
    stepLimit,
    step,
    kl,
    advance(density, duration) {
      const steps = Math.max(1, Math.ceil(duration / stepLimit))
      if (steps > 1 && kl(density) <= SETTLED) step(density, duration)
      else for (let i = 0; i < steps; i++) step(density, duration / steps)
      return kl(density)
    },
  }
}

/**
 * KL of the continuous dynamics at the times kη of a chain, k = 0 … steps, one at a time, so that a worker
 * can pause between them.
 * @param density start, length cells², Σ ρ h² = 1; overwritten by the state
 */
export function* fokkerPlanckCurve(
  solver: FokkerPlanck,
  density: Float64Array,
  stepSize: number,
  steps: number,
): Generator<number, void> {
  yield solver.kl(density)
  for (let k = 1; k <= steps; k++) yield solver.advance(density, stepSize)
}

/** The generator along one axis; the cell after k on its line is k + stride. */
interface AxisGenerator {
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

function generator(
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

interface Factors {
  readonly scheme: Scheme
  readonly x: AxisFactors
  readonly y: AxisFactors
}

/**
 * Elimination of I − tQ along every line of an axis: forth d_k ← (d_k + a_k d_{k−1}) m_k, then back
 * d_k ← d_k + c_k d_{k+1}, with a_k = t q_{k−1→k} and c_k = t q_{k+1→k} m_k; the explicit factor I + tQ is
 * `stay` on the diagonal beside a and b_k = t q_{k+1→k}. Every number is a sum or product of nonnegative
 * ones, the pivots too (as in Grassmann, Taksar & Heyman 1985), so rounding cannot make a density negative.
 */
interface AxisFactors {
  readonly a: Float64Array
  readonly b: Float64Array
  readonly m: Float64Array
  readonly c: Float64Array
  readonly stay: Float64Array
}

function factorise(axis: AxisGenerator, t: number): AxisFactors {
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
    a[k] = first ? 0 : t * forth[before]!
    b[k] = t * back[k]!
    rest[k] = 1 + (first ? 0 : leaving * rest[before]! * m[before]!)
    m[k] = 1 / (rest[k]! + t * forth[k]!)
    c[k] = b[k]! * m[k]!
    stay[k] = 1 - (t * forth[k]! + leaving)
  }
  return { a, b, m, c, stay }
}

/** (I − tQ_x)⁻¹ d, or (I − tQ_x)⁻¹(I + tQ_x) d, in place. */
function sweepX(f: AxisFactors, cells: number, d: Float64Array, explicit: boolean): void {
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
function sweepY(
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
