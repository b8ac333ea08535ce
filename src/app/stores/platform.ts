import { steadyClock } from '../../core/maths/steadyClock.ts'

/** The services of a browser that the stores need; tests pass their own. */
export interface Platform {
  /** Milliseconds from any origin; never decreases. */
  now(): number
  /** Calls back on every animation frame of a visible page; the returned function ends this. */
  onFrame(callback: (now: number) => void): () => void
  /** Calls back once; the returned function cancels it. */
  after(milliseconds: number, callback: () => void): () => void
  /** Whether the visitor prefers reduced motion. */
  reducedMotion(): boolean
  /** An id that is unique among the visitor's records. */
  uniqueId(): string
  /** Milliseconds since 1970. */
  today(): number
}

/** A media query; null where the browser has no `matchMedia`. */
export function media(query: string): MediaQueryList | null {
  return typeof matchMedia === 'undefined' ? null : matchMedia(query)
}

export function browserPlatform(): Platform {
  return {
    now: steadyClock(() => performance.now()),
    onFrame(callback) {
      let stamp = 0
      const clock = steadyClock(() => stamp)
      let handle = requestAnimationFrame(function frame(now) {
        handle = requestAnimationFrame(frame)
        stamp = now
        callback(clock())
      })
      return () => {
        cancelAnimationFrame(handle)
      }
    },
    after(milliseconds, callback) {
      const handle = setTimeout(callback, milliseconds)
      return () => {
        clearTimeout(handle)
      }
    },
    reducedMotion: () => media('(prefers-reduced-motion: reduce)')?.matches ?? false,
    // Only secure contexts have randomUUID, and a page on the local network is not one.
    uniqueId: () =>
      [...crypto.getRandomValues(new Uint8Array(9))]
        .map((byte) => byte.toString(36).padStart(2, '0'))
        .join(''),
    today: () => Date.now(),
  }
}
