import { fieldGradient } from '../../fields/fieldReading.ts'
import type { EnergyField } from '../../fields/energyField.ts'
import { type Box, centreCoordinate } from '../../maths/grid.ts'

/**
 * |e|² = |∇V + ε∇log ρ_D|² at the cell centres of a box, length cells²: the squared error of the drift of a
 * learned energy against the law of its data; NaN where a barrier forbids. e = 0 everywhere exactly when ρ_D is the
 * Gibbs measure.
 * @param score writes ∇log ρ_D(x, y) to its last argument; called cell by cell, row-major, x fastest
 */
export function driftError(
  field: EnergyField,
  epsilon: number,
  score: (x: number, y: number, out: Float64Array) => void,
  box: Box = field.grid.box,
): Float64Array {
  const { cells } = box
  const out = new Float64Array(cells * cells)
  const g = new Float64Array(2)
  const s = new Float64Array(2)
  for (let row = 0, k = 0; row < cells; row++) {
    const y = centreCoordinate(box, row)
    for (let column = 0; column < cells; column++, k++) {
      const x = centreCoordinate(box, column)
      fieldGradient(field, x, y, g)
      score(x, y, s)
      const ex = g[0]! + epsilon * s[0]!
      const ey = g[1]! + epsilon * s[1]!
      out[k] = ex * ex + ey * ey
    }
  }
  return out
}

/** `driftError` from the score at the centres of the cells, length cells² each. */
export function driftErrorOf(
  field: EnergyField,
  epsilon: number,
  { scoreX, scoreY }: { readonly scoreX: Float64Array; readonly scoreY: Float64Array },
  box: Box = field.grid.box,
): Float64Array {
  let k = 0
  return driftError(
    field,
    epsilon,
    (_x, _y, out) => {
      out[0] = scoreX[k]!
      out[1] = scoreY[k]!
      k++
    },
    box,
  )
}

/** Σ mass·f over cells: the mean of f under a law given by its cell masses. */
export function meanOver(mass: Float64Array, f: Float64Array): number {
  let sum = 0
  for (let k = 0; k < mass.length; k++) if (mass[k]! > 0) sum += mass[k]! * f[k]!
  return sum
}
