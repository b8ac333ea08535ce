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
