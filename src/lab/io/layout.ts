import { short } from '../scene/reading/problem.ts'
import type { Decimal, Separator } from '../scene/fields/tableForm.ts'
import { rowsOf, type Form, type TableOptions } from './form.ts'
import { kindOfWords, numberAt, otherThan, readsTwice, type Wordy } from './numberCell.ts'
import { MAX_LINES, MIN_ROWS, Rows } from './rows.ts'
import type { Remark } from './scale.ts'
import type { Pieces } from './slices.ts'

/**
 * What a column holds.
 * - `number`, `text`, `date`, `empty`: most cells are so
 * - `index`: numbers that count the rows
 * - `seconds`, `milliseconds`: times since 1970
 * - `constant`: one number in all rows
 * - `sparse`: numbers in less than half of the rows
 * - `decimal`: numbers with the other decimal sign
 * - `code`: whole numbers with zeros before them
 */
export type ColumnKind =
  | 'number'
  | 'sparse'
  | 'index'
  | 'code'
  | 'decimal'
  | 'constant'
  | 'date'
  | 'seconds'
  | 'milliseconds'
  | 'text'
  | 'empty'

export interface Column {
  readonly index: number
  /** The name in the header, with the unit of a row of units; else `column 1`, `column 2`, …. No two names are the same. */
  readonly name: string
  readonly kind: ColumnKind
}

/** The reason why rows give no point. */
export type SkipKind =
  | Wordy
  | 'comment'
  | 'title'
  | 'units'
  | 'header'
  | 'empty'
  | 'rule'
  | 'short'
  | 'wide'
  | 'range'
  | 'decimal'
  | 'total'
  | 'log'
  | 'far'

export interface Skipped {
  readonly kind: SkipKind
  readonly rows: number
  /** 1-based line of the first of these rows. */
  readonly line: number
  /** The cell that is wrong in that row, and its column; null where the whole row is wrong. */
  readonly found: string | null
  readonly column: string | null
}

/** How the reader took a table apart, whether or not the table then gave points. */
export interface Layout {
  readonly separator: Separator
  readonly decimal: Decimal
  /** 1-based line of the header; null without one. */
  readonly header: number | null
  readonly available: readonly Column[]
  /** The two columns that the reader read; null where there were none. */
  readonly columns: readonly [Column, Column] | null
  /** The first rows below the header, to be shown: of each, the cells of some columns. */
  readonly first: {
    readonly columns: readonly number[]
    readonly rows: readonly { readonly line: number; readonly cells: readonly string[] }[]
  }
}

/** Most rows and cells from which the reader judges columns, and rows that it keeps as text. */
const SAMPLE_ROWS = 1000
const SAMPLE_CELLS = 100_000
const HEAD_ROWS = 40
/** Rows and columns shown. */
const SHOWN_ROWS = 6
const SHOWN_COLUMNS = 12
const CELL = 200
const LINE = 2000

export const TOO_MANY_LINES = {
  line: 0,
  message: `more than ${MAX_LINES} lines; allowed: at most ${MAX_LINES}`,
}

interface HeadRow {
  readonly line: number
  /** Whether a blank line stands above the row. */
  readonly apart?: boolean
  readonly cells: readonly string[]
  /** The text of the row. */
  readonly text: string
}

interface Stats {
  numbers: number
  dates: number
  words: number
  /** Words that are numbers with the other decimal sign. */
  others: number
  least: number
  most: number
  integers: boolean
  /** A cell with a leading zero that numbers do not have, such as 053, or else a cell −0. */
  zeros: string | null
  /** A cell that is another number with the other decimal sign. */
  twice: string | null
  /** Numbers with three digits before a decimal point, zeros in front included. */
  threes: number
  /** Numbers that are one more than the number before. */
  steps: number
  /** Numbers that are greater than the number before. */
  ups: number
  last: number
}

export interface Sample {
  readonly head: readonly HeadRow[]
  /** The comment right above the first row. */
  readonly comment: HeadRow | null
  readonly rows: number
  readonly stats: readonly Stats[]
  /** The most frequent number of cells of a row, up to the last cell that is not empty. */
  readonly width: number
  /** The most frequent number of cells of a row, empty cells at its end included. */
  readonly whole: number
  readonly fault: { readonly line: number; readonly message: string } | null
}

