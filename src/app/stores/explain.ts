import { CallError } from '../../lab/client/callError.ts'
import type { Notice } from '../../lab/protocol/calls.ts'

/** How Chromium, Firefox and Safari say that a part of the program could not be fetched. */
const UNLOADED = /dynamically imported module|importing a module script failed|preload CSS/iu

/**
 * What went wrong, for people: with the field to blame where one is, and with what the browser or a library said of it
 * to look up.
 * @param said of an error that is not the lab's own
 */
export function explain(
  error: unknown,
  said = 'Something went wrong inside the lab.',
): Pick<Notice, 'text' | 'details'> {
  const own = error instanceof CallError
  const details = own ? error.details : String(error)
  if (details !== undefined && UNLOADED.test(details))
    return {
      text: 'A part of the program could not be loaded: the network is needed once to load it. Nothing was lost; go online, or reload the page, and try again.',
      details,
    }
  if (!own) return { text: said, details: String(error) }
  const { field, message } = error
  const text = field !== null && !message.includes(field) ? `${field}: ${message}` : message
  return details === undefined ? { text } : { text, details }
}
