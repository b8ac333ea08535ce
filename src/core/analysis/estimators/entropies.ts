import { stepKernel } from '../../fields/stepKernel.ts'
import { log } from '../../maths/elementary.ts'

/**
 * Adds Σ s·(log s − log π) over n ≤ BLOCK cells from `first` on: to sums[0] that of all grids together, to sums[1 + g]
 * that of all but one.
 * @param grids masses of the groups; values a little below zero count as 0
 * @param logReference log π of the cells, −∞ allowed
 */
export function addEntropies(
  grids: readonly Float64Array[],
  logReference: Float64Array,
  first: number,
  n: number,
  sums: Float64Array,
): void {
  if (stepKernel()?.entropies(grids, logReference, first, n, sums) === true) return
  const groups = grids.length
  for (let k = first; k < first + n; k++) {
    let s = 0
    for (let g = 0; g < groups; g++) s += grids[g]![k]!
    // Splines may make the tail of a kernel slightly negative.
    if (!(s > 0)) continue
    const reference = logReference[k]!
    const term = s * (log(s) - reference)
    sums[0] = sums[0]! + term
    for (let g = 0; g < groups; g++) {
      const own = grids[g]![k]!
      if (!(own > 0)) {
        sums[1 + g] = sums[1 + g]! + term
        continue
      }
      const rest = s - own
      if (rest > 0) sums[1 + g] = sums[1 + g]! + rest * (log(rest) - reference)
    }
  }
}
