/** The columns of a table of rows, and what stands in them. */
type Row = Readonly<Record<string, number | string | null>>

/**
 * Rows as comma-separated text: one column for each key of the first row, one line for each row. Numbers have the shortest digits that read back
 * to the same double, null is an empty cell, and texts stand in quotes where they hold a comma, a quote or a line end.
 */
export function rowsCsv(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {})
  const lines = rows.map((row) => columns.map((name) => cell(row[name] ?? null)).join(','))
  return `${[columns.join(','), ...lines].join('\n')}\n`
}

function cell(value: number | string | null): string {
  const text = value === null ? '' : String(value)
  return /[",\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
