import type { CallName, EventName, Events, Reply, Request } from './calls.ts'

/** What passes between the page and a worker. One `start`, then calls in any order, told apart by `id`. */
export type ToWorker =
  | { readonly type: 'start'; readonly start: WorkerStart }
  | CallMessage
  /** The caller no longer wants the reply; the worker stops the work where it can. */
  | { readonly type: 'abort'; readonly id: number }
  /** Is anybody there? Answered in kind as soon as the worker lets messages in. */
  | { readonly type: 'beat' }

/** What a worker must know before its first call. */
export interface WorkerStart {
  /** Absolute address that shipped assets are fetched relative to, ending in a slash. */
  readonly baseUrl: string
}

export type CallMessage = {
  [K in CallName]: {
    readonly type: 'call'
    readonly id: number
    readonly name: K
    readonly request: Request<K>
  }
}[CallName]

export type FromWorker =
  | { readonly type: 'reply'; readonly id: number; readonly reply: Reply<CallName> }
  | { readonly type: 'failure'; readonly id: number; readonly failure: CallFailure }
  | { readonly type: 'beat' }
  | EventMessage

export type EventMessage = {
  [K in EventName]: { readonly type: 'event'; readonly name: K; readonly payload: Events[K] }
}[EventName]

/**
 * Why a call brought no reply.
 * - `refused`: the request is at fault; `field` names the scene field where one is to blame
 * - `aborted`: a later call, or the caller, made it pointless, or what it asks about has given way to something else
 * - `failed`: the lab is at fault
 */
export interface CallFailure {
  readonly kind: 'refused' | 'aborted' | 'failed'
  /** For people. */
  readonly message: string
  /** What the browser or a library said, in its own words. */
  readonly details?: string
  /** Dotted path in the scene, e.g. `energy.terms[1].energy`; null where no field is to blame. */
  readonly field: string | null
  /** Where the scene's box is too large for the energy at `field`: the half-width that it reaches to. */
  readonly reach?: number
}

/** Calls that the analysis worker serves; the compute worker serves all others. */
export type AnalysisCallName = 'analyse' | 'workOut'

/** One function a call; the workers and the tests serve objects of parts of this shape. */
export type CallHandlers = {
  readonly [K in CallName]: (request: Request<K>, signal: AbortSignal) => Promise<Reply<K>>
}
