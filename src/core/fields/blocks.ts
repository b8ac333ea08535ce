import { Jet, type EnergyField } from './energyField.ts'
import { fieldJet, fieldValue } from './fieldReading.ts'
import { stepKernel } from './stepKernel.ts'

const jet = new Float64Array(6)

/**
 * V with barriers at n ≤ BLOCK points, as `fieldValue` gives it at each.
 * @param xy points [x0, y0, …]
 * @param first index of the first point
 * @param out length ≥ n; overwritten
 */
export function fieldValues(
  field: EnergyField,
  xy: Float64Array,
  first: number,
  n: number,
  out: Float64Array,
): void {
  const kernel = field.barriers.length === 0 ? stepKernel() : null
  if (kernel !== null) {
    kernel.values(field.grid, xy, first, n, out)
    return
  }
  for (let i = 0, k = 2 * first; i < n; i++, k += 2) {
    out[i] = fieldValue(field, xy[k]!, xy[k + 1]!)
  }
}

/** Where the derivatives of a point stand in what `fieldDerivatives` writes, and how many numbers it writes a point. */
export const Derivative = { vx: 0, vxx: 1, vy: 2, vxy: 3, vyy: 4, count: 6 } as const

/**
 * First and second derivatives of V with barriers at n ≤ BLOCK points, as `fieldJet` gives them at each.
 * @param xy points [x0, y0, …]
 * @param first index of the first point
 * @param out length ≥ 6n: [V_x, V_xx, V_y, V_xy, V_yy, –] of each; overwritten
 */
export function fieldDerivatives(
  field: EnergyField,
  xy: Float64Array,
  first: number,
  n: number,
  out: Float64Array,
): void {
  const kernel = field.barriers.length === 0 ? stepKernel() : null
  if (kernel !== null) {
    kernel.derivatives(field.grid, xy, first, n, out)
    return
  }
  for (let i = 0, k = 2 * first, at = 0; i < n; i++, k += 2, at += Derivative.count) {
    fieldJet(field, xy[k]!, xy[k + 1]!, jet)
    out[at + Derivative.vx] = jet[Jet.vx]!
    out[at + Derivative.vxx] = jet[Jet.vxx]!
    out[at + Derivative.vy] = jet[Jet.vy]!
    out[at + Derivative.vxy] = jet[Jet.vxy]!
    out[at + Derivative.vyy] = jet[Jet.vyy]!
  }
}
