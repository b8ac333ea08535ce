import type { CallName, Events, Reply, Request, Returned } from '../protocol/calls.ts'
import type { CallMessage, FromWorker, ToWorker, WorkerStart } from '../protocol/messages.ts'
import { spawnWorker } from './spawnWorker.ts'
import { abortError, CallError, failureToError } from './callError.ts'

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
   * `prepare`, `analyse` and `live`, when the client sends a later call of that name.
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
 * Until the worker's first message, and while calls are pending or a live training runs, the client counts beats of
 * `BEAT` ms: it asks the worker for a sign of life and ends it after `SILENT_BEATS` beats without one. A beat counts only
 * if its timer fired in time: a page that was frozen, hidden, busy or on a machine that slept does not end a healthy
 * worker. After an answer that took n silent beats the limit is `PATIENCE`·n, at most `MOST_PATIENCE`.
 */
export const BEAT = 1000
export const SILENT_BEATS = 8
/** Limit before the worker's first message: the browser may have to fetch its code. */
export const STARTING_BEATS = 20
const PATIENCE = 4
const MOST_PATIENCE = 64
/** A timer more than LATE beats after the last beat does not count; more than SLEPT beats after it, the count restarts. */
const LATE = 2
const SLEPT = 10

/** Calls of which only the latest counts: a new one aborts the pending one. */
const LATEST_WINS: ReadonlySet<CallName> = new Set<CallName>(['prepare', 'analyse', 'live'])

interface Pending {
  readonly name: CallName
  readonly resolve: (reply: Reply<CallName>) => void
  readonly reject: (error: Error) => void
  readonly release: () => void
}

/**
 * Opens the compute worker and sends it calls. After a crash the client starts a new worker with the same assets,
 * unless it gives up, and emits `crashed`.
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
  /** The assets that the page provided, kept for the next worker. */
  const assets = new Map<string, Request<'provide'>>()
  let nextId = 1
  let crashes = 0
  let recent: readonly number[] = []
  let worker: WorkerLike | null = null
  let disposed = false
  /** Whether a live training runs, which goes on between calls. */
  let following = false
  /** Whether this worker has sent a message; whether a beat awaits its answer; how many beats it has been silent for. */
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

  /** Schedules the next beat while the worker owes its first message or a reply, or a live training runs. */
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
      // The caller adds its listeners only after this function has returned.
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

/** A stand-in for a worker that the browser could not start. */
function nobody(): WorkerLike {
  return {
    postMessage: () => undefined,
    addEventListener: () => undefined,
    terminate: () => undefined,
  }
}
