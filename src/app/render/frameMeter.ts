/** Counts animation frames while it is on. */
export interface FrameMeter {
  /** On or off; off, it asks for no frames. */
  readonly run: (on: boolean) => void
}

/** Time over which frames are counted, ms. */
const WINDOW = 1000

/**
 * @param report called with the frames a second of each window in which the meter was on throughout
 * @param frames requests and cancels animation frames; default: the browser's
 */
export function createFrameMeter(
  report: (framesPerSecond: number) => void,
  frames: {
    readonly request: (callback: (now: number) => void) => number
    readonly cancel: (handle: number) => void
  } = {
    request: (callback) => requestAnimationFrame(callback),
    cancel: (handle) => {
      cancelAnimationFrame(handle)
    },
  },
): FrameMeter {
  let handle: number | null = null
  let since: number | null = null
  let counted = 0

  function tally(now: number): void {
    handle = frames.request(tally)
    // A clock that was set back begins anew.
    if (since === null || now < since) {
      since = now
      counted = 0
      return
    }
    counted += 1
    if (now - since < WINDOW) return
    report((1000 * counted) / (now - since))
    since = now
    counted = 0
  }

  return {
    run(on) {
      if (on === (handle !== null)) return
      since = null
      if (handle === null) handle = frames.request(tally)
      else {
        frames.cancel(handle)
        handle = null
      }
    },
  }
}
