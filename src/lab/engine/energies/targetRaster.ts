import type { DensityTable } from '../../../core/analysis/estimators/kl.ts'
import type { Box } from '../../../core/maths/grid.ts'
import type { Raster } from '../../protocol/calls.ts'

/** Most data points that a reply carries for drawing. */
export const PICTURE_POINTS = 2000
/** Most cells a side of the picture of the target's density; no number is computed from this picture. */
const PICTURE_CELLS = 64

/**
 * A density as a picture on a box; null where there is none.
 * @param tabulate the density on the cells of a box
 */
export function rasterOf(
  tabulate: (box: Box) => DensityTable | null,
  { halfWidth: width, cells: finest }: Box,
): Raster | null {
  const table = tabulate({ halfWidth: width, cells: Math.min(PICTURE_CELLS, finest) })
  if (table === null) return null
  const { halfWidth, cells } = table.box
  return { halfWidth, cells, values: Float32Array.from(table.density) }
}
