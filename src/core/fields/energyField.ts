import type { Box } from '../maths/grid.ts'
import type { Barrier } from './barriers/registry.ts'

/**
 * The narrow waist: an energy tabulated on (cells + 1)² nodes with V, V_x, V_y, V_xy, read by bicubic
 * Hermite interpolation. The interpolant is itself a C1 scalar energy, and it is the energy that is
 * drawn, sampled, certified and composed; adding tables node by node is adding energies, and their laws are mixed there, too.
 *
 * Node order is that of `Box`: index = row·(cells + 1) + column, x fastest. V is dimensionless, its
 * derivatives are per world unit (not per cell).
 */
export interface EnergyGrid {
  readonly box: Box
  readonly v: Float64Array
  readonly vx: Float64Array
  readonly vy: Float64Array
  readonly vxy: Float64Array
}

/** What everything downstream of training sees. */
export interface EnergyField {
  readonly grid: EnergyGrid
  readonly barriers: readonly Barrier[]
}

/** V and its derivatives at one point, in the order they are written by `readJet`. */
export const Jet = { v: 0, vx: 1, vy: 2, vxx: 3, vxy: 4, vyy: 5 } as const
