import type { EnergyGrid } from '../../fields/energyField.ts'
import { gibbs } from '../../fields/gibbs.ts'
import type { Symmetric2 } from '../../maths/linalg2.ts'
import { curvatureRange } from './curvature.ts'
import { gapBound, type GapBound } from './gapBound.ts'
import type { TermConstants } from './inheritance.ts'
import { spectralGap } from './spectrum.ts'

/** A term of a composition. */
export interface Term {
  readonly weight: number
  readonly grid: EnergyGrid
}

/** Cells a side on which a gap is estimated, from which its proof begins. */
const ESTIMATED_ON = 48

/**
 * Bounds of the curvature of each term, in the Euclidean metric, and its gap in the metric P, in pieces of work.
 * @param epsilon ε of the composition
 */
export function* termConstants(
  terms: readonly Term[],
  epsilon: number,
  metric: Symmetric2,
): Generator<undefined, TermConstants[]> {
  const found: TermConstants[] = []
  for (const { weight, grid } of terms) {
    const field = { grid, barriers: [] }
    const range = curvatureRange(field)
    yield
    const coarse = gibbs(field, epsilon, { ...grid.box, cells: ESTIMATED_ON })
    const { value: estimate } = spectralGap(coarse, { metric })
    yield
    let gap: GapBound | null = null
    if (estimate > 0)
      for (const proof = gapBound(field, epsilon, { metric, estimate }); ; yield) {
        const next = proof.next()
        if (next.done !== true) continue
        gap = next.value
        break
      }
    found.push({ weight, ...range, gap })
  }
  return found
}
