/** The part of a browser that a painting needs; a test hands in its own. */
export interface Screening {
  readonly requestFrame: (callback: () => void) => number
  readonly cancelFrame: (handle: number) => void
  /** Tells, from the next moment on, whether any of an element is seen; the function returned ends it. */
  readonly observe: (element: Element, onScreen: (visible: boolean) => void) => () => void
}

const BROWSER: Screening = {
  requestFrame: (callback) => requestAnimationFrame(callback),
  cancelFrame: (handle) => {
    cancelAnimationFrame(handle)
  },
  observe: observeScreen,
}

/** Tells whether any of an element is seen, on screen in a tab that is: soon, and whenever that changes. */
export function observeScreen(element: Element, onScreen: (visible: boolean) => void): () => void {
  let intersects: boolean | null = null
  const tell = () => {
    if (intersects !== null) onScreen(intersects && document.visibilityState === 'visible')
  }
  const observer = new IntersectionObserver((entries) => {
    intersects = entries.at(-1)?.isIntersecting ?? intersects
    tell()
  })
  observer.observe(element)
  document.addEventListener('visibilitychange', tell)
  return () => {
    observer.disconnect()
    document.removeEventListener('visibilitychange', tell)
  }
}

/**
 * Paints on animation frames and no oftener, and only what is seen: what is asked for while the element is off
 * screen, or the tab hidden, is painted once when it comes back.
 */
export interface Painting {
  /** What to paint from now on; null: nothing. Paints it, too. */
  set(paint: (() => void) | null): void
  /** Something has changed: paint on the next frame. */
  request(): void
  dispose(): void
}

export function createPainting(element: Element, screening: Screening = BROWSER): Painting {
  let paint: (() => void) | null = null
  let handle: number | null = null
  let due = false
  let visible = true

  function request(): void {
    due = true
    if (handle !== null || !visible || paint === null) return
    handle = screening.requestFrame(() => {
      handle = null
      due = false
      paint?.()
    })
  }

  function rest(): void {
    if (handle !== null) screening.cancelFrame(handle)
    handle = null
  }

  const unobserve = screening.observe(element, (now) => {
    visible = now
    if (!visible) rest()
    else if (due) request()
  })
  return {
    set(next) {
      paint = next
      request()
    },
    request,
    dispose() {
      unobserve()
      rest()
      paint = null
    },
  }
}
