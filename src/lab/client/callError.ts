import type { CallFailure } from '../protocol/messages.ts'

/** The error of a call to a worker that brought no reply. An aborted call rejects with an `AbortError` instead. */
export class CallError extends Error {
  override readonly name = 'CallError'
  /** `refused`: the request is at fault; `failed`: the lab is; `crashed`: the worker died with the call. */
  readonly kind: 'refused' | 'failed' | 'crashed'
  /** Dotted path of the scene field to blame, or null. */
  readonly field: string | null
  /** The half-width up to which an energy is defined, where the scene's box is larger; else null. */
  readonly reach: number | null
  /** What the browser or a library said, in its own words. */
  readonly details: string | undefined

  /** @param message for people */
  constructor(
    kind: 'refused' | 'failed' | 'crashed',
    message: string,
    field: string | null,
    details?: string,
    reach: number | null = null,
  ) {
    super(message)
    this.kind = kind
    this.field = field
    this.details = details
    this.reach = reach
  }
}

/** The error that an aborted call rejects with; its `name` is `AbortError`, as in the platform's own APIs. */
export function abortError(message = 'The call was aborted.'): DOMException {
  return new DOMException(message, 'AbortError')
}

export function isAbortError(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

export function isCrash(error: unknown): boolean {
  return error instanceof CallError && error.kind === 'crashed'
}

export function failureToError(failure: CallFailure): Error {
  return failure.kind === 'aborted'
    ? abortError(failure.message)
    : new CallError(failure.kind, failure.message, failure.field, failure.details, failure.reach)
}
