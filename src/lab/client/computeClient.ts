import type { CallName, Events, Reply, Request, Returned } from '../protocol/calls.ts'
import type { CallMessage, FromWorker, ToWorker, WorkerStart } from '../protocol/messages.ts'
import { spawnWorker } from './spawnWorker.ts'
import { abortError, CallError, failureToError } from './callError.ts'
import { createHeartbeat } from './heartbeat.ts'
import { createPendingCalls } from './pendingCalls.ts'

/** The part of a `Worker` that the client uses; tests pass a fake. */
export interface WorkerLike {
  postMessage(message: ToWorker, options?: { transfer?: ArrayBuffer[] }): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(
    type: 'error' | 'messageerror',
    listener: (event: { readonly message?: string; preventDefault?: () => void }) => void,
  ): void
  terminate(): void
}

/** The worker died, or the client ended it for its silence. Every pending call rejects with a `CallError` of kind `crashed`. */
export interface Crash {
  /** The cause, in the words of this program or of the browser. */
  readonly message: string
  /**
   * True when the client has started a new worker and sent it every asset again; the page prepares its run anew
   * and resumes training from the last checkpoint. False after three crashes with no reply between them, or six
   * within five minutes: the client then refuses every call until `revive`.
   */
  readonly restarted: boolean
}

export interface ClientEvents extends Events {
  crashed: Crash
}

interface CallOptions {
  readonly signal?: AbortSignal
}

export interface ComputeClient {
  /**
   * Sends a call. Rejects with `CallError`, or with an `AbortError` when the signal fires or, for
   * `prepare`, `analyse`, `workOut` and `live`, when the client sends a later call of that name.
   */
  call<K extends CallName>(name: K, request: Request<K>, options?: CallOptions): Promise<Reply<K>>
  /** Adds a listener; the returned function removes it. */
  on<K extends keyof ClientEvents>(
    event: K,
    handler: (payload: ClientEvents[K]) => void,
  ): () => void
  /** Ends the worker as if it had crashed, for callers whose call does not finish although the worker answers beats. */
  restart(message: string): void
  /** Starts a worker again after the client has given up; the page calls this when the visitor presses something. */
  revive(): void
  /** Ends the worker and rejects the pending calls. */
  dispose(): void
}

export interface ComputeClientOptions {
  /** Address of the shipped assets; default: the page's own. */
  readonly baseUrl?: string
  readonly spawn?: () => WorkerLike
  /** Name of the worker in error messages; default: `compute worker`. */
  readonly name?: string
  /** Milliseconds from any origin; default: since the page was opened. */
  readonly clock?: () => number
  /** Whether the page is in the background, where browsers hold back timers. */
  readonly hidden?: () => boolean
}

/** The client gives up at MAX_CRASHES crashes with no reply between them, and at MAX_RECENT within RECENT ms. */
const MAX_CRASHES = 3
const MAX_RECENT = 6
const RECENT = 300_000

/**
 * Opens the compute worker and sends it calls. After a crash the client starts a new worker with the same assets,
 * unless it gives up, and emits `crashed`.
 */
