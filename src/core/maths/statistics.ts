/** Sample statistics over plain or typed arrays, in one fixed order of summation. */

function requireCount(name: string, found: number, least: number): void {
  if (found < least) {
    throw new RangeError(`${name}: at least ${least} values are needed, found ${found}`)
  }
}

/** Arithmetic mean. Throws RangeError when empty. */
export function mean(values: ArrayLike<number>): number {
  requireCount('mean', values.length, 1)
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  return sum / values.length
}

/** Unbiased sample variance, Σ(vᵢ − v̄)²/(n − 1), in two passes; n ≥ 2. */
export function variance(values: ArrayLike<number>): number {
  requireCount('variance', values.length, 2)
  const centre = mean(values)
  let sum = 0
  for (let i = 0; i < values.length; i++) {
    const d = values[i]! - centre
    sum += d * d
  }
  return sum / (values.length - 1)
}

/** Standard error of the mean of independent values, √(variance/n); n ≥ 2. */
export function standardError(values: ArrayLike<number>): number {
  return Math.sqrt(variance(values) / values.length)
}

/**
 * The p-th percentile, p in [0, 100], by linear interpolation between order statistics: with the sorted
 * values v₀ ≤ … ≤ v₍ₙ₋₁₎ and t = (n − 1)·p/100 it is v₍⌊t⌋₎ + (t − ⌊t⌋)(v₍⌊t⌋+1₎ − v₍⌊t⌋₎) (type 7 of
 * Hyndman & Fan 1996). The input is not changed.
 */
export function percentile(values: ArrayLike<number>, p: number): number {
  requireCount('percentile', values.length, 1)
  if (!(p >= 0 && p <= 100)) throw new RangeError(`percentile: p must lie in [0, 100], found ${p}`)
  const sorted = Float64Array.from(values).sort()
  const t = ((sorted.length - 1) * p) / 100
  const i = Math.floor(t)
  const low = sorted[i]!
  return i + 1 < sorted.length ? low + (t - i) * (sorted[i + 1]! - low) : low
}

/** Groups that the estimators of particles split them into for their jackknife: particle i in group i mod 16. */
export const GROUPS = 16

export interface JackknifeEstimate {
  /** Bias-corrected estimate: the mean of the pseudo-values. */
  readonly estimate: number
  /** sd(pseudo-values)/√G. */
  readonly standardError: number
  /** ψ_g = G·θ − (G − 1)·θ₍₋g₎, length G; paired differences of two of these keep their groups. */
  readonly pseudoValues: Float64Array
}

/**
 * Delete-one-group jackknife.
 * @param full θ, the statistic on all G groups
 * @param leaveOneOut θ₍₋g₎, the statistic without group g; length G ≥ 2
 * Source: Quenouille (1956), Tukey (1958); Efron (1982), The Jackknife, the Bootstrap …
 */
export function jackknife(full: number, leaveOneOut: ArrayLike<number>): JackknifeEstimate {
  const groups = leaveOneOut.length
  requireCount('jackknife', groups, 2)
  const pseudoValues = new Float64Array(groups)
  for (let g = 0; g < groups; g++) {
    pseudoValues[g] = groups * full - (groups - 1) * leaveOneOut[g]!
  }
  return {
    estimate: mean(pseudoValues),
    standardError: standardError(pseudoValues),
    pseudoValues,
  }
}

/** How far below zero, in standard errors, an estimate of a KL may lie before it has failed. */
const IMPOSSIBLE = 4

/** Whether an estimate can be one of a KL, which is never negative: it may fall below zero by its noise alone. */
export function isPossibleKl(value: number, standardError: number | null): boolean {
  return value >= -IMPOSSIBLE * (standardError ?? 0)
}
