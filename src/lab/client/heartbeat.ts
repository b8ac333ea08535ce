/**
 * Until the worker's first message, and while it owes something, the client counts beats of `BEAT` ms: it asks the
 * worker for a sign of life and ends it after `SILENT_BEATS` beats without one. A beat counts only if its timer fired
 * in time: a page that was frozen, hidden, busy or on a machine that slept does not end a healthy worker. After an
 * answer that took n silent beats the limit is `PATIENCE`·n, at most `MOST_PATIENCE`.
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

export interface Heartbeat {
  /** Schedules the next beat while the worker owes its first message or anything else. */
  watch(): void
  /** Called at every message of the worker. */
  heard(): void
  /** Called when the worker has ended; the next `watch` is for another worker. */
  stop(): void
}

interface HeartbeatOptions {
  readonly clock: () => number
  readonly hidden: () => boolean
  /** Whether a worker that has started owes a sign of life. */
  readonly owes: () => boolean
  /** Asks the worker for a sign of life. */
  readonly ask: () => void
  /** Called with the cause when the worker has been silent for too long. */
  readonly onSilent: (cause: string) => void
}

export function createHeartbeat(options: HeartbeatOptions): Heartbeat {
  const { clock, hidden, owes, ask, onSilent } = options
  /** Whether this worker has sent a message; whether a beat awaits its answer; how many beats it has been silent for. */
  let spoken = false
  let asked = false
  let silent = 0
  let patience = SILENT_BEATS
  let beat: ReturnType<typeof setTimeout> | null = null
  let lastBeat = 0

  function watch(): void {
    if (beat !== null) return
    if (spoken && !owes()) rest()
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
    if (silent >= (spoken ? patience : STARTING_BEATS)) {
      onSilent(spoken ? 'it no longer answered' : 'it did not start')
      return
    }
    watch()
    if (beat === null || asked) return
    ask()
    asked = true
  }

  return {
    watch,
    heard() {
      if (spoken) patience = Math.min(MOST_PATIENCE, Math.max(patience, PATIENCE * silent))
      spoken = true
      asked = false
      silent = 0
    },
    stop() {
      rest()
      spoken = false
    },
  }
}