export function* takeSample(form: Form): Pieces<Sample> {
  const reader = rowsOf(form)
  const { text } = form
  const head: HeadRow[] = []
  const stats: Stats[] = []
  const [widths, wholes] = [new Map<number, number>(), new Map<number, number>()]
  const failed = (fault: Sample['fault']): Sample => ({
    ...{ head: [], comment, rows, stats, width: 0, whole: 0, fault },
  })
  let comment: HeadRow | null = null
  let rows = 0
  let cells = 0
  let apart = false
  let yieldAt = 0
  for (let outcome = reader.next(); outcome !== 'end'; outcome = reader.next()) {
    if (reader.at >= yieldAt || reader.count > 200) {
      yieldAt = reader.at + 2 ** 16
      yield undefined
    }
    if (outcome === 'fault') return failed(reader.fault)
    if (reader.rowLine > MAX_LINES) return failed(TOO_MANY_LINES)
    if (outcome === 'comment' && head.length === 0)
      comment = {
        line: reader.rowLine,
        text: text.slice(reader.rowStart, reader.rowStart + LINE).split(/[\r\n]/u, 1)[0]!,
        cells: [],
      }
    if (outcome === 'blank') apart = true
    if (outcome !== 'row') continue
    const count = countOf(reader)
    if (head.length < HEAD_ROWS)
      head.push({
        ...{ line: reader.rowLine, apart },
        text: text.slice(reader.rowStart, Math.min(reader.rowEnd, reader.rowStart + LINE)),
        cells: Array.from({ length: reader.count }, (_, i) => reader.cell(i).slice(0, CELL)),
      })
    apart = false
    for (const [map, n] of [
      [widths, count],
      [wholes, reader.count],
    ] as const)
      map.set(n, (map.get(n) ?? 0) + 1)
    rows++
    cells += count
    for (let i = 0; i < count; i++) addTo((stats[i] ??= emptyStats()), reader, i, form)
    if (rows >= SAMPLE_ROWS || (cells >= SAMPLE_CELLS && rows >= 2 * MIN_ROWS)) break
  }
  const [width, whole] = [mostOften(widths), mostOften(wholes)]
  return { head, comment, rows, stats, width, whole, fault: null }
}

/** The value with the greatest count; of several the largest. */
function mostOften(counts: ReadonlyMap<number, number>): number {
  let [found, most] = [0, 0]
  for (const [value, times] of counts)
    if (times > most || (times === most && value > found)) [found, most] = [value, times]
  return found
}

/** The number of cells of a row up to the last that is not empty. */
function countOf({ count, starts, ends }: Rows): number {
  let n = count
  while (n > 0 && starts[n - 1] === ends[n - 1]) n--
  return n
}

function emptyStats(): Stats {
  return {
    ...{ numbers: 0, dates: 0, words: 0, others: 0, least: Infinity, most: -Infinity },
    ...{ integers: true, zeros: null, twice: null, threes: 0, steps: 0, ups: 0, last: NaN },
  }
}

const ZERO = 48
const THREE_DIGITS = /^\d{3}(?:\.\d*)?$/u

function addTo(stats: Stats, reader: Rows, i: number, { decimal, undecided }: Form): void {
  const value = numberAt(reader.text, reader.starts[i]!, reader.ends[i]!, decimal)
  if (Number.isNaN(value)) {
    const cell = reader.cell(i)
    const kind = kindOfWords(cell)
    if (kind === 'date') stats.dates++
    else if (kind !== 'gap') {
      stats.words++
      if (!Number.isNaN(numberAt(cell, 0, cell.length, otherThan(decimal)))) stats.others++
    }
    return
  }
  stats.numbers++
  stats.integers &&= Number.isInteger(value)
  if (value < 1000 && THREE_DIGITS.test(reader.cell(i))) stats.threes++
  if (value === 0 || reader.text.charCodeAt(reader.starts[i]!) === ZERO) {
    const cell = reader.cell(i)
    if (/^0\d+(?:[.,]\d*)?$/u.test(cell)) stats.zeros = short(cell)
    else if (/^[-−]0$/u.test(cell)) stats.zeros ??= short(cell)
  }
  if (undecided && stats.twice === null) {
    const cell = reader.cell(i)
    if (readsTwice(cell)) stats.twice = cell
  }
  if (value === stats.last + 1) stats.steps++
  if (value > stats.last) stats.ups++
  stats.last = value
  stats.least = Math.min(stats.least, value)
  stats.most = Math.max(stats.most, value)
}

