import type { EnergyField } from '../../fields/energyField.ts'
import { type Gibbs, gibbs } from '../../fields/gibbs.ts'
import type { Transition, TransitionParameters } from '../../fields/transition.ts'
import { log } from '../../maths/elementary.ts'
import { type Box, spacing } from '../../maths/grid.ts'
import { isPlaceMetric, type Metric, metricAtCentres } from '../../fields/placeMetric.ts'
import { type CellMetric, type Information, information } from './fisher.ts'
import { type AxisFactors, factorise, generatorsOf, sweep } from './generator.ts'
import { createSkewFlow } from './skewFlow.ts'

/** Which way of stepping was taken. */
type Scheme = 'crank-nicolson' | 'backward-euler'

/** KL and I at the end of a stretch of the flow, and how KL fell over it. */
interface Descent extends Information {
  /** KL before less KL after, nats. */
  readonly fallen: number
  /** ∫ ε I dt over the stretch, nats: equal to `fallen` in the continuum; null where one backward Euler step took it. */
  readonly dissipated: number | null
  /** Intervals of Simpson's rule that a further stretch of the same duration needs. */
  readonly intervals: number
}

/**
 * The Fokker–Planck equation d_t ρ = div(ρD∇V) + ε div(P∇ρ), D = P + γJ, on the cells of a box without flux through its
 * walls; plain Langevin: P = I, γ = 0.
 *
 * With a metric M(x) in place of P it is d_t ρ = div(ρ(M + γJ)∇V) + ε div(M∇ρ), the law of dx = (−(M + γJ)∇V + ε div M)dt + √(2εM)dW;
 * at a face M is the mean of the two cells'. All theorems below hold for it, too, since its rates are in detailed balance with π.
 *
 * P is a sum of diffusions along lattice directions (two if it is diagonal, else three), each with rates of Scharfetter
 * and Gummel. With their generators Q_1 … Q_n, R(t) = (I − tQ)⁻¹ and C(t) = (I − tQ/2)⁻¹(I + tQ/2), a step is
 *
 *   dt ≤ stepLimit: C_1(dt/2) … C_n(dt) … C_1(dt/2), of second order;
 *   beyond: R_n(dt) … R_1(dt), of first order.
 *
 * Theorems for γ = 0 and every P: each factor is a column-stochastic matrix with invariant π, so that each step keeps
 * the mass, keeps densities nonnegative, keeps π, and never raises KL(ρ‖π) or any other f-divergence, whatever V, ρ
 * and dt. For γ ≠ 0 the flow of `skewFlow.ts` stands between the two halves of the step: mass and π are kept
 * exactly and χ²(ρ‖π) never rises, but signs and the fall of KL are kept only as far as the cells resolve ρ/π; what
 * falls below zero is counted (`negativeMass`), not cut off. In space the scheme is of second order. Densities are
 * arrays of length cells² with Σ ρ h² = 1.
 * Source: Strang (1968), SIAM J. Numer. Anal. 5; Scharfetter & Gummel (1969).
 */
export interface FokkerPlanck {
  readonly gibbs: Gibbs
  /** P, or M at the cell centres: the metric of the Fisher information. */
  readonly metric: CellMetric
  /** Largest dt for which all C are stochastic: min(4/exit) over those taken by halves, 2/exit for the innermost. */
  readonly stepLimit: number
  /**
   * Takes one step in place. dt > 0; factorisations are kept for the last few dt. The skew flow divides dt into steps within
   * its own limit, so that a long dt costs more.
   */
  step(density: Float64Array, dt: number): Scheme
  /**
   * Advances in place by a duration > 0, by equal Crank–Nicolson steps within `stepLimit`; once KL ≤ 1e-7
   * by one backward Euler step, which then errs by less than that, since KL cannot rise.
   * @returns KL(ρ‖π) at the end
   */
  advance(density: Float64Array, duration: number): number
  /**
   * `advance`, with ∫ ε I dt by Simpson's rule over intervals in which I about halves at most, as the stretch before
   * showed. I is that of `relativeFisher`, which does not use the rates of the scheme, so that `fallen` and `dissipated` check
   * each other; they differ by O(h²).
   * @param from KL and I at the start, best the result of the stretch before; default: evaluated
   */
  descend(
    density: Float64Array,
    duration: number,
    from?: Information & { readonly intervals?: number },
  ): Descent
  /** KL(ρ‖π), nats: Σ ρ (log ρ − log π) h²; never rises. */
  kl(density: Float64Array): number
  /** KL and I of a density. */
  read(density: Float64Array): Information
}

