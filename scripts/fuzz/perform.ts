import { Draws } from './draws.ts'
import { links } from './links.ts'
import { sceneFiles } from './sceneFiles.ts'
import { tables } from './tables.ts'
import { weights } from './weights.ts'
import type { Case, Subject } from './subject.ts'

export const SUBJECTS: readonly Subject[] = [links, tables, weights, sceneFiles]

/** Longest time that an input may take, ms of a processor: the whole of it, or where it is long so many of its units. */
const LONGEST = 100
const LONG = 100_000
/** How often an input that took too long is read again: the least of the times is its own, whatever else runs. */
const AGAIN = 6

export interface Failure {
  readonly subject: string
  readonly index: number
  readonly what: string
  /** The beginning of the input. */
  readonly input: string
}

export interface Outcome {
  readonly passed: number
  readonly failures: readonly Failure[]
  /** ms of the slowest input, and its size. */
  readonly slowest: { readonly time: number; readonly size: number }
}

const OWN = Reflect.ownKeys(Object.prototype).length + Reflect.ownKeys(Array.prototype).length

function demandCleanPrototypes(): void {
  if (OWN === Reflect.ownKeys(Object.prototype).length + Reflect.ownKeys(Array.prototype).length)
    return
  throw new Error('the prototype of all objects was changed')
}

/** Least time on a processor of some readings, ms. */
function timeAgain(read: () => unknown, enough: number): number {
  let least = Infinity
  for (let i = 0; i < AGAIN && least > enough; i++) {
    const before = process.cpuUsage()
    read()
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, (user + system) / 1000)
  }
  return least
}

function perform(one: Case, longest: number): number {
  const start = performance.now()
  one.read()
  let time = performance.now() - start
  const most = longest * Math.max(1, one.input.length / LONG)
  if (time > most) time = timeAgain(one.read, most)
  if (time > most) throw new Error(`it took ${time.toFixed(0)} ms; at most ${most.toFixed(0)}`)
  one.verify()
  demandCleanPrototypes()
  return time
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
      const time = perform(one, longest)
      if (time > slowest.time) slowest = { time, size: one.input.length }
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
