import type { CallName, Events, Reply, Request, Returned } from '../protocol/calls.ts'
import type { CallMessage, FromWorker, ToWorker, WorkerStart } from '../protocol/messages.ts'
import { spawnWorker } from './spawnWorker.ts'
import { abortError, CallError, failureToError } from './callError.ts'

/** The part of a `Worker` that the client uses; a test hands in a fake one. */
export interface WorkerLike {
  postMessage(message: ToWorker, options?: { transfer?: ArrayBuffer[] }): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(
    type: 'error' | 'messageerror',
    listener: (event: { readonly message?: string; preventDefault?: () => void }) => void,
  ): void
  terminate(): void
}

/** The worker died, or was ended since it fell silent. Every pending call has been rejected with a `CallError` of kind `crashed`. */
export interface Crash {
  /** What became of it, in the words of this program or of the browser. */
  readonly message: string
  /**
   * True when a fresh worker stands ready and has been given every asset again; the page prepares its
   * run anew and resumes training from the last checkpoint. False after three crashes with no reply
   * between them, or too many in a few minutes: every call is refused until `revive`.
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
   * `prepare`, `analyse` and `live`, when a later one is sent (latest wins).
   */
  call<K extends CallName>(name: K, request: Request<K>, options?: CallOptions): Promise<Reply<K>>
  /** Listens; the function returned stops listening. */
  on<K extends keyof ClientEvents>(
    event: K,
    handler: (payload: ClientEvents[K]) => void,
  ): () => void
  /** Ends the worker as if it had crashed, for callers that find it answering and yet not finishing their call. */
  restart(message: string): void
  /** Starts a worker again where the client has given up; called when a person has pressed something. */
  revive(): void
  /** Ends the worker and rejects what is pending. */
  dispose(): void
}

export interface ComputeClientOptions {
  /** Where shipped assets lie; default: the page's own address. */
  readonly baseUrl?: string
  readonly spawn?: () => WorkerLike
  /** What the worker is called where a person reads of it; default: the compute worker. */
  readonly name?: string
  /** Milliseconds from any origin; default: since the page was opened. */
  readonly clock?: () => number
  /** Whether the page is in the background, where browsers hold back timers. */
  readonly hidden?: () => boolean
}

/** How many crashes in a row, with no reply between them, before the client gives up; and how many in a time, ms. */
const MAX_CRASHES = 3
const MAX_RECENT = 6
const RECENT = 300_000

/**
 * While calls are pending the client sends the worker a message once a beat (ms), and ends it after `SILENT_BEATS` beats without an answer.
 * Only those beats count whose timer fired in time: a page that was frozen, hidden, busy or on a machine that slept does
 * not end a healthy worker. A worker that answers after n silent beats is given `PATIENCE`·n from then on, at most `MOST_PATIENCE`.
 */
export const BEAT = 1000
export const SILENT_BEATS = 8
/** Until its first word a worker may have to be fetched. */
export const STARTING_BEATS = 20
const PATIENCE = 4
const MOST_PATIENCE = 64
/** A beat that came later than this many is not counted; after the second number of them the count begins again. */
const LATE = 2
const SLEPT = 10

/** Calls of which only the latest counts: a new one aborts the one before it. */
const LATEST_WINS: ReadonlySet<CallName> = new Set<CallName>(['prepare', 'analyse', 'live'])

interface Pending {
  readonly name: CallName
  readonly resolve: (reply: Reply<CallName>) => void
  readonly reject: (error: Error) => void
  readonly release: () => void
}

/**
 * Opens the compute worker and speaks its calls. A crash becomes a `crashed` event, then a fresh worker
 * with the same assets.
 */
