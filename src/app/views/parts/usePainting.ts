import { useCallback, useEffect, useRef, type RefObject } from 'react'
import { createPainting, type Frames, type Painting } from '../../render/painting.ts'

/**
 * Keeps a canvas painted: anew whenever `paint` is another function, and when the function returned is called;
 * once an animation frame at most, and only while the canvas is seen.
 * @param paint null: there is nothing to paint yet
 * @param frames default: the next; the same at every rendering
 */
export function usePainting(
  canvas: RefObject<HTMLCanvasElement | null>,
  paint: ((canvas: HTMLCanvasElement) => void) | null,
  frames?: Frames,
): () => void {
  const painting = useRef<Painting | null>(null)
  useEffect(() => {
    if (canvas.current === null) return
    const created = createPainting(canvas.current, undefined, frames)
    painting.current = created
    return () => {
      created.dispose()
      painting.current = null
    }
  }, [canvas, frames])
  useEffect(() => {
    const element = canvas.current
    if (element === null) return
    painting.current?.set(
      paint === null
        ? null
        : () => {
            paint(element)
          },
    )
  }, [canvas, paint, frames])
  return useCallback(() => painting.current?.request(), [])
}
