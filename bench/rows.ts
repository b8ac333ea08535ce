import type { Peak } from './peak.ts'

/**
 * What a suite of the benchmark measures, as plain data: suites run in processes of their own, their rows
 * are merged into one JSON file, and docs/performance.md is written from that file alone.
 */

/** A figure with the spread of its samples, all in the unit of its row. */
export interface Figure {
  /** Median of the samples. */
  readonly value: number
  /** First and third quartile of the samples; absent where there is one sample only. */
  readonly spread?: readonly [number, number]
  /** How many samples; 1 where absent. */
  readonly samples?: number
}

/** What a figure was measured against, in the same run and in turn with it. */
interface Rival extends Figure {
  readonly name: string
}

/** A bound that the figure, or its ratio to a rival, is held to. */
export interface Bound {
  readonly at: 'least' | 'most'
  readonly value: number
  /** `value`: the figure itself. `ratio`: how many times better it is than the rival that is named. */
  readonly of: 'value' | { readonly ratioTo: string }
}

/** What no implementation of the same work could beat on this machine. */
export interface Floor {
  readonly kind: 'arithmetic' | 'memory'
  /** In the unit of the row. */
  readonly value: number
  /** What it is made of: "2.3e7 FLOPs at 14 GFLOP/s". */
  readonly from: string
}

export interface Row extends Figure {
  /** Heading of the table that the row belongs to; the suite's own table where absent. */
  readonly group?: string
  /** What was measured. Unique in its suite and group. */
  readonly name: string
  /** "ms", "s", "frames/s", "KB", "million steps/s", "nats", "" for a pure number. */
  readonly unit: string
  /** Whether more is better (rates) or less (times, sizes). Less, where absent. */
  readonly better?: 'more' | 'less'
  readonly rivals?: readonly Rival[]
  readonly bounds?: readonly Bound[]
  readonly floor?: Floor
  /** One short sentence, where the name does not say it all. */
  readonly note?: string
}

/** The options of a run of the bench. */
export interface BenchOptions {
  /** Fewer samples, smaller sizes: to see that all works, not to quote. */
  readonly quick: boolean
  /** Long versions of what has them. */
  readonly long: boolean
  /** Whether WebGPU in Node shall use a real GPU instead of the software adapter. */
  readonly gpu: boolean
  /** Length of the memory test, minutes. */
  readonly minutes: number
  /** What one core of this machine can do, measured before the suite: floors are made of it. */
  readonly peak: Peak
  /** A line for the person who waits. */
  log(line: string): void
}

/** One suite: `npm run bench -- <name>`. Rejects where what it measures does not work at all. */
export type Suite = (options: BenchOptions) => Promise<Row[]>
