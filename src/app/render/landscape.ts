import type { Landscape, Raster } from '../../lab/protocol/calls.ts'
import type { Context } from './canvas.ts'
import type { Viewport } from './coordinates.ts'
import type { Palette } from './theme.ts'

/** What there is to draw under the particles. */
export interface LandscapeData {
  readonly landscape: Landscape
  /** ρ*; null for points. */
  readonly targetDensity: Raster | null
  /** Data points [x0, y0, …]; may be empty. */
  readonly data: Float32Array
}

/** Which layers to draw; `energy` is the Gibbs density of the energy at its temperature. */
export interface LandscapeLayers {
  readonly energy: boolean
  readonly contours: boolean
  readonly gradient: boolean
  readonly target: boolean
  readonly data: boolean
}

/**
 * Draws the landscape and keeps the bitmaps: as long as landscape, size, theme and layers stay the same
 * a draw is one image copy. One painter serves both canvases.
 */
export interface LandscapePainter {
  draw(
    context: Context,
    viewport: Viewport,
    data: LandscapeData,
    layers: LandscapeLayers,
    palette: Palette,
  ): void
}

export type CreateLandscapePainter = () => LandscapePainter
export type DrawDifference = (
  context: Context,
  viewport: Viewport,
  landscape: Landscape,
  xy: Float32Array,
  palette: Palette,
) => void
