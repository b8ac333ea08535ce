import { CallError } from '../../lab/client/callError.ts'
import type { Notice } from '../../lab/protocol/calls.ts'

/** What is said of a part that could not be fetched. */
export const UNLOADED_TEXT =
  'A part of the program could not be loaded: the network is needed once. Nothing was lost; go online, or reload the page, and try again.'

/** Messages of Chromium, Firefox and Safari for a part of the program that could not be fetched. */
const UNLOADED = /dynamically imported module|importing a module script failed|preload CSS/iu

/**
 * An error as a text for people, with the field to blame if there is one, and with the words of the browser or a library
 * as details.
 * @param said the text for an error that is not the lab's own
 */
export function explain(
  error: unknown,
  said = 'Something went wrong inside the lab.',
): Pick<Notice, 'text' | 'details'> {
  const own = error instanceof CallError
  const details = own ? error.details : String(error)
  if (details !== undefined && UNLOADED.test(details)) return { text: UNLOADED_TEXT, details }
  if (!own) return { text: said, details: String(error) }
  const { field, message } = error
  const text = field !== null && !message.includes(field) ? `${field}: ${message}` : message
  return details === undefined ? { text } : { text, details }
}
