import { steadyClock } from '../../core/maths/steadyClock.ts'

/** The few things of a browser that the stores need; a test hands in its own. */
export interface Platform {
  /** Milliseconds from any origin; never fewer than before. */
  now(): number
  /** Calls back on every animation frame of a visible page; the function returned ends it. */
  onFrame(callback: (now: number) => void): () => void
  /** Calls back once; the function returned calls it off. */
  after(milliseconds: number, callback: () => void): () => void
  /** Whether the person asked for less motion. */
  reducedMotion(): boolean
  /** A name that no other thing of this person's has. */
  uniqueId(): string
  /** Milliseconds since 1970. */
  today(): number
}

/** A media query, where the browser answers any. */
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
    // Only secure contexts have randomUUID, and a page on the local network is none.
    uniqueId: () =>
      [...crypto.getRandomValues(new Uint8Array(9))]
        .map((byte) => byte.toString(36).padStart(2, '0'))
        .join(''),
    today: () => Date.now(),
  }
}
