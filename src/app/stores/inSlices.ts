import type { Pieces } from '../../lab/io/slices.ts'

/** Longest time of work between two pauses for the page, ms. */
const SLICE = 8

/** Does work piece by piece and pauses for the page's own tasks. */
export async function inSlices<T>(work: Pieces<T>, signal: AbortSignal): Promise<T> {
  const { port1, port2 } = new MessageChannel()
  try {
    for (let started = performance.now(); ;) {
      const step = work.next()
      if (step.done === true) return step.value
      if (performance.now() - started < SLICE) continue
      // A message queues behind the waiting tasks; the browser would delay a timer in a hidden tab.
      await new Promise<void>((resolve) => {
        port1.onmessage = () => {
          resolve()
        }
        port2.postMessage(null)
      })
      signal.throwIfAborted()
      started = performance.now()
    }
  } finally {
    port1.close()
  }
}
