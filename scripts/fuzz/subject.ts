import type { Draws } from './draws.ts'

/** One kind of input: how it is made, how it is read, and what must hold of whatever was read. */
export interface Subject {
  readonly name: string
  /** How many inputs `npm run fuzz` makes. */
  readonly count: number
  /** The inputs of a seed. */
  readonly open: (seed: number) => (draws: Draws) => Case
}

export interface Case {
  readonly input: string | Uint8Array
  /** Reads the input as the lab does. What is timed. */
  readonly read: () => unknown
  /** The same in the pieces between which the page goes on: none may take long, however long the input is. */
  readonly pieces?: () => Iterator<unknown>
  /** Throws where what `read` does is not as promised; reads again, so that nothing is kept between. */
  readonly verify: () => void
}

/** Throws unless `holds`. */
export function demand(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

/** Longest message about an input. */
const LONGEST_MESSAGE = 600

/** Throws unless a message to a person is one line of whole characters, and no longer than it need be. */
export function demandMessage(message: string): void {
  demand(message.trim() !== '', 'an empty message')
  demand(message.length <= LONGEST_MESSAGE, `a message of ${message.length} characters`)
  demand(
    !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_C}]/u.test(message),
    `a message with characters that are none: ${JSON.stringify(message)}`,
  )
  const own = message.replace(/^.*?: found /u, '').replace(/"(?:[^"\\]|\\.)*(?:"|…)/gu, '')
  demand(!/\bundefined\b|\[object /u.test(own), `a developer’s word: ${message}`)
}
