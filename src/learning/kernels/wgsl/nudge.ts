/** Milliseconds between two nudges: seldom enough not to flood the process that drives the GPU. */
const PERIOD = 4

/**
 * Waits for a device and submits nothing to it meanwhile, again and again: Firefox looks whether work is done only every
 * 100 ms, and whenever something is submitted (bugzilla.mozilla.org/1870699). Elsewhere an empty submission is idle talk.
 */
export async function nudged<T>(queue: GPUQueue, waiting: Promise<T>): Promise<T> {
  const nudging = setInterval(() => {
    queue.submit([])
  }, PERIOD)
  try {
    return await waiting
  } finally {
    clearInterval(nudging)
  }
}
