import { counted, formatCount } from '../../core/maths/numberText.ts'
import type { Decimal, Separator } from '../scene/fields/tableForm.ts'
import type { TableOptions } from './form.ts'
import type { Column, ColumnKind, Layout, SkipKind, Skipped } from './layout.ts'
import { WAYS_WITH_THE_TABLE, type Remark, type Way } from './scale.ts'
import type { TableError } from './table.ts'

/** The error on one line, columns counted from 1, e.g. `line 3, column 1: found "abc"; allowed: a number with a decimal point`. */
export function describeTableError({ line, column, message }: TableError): string {
  if (line === 0) return message
  const where = column === null ? `line ${line}` : `line ${line}, column ${column + 1}`
  return `${where}: ${message}`
}

const SKIP_TEXTS: Readonly<Record<SkipKind, readonly [one: string, many: string]>> = {
  comment: ['comment', 'comments'],
  title: ['line above the table', 'lines above the table'],
  units: ['row of units', 'rows of units'],
  header: ['repeated header', 'repeated headers'],
  empty: ['empty row', 'empty rows'],
  rule: ['rule row, as in Markdown', 'rule rows, as in Markdown'],
  gap: ['row with a gap', 'rows with a gap'],
  short: ['row that ends too early', 'rows that end too early'],
  wide: ['row with a cell too many', 'rows with a cell too many'],
  date: ['row with a date', 'rows with a date'],
  infinite: ['row with an infinite number', 'rows with an infinite number'],
  range: ['row with a number beyond 10¹⁵', 'rows with a number beyond 10¹⁵'],
  decimal: ['row with the other decimal sign', 'rows with the other decimal sign'],
  text: ['row with no number', 'rows with no number'],
  total: ['row that sums up the table', 'rows that sum up the table'],
  log: ['row without a logarithm', 'rows without a logarithm'],
  far: ['far row', 'far rows'],
}

/** One kind of skipped rows in words: `2 rows with a gap (first on line 5: "NA" in width)`. */
export function describeSkipped({ kind, rows, line, found, column }: Skipped): string {
  const [one, many] = SKIP_TEXTS[kind]
  const where = rows === 1 ? `line ${line}` : `first on line ${line}`
  const what = found === null ? '' : `: ${found}${column === null ? '' : ` in ${column}`}`
  return `${formatCount(rows)} ${rows === 1 ? one : many} (${where}${what})`
}

export const SEPARATOR_TEXTS: Readonly<Record<Separator, string>> = {
  comma: 'comma',
  semicolon: 'semicolon',
  tab: 'tab',
  pipe: 'vertical bar',
  blank: 'spaces',
}

/** The reading on one line: `150 points from x and y; UTF-8, separator: semicolon, decimal sign: comma`. */
export function describeReading({
  points,
  columns,
  encoding,
  separator,
  decimal,
}: {
  readonly points: number
  readonly columns: readonly { readonly name: string }[]
  readonly encoding: string
  readonly separator: Separator
  readonly decimal: Decimal
}): string {
  const names = columns.map(({ name }) => name).join(' and ')
  const form = `${encoding}, separator: ${SEPARATOR_TEXTS[separator]}, decimal sign: ${decimal}`
  return `${counted(points, 'point')} from ${names}; ${form}`
}

const WAY_TEXTS: Readonly<Record<Way, string>> = {
  clip: '"clip": 10 in the target leaves far rows out',
  'log-x': '"log": ["x"] takes the logarithm of the first column',
  'log-y': '"log": ["y"] takes the logarithm of the second column',
  'decimal-point': '"decimal": "point" in the target reads it so',
  'decimal-comma': '"decimal": "comma" in the target reads it so',
  columns: '"columns" in the target, counted from 0, names other columns',
  ...WAYS_WITH_THE_TABLE,
}

/** A remark with its ways on, in the words of a scene. */
export function describeRemark({ text, ways }: Remark): string {
  return `${text} A way on: ${ways.map((way) => WAY_TEXTS[way]).join('; ')}.`
}

/** A column that the reader, not a person, chose not to read. */
export interface PassedOver {
  /** 0-based. */
  readonly index: number
  readonly name: string
  readonly why: string
}

/** The columns that the reader passed over where it chose itself; columns without name and cells are left out. */
export function passedOver(
  { available, columns }: Layout,
  options: TableOptions,
): readonly PassedOver[] {
  if (columns === null || (options.columns ?? null) !== null) return []
  return available.flatMap(({ index, name, kind }) =>
    columns.some((column) => column.index === index) ||
    (kind === 'empty' && name === `column ${index + 1}`)
      ? []
      : [{ index, name, why: kind === 'number' ? 'numbers, further right' : KIND_TEXTS[kind] }],
  )
}

/** Most columns that are named one by one. */
const NAMED = 5

/** `passed over: day (dates), note (text)`. */
export function describePassedOver(columns: readonly Omit<PassedOver, 'index'>[]): string {
  const named = columns.slice(0, NAMED).map(({ name, why }) => `${name} (${why})`)
  const more = columns.length - named.length
  return `passed over: ${named.join(', ')}${more > 0 ? ` and ${counted(more, 'more column')}` : ''}`
}

export const KIND_TEXTS: Readonly<Record<ColumnKind, string>> = {
  number: 'numbers',
  sparse: 'numbers in less than half of the rows',
  index: 'row numbers',
  decimal: 'numbers with the other decimal sign',
  code: 'codes with zeros before them',
  constant: 'one number',
  date: 'dates',
  seconds: 'seconds since 1970',
  milliseconds: 'milliseconds since 1970',
  text: 'text',
  empty: 'empty',
}

/** What a column holds, in a word or two; null for numbers. */
export function describeKind({ kind }: Column): string | null {
  return kind === 'number' ? null : KIND_TEXTS[kind]
}