export function createComputeClient(options: ComputeClientOptions = {}): ComputeClient {
  const spawn = options.spawn ?? ((): WorkerLike => spawnWorker('compute'))
  const name = options.name ?? 'compute worker'
  const clock = options.clock ?? (() => performance.now())
  const hidden = options.hidden ?? (() => typeof document !== 'undefined' && document.hidden)
  const start: WorkerStart = {
    baseUrl: new URL('.', options.baseUrl ?? document.baseURI).href,
  }
  const pending = new Map<number, Pending>()
  const listeners = new Map<keyof ClientEvents, Set<(payload: never) => void>>()
  /** What only the page has, kept to be handed to the next worker. */
  const assets = new Map<string, Request<'provide'>>()
  let nextId = 1
  let crashes = 0
  let recent: readonly number[] = []
  let worker: WorkerLike | null = null
  let disposed = false
  /** A live training goes on between calls. */
  let following = false
  /** Whether this worker has said anything yet, whether it has been asked to since, and for how many beats it has not. */
  let spoken = false
  let asked = false
  let silent = 0
  let patience = SILENT_BEATS
  let beat: ReturnType<typeof setTimeout> | null = null
  let lastBeat = 0

  function emit<K extends keyof ClientEvents>(event: K, payload: ClientEvents[K]): void {
    const handlers = listeners.get(event)
    if (!handlers) return
    for (const handler of [...handlers]) (handler as (payload: ClientEvents[K]) => void)(payload)
  }

  function take(id: number): Pending | undefined {
    const entry = pending.get(id)
    if (entry) {
      pending.delete(id)
      entry.release()
    }
    return entry
  }

  function rejectAll(error: Error): void {
    for (const id of [...pending.keys()]) take(id)?.reject(error)
  }

  /** Beats as long as the worker owes something. */
  function watch(): void {
    if (beat !== null || worker === null) return
    if (spoken && pending.size === 0 && !following) rest()
    else {
      lastBeat = clock()
      beat = setTimeout(listen, BEAT)
    }
  }

  function rest(): void {
    if (beat !== null) clearTimeout(beat)
    beat = null
    silent = 0
    asked = false
  }

  function listen(): void {
    beat = null
    const since = clock() - lastBeat
    if (hidden() || since > SLEPT * BEAT) silent = 0
    else if (asked && since <= LATE * BEAT) silent++
    if (worker !== null && silent >= (spoken ? patience : STARTING_BEATS)) {
      crashed(worker, spoken ? 'it no longer answered' : 'it did not start')
      return
    }
    watch()
    if (beat === null || asked) return
    worker?.postMessage({ type: 'beat' })
    asked = true
  }

  function receive(message: FromWorker): void {
    if (spoken) patience = Math.min(MOST_PATIENCE, Math.max(patience, PATIENCE * silent))
    spoken = true
    asked = false
    silent = 0
    switch (message.type) {
      case 'reply':
        crashes = 0
        take(message.id)?.resolve(message.reply)
        return
      case 'failure':
        crashes = 0
        take(message.id)?.reject(failureToError(message.failure))
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

  function crashed(from: WorkerLike, message: string): void {
    if (from !== worker || disposed) return
    from.terminate()
    worker = null
    following = false
    rest()
    crashes++
    const now = clock()
    recent = [...recent.filter((time) => now - time < RECENT), now]
    rejectAll(new CallError('crashed', `The ${name} stopped.`, null, message))
    const restarted = crashes < MAX_CRASHES && recent.length < MAX_RECENT
    if (restarted) open()
    emit('crashed', { message, restarted })
  }

  function open(): void {
    let opened: WorkerLike
    try {
      opened = spawn()
    } catch (error) {
      const dead = nobody()
      worker = dead
      // Whoever opens the client listens from the next line on.
      queueMicrotask(() => {
        crashed(dead, error instanceof Error ? error.message : String(error))
      })
      return
    }
    worker = opened
    spoken = false
    opened.addEventListener('message', (event) => {
      if (opened === worker) receive(event.data as FromWorker)
    })
    opened.addEventListener('error', (event) => {
      event.preventDefault?.()
      crashed(opened, event.message ?? 'it could not be started')
    })
    opened.addEventListener('messageerror', () => {
      crashed(opened, 'a message could not be read')
    })
    opened.postMessage({ type: 'start', start })
    for (const request of assets.values())
      opened.postMessage({ type: 'call', id: nextId++, name: 'provide', request })
    watch()
  }

  open()

  return {
    call<K extends CallName>(call: K, request: Request<K>, callOptions: CallOptions = {}) {
      const { signal } = callOptions
      return new Promise<Reply<K>>((resolve, reject) => {
        if (signal?.aborted) {
          reject(abortError())
          return
        }
        if (disposed || !worker) {
          reject(new CallError('crashed', `The ${name} is not running.`, null))
          return
        }
        if (LATEST_WINS.has(call))
          for (const [id, entry] of [...pending]) if (entry.name === call) cancel(id)
        const id = nextId++
        const onAbort = () => {
          cancel(id)
        }
        signal?.addEventListener('abort', onAbort)
        pending.set(id, {
          name: call,
          resolve: resolve,
          reject,
          release: () => signal?.removeEventListener('abort', onAbort),
        })
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
        watch()
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

    restart(message) {
      if (worker !== null) crashed(worker, message)
    },

    revive() {
      if (disposed || worker !== null) return
      crashes = MAX_CRASHES - 1
      recent = []
      open()
    },

    dispose() {
      if (disposed) return
      disposed = true
      rest()
      worker?.terminate()
      worker = null
      rejectAll(abortError(`The ${name} was closed.`))
    },
  }

  function cancel(id: number): void {
    const entry = take(id)
    if (!entry) return
    worker?.postMessage({ type: 'abort', id })
    entry.reject(abortError())
  }
}

/** What stands for a worker that this browser could not make. */
function nobody(): WorkerLike {
  return {
    postMessage: () => undefined,
    addEventListener: () => undefined,
    terminate: () => undefined,
  }
}
