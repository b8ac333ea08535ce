/** Milliseconds between two submissions, long enough not to flood the process that drives the GPU. */
const PERIOD = 4

/**
 * Waits for a device and sends it empty submissions meanwhile: Firefox checks for finished work only every 100 ms and at
 * each submission (bugzilla.mozilla.org/1870699). In other browsers an empty submission has no effect.
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
