import { percentile } from '../../core/maths/statistics.ts'

/** What the summary reads of a row of a sweep. */
interface Row<Id extends string> {
  readonly value: number
  readonly criterion: Id
  readonly step: number | null
  readonly outcome: 'stopped' | 'stalled' | 'unfired'
  readonly trueKl: number | null
  readonly falseStop: 'yes' | 'no' | 'unknown' | null
  readonly wasted: number | null
}

/** Least, median and greatest over the runs that have the number. */
export interface Spread {
  readonly least: number
  readonly median: number
  readonly most: number
}

/** The runs of one value as one criterion sees them. */
export interface SweepSummary<Id extends string = string> {
  readonly value: number
  readonly criterion: Id
  readonly runs: number
  /** Runs in which it stopped, and in which it called them stalled. */
  readonly stopped: number
  readonly stalled: number
  /** Over the runs with a stop, stalled ones among them; null where there is none. */
  readonly step: Spread | null
  readonly trueKl: Spread | null
  readonly wasted: Spread | null
  /** Stops that claim a KL of at most δ, and of them the false ones and those that no law decides; null: none makes that claim. */
  readonly claimed: number | null
  readonly false: number | null
  readonly unknown: number | null
}

/** The summaries of a sweep, by value and criterion, in the order in which the rows name them. */
export function summariesOf<Id extends string>(
  rows: readonly Row<Id>[],
): readonly SweepSummary<Id>[] {
  const groups = new Map<string, Row<Id>[]>()
  for (const row of rows) {
    const key = `${row.value} ${row.criterion}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  return [...groups.values()].map((group) => {
    const [{ value, criterion }] = group as [Row<Id>]
    const count = (is: (row: Row<Id>) => boolean): number => group.filter(is).length
    const claimed = count(({ falseStop }) => falseStop !== null)
    return {
      value,
      criterion,
      runs: group.length,
      stopped: count(({ outcome }) => outcome === 'stopped'),
      stalled: count(({ outcome }) => outcome === 'stalled'),
      step: spreadOf(group.map(({ step }) => step)),
      trueKl: spreadOf(group.map(({ trueKl }) => trueKl)),
      wasted: spreadOf(group.map(({ wasted }) => wasted)),
      claimed: claimed === 0 ? null : claimed,
      false: claimed === 0 ? null : count(({ falseStop }) => falseStop === 'yes'),
      unknown: claimed === 0 ? null : count(({ falseStop }) => falseStop === 'unknown'),
    }
  })
}

/** A sweep with its summaries as a JSON text. */
export function sweepJson<Id extends string>(result: {
  readonly rows: readonly Row<Id>[]
}): string {
  return `${JSON.stringify({ ...result, summary: summariesOf(result.rows) }, null, 2)}\n`
}

function spreadOf(values: readonly (number | null)[]): Spread | null {
  const known = values.filter((value) => value !== null)
  if (known.length === 0) return null
  const [least, median, most] = [0, 50, 100].map((p) => percentile(known, p)) as [
    number,
    number,
    number,
  ]
  return { least, median, most }
}
