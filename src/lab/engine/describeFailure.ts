import type { CallFailure } from '../protocol/messages.ts'
import { NoBackendError } from '../../learning/training/api.ts'
import { Aborted, Refusal } from './refusal.ts'

/** Message for an error of none of the lab's own classes. */
const UNFORESEEN = 'Something went wrong inside the lab.'

/** The failure that a caller receives for an error thrown in its call. */
export function describeFailure(error: unknown): CallFailure {
  if (error instanceof Refusal)
    return {
      kind: 'refused',
      message: error.message,
      field: error.field,
      ...(error.reach === null ? {} : { reach: error.reach }),
    }
  if (error instanceof Aborted) return { kind: 'aborted', message: error.message, field: null }
  if (error instanceof NoBackendError)
    return { kind: 'failed', message: error.message, details: error.details, field: null }
  return { kind: 'failed', message: UNFORESEEN, details: String(error), field: null }
}
