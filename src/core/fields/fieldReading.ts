import { log } from '../maths/elementary.ts'
import { cap, CAP_TO } from './barriers/cap.ts'
import { readLevel } from './barriers/levels.ts'
import { addBarriers, addSlopes } from './barriers/terms.ts'
import type { EnergyField } from './energyField.ts'
import { readGradient, readGradients, readJet, readValue } from './energyGrid.ts'

/** V(x, y) with barriers; +∞ where one forbids. The table is clamped outside Ω. */
export function fieldValue(field: EnergyField, x: number, y: number): number {
  const { barriers } = field
  let value = readValue(field.grid, x, y)
  for (const barrier of barriers) {
    const h = readLevel(barrier, x, y, false)
    if (!(h > 0)) return Infinity
    if (barrier.strength > 0 && h < CAP_TO) value -= barrier.strength * log(cap(h))
  }
  return value
}

/** ∇V(x, y) with barriers to out[0], out[1]; NaN where one forbids. */
export function fieldGradient(field: EnergyField, x: number, y: number, out: Float64Array): void {
  readGradient(field.grid, x, y, out)
  if (field.barriers.length > 0) addSlopes(field.barriers, x, y, out, 0)
}

/**
 * ∇V with barriers at n points, as `fieldGradient` gives it at each.
 * @param xy points [x0, y0, …]
 * @param first index of the first point
 * @param out length ≥ 2n: [V_x, V_y] of each; overwritten
 */
export function fieldGradients(
  field: EnergyField,
  xy: Float64Array,
  first: number,
  n: number,
  out: Float64Array,
): void {
  const { barriers } = field
  readGradients(field.grid, xy, first, n, out)
  if (barriers.length === 0) return
  for (let i = 0, k = 2 * first; i < n; i++, k += 2) {
    addSlopes(barriers, xy[k]!, xy[k + 1]!, out, 2 * i)
  }
}

/**
 * [V, V_x, V_y, V_xx, V_xy, V_yy] with barriers, in the order of `Jet`; V = +∞ and derivatives NaN where one
 * forbids.
 */
export function fieldJet(field: EnergyField, x: number, y: number, out: Float64Array): void {
  readJet(field.grid, x, y, out)
  if (field.barriers.length > 0) addBarriers(field.barriers, x, y, out)
}
