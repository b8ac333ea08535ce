/**
 * A pause that ends as soon as the messages that already wait have been handled: a message to oneself,
 * which queues behind them. Timers would be held back by some milliseconds each.
 */
export function messagePause(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel()
  const waiting: (() => void)[] = []
  port1.onmessage = () => {
    waiting.shift()?.()
  }
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve)
      port2.postMessage(null)
    })
}

/**
 * Pauses that leave a processor to others: once `sprint` seconds have passed, each lasts as long as the work since the
 * one before, a quarter of a second at most.
 */
export function restingPause(
  pause: () => Promise<void>,
  clock: () => number,
  sprint: number,
): () => Promise<void> {
  const started = clock()
  let resumed = started
  return async () => {
    const now = clock()
    if (now - started > sprint) {
      const rest = Math.min(250, 1000 * (now - resumed))
      await new Promise<void>((resolve) => {
        setTimeout(resolve, rest)
      })
    }
    await pause()
    resumed = clock()
  }
}
