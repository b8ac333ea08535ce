import { useEffect, useRef } from 'react'
import type { Raster } from '../../../lab/protocol/calls.ts'
import { prepareContext } from '../../render/canvas.ts'
import { drawThumbnail } from '../../render/stage/thumbnail.ts'
import { usePalette } from './context.ts'
import { useRatio } from './useRatio.ts'

/** A density as a small picture; the card round it carries the name. */
export function Thumbnail({
  raster,
  size,
}: {
  readonly raster: Raster | null
  readonly size: number
}) {
  const ref = useRef<HTMLCanvasElement>(null)
  const palette = usePalette()
  const ratio = useRatio()
  useEffect(() => {
    const canvas = ref.current
    if (canvas === null) return
    const surface = { width: size, height: size, ratio }
    const context = prepareContext(canvas, surface)
    if (context === null) return
    if (raster !== null) drawThumbnail(context, surface, raster, palette)
  }, [raster, size, palette, ratio])
  return <canvas ref={ref} className="thumbnail" aria-hidden="true" data-drawn={raster !== null} />
}
