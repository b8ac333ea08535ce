import { useEffect, useMemo, useRef } from 'react'
import { prepareContext } from '../../render/canvas.ts'
import type { Viewport } from '../../render/coordinates.ts'
import { createPadPainter, drawPadParticles } from '../../render/stage/padPicture.ts'
import { useLab, usePalette, useRun } from '../parts/context.ts'

/** Under the strokes: the energy that is learned from them and the particles on it, where the strokes are. */
export function SketchedEnergy({ pad }: { readonly pad: Viewport }) {
  const lab = useLab()
  const palette = usePalette()
  const base = useRef<HTMLCanvasElement>(null)
  const top = useRef<HTMLCanvasElement>(null)
  const landscape = useRun((state) => state.live?.sketched ?? null)
  const transform = useRun((state) => state.live?.taken?.transform ?? null)
  const painter = useMemo(() => createPadPainter(), [])

  useEffect(() => {
    if (base.current === null || landscape === null || transform === null) return
    const context = prepareContext(base.current, pad)
    if (context !== null) painter.landscape(context, pad, landscape, transform, palette)
  }, [painter, pad, landscape, transform, palette])

  useEffect(() => {
    const canvas = top.current
    if (canvas === null || transform === null) return
    let handle = 0
    const draw = () => {
      handle = 0
      const { langevin } = lab.live.getState()
      const context = prepareContext(canvas, pad)
      if (context !== null) drawPadParticles(context, pad, langevin, transform, palette)
    }
    const request = () => {
      if (handle === 0) handle = requestAnimationFrame(draw)
    }
    const stop = lab.live.subscribe(request)
    return () => {
      stop()
      cancelAnimationFrame(handle)
    }
  }, [lab, pad, transform, palette])

  return (
    <>
      <canvas ref={base} role="img" aria-label="Energy landscape learned from the drawing so far" />
      <canvas ref={top} role="img" aria-label="Langevin particles on it" />
    </>
  )
}
