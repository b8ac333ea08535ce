import type { CallName, EventName, Events, Reply } from '../protocol/calls.ts'
import type {
  CallFailure,
  CallHandlers,
  CallMessage,
  EventMessage,
  FromWorker,
  ToWorker,
} from '../protocol/messages.ts'

/** The part of a worker's global scope, or of a `MessagePort`, that serving needs. */
export interface Port {
  postMessage(message: FromWorker, transfer: ArrayBuffer[]): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
}

/**
 * The buffers of all typed arrays inside a message, each once. Everything that a handler returns is
 * given away: it must hold no array that its maker still needs.
 */
export function transferables(message: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>()
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    if (ArrayBuffer.isView(value)) {
      if (value.buffer instanceof ArrayBuffer) found.add(value.buffer)
      return
    }
    for (const part of Array.isArray(value) ? (value as unknown[]) : Object.values(value))
      visit(part)
  }
  visit(message)
  return [...found]
}

/**
 * Serves calls that arrive at a port until it closes. Each call gets a signal that fires when the
 * caller aborts it; a call that ends after its abort sends nothing.
 * @param describe turns what a handler threw into what the page is told
 * @returns the function that sends events
 */
export function serve(
  port: Port,
  handlers: Partial<CallHandlers>,
  describe: (error: unknown) => CallFailure,
): <K extends EventName>(name: K, payload: Events[K]) => void {
  const running = new Map<number, AbortController>()

  async function answer<K extends CallName>(
    message: Extract<CallMessage, { name: K }>,
    signal: AbortSignal,
  ): Promise<Reply<K>> {
    const handler: CallHandlers[K] | undefined = handlers[message.name]
    if (handler === undefined) throw new Error(`This worker does not serve ${message.name}`)
    return handler(message.request, signal)
  }

  function run(message: CallMessage): void {
    const controller = new AbortController()
    running.set(message.id, controller)
    answer(message, controller.signal)
      .then(
        (reply): FromWorker => ({ type: 'reply', id: message.id, reply }),
        (error: unknown): FromWorker => ({
          type: 'failure',
          id: message.id,
          failure: describe(error),
        }),
      )
      .then((outcome) => {
        running.delete(message.id)
        if (controller.signal.aborted) return
        port.postMessage(outcome, outcome.type === 'reply' ? transferables(outcome.reply) : [])
      })
      .catch((error: unknown) => {
        // A reply that cannot be cloned: the caller must still hear of it.
        port.postMessage({ type: 'failure', id: message.id, failure: describe(error) }, [])
      })
  }

  port.addEventListener('message', (event) => {
    const message = event.data as ToWorker
    switch (message.type) {
      case 'start':
        return
      case 'call':
        run(message)
        return
      case 'abort':
        running.get(message.id)?.abort()
        return
      case 'beat':
        port.postMessage({ type: 'beat' }, [])
        return
      default:
        message satisfies never
    }
  })

  return (name, payload) => {
    port.postMessage({ type: 'event', name, payload } as EventMessage, transferables(payload))
  }
}
