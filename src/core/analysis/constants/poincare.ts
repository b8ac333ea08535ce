import type { LawCurves } from '../curves.ts'
import type { Gibbs } from '../../fields/gibbs.ts'
import { exp, log } from '../../maths/elementary.ts'
import { spacing } from '../../maths/grid.ts'

/*
 * Under Langevin, with or without a skew drift, χ²(ρ_t‖π) ≤ e^(−2λ_P t) χ²(ρ₀‖π), λ_P the spectral gap: differentiate Var_π(ρ_t/π).
 * With KL ≤ log(1 + χ²), the Rényi divergence of order 2, the gap alone bounds KL, without a log-Sobolev constant.
 */

/**
 * A law as a mixture of two, ρ = mass·ρ_near + (1 − mass)·ρ_far, ρ_near where ρ/π is at most some value. The dynamics are linear
 * in the law and KL is convex, so that KL_t ≤ mass·log(1 + e^(−2λt) χ²(ρ_near‖π)) + (1 − mass)·KL(ρ_far‖π): the tail of a start that is
 * wider than π, whose χ² may be e^40, costs its small mass times its KL.
 */
export interface Split {
  readonly mass: number
  /** log(1 + χ²(ρ_near‖π)), nats. */
  readonly renyi: number
  /** (1 − mass)·KL(ρ_far‖π), nats. */
  readonly rest: number
}

/** log(1 + χ²(ρ‖π)) = log ∫ρ²/π by midpoints on the cells of π, nats; null where it overflows, or π underflows. */
export function renyiDivergence(density: Float64Array, pi: Gibbs): number | null {
  const h = spacing(pi.box)
  let sum = 0
  for (let k = 0; k < density.length; k++) {
    const p = density[k]!
    if (p > 0) sum += (p * p) / pi.density[k]!
  }
  return sum < Infinity ? Math.max(0, log(sum * h * h)) : null
}

/** Distance of two thresholds of log ρ/π, nats. */
const THRESHOLDS = 0.5
/** Splits whose far part costs more than this, nats, or whose near part has less mass, are of no use. */
const MOST_REST = 10
const LEAST_NEAR = 0.5
const LEAST_FAR = 1e-13

/** Splits of a law on the cells of π at thresholds of ρ/π: the whole law first, then with more and more of it far. */
export function splitsOf(density: Float64Array, { box, logDensity }: Gibbs): Split[] {
  const area = spacing(box) * spacing(box)
  const ratio = new Float64Array(density.length)
  const cells: number[] = []
  for (let k = 0; k < density.length; k++) {
    if (!(density[k]! > 0)) continue
    ratio[k] = log(density[k]!) - logDensity[k]!
    cells.push(k)
  }
  cells.sort((a, b) => ratio[a]! - ratio[b]!)
  const splits: Split[] = []
  let mass = 0
  let square = 0
  let whole = 0
  for (const k of cells) whole += density[k]! * ratio[k]! * area
  let near = 0
  for (const [i, k] of cells.entries()) {
    const p = density[k]! * area
    mass += p
    square += p * exp(ratio[k]!)
    near += p * ratio[k]!
    const next = cells[i + 1]
    const last = next === undefined
    if (!last && Math.floor(ratio[next]! / THRESHOLDS) === Math.floor(ratio[k]! / THRESHOLDS))
      continue
    const far = 1 - mass
    // So little that it is the rounding of the sum: not told apart from the whole law.
    if (!last && far < LEAST_FAR) continue
    // (1 − mass)·KL(ρ_far‖π): the far part is normalised by its mass.
    const rest = last ? 0 : whole - near - far * log(far)
    if (mass < LEAST_NEAR || rest > MOST_REST || !(square < Infinity)) continue
    splits.push({ mass: last ? 1 : mass, renyi: Math.max(0, log(square / (mass * mass))), rest })
  }
  return splits.reverse()
}

/**
 * The least time t after which KL_t ≤ δ is certain, and the split by which it is, over the splits: log(χ²/(e^((δ − rest)/mass) − 1))/(2λ). Null where none has a
 * rest below δ.
 * @param gap λ > 0, a lower bound of the spectral gap, per unit of time
 * @param delta δ > 0, nats
 */
export function certifiedTime(
  splits: readonly Split[],
  gap: number,
  delta: number,
): { readonly time: number; readonly by: Split } | null {
  let least: { readonly time: number; readonly by: Split } | null = null
  for (const by of splits) {
    const { mass, renyi, rest } = by
    if (!(rest < delta)) continue
    // log(e^x − 1) = x + log(1 − e^−x) for either, without overflow.
    const excess = (x: number): number => x + log(1 - exp(-x))
    const room = (delta - rest) / mass
    const time = renyi <= room ? 0 : (excess(renyi) - excess(room)) / (2 * gap)
    if (least === null || time < least.time) least = { time, by }
  }
  return least
}

/** Share of its KL up to which the error of a law on the grid lets it certify. */
const RESOLVED = 0.05

/**
 * What certifies from each step on, null where nothing does: at step 0 the splits of the start where the cells resolve it, later the law
 * on the grid; without splits of the start, none before the first step at which the cells resolve the law.
 */
export function certifyingLaws(
  startSplits: readonly Split[] | null,
  {
    renyi,
    fokkerPlanck,
    fokkerPlanckError,
  }: Pick<LawCurves, 'renyi' | 'fokkerPlanck' | 'fokkerPlanckError'>,
): readonly (readonly Split[] | null)[] {
  let resolved = startSplits !== null
  return renyi.map((value, step) => {
    if (step === 0) return startSplits
    const kl = fokkerPlanck[step] ?? null
    const error = fokkerPlanckError[step] ?? null
    resolved ||= value !== null && kl !== null && error !== null && error <= RESOLVED * kl
    return resolved && value !== null ? [{ mass: 1, renyi: value, rest: 0 }] : null
  })
}

/**
 * The steps after which KL of the continuous dynamics is certain to be at most δ, counted from each step; null where nothing is.
 * @param laws as of `certifyingLaws`
 * @param gap λ > 0, a lower bound of the spectral gap, per unit of time
 * @param delta δ > 0, nats
 */
export function stepsNeeded(
  laws: ReturnType<typeof certifyingLaws>,
  gap: number,
  delta: number,
  stepSize: number,
): readonly (number | null)[] {
  return laws.map((splits) => {
    const certified = splits === null ? null : certifiedTime(splits, gap, delta)
    // A part of 1e-9 of a step is rounding.
    return certified === null ? null : Math.ceil(certified.time / stepSize - 1e-9)
  })
}
