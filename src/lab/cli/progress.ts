import type { EventName, Events } from '../protocol/calls.ts'

/** Seconds between two lines about the same work. */
const INTERVAL = 2

/** Seconds of silence before the first word. */
const SILENCE = 0.8

/** Says what is being worked on where nothing else has been said for a while. */
export function workPrinter(
  print: (line: string) => void,
  clock: () => number,
): {
  readonly print: (line: string) => void
  readonly working: (words: () => string) => void
  /** To be called often. */
  readonly tick: () => void
} {
  let words: (() => string) | null = null
  let next = clock() + SILENCE
  const say = (line: string): void => {
    next = clock() + INTERVAL
    print(line)
  }
  const tick = (): void => {
    if (words !== null && clock() >= next) say(`working on ${words()}`)
  }
  return {
    print: say,
    working(now) {
      words = now
      tick()
    },
    tick,
  }
}

/** Says on stderr, line by line, what the engine reports. */
export function progressPrinter(
  print: (line: string) => void,
  clock: () => number,
): <K extends EventName>(name: K, payload: Events[K]) => void {
  let last = -Infinity
  let lastStep = -1
  const listeners: { readonly [K in EventName]: (payload: Events[K]) => void } = {
    trainingProgress({ step, steps, stepsPerSecond, remainingSeconds, history }) {
      if (step === lastStep || (clock() - last < INTERVAL && step < steps)) return
      last = clock()
      lastStep = step
      const left = remainingSeconds === null ? '' : `, ${Math.ceil(remainingSeconds)} s left`
      const point = history.at(-1)
      const kl = point?.klDataModel ?? null
      const entropy = point?.crossEntropy ?? null
      const quality =
        kl !== null
          ? `, KL ${kl.toFixed(4)}`
          : entropy !== null
            ? `, held-out cross-entropy ${entropy.toFixed(4)}`
            : ''
      print(`training ${step}/${steps}, ${stepsPerSecond.toFixed(1)} steps/s${left}${quality}`)
    },
    notice({ level, text, details }) {
      print(level === 'info' ? text : `${level}: ${text}`)
      if (details !== undefined) print(details)
    },
    backend({ description, reason }) {
      print(`backend ${description}: ${reason}`)
    },
    landscape() {},
    analysis() {},
    sweep() {},
    checkpoint() {},
    calibrated() {},
    live() {},
    liveEnded() {},
  }
  return (name, payload) => {
    listeners[name](payload)
  }
}
