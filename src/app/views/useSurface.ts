import { useEffect, useRef, useState, type RefObject } from 'react'
import type { Surface } from '../render/coordinates.ts'

/** The size of an element in CSS pixels and the pixel ratio of its screen; null until laid out. */
export function useSurface<E extends HTMLElement>(): [RefObject<E | null>, Surface | null] {
  const ref = useRef<E>(null)
  const [surface, setSurface] = useState<Surface | null>(null)
  useEffect(() => {
    const element = ref.current
    if (element === null) return
    const measure = () => {
      const { width, height } = element.getBoundingClientRect()
      const ratio = Math.min(3, window.devicePixelRatio || 1)
      setSurface((before) =>
        before?.width === width && before.height === height && before.ratio === ratio
          ? before
          : { width, height, ratio },
      )
    }
    // It tells the first size, too, when the page has been laid out: measured here the layout would be forced.
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    window.addEventListener('resize', measure)
    return () => {
      observer.disconnect()
      window.removeEventListener('resize', measure)
    }
  }, [])
  return [ref, surface]
}