const IDENTITY = [
  [1, 0],
  [0, 1],
] as const

/** From this KL on, nats, `advance` takes backward Euler steps. */
const SETTLED = 1e-7
const KEPT_FACTORS = 6
/** Fall of log I within one interval of Simpson's rule, whose relative error is then at most 1e-4. */
const SIMPSON_FALL = 0.7

/** Skew drift and metric of the dynamics, as in `TransitionParameters`; default: plain Langevin. */
export type FokkerPlanckDynamics = Partial<
  Pick<TransitionParameters, 'skew' | 'preconditioner'> & Pick<Transition, 'metric'>
>

/**
 * @param box cells of the solution; its halfWidth must be that of the table; default: the table's own cells
 */
export function createFokkerPlanck(
  field: EnergyField,
  epsilon: number,
  box: Box = field.grid.box,
  dynamics: FokkerPlanckDynamics = {},
): FokkerPlanck {
  return fokkerPlanckOf(gibbs(field, epsilon, box), dynamics)
}

/** KL(ρ‖π), nats, of a density on the cells of π. */
export function klOnCells(density: Float64Array, { logDensity, box }: Gibbs): number {
  let sum = 0
  for (let k = 0; k < density.length; k++) {
    const p = density[k]!
    if (p > 0) sum += p * (log(p) - logDensity[k]!)
  }
  return sum * (spacing(box) * spacing(box))
}

