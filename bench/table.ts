import type { Bound, Figure, Row } from './rows.ts'
import { isMet, ratioTo, shareOfFloor } from './statistics.ts'

/** Three significant digits, large numbers whole and grouped by thousands. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '∞' : value < 0 ? '−∞' : 'not a number'
  const size = Math.abs(value)
  if (size >= 1e7 || (size > 0 && size < 1e-4)) {
    const [mantissa, exponent] = value.toExponential(1).split('e') as [string, string]
    return `${mantissa}e${exponent.replace('+', '')}`.replaceAll('-', '−')
  }
  const rounded = size >= 100 ? String(Math.round(size)) : size.toPrecision(3)
  const [whole, fraction] = rounded.split('.') as [string, string?]
  const grouped = whole.length > 3 ? whole.replace(/\B(?=(\d{3})+$)/g, ',') : whole
  return `${value < 0 ? '−' : ''}${grouped}${fraction === undefined ? '' : `.${fraction}`}`
}

/** A figure with its quartiles, where several samples were taken and they differ in what is printed. */
export function figure({ value, spread }: Figure): string {
  if (spread === undefined) return digits(value)
  const [low, high] = [digits(spread[0]), digits(spread[1])]
  return low === high ? digits(value) : `${digits(value)} (${low} – ${high})`
}

/** "≥ 6 × tfjs wasm: met". */
export function boundText(row: Row, bound: Bound): string {
  const sign = bound.at === 'least' ? '≥' : '≤'
  const asked = bound.value.toLocaleString('en-GB', { maximumFractionDigits: 6 })
  const what = bound.of === 'value' ? withUnit(asked, row.unit) : `${asked} × ${bound.of.ratioTo}`
  return `${sign} ${what}: ${isMet(row, bound) ? 'met' : '**not met**'}`
}

const withUnit = (text: string, unit: string) => (unit === '' ? text : `${text} ${unit}`)

/** The columns of the tables of figures. */
export const HEADINGS = ['what', 'measured', 'against', 'times', 'bound', 'floor, share'] as const

/** One row of figures as lines of cells: a line for the figure and its first rival, one for every further rival. */
export function cellsOf(row: Row): string[][] {
  const rivals = row.rivals ?? []
  const share = shareOfFloor(row)
  const floor =
    row.floor === undefined || share === null
      ? ''
      : `${withUnit(digits(row.floor.value), row.unit)}, ${digits(100 * share)} %`
  const bounds = (row.bounds ?? []).map((bound) => boundText(row, bound)).join('; ')
  const against = (k: number): [string, string] => {
    const rival = rivals[k]
    if (rival === undefined) return ['', '']
    return [`${rival.name} ${figure(rival)}`, digits(ratioTo(row, rival))]
  }
  const first = [row.name, withUnit(figure(row), row.unit), ...against(0), bounds, floor]
  return [first, ...rivals.slice(1).map((_, k) => ['', '', ...against(k + 1), '', ''])]
}

/** Rows by their heading, in the order in which headings first come. */
export function groups(rows: readonly Row[]): Map<string, Row[]> {
  const found = new Map<string, Row[]>()
  for (const row of rows) {
    const group = row.group ?? ''
    const list = found.get(group)
    if (list) list.push(row)
    else found.set(group, [row])
  }
  return found
}

/** A table in Markdown; columns that are empty all the way down are left out. */
export function markdownTable(headings: readonly string[], lines: readonly string[][]): string {
  const kept = headings.map((_, k) => k === 0 || lines.some((line) => line[k] !== ''))
  const draw = (cells: readonly string[]) =>
    `| ${cells
      .filter((_, k) => kept[k])
      .map((cell) => cell.replaceAll('|', '\\|'))
      .join(' | ')} |`
  return [draw(headings), draw(headings.map(() => '---')), ...lines.map(draw)].join('\n')
}

/** All figures of a suite for a terminal. */
export function plainTables(rows: readonly Row[]): string {
  const blocks: string[] = []
  for (const [group, list] of groups(rows)) {
    const lines = [[...HEADINGS], ...list.flatMap(cellsOf)]
    const kept = HEADINGS.map((_, k) => k).filter(
      (k) => k === 0 || lines.slice(1).some((line) => line[k] !== ''),
    )
    const widths = kept.map((k) => Math.max(...lines.map((line) => line[k]!.length)))
    const drawn = lines.map((line) =>
      kept
        .map((k, i) => line[k]!.replaceAll('**', '').padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    blocks.push([...(group === '' ? [] : [`${group}:`]), ...drawn].join('\n'))
  }
  return blocks.join('\n\n')
}
