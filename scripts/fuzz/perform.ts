import { Draws } from './draws.ts'
import { links } from './links.ts'
import { sceneFiles } from './sceneFiles.ts'
import { tables } from './tables.ts'
import { weights } from './weights.ts'
import type { Case, Subject } from './subject.ts'

export const SUBJECTS: readonly Subject[] = [links, tables, weights, sceneFiles]

/** Longest time that an input may take, ms of a processor: the whole of it, or each of the pieces in which it is read. */
const LONGEST = 100
/** How often an input that took too long is read again: the least of the times is its own, whatever else runs. */
const AGAIN = 6

interface Failure {
  readonly subject: string
  readonly index: number
  readonly what: string
  /** The beginning of the input. */
  readonly input: string
}

export interface Outcome {
  readonly passed: number
  readonly failures: readonly Failure[]
  /** ms of the slowest input, in one piece or of its longest, and its size. */
  readonly slowest: { readonly time: number; readonly size: number }
}

const OWN = Reflect.ownKeys(Object.prototype).length + Reflect.ownKeys(Array.prototype).length

function demandCleanPrototypes(): void {
  if (OWN === Reflect.ownKeys(Object.prototype).length + Reflect.ownKeys(Array.prototype).length)
    return
  throw new Error('the prototype of all objects was changed')
}

function processorTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** ms of the longest piece by a clock. */
function timePieces(pieces: Iterator<unknown>, clock: () => number): number {
  let longest = 0
  for (let done: boolean | undefined = false; done !== true;) {
    const before = clock()
    ;({ done } = pieces.next())
    longest = Math.max(longest, clock() - before)
  }
  return longest
}

/** What an input takes, ms: by the clock on the wall, or where that is more than `most`, least on a processor of some readings. */
function time(pieces: () => Iterator<unknown>, most: number, what: string): number {
  let least = timePieces(pieces(), () => performance.now())
  for (let i = 0; i < AGAIN && least > most; i++)
    least = Math.min(least, timePieces(pieces(), processorTime))
  if (least > most)
    throw new Error(`${what} took ${least.toFixed(0)} ms; at most ${most.toFixed(0)}`)
  return least
}

function perform(one: Case, longest: number): number {
  const whole = (): Iterator<unknown> => ({
    next: () => ({ done: true, value: one.read() }),
  })
  const took =
    one.pieces === undefined
      ? time(whole, longest, 'it')
      : time(one.pieces, longest, 'a piece of it')
  one.verify()
  demandCleanPrototypes()
  return took
}

/** Cases `first` to `first + count − 1` of a subject and a seed. */
export function fuzz(
  subject: Subject,
  seed: number,
  first: number,
  count: number,
  longest = LONGEST,
): Outcome {
  const make = subject.open(seed)
  const failures: Failure[] = []
  let slowest = { time: 0, size: 0 }
  for (let index = first; index < first + count; index++) {
    const one = make(new Draws(seed, index))
    try {
      const took = perform(one, longest)
      if (took > slowest.time) slowest = { time: took, size: one.input.length }
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error)
      failures.push({ subject: subject.name, index, what, input: beginning(one.input) })
    }
  }
  return { passed: count - failures.length, failures, slowest }
}

function beginning(input: string | Uint8Array): string {
  if (typeof input === 'string')
    return `${input.length} characters ${JSON.stringify(input.slice(0, 300))}`
  return `${input.length} bytes ${JSON.stringify(Buffer.from(input.subarray(0, 300)).toString('latin1'))}`
}
