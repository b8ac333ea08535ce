import type { CallName, Reply } from '../protocol/calls.ts'
import { abortError } from './callError.ts'

/** Calls of which only the latest counts: a new one aborts the pending one. */
const LATEST_WINS: ReadonlySet<CallName> = new Set<CallName>([
  'prepare',
  'analyse',
  'workOut',
  'live',
])

interface Call {
  readonly name: CallName
  readonly resolve: (reply: Reply<CallName>) => void
  readonly reject: (error: Error) => void
}

/** The calls that await a reply of the worker. */
export interface PendingCalls {
  readonly size: number
  /** A number that no other call of the client has. */
  newId(): number
  /** Aborts the call when the signal fires. @returns the id of the call */
  add(call: Call, signal: AbortSignal | undefined): number
  /** Removes a call that is to be settled; undefined: it was aborted. */
  take(id: number): Call | undefined
  rejectAll(error: Error): void
}

/** @param onAbort called with the id of a call that nobody waits for any more */
export function createPendingCalls(onAbort: (id: number) => void): PendingCalls {
  const pending = new Map<number, Call & { readonly release: () => void }>()
  let lastId = 0

  function take(id: number): Call | undefined {
    const call = pending.get(id)
    pending.delete(id)
    call?.release()
    return call
  }

  function abort(id: number): void {
    const call = take(id)
    if (!call) return
    onAbort(id)
    call.reject(abortError())
  }

  return {
    get size() {
      return pending.size
    },
    newId: () => ++lastId,
    add(call, signal) {
      if (LATEST_WINS.has(call.name))
        for (const [id, { name }] of [...pending]) if (name === call.name) abort(id)
      const id = ++lastId
      const aborted = () => {
        abort(id)
      }
      signal?.addEventListener('abort', aborted)
      pending.set(id, { ...call, release: () => signal?.removeEventListener('abort', aborted) })
      return id
    },
    take,
    rejectAll(error) {
      for (const id of [...pending.keys()]) take(id)?.reject(error)
    },
  }
}
