import { normalUpperQuantile } from '../../maths/special.ts'

/** One-sided level of all looks together. */
const LEVEL = 0.05

/**
 * Standard errors to add to the j-th reading, so that with probability 95 % no reading of the run, looked at one after
 * another, lies above its bound: P(N > z_j) = 6·0.05/(π²j²), which sums to 5 % over all j ≥ 1 (union bound). For readings whose
 * error is normal.
 */
export function errorsAtLook(look: number): number {
  return normalUpperQuantile((6 * LEVEL) / (Math.PI * Math.PI * look * look))
}
