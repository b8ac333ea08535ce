import type { Box } from '../../../core/maths/grid.ts'
import type { Raster } from '../../protocol/calls.ts'
import type { ResolvedTarget } from './resolveTarget.ts'

/** Most data points that a reply carries for drawing. */
export const PICTURE_POINTS = 2000
/** Most cells a side of the picture of the target's density; no number is computed from this picture. */
const PICTURE_CELLS = 64

/** The density of a target as a picture on a box; null where the target has none. */
export function rasterOf(
  target: ResolvedTarget,
  { halfWidth: width, cells: finest }: Box,
): Raster | null {
  const table = target.density({ halfWidth: width, cells: Math.min(PICTURE_CELLS, finest) })
  if (table === null) return null
  const { halfWidth, cells } = table.box
  return { halfWidth, cells, values: Float32Array.from(table.density) }
}
