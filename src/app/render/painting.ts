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
  const known =
    typeof IntersectionObserver === 'undefined'
      ? null
      : new IntersectionObserver((entries) => {
          intersects = entries.at(-1)?.isIntersecting ?? intersects
          tell()
        })
  if (known === null) {
    // Without an IntersectionObserver the element counts as on screen.
    intersects = true
    queueMicrotask(tell)
  } else known.observe(element)
  document.addEventListener('visibilitychange', tell)
  return () => {
    known?.disconnect()
    document.removeEventListener('visibilitychange', tell)
  }
}

/**
 * Paints an element at most once an animation frame, and only while it is on screen in a visible tab. Requests that come in
 * between are painted once when the element is seen again.
 */
export interface Painting {
  /** What to paint from now on; null: nothing. Paints it, too. */
  set(paint: (() => void) | null): void
  /** Something has changed: paint on the next frame. */
  request(): void
  dispose(): void
}

/** Hands out animation frames. */
export interface Frames {
  /** Calls back on an animation frame. @returns takes it back */
  next(callback: () => void): () => void
}

/** All on the next frame. */
function everyFrame(screening: Screening = BROWSER): Frames {
  return {
    next(callback) {
      const handle = screening.requestFrame(callback)
      return () => {
        screening.cancelFrame(handle)
      }
    },
  }
}

/**
 * One on each frame, in the order in which they asked, where `heavy` says so, else all on the next: what is drawn on two
 * canvases then takes half as long in any frame, and each canvas is still drawn on every second one. What asks seldom,
 * a chart, costs them one frame.
 */
export function inTurns(heavy: () => boolean, screening: Screening = BROWSER): Frames {
  const waiting: (() => void)[] = []
  let handle: number | null = null

  function ask(): void {
    if (handle !== null || waiting.length === 0) return
    handle = screening.requestFrame(() => {
      handle = null
      for (const callback of waiting.splice(0, heavy() ? 1 : waiting.length)) callback()
      ask()
    })
  }

  return {
    next(callback) {
      waiting.push(callback)
      ask()
      return () => {
        const at = waiting.indexOf(callback)
        if (at >= 0) waiting.splice(at, 1)
        if (waiting.length > 0 || handle === null) return
        screening.cancelFrame(handle)
        handle = null
      }
    },
  }
}

export function createPainting(
  element: Element,
  screening: Screening = BROWSER,
  frames: Frames = everyFrame(screening),
): Painting {
  let paint: (() => void) | null = null
  let takeBack: (() => void) | null = null
  let due = false
  let visible = true

  function request(): void {
    due = true
    if (takeBack !== null || !visible || paint === null) return
    takeBack = frames.next(() => {
      takeBack = null
      due = false
      paint?.()
    })
  }

  function rest(): void {
    takeBack?.()
    takeBack = null
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
