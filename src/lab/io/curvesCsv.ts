/** The curves of a run: objects of equally long lists, index k for step k, as in a `RunResult`. */
export interface Curves {
  readonly langevin: object
  readonly deterministic: object
  readonly contraction?: object | null
  readonly fromGibbs?: object | null
}

/**
 * The curves of a run as comma-separated text: one column for each list, named by its dotted path in
 * result.json (`langevin.kl`, `deterministic.lowerBound`), one row for each step. Numbers have the shortest
 * digits that read back to the same double; values that were not evaluated are empty cells; lists that ended early
 * are padded with empty cells.
 */
export function curvesCsv(curves: Curves): string {
  const parts = ['langevin', 'deterministic', 'contraction', 'fromGibbs'] as const
  const columns = parts.flatMap((part) =>
    Object.entries(curves[part] ?? {}).flatMap(([name, list]: [string, unknown]) =>
      Array.isArray(list) ? [{ name: `${part}.${name}`, list: list as readonly unknown[] }] : [],
    ),
  )
  const rows = columns.reduce((most, { list }) => Math.max(most, list.length), 0)
  const lines = [columns.map(({ name }) => name).join(',')]
  for (let k = 0; k < rows; k++) lines.push(columns.map(({ list }) => cell(list[k])).join(','))
  return `${lines.join('\n')}\n`
}

function cell(value: unknown): string {
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string'
    ? String(value)
    : ''
}
