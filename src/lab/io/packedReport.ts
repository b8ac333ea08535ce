/** The long parts of a report: lists with an entry a step, as in an `AnalysisReport`. */
interface Lists {
  readonly curves: object
  readonly foldedMass: readonly (number | null)[]
}

/** A report with its lists as typed arrays, which a message carries without a copy; NaN stands for null. */
export type PackedReport<R extends Lists> = Omit<R, keyof Lists> & {
  readonly curves: Readonly<Record<keyof R['curves'], Float64Array>>
  readonly foldedMass: Float64Array
}

/** @param report without NaN among its numbers */
export function packReport<R extends Lists>(report: R): PackedReport<R> {
  return {
    ...report,
    curves: eachOf(report.curves, packed) as PackedReport<R>['curves'],
    foldedMass: packed(report.foldedMass),
  }
}

export function unpackReport<R extends Lists>(report: PackedReport<R>): R {
  return {
    ...report,
    curves: eachOf(report.curves, unpacked),
    foldedMass: unpacked(report.foldedMass),
  } as unknown as R
}

function eachOf<From, To>(lists: object, change: (list: From) => To): Record<string, To> {
  return Object.fromEntries(
    Object.entries(lists).map(([name, list]: [string, From]) => [name, change(list)]),
  )
}

function packed(list: readonly (number | null)[]): Float64Array {
  const values = new Float64Array(list.length)
  for (let k = 0; k < list.length; k++) values[k] = list[k] ?? NaN
  return values
}

function unpacked(values: Float64Array): (number | null)[] {
  const list = new Array<number | null>(values.length)
  for (let k = 0; k < values.length; k++) {
    const value = values[k]!
    list[k] = Number.isNaN(value) ? null : value
  }
  return list
}
