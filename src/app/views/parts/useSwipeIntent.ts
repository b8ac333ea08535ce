import { useRef, type PointerEvent } from 'react'

/** Fewer pixels are still a tap. */
const SLOP = 6

interface Touch {
  readonly id: number
  readonly x: number
  readonly y: number
  /** `open` until the finger has moved; `none` for a swipe across the slider and for two fingers. */
  intent: 'open' | 'along' | 'none'
  /** What the browser's own slider has made of the touch so far. */
  value: number | null
}

interface SwipeHandlers {
  onPointerDown(event: PointerEvent): void
  onPointerMove(event: PointerEvent): void
  onPointerUp(event: PointerEvent): void
  onPointerCancel(event: PointerEvent): void
}

/**
 * A slider of the browser jumps to a finger as soon as it comes down, also where the finger wants to scroll or to zoom. Its values
 * are held back until the finger has moved along the slider, or has left as a tap.
 * @param restore puts the thumb back where a value was held back; a controlled slider goes back by itself
 * @returns handlers of the slider, and what takes the values that it reports
 */
export function useSwipeIntent(
  apply: (value: number) => void,
  restore?: () => void,
): readonly [SwipeHandlers, (value: number) => void] {
  const touch = useRef<Touch | null>(null)
  const end = (event: PointerEvent) => {
    if (touch.current?.id === event.pointerId) touch.current = null
  }
  const handlers: SwipeHandlers = {
    onPointerDown({ pointerType, pointerId: id, clientX: x, clientY: y }) {
      if (pointerType !== 'touch') return
      if (touch.current === null) touch.current = { id, x, y, intent: 'open', value: null }
      else touch.current.intent = 'none'
    },
    onPointerMove({ pointerId, clientX, clientY }) {
      const now = touch.current
      if (now?.id !== pointerId || now.intent !== 'open') return
      const along = Math.abs(clientX - now.x)
      const across = Math.abs(clientY - now.y)
      if (Math.max(along, across) < SLOP) return
      now.intent = along > across ? 'along' : 'none'
      if (now.intent === 'along' && now.value !== null) apply(now.value)
    },
    onPointerUp(event) {
      const now = touch.current
      if (now?.id === event.pointerId && now.intent === 'open' && now.value !== null)
        apply(now.value)
      end(event)
    },
    onPointerCancel: end,
  }
  const take = (value: number) => {
    const now = touch.current
    if (now === null || now.intent === 'along') apply(value)
    else {
      now.value = value
      restore?.()
    }
  }
  return [handlers, take]
}
