import type { EnergyField } from '../../core/fields/energyField.ts'
import type { Landscape } from '../protocol/calls.ts'

/** A table as the page gets it: copied, since a reply is given away. */
export function landscapeOf(
  { grid, barriers }: EnergyField,
  epsilon: number,
  logZ: number,
): Landscape {
  return {
    halfWidth: grid.box.halfWidth,
    cells: grid.box.cells,
    v: grid.v.slice(),
    vx: grid.vx.slice(),
    vy: grid.vy.slice(),
    vxy: grid.vxy.slice(),
    epsilon,
    logZ,
    barriers,
  }
}
