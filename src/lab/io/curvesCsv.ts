/** The curves of a run: objects of equally long lists, index k for step k, as in a `RunResult`. */
export interface Curves {
  readonly langevin: object
  readonly deterministic: object
  readonly contraction?: object | null
  readonly fromGibbs?: object | null
}

/** A list of the curves of a run. */
export interface CurveColumn {
  /** Its dotted path in result.json: `langevin.kl`, `deterministic.lowerBound`. */
  readonly name: string
  /** Entry k is step k; null where the value was not evaluated. */
  readonly list: readonly unknown[]
}

/** The lists of the curves of a run, in the order of result.json. */
export function curveColumns(curves: Curves): readonly CurveColumn[] {
  const parts = ['langevin', 'deterministic', 'contraction', 'fromGibbs'] as const
  return parts.flatMap((part) =>
    Object.entries(curves[part] ?? {}).flatMap(([name, list]: [string, unknown]) =>
      Array.isArray(list) ? [{ name: `${part}.${name}`, list: list as readonly unknown[] }] : [],
    ),
  )
}

/** Length of the longest list. */
export function rowsOf(columns: readonly CurveColumn[]): number {
  return columns.reduce((most, { list }) => Math.max(most, list.length), 0)
}

/**
 * The curves of a run as comma-separated text: one column for each list, named by its dotted path in
 * result.json (`langevin.kl`, `deterministic.lowerBound`), one row for each step. Numbers have the shortest
 * digits that read back to the same double; values that were not evaluated are empty cells; lists that ended early
 * are padded with empty cells.
 */
export function curvesCsv(curves: Curves): string {
  const columns = curveColumns(curves)
  const lines = [columns.map(({ name }) => name).join(',')]
  const rows = rowsOf(columns)
  for (let k = 0; k < rows; k++) lines.push(columns.map(({ list }) => curveCell(list[k])).join(','))
  return `${lines.join('\n')}\n`
}

/** An entry of a curve as a cell. */
export function curveCell(value: unknown): string {
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string'
    ? String(value)
    : ''
}