export function createComputeClient({
  baseUrl = document.baseURI,
  spawn = () => spawnWorker('compute'),
  name = 'compute worker',
  clock = () => performance.now(),
  hidden = () => typeof document !== 'undefined' && document.hidden,
}: ComputeClientOptions = {}): ComputeClient {
  const start: WorkerStart = { baseUrl: new URL('.', baseUrl).href }
  const listeners = new Map<keyof ClientEvents, Set<(payload: never) => void>>()
  /** The assets that the page provided, kept for the next worker. */
  const assets = new Map<string, Request<'provide'>>()
  let crashes = 0
  let recent: readonly number[] = []
  let worker: WorkerLike | null = null
  let disposed = false
  /** Whether a live training runs, which goes on between calls. */
  let following = false

  const calls = createPendingCalls((id) => worker?.postMessage({ type: 'abort', id }))
  const heartbeat = createHeartbeat({
    clock,
    hidden,
    owes: () => calls.size > 0 || following,
    ask: () => worker?.postMessage({ type: 'beat' }),
    onSilent: restart,
  })

  function emit<K extends keyof ClientEvents>(event: K, payload: ClientEvents[K]): void {
    const handlers = listeners.get(event)
    if (!handlers) return
    for (const handler of [...handlers]) (handler as (payload: ClientEvents[K]) => void)(payload)
  }

  function receive(message: FromWorker): void {
    heartbeat.heard()
    switch (message.type) {
      case 'reply':
        crashes = 0
        calls.take(message.id)?.resolve(message.reply)
        return
      case 'failure':
        crashes = 0
        calls.take(message.id)?.reject(failureToError(message.failure))
        return
      case 'event':
        if (message.name === 'liveEnded') following = false
        emit(message.name, message.payload)
        return
      case 'beat':
        return
      default:
        message satisfies never
    }
  }

  function end(): void {
    heartbeat.stop()
    worker?.terminate()
    worker = null
    following = false
  }

  function restart(message: string): void {
    if (worker === null) return
    end()
    crashes++
    const now = clock()
    recent = [...recent.filter((time) => now - time < RECENT), now]
    calls.rejectAll(new CallError('crashed', `The ${name} stopped.`, null, message))
    const restarted = crashes < MAX_CRASHES && recent.length < MAX_RECENT
    if (restarted) open()
    emit('crashed', { message, restarted })
  }

  function open(): void {
    const opened = startedBy(spawn)
    worker = opened
    opened.addEventListener('message', (event) => {
      if (opened === worker) receive(event.data as FromWorker)
    })
    opened.addEventListener('error', (event) => {
      event.preventDefault?.()
      if (opened === worker) restart(event.message ?? 'it could not be started')
    })
    opened.addEventListener('messageerror', () => {
      if (opened === worker) restart('a message could not be read')
    })
    opened.postMessage({ type: 'start', start })
    for (const request of assets.values())
      opened.postMessage({ type: 'call', id: calls.newId(), name: 'provide', request })
    heartbeat.watch()
  }

  open()

  return {
    call<K extends CallName>(call: K, request: Request<K>, { signal }: CallOptions = {}) {
      return new Promise<Reply<K>>((resolve, reject) => {
        if (signal?.aborted) {
          reject(abortError())
          return
        }
        if (!worker) {
          reject(new CallError('crashed', `The ${name} is not running.`, null))
          return
        }
        const id = calls.add({ name: call, resolve, reject }, signal)
        if (call === 'provide') {
          const asset = request as Request<'provide'>
          assets.set(asset.ref, asset)
        }
        if (call === 'live') following = true
        if (call === 'endLive') following = false
        const spare = (request as Returned | null)?.spare ?? []
        worker.postMessage({ type: 'call', id, name: call, request } as CallMessage, {
          transfer: spare.map(({ buffer }) => buffer as ArrayBuffer),
        })
        heartbeat.watch()
      })
    },

    on(event, handler) {
      const handlers = listeners.get(event) ?? new Set()
      listeners.set(event, handlers)
      handlers.add(handler)
      return () => {
        handlers.delete(handler)
      }
    },

    restart,

    revive() {
      if (disposed || worker !== null) return
      crashes = MAX_CRASHES - 1
      recent = []
      open()
    },

    dispose() {
      if (disposed) return
      disposed = true
      end()
      calls.rejectAll(abortError(`The ${name} was closed.`))
    },
  }
}

/** Starts a worker, or a stand-in that crashes as soon as the caller has returned, where the browser starts none. */
function startedBy(spawn: () => WorkerLike): WorkerLike {
  try {
    return spawn()
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return {
      postMessage: () => undefined,
      addEventListener(type: string, listener: (event: never) => void) {
        if (type === 'error')
          queueMicrotask(() => {
            listener({ message } as never)
          })
      },
      terminate: () => undefined,
    }
  }
}
