import type { EnergyField } from '../../core/fields/energyField.ts'
import type { Landscape } from '../protocol/calls.ts'

/** The table of a field as the page receives it: a copy, because a reply transfers its arrays. */
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
