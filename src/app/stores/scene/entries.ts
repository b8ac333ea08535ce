import type { Platform } from '../platform.ts'

/**
 * The entries of the browser's history, numbered in their order; the state of an entry holds its number. The browser's
 * moves take time and its writes are rationed.
 */
export interface Entries {
  /** The number of the browser's current entry. */
  readonly here: number
  /** Whether the browser was sent to an entry that it has not reached. */
  readonly isBound: boolean
  /** Sends the browser to an entry. @param onDropped called where the browser no longer has it */
  go(entry: number, onDropped: () => void): void
  /**
   * Called when the browser may be at another entry.
   * @returns `known`: the visitor moved to an entry with a number; `link`: the visitor followed a link or typed an address,
   * which made an entry without a number; null: the browser is where it was sent, or where it was
   */
  arrive(): 'known' | 'link' | null
  /** Whether the current entry has its number and this address. */
  holds(hash: string): boolean
  /** Adds an entry behind the current one, or replaces the address of the current one. @returns ms to wait; 0: written */
  write(kind: 'push' | 'replace', hash: string): number
  dispose(): void
}

/** Safari refuses the 101st write within 30 s. Replacements have the smaller ration, so that drags leave writes for steps. */
const RATION_TIME = 30_000
const RATION = { push: 90, replace: 60 } as const
/** Wait after a write that the browser refused, ms. */
const REFUSED_TIME = 5000
/** Longest time that the browser takes to reach an entry that it still has, ms. */
const ARRIVAL_TIME = 5000

export function createEntries(
  { location, history }: Pick<Window, 'location' | 'history'>,
  platform: Pick<Platform, 'now' | 'after'>,
): Entries {
  let here = entryOf(history.state) ?? 0
  /** The entry that the browser was sent to and has not reached; null: none. */
  let bound: number | null = null
  /** Cancels the wait for the arrival. */
  let arrival: (() => void) | null = null
  let written = location.hash
  /** Times of the writes within RATION_TIME. */
  let writes: number[] = []
  // An undo changes the scene and must not scroll the page.
  history.scrollRestoration = 'manual'

  return {
    get here() {
      return here
    },
    get isBound() {
      return bound !== null
    },
    go(entry, onDropped) {
      bound = entry
      arrival = platform.after(ARRIVAL_TIME, () => {
        bound = null
        onDropped()
      })
      history.go(entry - here)
    },
    arrive() {
      const entry = entryOf(history.state)
      if (location.hash === written && (entry === here || entry === null)) return null
      written = location.hash
      const wasBound = entry === bound
      bound = null
      arrival?.()
      here = entry ?? here + 1
      if (entry === null) return 'link'
      return wasBound ? null : 'known'
    },
    holds: (hash) => hash === location.hash && entryOf(history.state) === here,
    write(kind, hash) {
      const now = platform.now()
      writes = writes.filter((time) => now - time < RATION_TIME)
      if (writes.length >= RATION[kind])
        return writes[writes.length - RATION[kind]]! + RATION_TIME - now
      writes.push(now)
      const entry = kind === 'push' ? here + 1 : here
      try {
        const { pathname, search } = location
        history[`${kind}State`]({ entry }, '', `${pathname}${search}${hash}`)
      } catch {
        return REFUSED_TIME
      }
      here = entry
      written = location.hash
      return 0
    },
    dispose() {
      arrival?.()
    },
  }
}

function entryOf(state: unknown): number | null {
  if (typeof state !== 'object' || state === null || !('entry' in state)) return null
  return Number.isSafeInteger(state.entry) ? (state.entry as number) : null
}