const DAY_NAMES = /\b(?:date|datum|fecha|day|tag|jour)\b/iu
const INDEX_NAMES =
  /^(?:|#|(?:.*[ _.-])?(?:id|idx|index|no\.?|nr\.?)|n°|row|rows?[ _.]?(?:id|no|nr|number|name)s?|unnamed: 0|lfd\.? ?nr\.?)$/iu
/** The years 2000 and 2100, seconds since 1970. */
const SECONDS: readonly [number, number] = [946_684_800, 4_102_444_800]

function kindOf(
  stats: Stats | undefined,
  title: string | null,
  place: number,
  { rows, stats: all }: Pick<Sample, 'rows' | 'stats'>,
): ColumnKind {
  if (stats === undefined) return 'empty'
  const { numbers, dates, words, others, least, most, integers, zeros, steps, ups } = stats
  const name = title?.trim() ?? null
  const full = numbers + dates + words
  if (full === 0) return 'empty'
  if (2 * dates >= full) return 'date'
  if (2 * numbers < full) return 2 * others >= full ? 'decimal' : 'text'
  if (least === most) return 'constant'
  if (least >= SECONDS[0] && most <= SECONDS[1]) return 'seconds'
  if (least >= 1000 * SECONDS[0] && most <= 1000 * SECONDS[1]) return 'milliseconds'
  // Days since 1900, as workbooks count them, from 1954 to 2119.
  if (name !== null && DAY_NAMES.test(name) && least >= 20_000 && most <= 80_000) return 'date'
  const plain = 2 * numbers < rows ? 'sparse' : 'number'
  if (!integers) return plain
  if (isDay(least) && isDay(most)) return 'date'
  const counts = numbers >= 5 && steps >= 0.9 * (numbers - 1)
  const nameless =
    name === null ? place === 0 && least <= 1 : INDEX_NAMES.test(name) || /\p{Ll}I[Dd]$/u.test(name)
  // A first column that the header leaves out holds row labels, in any order where rows were picked or shuffled.
  const labels = name === '' && place === 0 && least >= 0
  if (nameless && (counts || labels || (name && numbers >= 5 && ups === numbers - 1)))
    return 'index'
  // Where other columns have decimals, whole numbers with leading zeros are codes, not the ends of torn decimals.
  return zeros?.startsWith('0') === true && all.some((one) => !one.integers) ? 'code' : plain
}

/** Whether a number is a date such as 20240131. */
function isDay(value: number): boolean {
  const [year, month, day] = [
    Math.floor(value / 10_000),
    Math.floor(value / 100) % 100,
    value % 100,
  ]
  return year >= 1900 && year <= 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31
}

export interface Plan {
  readonly layout: Layout
  /** Cells of a row: between blanks a row may not have fewer, and no row may have numbers beyond them. */
  readonly width: number
  /** The most frequent number of cells of a row up to the last cell that is not empty. */
  readonly filled: number
  /** The kind of each line that is no row of data; '' for the header. */
  readonly special: ReadonlyMap<number, SkipKind | ''>
  readonly titles: readonly string[] | null
  /** Remarks on the signs in the two columns, and on columns that number the rows. */
  readonly remarks: readonly Remark[]
}

export function planOf(found: Sample, form: Form, { columns = null }: TableOptions): Plan {
  const { head, stats } = found
  const numeric = stats.flatMap(({ numbers, dates, words }, i) =>
    2 * numbers >= numbers + dates + words && numbers > 0 ? [i] : [],
  )
  const probed = columns ?? (numeric.length >= 2 ? numeric : stats.map((_, i) => i))
  const counts = (row: HeadRow) => countKinds(row, probed, form.decimal)
  const data = head.findIndex((row) => 2 * counts(row).numbers > probed.length)
  const above = head.slice(0, data < 0 ? 1 : data)
  const special = new Map<number, SkipKind | ''>()
  const words = above.map(counts)
  // Lines above a blank line are titles where a header follows below it.
  const begin = above.findLastIndex(({ apart }, i) => apart === true && words[i]!.words > 0)
  let at = above.findIndex(
    ({ cells }, i) =>
      i >= begin &&
      words[i]!.numbers === 0 &&
      words[i]!.words > 0 &&
      cells.length >= Math.max(2, found.width - 1),
  )
  if (at < 0) {
    const last = above.findLastIndex(({ cells }) => !isRule(cells, form))
    if ((words[last]?.words ?? 0) > 0 && above[last]!.cells.length > 1) at = last
  }
  for (const [i, { line, cells }] of above.entries()) {
    if (i === at) special.set(line, '')
    else if (isRule(cells, form)) special.set(line, 'rule')
    else if (i < at || (at < 0 && cells.length < found.width && words[i]!.numbers === 0))
      special.set(line, 'title')
    else if (words[i]!.numbers === 0 && words[i]!.words > 0 && at >= 0) special.set(line, 'units')
  }
  const sample = { ...found, stats: statsBelow(found, special, form) }
  let titles = at < 0 ? null : titlesOf(head[at]!, sample, form)
  let header = at < 0 ? null : head[at]!.line
  if (at >= 0 && titles === null) {
    special.set(header!, 'title')
    header = null
  }
  if (titles === null) {
    titles = titlesInComment(sample, form)
    if (titles !== null) {
      header = sample.comment!.line
      special.set(header, '')
    }
  }
  const units = above.find(({ line }) => special.get(line) === 'units')?.cells ?? []
  const rows = head.filter(({ line }) => !special.has(line))
  const available = columnsOf({ ...sample, head: rows }, titles, units)
  // Cells beyond the header are probably pieces of other cells.
  const named = titles === null ? available : available.slice(0, titles.length)
  const chosen = columns ?? chooseColumns(named) ?? chooseColumns(available)
  const [x, y] = chosen === null ? [] : [available[chosen[0]], available[chosen[1]]]
  const shown = [...new Set([...available.keys()].slice(0, SHOWN_COLUMNS).concat(chosen ?? []))]
    .filter((i) => i < available.length)
    .sort((a, b) => a - b)
  return {
    filled: sample.width,
    width: form.separator === 'blank' ? sample.width : Math.max(sample.whole, titles?.length ?? 0),
    special,
    titles,
    remarks:
      x === undefined || y === undefined
        ? []
        : [
            ...signsIn([x, y], available, sample, form),
            ...(columns === null ? rowNumbersIn([x, y]) : []),
          ],
    layout: {
      separator: form.separator,
      decimal: form.decimal,
      header,
      available,
      columns: x === undefined || y === undefined ? null : [x, y],
      first: {
        columns: shown,
        rows: rows
          .slice(0, SHOWN_ROWS)
          .map(({ line, cells }) => ({ line, cells: shown.map((i) => short(cells[i] ?? '')) })),
      },
    },
  }
}

/** The statistics without the lines above the rows of data. */
function statsBelow(
  { head, stats }: Sample,
  special: ReadonlyMap<number, SkipKind | ''>,
  { decimal }: Form,
): readonly Stats[] {
  const below = stats.map((one) => ({ ...one }))
  for (const { line, cells } of head) {
    if (!special.has(line)) continue
    for (const [i, cell] of cells.entries()) {
      if (below[i] === undefined || !Number.isNaN(numberAt(cell, 0, cell.length, decimal))) continue
      const kind = kindOfWords(cell)
      if (kind === 'date') below[i].dates--
      else if (kind !== 'gap') below[i].words--
    }
  }
  const last = below.findLastIndex(({ numbers, dates, words }) => numbers + dates + words > 0)
  return below.slice(0, last + 1)
}

/** Whether a row is the rule that stands between header and rows: `|:---|---:|`, `-----+-----`. */
export function isRule(cells: readonly string[], { separator }: Form): boolean {
  const full = cells.filter((cell) => cell !== '')
  if (separator === 'pipe' && full.every((cell) => /^:?-+:?$/u.test(cell))) return full.length > 0
  return full.length > 0 && full.every((cell) => /^:?[-=_─━+]{2,}:?$/u.test(cell))
}

/** Remarks on commas, points and blanks in the two columns. */
function signsIn(
  columns: readonly Column[],
  available: readonly Column[],
  { stats }: Sample,
  { separator, decimal, tight, undecided, beside }: Form,
): readonly Remark[] {
  if (tight && decimal === 'comma')
    return [
      {
        kind: 'signs',
        text: 'Commas between digits were read as decimal signs, commas before blanks as separators.',
        ways: ['decimal-point'],
      },
    ]
  for (const { index, name } of columns) {
    const cell = undecided ? (stats[index]?.twice ?? null) : null
    if (cell === null) continue
    const other = otherThan(decimal)
    const [read, else_] = [decimal, other].map((sign) =>
      String(numberAt(cell, 0, cell.length, sign)),
    )
    const why =
      beside === null ? '' : `, since whole numbers such as ${short(beside)} stand beside it`
    const text = `${short(cell)} in ${name} was read as ${read!}${why}; with a decimal ${other} it is ${else_!}.`
    return [{ kind: 'signs', text, ways: [other === 'point' ? 'decimal-point' : 'decimal-comma'] }]
  }
  const whole = stats.every(({ integers }) => integers)
  const torn =
    separator === 'blank'
      ? zerosIn(columns, stats)
      : separator !== 'comma'
        ? null
        : whole
          ? (zerosIn(columns, stats) ?? zeroBelowZero(available, stats))
          : zerosIn(
              columns.filter(({ index }) => isTornThousand(stats, index)),
              stats,
            )
  if (torn === null) return []
  const what =
    separator === 'comma'
      ? `${whole ? 'decimals' : 'thousands'} behind a comma`
      : 'thousands behind a space'
  const text = `${torn.name} has numbers such as ${torn.zeros}: ${what} would be read so.`
  return [{ kind: 'zeros', text, ways: ['resave'] }]
}

/** Whether each number of a column is greater than the one before. */
export function rises({ numbers, ups }: Stats): boolean {
  return numbers > 0 && ups >= numbers - 1
}

/** Whether a column may hold what stood behind the comma of thousands: three digits, behind a whole number below 1000. */
export function isTornThousand(stats: readonly Stats[], index: number): boolean {
  const [before, here] = [stats[index - 1], stats[index]]
  if (before === undefined || here === undefined) return false
  return (
    here.numbers > 0 &&
    here.threes === here.numbers &&
    before.numbers > 0 &&
    before.integers &&
    before.least > -1000 &&
    before.most < 1000
  )
}

/** The first of the columns with a number with leading zeros, which is probably the end of a number torn apart. */
function zerosIn(columns: readonly Column[], stats: readonly Stats[]) {
  for (const { index, name } of columns) {
    const zeros = stats[index]?.zeros ?? null
    if (zeros?.startsWith('0') === true) return { name, zeros }
  }
  return null
}

/** The first column with a −0 before a column that may hold fractions: probably the whole part of −0,8. */
function zeroBelowZero(columns: readonly Column[], stats: readonly Stats[]) {
  for (const { index, name } of columns) {
    const zeros = stats[index]?.zeros ?? null
    if (zeros === null || zeros.startsWith('0') || index % 2 === 1) continue
    if ((stats[index + 1]?.least ?? -1) >= 0) return { name, zeros }
  }
  return null
}

/** A remark for each of the two columns that numbers the rows: the reader takes it only if there is no other. */
function rowNumbersIn(columns: readonly Column[]): readonly Remark[] {
  return columns
    .filter(({ kind }) => kind === 'index')
    .map(({ name }) => ({
      kind: 'index',
      text: `${name} numbers the rows; there are no two other columns of numbers.`,
      ways: ['measured'],
    }))
}

function countKinds({ cells }: HeadRow, columns: readonly number[], decimal: Decimal) {
  let [numbers, words] = [0, 0]
  for (const column of columns) {
    const cell = cells[column] ?? ''
    const is = (sign: Decimal) => !Number.isNaN(numberAt(cell, 0, cell.length, sign))
    if (is(decimal)) numbers++
    else if (!is(otherThan(decimal)) && kindOfWords(cell) === 'text') words++
  }
  return { numbers, words }
}

/**
 * The names in a header. Where it has one name too few, the name of the first column is missing if that column only names or
 * counts the rows. Null where the number of words between blanks differs from the number of columns: no word belongs to a
 * certain column then.
 */
function titlesOf(
  { cells, text }: HeadRow,
  sample: Sample,
  { separator }: Form,
): readonly string[] | null {
  const { width, stats } = sample
  let n = cells.length
  while (n > 0 && cells[n - 1] === '') n--
  const titles = cells.slice(0, n)
  const kind = kindOf(stats[0], '', 0, sample)
  if (cells.length === width - 1 && n >= 2 && (kind === 'text' || kind === 'index'))
    return ['', ...titles]
  if (separator !== 'blank' || n === width) return titles
  const apart = text.trim().split(/\t+|[^\S\t]{2,}/u)
  return apart.length === width ? apart : null
}

/** The names in the comment above the first row, where it has as many cells as the rows. */
function titlesInComment({ comment, width }: Sample, form: Form): readonly string[] | null {
  const text = comment?.text.replace(/^[^#%]*[#%]+/u, '') ?? ''
  if (text.trim() === '') return null
  const reader = new Rows(form.separator === 'blank' ? text.trim() : text, form)
  if (reader.next() !== 'row' || reader.count !== width || width < 2) return null
  const titles = Array.from({ length: width }, (_, i) => reader.cell(i))
  return titles.every((cell) => Number.isNaN(numberAt(cell, 0, cell.length, form.decimal)))
    ? titles
    : null
}

function columnsOf(
  { stats, head, rows }: Sample,
  titles: readonly string[] | null,
  units: readonly string[],
): readonly Column[] {
  const width = Math.max(
    stats.length,
    titles?.length ?? 0,
    ...head.map(({ cells }) => cells.length),
  )
  const used = new Set<string>()
  return Array.from({ length: width }, (_, index): Column => {
    const title = nameOf(titles?.[index])
    const unit = nameOf(units[index]?.replace(/^[[({]\s*(.*?)\s*[\])}]$/u, '$1'))
    const told = unit === '' || title.includes(unit) ? title : `${title} (${unit})`
    const bare = `column ${index + 1}`
    const name = title !== '' ? told : unit === '' ? bare : `${bare} (${unit})`
    let own = name
    for (let n = 2; used.has(own); n++) own = `${name} (${n})`
    used.add(own)
    return {
      index,
      name: own,
      kind: kindOf(stats[index], titles === null ? null : (titles[index] ?? ''), index, {
        rows,
        stats,
      }),
    }
  })
}

/** The title of a column on one line; empty where there is none. */
function nameOf(title: string | undefined): string {
  const name = short(title?.trim() ?? '').trim()
  return kindOfWords(name) === 'gap' ? '' : name
}

const RANKS: Readonly<Record<ColumnKind, number>> = {
  ...{ number: 0, sparse: 1, index: 2, code: 2, seconds: 3, milliseconds: 3, constant: 4 },
  ...{ date: 9, decimal: 9, text: 9, empty: 9 },
}

/** The first two of the columns of the best rank, in the order of the table; null where fewer than two hold numbers. */
function chooseColumns(available: readonly Column[]): readonly [number, number] | null {
  const [a, b] = available
    .filter(({ kind }) => RANKS[kind] < 9)
    .sort((p, q) => RANKS[p.kind] - RANKS[q.kind] || p.index - q.index)
  if (a === undefined || b === undefined) return null
  return a.index < b.index ? [a.index, b.index] : [b.index, a.index]
}
