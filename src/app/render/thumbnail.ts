import type { Raster } from '../../lab/protocol/calls.ts'
import type { Context } from './canvas.ts'
import type { Surface } from './coordinates.ts'
import type { Palette } from './theme.ts'

/** Fills the surface with the raster in the density ramp, smoothly enlarged. */
export type DrawThumbnail = (
  context: Context,
  surface: Surface,
  raster: Raster,
  palette: Palette,
) => void
