import { GROUPS } from '../../maths/statistics.ts'
import { normalUpperQuantile, studentUpperQuantile } from '../../maths/special.ts'

/** One-sided level of all looks together. */
const LEVEL = 0.05

/** Level of the j-th look: over all j ≥ 1 they sum to LEVEL. */
function levelOf(look: number): number {
  return (6 * LEVEL) / (Math.PI * Math.PI * look * look)
}

/**
 * Standard errors to add to the j-th reading, so that with probability 95 % no reading of the run, looked at one after
 * another, lies above its bound: P(N > z_j) = 6·0.05/(π²j²), which sums to 5 % over all j ≥ 1 (union bound). For means over many
 * independent particles, whose error is normal and known.
 */
export function errorsAtLook(look: number): number {
  return normalUpperQuantile(levelOf(look))
}

/** Degrees of freedom of a standard error by a jackknife over the groups. */
const FREEDOM = GROUPS - 1
/** z_j by its look, kept because every report reads them all again. */
const errors: number[] = []

/**
 * `errorsAtLook` for readings whose standard error is that of a jackknife over sixteen groups: P(T > z_j) = 6·0.05/(π²j²) with
 * Student's T of 15 degrees of freedom, since such a standard error is itself off by about a fifth. By normal quantiles
 * nearly 10 % of the runs of twenty looks would err.
 */
export function jackknifeErrorsAtLook(look: number): number {
  return (errors[look] ??= studentUpperQuantile(levelOf(look), FREEDOM))
}
