import { basinsOf, strayShare } from '../../../core/analysis/constants/basins.ts'
import type { EnergyField } from '../../../core/fields/energyField.ts'
import { gibbs } from '../../../core/fields/gibbs.ts'
import { nodeCoordinate, type Box } from '../../../core/maths/grid.ts'
import { erf } from '../../../core/maths/special.ts'

/**
 * Share of N(0, I), restricted to the box, that lies in basins of the gradient flow of V that hold less than `STRAY_MASS` of
 * π at ε = 1, in [0, 1]: under the gradient flow it never reaches the data.
 */
export function strayStart(field: EnergyField): number {
  const { box } = field.grid
  return strayShare(basinsOf(field, gibbs(field, 1, box)), standardNormal(box))
}

/** Masses of N(0, I), restricted to the box, in its cells. Length cells², Σ = 1. */
export function standardNormal(box: Box): Float64Array {
  const { cells } = box
  const reach = (i: number) => erf(nodeCoordinate(box, i) * Math.SQRT1_2)
  const line = Float64Array.from({ length: cells }, (_, i) => reach(i + 1) - reach(i))
  const total = reach(cells) - reach(0)
  return Float64Array.from(
    { length: cells * cells },
    (_, k) => (line[k % cells]! / total) * (line[Math.floor(k / cells)]! / total),
  )
}
