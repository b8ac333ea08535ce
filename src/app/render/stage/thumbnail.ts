import type { Raster } from '../../../lab/protocol/calls.ts'
import { createBitmap, type Context } from '../canvas.ts'
import type { Surface } from '../coordinates.ts'
import { fillDensity } from './landscape.ts'
import { sampleRaster } from './sampling.ts'
import { rampsOf } from '../ramps.ts'
import type { Palette } from '../theme.ts'

/** Fills the largest centred square of the surface with the raster, in the density ramp. */
export function drawThumbnail(
  context: Context,
  surface: Surface,
  raster: Raster,
  palette: Palette,
): void {
  const side = Math.max(1, Math.round(Math.min(surface.width, surface.height) * surface.ratio))
  const values = new Float32Array(side * side)
  const words = new Uint32Array(side * side)
  sampleRaster(raster, side, side, values)
  fillDensity(values, rampsOf(palette).density, words)
  const bitmap = createBitmap(side, side)
  bitmap.context.putImageData(new ImageData(new Uint8ClampedArray(words.buffer), side, side), 0, 0)
  const size = side / surface.ratio
  context.drawImage(
    bitmap.canvas,
    (surface.width - size) / 2,
    (surface.height - size) / 2,
    size,
    size,
  )
}
