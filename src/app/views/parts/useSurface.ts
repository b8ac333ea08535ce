import { useEffect, useMemo, useRef, useState, type RefObject } from 'react'
import type { Surface } from '../../render/coordinates.ts'
import { useRatio } from './useRatio.ts'

/** The size of an element in CSS pixels and the pixel ratio of its screen; null until laid out. */
export function useSurface<E extends HTMLElement>(): [RefObject<E | null>, Surface | null] {
  const ref = useRef<E>(null)
  const [size, setSize] = useState<Omit<Surface, 'ratio'> | null>(null)
  const ratio = useRatio()
  useEffect(() => {
    const element = ref.current
    if (element === null) return
    const measure = () => {
      const { width, height } = element.getBoundingClientRect()
      setSize((before) =>
        before?.width === width && before.height === height ? before : { width, height },
      )
    }
    // It tells the first size, too, when the page has been laid out: measured here the layout would be forced.
    const observer = typeof ResizeObserver === 'undefined' ? null : new ResizeObserver(measure)
    if (observer === null) measure()
    else observer.observe(element)
    window.addEventListener('resize', measure)
    return () => {
      observer?.disconnect()
      window.removeEventListener('resize', measure)
    }
  }, [])
  return [ref, useMemo(() => (size === null ? null : { ...size, ratio }), [size, ratio])]
}