/** The solver on the cells of a Gibbs measure that is already known. */
export function fokkerPlanckOf(pi: Gibbs, dynamics: FokkerPlanckDynamics = {}): FokkerPlanck {
  const { skew = 0, preconditioner: [[pxx, pxy], [, pyy]] = IDENTITY } = dynamics
  const { cells } = pi.box
  const given: Metric = dynamics.metric ?? [pxx, pxy, pyy]
  const metric: CellMetric = isPlaceMetric(given) ? metricAtCentres(given, pi.box) : given
  const axes = generatorsOf(pi, given)
  const flow = skew === 0 ? null : createSkewFlow(pi, skew)
  // The innermost factor of a symmetric step is taken once, the others twice by halves.
  const innermost = flow === null ? axes.length - 1 : axes.length
  // A little below the exact limit, so that 1 − exit·dt/2 does not round below zero.
  const stepLimit =
    (1 - 1e-14) * Math.min(...axes.map(({ largest }, i) => (i < innermost ? 4 : 2) / largest))
  const scratch = new Float64Array(cells * cells)
  const kept = new Map<number, Factors>()

  function factors(dt: number): Factors {
    let found = kept.get(dt)
    if (found === undefined) {
      const scheme = dt <= stepLimit ? 'crank-nicolson' : 'backward-euler'
      const share = (i: number): number =>
        scheme === 'backward-euler' ? 1 : i < innermost ? 0.25 : 0.5
      found = { scheme, axes: axes.map((axis, i) => factorise(axis, share(i) * dt)) }
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
    const { scheme, axes: f } = factors(dt)
    const symmetric = scheme === 'crank-nicolson'
    for (const axis of f) sweep(axis, density, scratch, symmetric)
    if (flow !== null) {
      const parts = Math.ceil(dt / flow.stepLimit)
      for (let i = 0; i < parts; i++) flow.advance(density, dt / parts)
    }
    if (symmetric) for (let i = innermost - 1; i >= 0; i--) sweep(f[i]!, density, scratch, true)
    return scheme
  }

  const kl = (density: Float64Array): number => klOnCells(density, pi)

  const read = (density: Float64Array): Information =>
    information(density, pi.logDensity, pi.box, metric, scratch, pi.parted)

  /** Crank–Nicolson steps within the limit, an even number in each of the intervals. */
  function descend(
    density: Float64Array,
    duration: number,
    from: Information & { readonly intervals?: number } = read(density),
  ): Descent {
    const least = duration / stepLimit
    if (least > 1 && from.kl <= SETTLED) {
      step(density, duration)
      const to = read(density)
      return { ...to, fallen: from.kl - to.kl, dissipated: null, intervals: 1 }
    }
    const intervals = Math.min(from.intervals ?? Infinity, Math.ceil(least / 2))
    const half = Math.ceil(least / (2 * intervals))
    const dt = duration / (2 * intervals * half)
    let to: Information = from
    let sum = 0
    let fall = 0
    for (let i = 0; i < intervals; i++) {
      const start = to.fisher
      for (let j = 0; j < half; j++) step(density, dt)
      sum += start + 4 * read(density).fisher
      for (let j = 0; j < half; j++) step(density, dt)
      to = read(density)
      sum += to.fisher
      if (start > 0 && to.fisher > 0) fall = Math.max(fall, Math.abs(log(to.fisher / start)))
    }
    return {
      ...to,
      fallen: from.kl - to.kl,
      dissipated: (pi.epsilon * sum * duration) / (6 * intervals),
      intervals: powerOfTwo((fall * intervals) / SIMPSON_FALL),
    }
  }

  return {
    gibbs: pi,
    metric,
    stepLimit,
    step,
    kl,
    read,
    descend,
    advance(density, duration) {
      const steps = Math.max(1, Math.ceil(duration / stepLimit))
      if (steps > 1 && kl(density) <= SETTLED) step(density, duration)
      else for (let i = 0; i < steps; i++) step(density, duration / steps)
      return kl(density)
    },
  }
}

/** The least power of two ≥ 1 and ≥ x. */
function powerOfTwo(x: number): number {
  let p = 1
  while (p < x) p *= 2
  return p
}

/** One point of the curve. */
export interface FokkerPlanckPoint extends Information {
  /** KL at the point before less KL at the end of the flow from there, before any jump, nats; null at the start. */
  readonly fallen: number | null
  /** ∫ ε I dt of the flow from the point before, nats; null at the start and where KL ≤ 1e-7 at the point before. */
  readonly dissipated: number | null
  /** The state; overwritten as the curve goes on. */
  readonly density: Float64Array
}

/** An operation on the density between two stretches of a curve that keeps mass, sign and π. */
export interface Jumps {
  /** Number of stretches from one operation to the next. */
  readonly every: number
  readonly apply: (density: Float64Array) => void
}

/** Sets a density to 0 in closed cells, which barriers cover, and renormalises the rest. */
export function openCellsOnly(density: Float64Array, { box, logDensity }: Gibbs): void {
  let sum = 0
  let closed = 0
  for (let k = 0; k < density.length; k++) {
    if (logDensity[k] === -Infinity) {
      closed += density[k]!
      density[k] = 0
    } else sum += density[k]!
  }
  if (closed === 0) return
  const scale = 1 / (sum * spacing(box) * spacing(box))
  for (let k = 0; k < density.length; k++) density[k] = density[k]! * scale
}

/**
 * KL, Fisher information and dissipation of the continuous dynamics at the times kη of a chain, k = 0 … steps,
 * one at a time, so that a worker can pause between them.
 * @param density start, length cells², Σ ρ h² = 1; overwritten by the state
 */
export function* fokkerPlanckCurve(
  solver: FokkerPlanck,
  density: Float64Array,
  stepSize: number,
  steps: number,
  jumps?: Jumps,
): Generator<FokkerPlanckPoint, void> {
  const start = solver.read(density)
  let at: Information & { readonly intervals?: number } = start
  yield { ...start, fallen: null, dissipated: null, density }
  for (let k = 1; k <= steps; k++) {
    const to = solver.descend(density, stepSize, at)
    at = to
    if (jumps !== undefined && k % jumps.every === 0) {
      jumps.apply(density)
      at = solver.read(density)
    }
    const { kl, fisher, negativeMass } = at
    const { fallen, dissipated } = to
    yield { kl, fisher, negativeMass, fallen, dissipated, density }
  }
}

/** Falls of KL below this, nats, are rounding. */
const LEAST_FALL = 1e-9

/** |fallen − dissipated|/fallen of a point, the relative error in KL′ = −εI over its stretch; null where unknown or rounding. */
export function dissipationError({
  fallen,
  dissipated,
}: Pick<FokkerPlanckPoint, 'fallen' | 'dissipated'>): number | null {
  if (fallen === null || dissipated === null || !(fallen > LEAST_FALL)) return null
  return Math.abs(fallen - dissipated) / fallen
}

interface Factors {
  readonly scheme: Scheme
  readonly axes: readonly AxisFactors[]
}
