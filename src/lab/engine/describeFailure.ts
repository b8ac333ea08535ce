import type { CallFailure } from '../protocol/messages.ts'
import { Aborted, Refusal } from './refusal.ts'

/** What a caller is told of an error that a call ended with. */
export function describeFailure(error: unknown): CallFailure {
  if (error instanceof Refusal)
    return { kind: 'refused', message: error.message, field: error.field }
  if (error instanceof Aborted) return { kind: 'aborted', message: error.message, field: null }
  const message = error instanceof Error ? error.message : String(error)
  return { kind: 'failed', message, field: null }
}
