import type { Platform } from '../platform.ts'

/**
 * Tells which changes of the scene are one edit: changes of the same fields within one gesture, which is a drag, a key
 * held down or an edit of a text field.
 */
export interface Gestures {
  /** Whether a change of these fields belongs to the current edit, which then goes on. */
  continues(fields: string): boolean
  /** Begins an edit of these fields. */
  begin(fields: string): void
  /** Ends the current edit. */
  end(): void
}

/** Without a held pointer or key, changes of the same fields within this time are one edit, ms. */
const LONGEST_PAUSE = 1000

/** @param signal ends the listening to the page */
export function createGestures(
  page: Pick<Window, 'addEventListener'>,
  platform: Pick<Platform, 'now'>,
  signal: AbortSignal,
): Gestures {
  let gesture = 0
  const held = new Set<'pointer' | 'key'>()
  /** The current edit, with the time of its last change. */
  let edit: { readonly fields: string; readonly gesture: number; readonly time: number } | null =
    null

  const begin = (fields: string) => {
    edit = { fields, gesture, time: platform.now() }
  }

  const onGesture = (event: Event) => {
    switch (event.type) {
      case 'pointerdown':
        gesture += 1
        held.add('pointer')
        break
      case 'keydown':
        if (!(event as KeyboardEvent).repeat && !isText(event.target)) gesture += 1
        held.add('key')
        break
      case 'change':
        if (held.size === 0) gesture += 1
        break
      case 'keyup':
        held.delete('key')
        break
      default:
        held.delete('pointer')
    }
  }
  for (const type of ['pointerdown', 'pointerup', 'pointercancel', 'keydown', 'keyup', 'change'])
    page.addEventListener(type, onGesture, { capture: true, signal })

  return {
    continues(fields) {
      if (edit?.fields !== fields || edit.gesture !== gesture) return false
      if (held.size === 0 && platform.now() - edit.time >= LONGEST_PAUSE) return false
      begin(fields)
      return true
    },
    begin,
    end() {
      edit = null
    },
  }
}

/** What a key asks for: Ctrl or Cmd with Z, with Shift and Z, or with Y; null for other keys and where a text has its own undo. */
export function undoKey(event: KeyboardEvent): 'undo' | 'redo' | null {
  const { ctrlKey, metaKey, shiftKey, altKey, key, code } = event
  if (!(ctrlKey || metaKey) || altKey || event.defaultPrevented || isText(event.target)) return null
  if (document.querySelector('dialog[open]') !== null) return null
  // On a keyboard without Latin letters the place of the key counts.
  const letter = /^[a-z]$/iu.test(key) ? key.toLowerCase() : code.slice(-1).toLowerCase()
  if (letter === 'z') return shiftKey ? 'redo' : 'undo'
  return letter === 'y' && !shiftKey ? 'redo' : null
}

const TEXT = 'textarea, [contenteditable], input:not([type=range], [type=radio], [type=checkbox])'

/** Whether an element takes text, and therefore has its own undo. */
function isText(target: EventTarget | null): boolean {
  return target !== null && 'matches' in target && (target as Element).matches(TEXT)
}
