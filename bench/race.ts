import { summarise } from './statistics.ts'
import type { Figure } from './rows.ts'

/** One of those that are measured against each other. */
export interface Contender {
  readonly name: string
  /** The work once. */
  run(): Promise<unknown> | void
}

export interface RaceOptions {
  readonly samples: number
  /** A sample takes at least this long, ms: short work is repeated within it. */
  readonly atLeast: number
}

/** As a full run and a quick one take them. */
export function raceOptions(quick: boolean): RaceOptions {
  return quick ? { samples: 3, atLeast: 20 } : { samples: 7, atLeast: 150 }
}

async function timed(contender: Contender, repeats: number): Promise<number> {
  const start = performance.now()
  for (let i = 0; i < repeats; i++) {
    const result = contender.run()
    if (result instanceof Promise) await result
  }
  return (performance.now() - start) / repeats
}

/** How often the work fits into a sample, after it has been warmed up. */
async function repeatsOf(contender: Contender, atLeast: number): Promise<number> {
  let repeats = 1
  for (;;) {
    const each = await timed(contender, repeats)
    if (each * repeats >= atLeast / 2) return Math.max(1, Math.ceil(atLeast / each))
    repeats *= each > 0 ? Math.min(8, Math.max(2, Math.ceil(atLeast / (each * repeats)))) : 8
  }
}

/**
 * Times the contenders in turn, A B C A B C …, so that whatever else the machine does falls on all of them alike.
 * Each is warmed up for a sample's time first; before every sample it runs once untimed, to fetch its caches back.
 * @returns milliseconds of the work once, in the order of the contenders
 */
export async function race(
  contenders: readonly Contender[],
  { samples, atLeast }: RaceOptions,
): Promise<Figure[]> {
  const repeats: number[] = []
  for (const contender of contenders) {
    await timed(contender, 1)
    repeats.push(await repeatsOf(contender, atLeast))
  }
  const times = contenders.map((): number[] => [])
  for (let s = 0; s < samples; s++) {
    for (const [i, contender] of contenders.entries()) {
      if (repeats[i]! > 1) await timed(contender, 1)
      times[i]!.push(await timed(contender, repeats[i]!))
    }
  }
  return times.map(summarise)
}

/** A time per work turned into works a second, spread included. */
export function rate(figure: Figure, works: number, perSecond = 1000): Figure {
  const of = (time: number) => (works * perSecond) / time
  const { value, spread, samples } = figure
  return {
    value: of(value),
    ...(spread === undefined ? {} : { spread: [of(spread[1]), of(spread[0])] as const }),
    ...(samples === undefined ? {} : { samples }),
  }
}
