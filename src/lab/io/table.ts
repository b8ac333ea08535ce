import { log } from '../../core/maths/elementary.ts'
import { formatCount } from '../../core/maths/numberText.ts'
import { short, show } from '../scene/problem.ts'
import {
  DECIMALS,
  SEPARATORS,
  type Decimal,
  type Separator,
  type TableForm,
} from '../scene/tableForm.ts'
import { kindOfWords, LARGEST, numberAt, type Wordy } from './numberCell.ts'
import { Rows } from './rows.ts'
import { isFar, judge, middleOf, type Remark, type Way } from './scale.ts'
import { atOnce, type Pieces } from './slices.ts'

/** Fewest points that a data set may have, and most rows that one file may bring. */
export const MIN_ROWS = 10
export const MAX_ROWS = 200_000
/** Longest text that is read, characters, and most lines of it. */
export const LONGEST = 2 ** 25
export const MAX_LINES = 2 * MAX_ROWS
const TOO_MANY_LINES = {
  line: 0,
  message: `more than ${MAX_LINES} lines; allowed: at most ${MAX_LINES}`,
}

/** What a person decides about the reading of a table. */
export interface TableOptions extends TableForm {
  /** 0-based; null: chosen. */
  readonly columns?: readonly [number, number] | null
}

/**
 * - `number`, `text`, `date`, `empty`: what most of its cells are
 * - `index`: numbers the rows
 * - `seconds`, `milliseconds`: since 1970
 * - `constant`: one number in all rows
 */
export type ColumnKind =
  'number' | 'index' | 'constant' | 'date' | 'seconds' | 'milliseconds' | 'text' | 'empty'

export interface Column {
  readonly index: number
  /** From the header, with its unit where a row below holds one; `column 1`, `column 2`, … without. No two are the same. */
  readonly name: string
  readonly kind: ColumnKind
}

/** Why rows gave no point. */
export type SkipKind =
  | Wordy
  | 'comment'
  | 'title'
  | 'units'
  | 'header'
  | 'short'
  | 'wide'
  | 'range'
  | 'decimal'
  | 'log'
  | 'far'

export interface Skipped {
  readonly kind: SkipKind
  readonly rows: number
  /** 1-based line of the first. */
  readonly line: number
  /** What was found there, and in which column; null where the row as a whole is meant. */
  readonly found: string | null
  readonly column: string | null
}

/** How a table was taken apart, whether or not it then gave points. */
export interface Layout {
  readonly separator: Separator
  readonly decimal: Decimal
  /** 1-based line of the header; null without one. */
  readonly header: number | null
  readonly available: readonly Column[]
  /** Which columns were read; null where there were none. */
  readonly columns: readonly [Column, Column] | null
  /** The first rows below the header, for a look at them: of each, the cells of some columns. */
  readonly first: {
    readonly columns: readonly number[]
    readonly rows: readonly { readonly line: number; readonly cells: readonly string[] }[]
  }
}

export interface PointTable {
  /** [x0, y0, x1, y1, …], length 2n, n ≥ `MIN_ROWS`, all finite; in the file's own units, or their logarithms. */
  readonly points: Float64Array
  /** The two columns that were read. */
  readonly columns: readonly [Column, Column]
  readonly layout: Layout
  /** What gave no point, of each kind once, in the order of the lines; blank lines are not told. */
  readonly skipped: readonly Skipped[]
  readonly remarks: readonly Remark[]
}

export interface TableError {
  /** 1-based; 0 where the whole file is meant. */
  readonly line: number
  /** 0-based column; null where the whole line is meant. */
  readonly column: number | null
  readonly message: string
}

export type TableRead = PointTable | { readonly error: TableError; readonly layout: Layout | null }

/** The error on one line, e.g. `line 3, column 1: found "abc"; allowed: a number with a decimal point`. */
export function describeTableError({ line, column, message }: TableError): string {
  if (line === 0) return message
  const where = column === null ? `line ${line}` : `line ${line}, column ${column}`
  return `${where}: ${message}`
}

const SKIP_TEXTS: Readonly<Record<SkipKind, readonly [one: string, many: string]>> = {
  comment: ['comment', 'comments'],
  title: ['line above the table', 'lines above the table'],
  units: ['row of units', 'rows of units'],
  header: ['repeated header', 'repeated headers'],
  gap: ['row with a gap', 'rows with a gap'],
  short: ['row that ends too early', 'rows that end too early'],
  wide: ['row with a number too many', 'rows with a number too many'],
  date: ['row with a date', 'rows with a date'],
  infinite: ['row with an infinite number', 'rows with an infinite number'],
  range: ['row with a number beyond 10⁹', 'rows with a number beyond 10⁹'],
  decimal: ['row with the other decimal sign', 'rows with the other decimal sign'],
  text: ['row with no number', 'rows with no number'],
  log: ['row without a logarithm', 'rows without a logarithm'],
  far: ['far row left out', 'far rows left out'],
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

/** What was read, on one line: `150 points from x and y; UTF-8, separator: semicolon, decimal sign: comma`. */
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
  return `${formatCount(points)} points from ${names}; ${form}`
}

const WAY_TEXTS: Readonly<Record<Way, string>> = {
  clip: '"clip": 10 in the target leaves far rows out',
  'log-x': '"log": ["x"] takes the logarithm of the first column',
  'log-y': '"log": ["y"] takes the logarithm of the second column',
  columns: '"columns" names other columns',
  rows: 'more rows make it surer',
}

/** A remark with its ways on, in the words of a scene. */
export function describeRemark({ text, ways }: Remark): string {
  return `${text} A way on: ${ways.map((way) => WAY_TEXTS[way]).join('; ')}.`
}

/** `readTable` at once. */
export function readTableNow(text: string, options?: TableOptions): TableRead {
  return atOnce(readTable(text, options))
}

/**
 * Points from a table, or from points as people write them: one row a line, cells separated by commas, semicolons,
 * tabs, vertical bars or blanks, brackets round points. Total. Whatever is not a row of numbers is skipped and told:
 * comments, titles, headers, units, gaps, words. A file with fewer than `MIN_ROWS` points, or more rows of words than
 * points, is refused and the first bad cell is named. Yields between pieces of work, none of which depends on the
 * length of the text.
 */
export function* readTable(text: string, options: TableOptions = {}): Pieces<TableRead> {
  if (text.length > LONGEST)
    return refuse(0, null, `${text.length} characters; allowed: at most ${LONGEST}`)
  const form = yield* formOf(text, options)
  const sample = yield* takeSample(form)
  const { separator, decimal } = form
  const bare: Layout = {
    ...{ separator, decimal, header: null, columns: null },
    ...{ available: [], first: { columns: [], rows: [] } },
  }
  if (sample.fault !== null) return refuse(sample.fault.line, null, sample.fault.message, bare)
  if (sample.head.length === 0)
    return refuse(0, null, 'found no rows; allowed: two columns of numbers', bare)
  const plan = planOf(sample, form, options)
  const { layout } = plan
  const refused = columnsProblem(sample, plan, options)
  if (refused !== null) return { error: refused, layout }
  return yield* readPoints(form, plan, options)
}

function refuse(
  line: number,
  column: number | null,
  message: string,
  layout: Layout | null = null,
) {
  return { error: { line, column, message }, layout }
}

// How the text is taken apart --------------------------------------------------------------------------

interface Form {
  readonly text: string
  readonly start: number
  readonly startLine: number
  readonly separator: Separator
  readonly decimal: Decimal
  readonly brackets: boolean
}

function rowsOf({ text, separator, brackets, start, startLine }: Form): Rows {
  return new Rows(text, separator, brackets, start, startLine)
}

/** Characters of each of the three places of the text from which its form is guessed. */
const WINDOW = 2 ** 14

function* formOf(text: string, options: TableOptions): Pieces<Form> {
  const told = /^\uFEFF?"?sep=([,;|\t ])"?[^\S\r\n]*(?:\r\n|\r|\n)/iu.exec(text.slice(0, 20))
  const start = told?.[0].length ?? 0
  const asked = options.separator ?? separatorCalled(told?.[1])
  const windows = windowsOf(text, start)
  const brackets = beginsWithBrackets(windows[0]!)
  let best: { separator: Separator; decimal: Decimal; score: number } | null = null
  for (const separator of asked === undefined ? SEPARATORS : [asked]) {
    const scores = scoresOf(windows, separator, brackets)
    for (const decimal of DECIMALS) {
      if (options.decimal !== undefined && options.decimal !== decimal) continue
      // Where both readings make numbers, a comma that does not separate cells is more likely a decimal sign.
      const likely = decimal === 'comma' && scores.commas && separator !== 'comma'
      const score = scores[decimal] + (likely ? 1e-9 : 0)
      if (best === null || score > best.score + (separator === best.separator ? 0 : 1e-8))
        best = { separator, decimal, score }
    }
    yield undefined
  }
  const { separator, decimal } = best ?? { separator: 'comma', decimal: 'point' }
  return { text, start, startLine: told === null ? 1 : 2, separator, decimal, brackets }
}

function separatorCalled(sign: string | undefined): Separator | undefined {
  if (sign === undefined) return undefined
  const names: Readonly<Record<string, Separator>> = {
    ',': 'comma',
    ';': 'semicolon',
    '\t': 'tab',
    '|': 'pipe',
  }
  return names[sign] ?? 'blank'
}

/** The beginning of a text, its middle and its end, each from the beginning of a line to the end of one. */
function windowsOf(text: string, start: number): readonly string[] {
  const length = text.length - start
  if (length <= 3 * WINDOW) return [text.slice(start)]
  return [start, start + Math.floor(length / 2), text.length - WINDOW].map((from, i) => {
    const window = text.slice(from, from + WINDOW)
    const begin = i === 0 ? 0 : window.search(/[\r\n]/u) + 1
    const end = i === 2 ? window.length : lastLineEnd(window)
    return end > begin ? window.slice(begin, end) : window
  })
}

function lastLineEnd(text: string): number {
  return Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1
}

function beginsWithBrackets(window: string): boolean {
  if (/^\s*[[({]/u.test(window.slice(0, 200))) return true
  const lines = window.slice(0, 4000).split(/\r\n|\r|\n/u, 20)
  const full = lines.filter((line) => line.trim() !== '')
  return 2 * full.filter((line) => /^\s*[[({]/u.test(line)).length > full.length
}

interface Scores extends Readonly<Record<Decimal, number>> {
  /** Whether a number was seen that has a comma in it. */
  readonly commas: boolean
}

/** The share of numbers among the cells that are no gaps, for rows in which there are two; less where few rows have two. */
function scoresOf(windows: readonly string[], separator: Separator, brackets: boolean): Scores {
  const numbers = { point: 0, comma: 0 }
  const pairs = { point: 0, comma: 0 }
  let weight = 0
  let rows = 0
  let cells = 0
  let commas = false
  for (const window of windows) {
    const reader = new Rows(window, separator, brackets)
    for (;;) {
      const outcome = reader.next()
      if (outcome === 'end' || outcome === 'fault') break
      if (outcome !== 'row') continue
      rows++
      cells += reader.count
      const inRow = { point: 0, comma: 0 }
      for (let i = 0; i < reader.count; i++) {
        const [from, to] = [reader.starts[i]!, reader.ends[i]!]
        if (from === to) continue
        let found = false
        for (const decimal of DECIMALS) {
          if (Number.isNaN(numberAt(window, from, to, decimal))) continue
          found = true
          inRow[decimal]++
        }
        if (found) {
          weight++
          commas ||= window.slice(from, to).includes(',')
          continue
        }
        const cell = reader.cell(i)
        if (kindOfWords(cell) === 'gap') continue
        // A word with other separators in it is likely two cells or more.
        const inside = window.charAt(from - 1) === '"' ? 0 : (cell.match(/[\t;|,]/gu)?.length ?? 0)
        weight += 1 + inside
      }
      for (const decimal of DECIMALS) {
        numbers[decimal] += inRow[decimal]
        if (inRow[decimal] >= 2) pairs[decimal]++
      }
    }
  }
  const score = (decimal: Decimal) => {
    // Without two numbers in any row at least more than one cell a row.
    if (pairs[decimal] === 0) return rows === 0 ? -1 : cells >= 1.5 * rows ? -0.5 : -0.9
    const share = Math.min(1, (2 * pairs[decimal]) / rows)
    return (share * numbers[decimal]) / weight
  }
  return { point: score('point'), comma: score('comma'), commas }
}

// What the first rows say ------------------------------------------------------------------------------

/** Rows and cells from which columns are judged, and rows that are kept as text. */
const SAMPLE_ROWS = 1000
const SAMPLE_CELLS = 100_000
const HEAD_ROWS = 40
/** Rows and columns shown. */
const SHOWN_ROWS = 6
const SHOWN_COLUMNS = 12
const CELL = 200

interface HeadRow {
  readonly line: number
  /** A blank line stands above it. */
  readonly apart?: boolean
  readonly cells: readonly string[]
}

interface Stats {
  numbers: number
  gaps: number
  dates: number
  words: number
  least: number
  most: number
  integers: boolean
  /** One of its cells that begins with a zero which numbers have not, such as 053. */
  zeros: string | null
  /** Numbers that are one more than the number before. */
  steps: number
  last: number
}

interface Sample {
  readonly head: readonly HeadRow[]
  /** The comment right above the first row. */
  readonly comment: HeadRow | null
  readonly rows: number
  readonly stats: readonly Stats[]
  /** How many cells most rows have. */
  readonly width: number
  readonly fault: { readonly line: number; readonly message: string } | null
}

function* takeSample(form: Form): Pieces<Sample> {
  const reader = rowsOf(form)
  const { text } = form
  const head: HeadRow[] = []
  const stats: Stats[] = []
  const widths = new Map<number, number>()
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
    if (outcome === 'fault')
      return { head: [], comment, rows, stats, width: 0, fault: reader.fault }
    if (reader.rowLine > MAX_LINES)
      return { head: [], comment, rows, stats, width: 0, fault: TOO_MANY_LINES }
    if (outcome === 'comment' && head.length === 0)
      comment = {
        line: reader.rowLine,
        cells: [text.slice(reader.rowStart, reader.rowStart + 2000).split(/[\r\n]/u, 1)[0]!],
      }
    if (outcome === 'blank') apart = true
    if (outcome !== 'row') continue
    const count = countOf(reader)
    if (head.length < HEAD_ROWS)
      head.push({
        ...{ line: reader.rowLine, apart },
        cells: Array.from({ length: reader.count }, (_, i) => reader.cell(i).slice(0, CELL)),
      })
    apart = false
    widths.set(count, (widths.get(count) ?? 0) + 1)
    rows++
    cells += count
    for (let i = 0; i < count; i++) addTo((stats[i] ??= emptyStats()), reader, i, form.decimal)
    if (rows >= SAMPLE_ROWS || (cells >= SAMPLE_CELLS && rows >= 2 * MIN_ROWS)) break
  }
  let width = 0
  let most = 0
  for (const [count, times] of widths)
    if (times > most || (times === most && count > width)) [width, most] = [count, times]
  return { head, comment, rows, stats, width, fault: null }
}

/** The cells of a row up to the last that is not empty. */
function countOf({ count, starts, ends }: Rows): number {
  let n = count
  while (n > 0 && starts[n - 1] === ends[n - 1]) n--
  return n
}

function emptyStats(): Stats {
  return {
    ...{ numbers: 0, gaps: 0, dates: 0, words: 0, least: Infinity, most: -Infinity },
    ...{ integers: true, zeros: null, steps: 0, last: NaN },
  }
}

const ZERO = 48

function addTo(stats: Stats, reader: Rows, i: number, decimal: Decimal): void {
  const value = numberAt(reader.text, reader.starts[i]!, reader.ends[i]!, decimal)
  if (Number.isNaN(value)) {
    const kind = kindOfWords(reader.cell(i))
    if (kind === 'gap') stats.gaps++
    else if (kind === 'date') stats.dates++
    else stats.words++
    return
  }
  stats.numbers++
  stats.integers &&= Number.isInteger(value)
  if (stats.zeros === null && reader.text.charCodeAt(reader.starts[i]!) === ZERO) {
    const cell = reader.cell(i)
    if (/^0\d+$/u.test(cell)) stats.zeros = short(cell)
  }
  if (value === stats.last + 1) stats.steps++
  stats.last = value
  stats.least = Math.min(stats.least, value)
  stats.most = Math.max(stats.most, value)
}

const INDEX_NAMES =
  /^(?:|#|id|idx|index|no\.?|nr\.?|n°|row|rows?[ _.]?(?:id|no|nr|number|name)s?|unnamed: 0|lfd\.? ?nr\.?)$/iu
/** 2000 and 2100, seconds. */
const SECONDS: readonly [number, number] = [946_684_800, 4_102_444_800]

function kindOf(stats: Stats | undefined, title: string | null, place: number): ColumnKind {
  if (stats === undefined) return 'empty'
  const { numbers, dates, words, least, most, integers, steps } = stats
  const full = numbers + dates + words
  if (full === 0) return 'empty'
  if (2 * dates >= full) return 'date'
  if (2 * numbers < full) return 'text'
  if (least === most) return 'constant'
  if (least >= SECONDS[0] && most <= SECONDS[1]) return 'seconds'
  if (least >= 1000 * SECONDS[0] && most <= 1000 * SECONDS[1]) return 'milliseconds'
  if (!integers) return 'number'
  if (isDay(least) && isDay(most)) return 'date'
  const counts = numbers >= 5 && steps >= 0.9 * (numbers - 1)
  const nameless = title === null ? place === 0 && least <= 1 : INDEX_NAMES.test(title.trim())
  return counts && nameless ? 'index' : 'number'
}

/** 20240131 */
function isDay(value: number): boolean {
  const [year, month, day] = [
    Math.floor(value / 10_000),
    Math.floor(value / 100) % 100,
    value % 100,
  ]
  return year >= 1900 && year <= 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31
}

interface Plan {
  readonly layout: Layout
  /** How many cells a row has. */
  readonly width: number
  /** Lines that are no rows of data, and what they are; '' for the header. */
  readonly special: ReadonlyMap<number, SkipKind | ''>
  readonly titles: readonly string[] | null
  /** What the cells of the columns that are read say of their signs; null where nothing does. */
  readonly remark: Remark | null
}

function planOf(sample: Sample, form: Form, { columns = null }: TableOptions): Plan {
  const { head, stats } = sample
  const numeric = stats.flatMap(({ numbers, dates, words }, i) =>
    2 * numbers >= numbers + dates + words && numbers > 0 ? [i] : [],
  )
  const probed = columns ?? (numeric.length >= 2 ? numeric : stats.map((_, i) => i))
  const counts = (row: HeadRow) => countKinds(row, probed, form.decimal)
  const data = head.findIndex((row) => 2 * counts(row).numbers > probed.length)
  const above = head.slice(0, data < 0 ? 1 : data)
  const special = new Map<number, SkipKind | ''>()
  const words = above.map(counts)
  // What stands above a blank line is a title, where there is a header below it.
  const begin = above.findLastIndex(({ apart }, i) => apart === true && words[i]!.words > 0)
  let at = above.findIndex(
    ({ cells }, i) =>
      i >= begin &&
      words[i]!.numbers === 0 &&
      words[i]!.words > 0 &&
      cells.length >= Math.max(2, sample.width - 1),
  )
  if (at < 0 && (words.at(-1)?.words ?? 0) > 0 && above.at(-1)!.cells.length > 1)
    at = above.length - 1
  let titles = at < 0 ? null : titlesOf(head[at]!.cells, sample)
  let header = at < 0 ? null : head[at]!.line
  for (const [i, { line, cells }] of above.entries()) {
    if (i === at) special.set(line, '')
    else if (i < at || (at < 0 && cells.length < sample.width && words[i]!.numbers === 0))
      special.set(line, 'title')
    else if (words[i]!.numbers === 0 && words[i]!.words > 0 && at >= 0) special.set(line, 'units')
  }
  if (titles === null) {
    titles = titlesInComment(sample, form)
    if (titles !== null) {
      header = sample.comment!.line
      special.set(header, '')
    }
  }
  const units = above.find(({ line }) => special.get(line) === 'units')?.cells ?? []
  const available = columnsOf(sample, titles, units)
  // Cells beyond the header are likely pieces of others.
  const named = titles === null ? available : available.slice(0, titles.length)
  const chosen = columns ?? chooseColumns(named, sample) ?? chooseColumns(available, sample)
  const [x, y] = chosen === null ? [] : [available[chosen[0]], available[chosen[1]]]
  const shown = [...new Set([...available.keys()].slice(0, SHOWN_COLUMNS).concat(chosen ?? []))]
    .filter((i) => i < available.length)
    .sort((a, b) => a - b)
  return {
    width: titles?.length ?? sample.width,
    special,
    titles,
    remark: x === undefined || y === undefined ? null : zerosIn([x, y], sample, form),
    layout: {
      separator: form.separator,
      decimal: form.decimal,
      header,
      available,
      columns: x === undefined || y === undefined ? null : [x, y],
      first: {
        columns: shown,
        rows: head
          .filter(({ line }) => !special.has(line))
          .slice(0, SHOWN_ROWS)
          .map(({ line, cells }) => ({ line, cells: shown.map((i) => short(cells[i] ?? '')) })),
      },
    },
  }
}

/** Commas may separate cells and decimals alike: then 1,053 is read as two cells, 1 and 053. */
function zerosIn(
  columns: readonly Column[],
  { stats }: Sample,
  { separator }: Form,
): Remark | null {
  if (separator !== 'comma') return null
  for (const { index, name } of columns) {
    const zeros = stats[index]?.zeros ?? null
    if (zeros === null) continue
    const text = `${name} has numbers such as ${zeros}: decimals behind a comma would be read so, and belong in a table with another separator.`
    return { kind: 'zeros', text, ways: ['columns'] }
  }
  return null
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

/** A header that lacks one name lacks that of the first column, where this only names or counts the rows. */
function titlesOf(cells: readonly string[], { width, stats }: Sample): readonly string[] {
  let n = cells.length
  while (n > 0 && cells[n - 1] === '') n--
  const titles = cells.slice(0, n)
  const kind = kindOf(stats[0], '', 0)
  return n === width - 1 && n >= 2 && (kind === 'text' || kind === 'index')
    ? ['', ...titles]
    : titles
}

/** The names in the comment above the first row, where it has as many cells as the rows. */
function titlesInComment({ comment, width }: Sample, form: Form): readonly string[] | null {
  const text = comment?.cells[0]?.replace(/^[^#%]*[#%]+/u, '') ?? ''
  if (text.trim() === '') return null
  const reader = new Rows(form.separator === 'blank' ? text.trim() : text, form.separator, false)
  if (reader.next() !== 'row' || reader.count !== width || width < 2) return null
  const titles = Array.from({ length: width }, (_, i) => reader.cell(i))
  return titles.every((cell) => Number.isNaN(numberAt(cell, 0, cell.length, form.decimal)))
    ? titles
    : null
}

function columnsOf(
  { stats, head }: Sample,
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
    const name = title === '' ? `column ${index + 1}` : told
    let own = name
    for (let n = 2; used.has(own); n++) own = `${name} (${n})`
    used.add(own)
    return {
      index,
      name: own,
      kind: kindOf(stats[index], titles === null ? null : (titles[index] ?? ''), index),
    }
  })
}

/** The title of a column on one line; empty where there is none. */
function nameOf(title: string | undefined): string {
  const name = short(title?.trim() ?? '').trim()
  return kindOfWords(name) === 'gap' ? '' : name
}

const RANKS: Readonly<Record<ColumnKind, number>> = {
  ...{ number: 0, index: 2, seconds: 3, milliseconds: 3, constant: 4 },
  ...{ date: 9, text: 9, empty: 9 },
}

/** The first two columns of numbers that are likely meant; null where there are none. */
function chooseColumns(
  available: readonly Column[],
  { stats, rows }: Sample,
): readonly [number, number] | null {
  const rank = ({ index, kind }: Column) =>
    RANKS[kind] + (kind === 'number' && 2 * stats[index]!.numbers < rows ? 1 : 0)
  const [a, b] = available
    .filter(({ kind }) => RANKS[kind] < 9)
    .sort((p, q) => rank(p) - rank(q) || p.index - q.index)
  if (a === undefined || b === undefined) return null
  return a.index < b.index ? [a.index, b.index] : [b.index, a.index]
}

const KIND_TEXTS: Readonly<Record<ColumnKind, string>> = {
  number: 'numbers',
  index: 'row numbers',
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

function columnsProblem(
  { head }: Sample,
  { layout: { available, columns } }: Plan,
  options: TableOptions,
): TableError | null {
  const line = head[0]!.line
  if (columns !== null) return null
  const width = available.length
  for (const column of options.columns ?? []) {
    if (column < width) continue
    const plural = width === 1 ? '' : 's'
    const message = `there is no column ${column}; the file has ${width} column${plural}, counted from 0`
    return { line, column, message }
  }
  // No word of the file itself: it may be anything but a table.
  const kinds = available.slice(0, 8).map(({ kind }) => KIND_TEXTS[kind])
  const message = `fewer than two columns of numbers (found ${kinds.join(', ')}); allowed: two or more`
  return { line, column: null, message }
}

// The points -------------------------------------------------------------------------------------------

/** Characters and rows that are read between two yields. */
const PIECE = 2 ** 16
const PIECE_ROWS = 1024
const LOG10 = log(10)

/** Rows of words: more of them than points, and the file is no table of numbers. */
const BAD: ReadonlySet<SkipKind> = new Set([
  'text',
  'decimal',
  'date',
  'wide',
  'short',
  'infinite',
  'range',
])

function* readPoints(form: Form, plan: Plan, options: TableOptions): Pieces<TableRead> {
  const { layout, special } = plan
  const columns = layout.columns!
  const [cx, cy] = [columns[0].index, columns[1].index]
  const logs = [options.log?.includes('x') === true, options.log?.includes('y') === true] as const
  const width = Math.max(plan.width, cx + 1, cy + 1)
  const { text, decimal } = form
  const lastSpecial = Math.max(0, ...special.keys())
  const reader = rowsOf(form)
  const skipped = new Map<SkipKind, { -readonly [K in keyof Skipped]: Skipped[K] }>()
  let firstBad: TableError | null = null
  let points = new Float64Array(2 * 1024)
  let lines = new Int32Array(1024)
  let n = 0
  let rows = 0
  const skip = (kind: SkipKind, at: 0 | 1 | null = null) => {
    const known = skipped.get(kind)
    if (known !== undefined) {
      known.rows++
      return
    }
    const column = at === null ? null : columns[at].name
    const found = at === null ? null : foundIn(reader, columns[at].index)
    skipped.set(kind, { kind, rows: 1, line: reader.rowLine, found, column })
  }
  let yieldAt = PIECE
  let yieldRow = 0
  for (let outcome = reader.next(); outcome !== 'end'; outcome = reader.next()) {
    if (reader.at >= yieldAt || ++yieldRow >= PIECE_ROWS) {
      yieldAt = reader.at + PIECE
      yieldRow = 0
      yield undefined
    }
    if (outcome === 'fault') return refuse(reader.fault!.line, null, reader.fault!.message, layout)
    if (reader.rowLine > MAX_LINES) return refuse(0, null, TOO_MANY_LINES.message, layout)
    if (outcome === 'blank') continue
    const known = reader.rowLine <= lastSpecial ? special.get(reader.rowLine) : undefined
    if (known !== undefined) {
      if (known !== '') skip(known)
      continue
    }
    if (outcome === 'comment') {
      skip('comment')
      continue
    }
    if (++rows > MAX_ROWS)
      return refuse(0, null, `more than ${MAX_ROWS} rows; allowed: at most ${MAX_ROWS}`, layout)
    const { starts, ends } = reader
    const bad = misfit(reader, width, form)
    if (bad !== null) {
      skip(bad)
      firstBad ??= badRow(reader, width, form)
      continue
    }
    let x = cx < reader.count ? numberAt(text, starts[cx]!, ends[cx]!, decimal) : NaN
    let y = cy < reader.count ? numberAt(text, starts[cy]!, ends[cy]!, decimal) : NaN
    if (!(Math.abs(x) <= LARGEST && Math.abs(y) <= LARGEST)) {
      const at = Math.abs(x) <= LARGEST ? 1 : 0
      const value = at === 0 ? x : y
      const kind = kindOfCell(reader, columns[at].index, value, decimal)
      if (kind === 'text' && isTitle(reader, plan.titles, columns)) {
        skip('header')
        continue
      }
      skip(kind, at)
      firstBad ??= badCell(reader, columns[at], kind, decimal)
      continue
    }
    if ((logs[0] && !(x > 0)) || (logs[1] && !(y > 0))) {
      const at = logs[0] && !(x > 0) ? 0 : 1
      skip('log', at)
      const message = `found ${foundIn(reader, columns[at].index)}, which has no logarithm; allowed: numbers above 0`
      firstBad ??= { line: reader.rowLine, column: columns[at].index, message }
      continue
    }
    if (logs[0]) x = log(x) / LOG10
    if (logs[1]) y = log(y) / LOG10
    if (n === lines.length) {
      points = grown(points)
      lines = grown(lines)
    }
    points[2 * n] = x
    points[2 * n + 1] = y
    lines[n++] = reader.rowLine
  }
  let kept = { points: points.slice(0, 2 * n), lines: lines.slice(0, n) }
  if (options.clip !== undefined && n > 0) {
    yield undefined
    const near = nearOnly(kept, options.clip)
    if (near.far > 0)
      skipped.set('far', {
        kind: 'far',
        rows: near.far,
        line: near.line,
        found: null,
        column: null,
      })
    kept = near
  }
  const good = kept.lines.length
  let bad = 0
  for (const { kind, rows: count } of skipped.values()) if (BAD.has(kind)) bad += count
  if (firstBad !== null && (good < MIN_ROWS || bad > good)) return { error: firstBad, layout }
  if (good < MIN_ROWS)
    return refuse(0, null, `the file has ${good} points; allowed: at least ${MIN_ROWS}`, layout)
  for (const [axis, name] of ['first', 'second'].entries()) {
    if (kept.points.every((value, i) => i % 2 !== axis || value === kept.points[axis])) {
      const message = `every number of the ${name} column is ${kept.points[axis]!}; allowed: numbers that differ`
      return refuse(kept.lines[0]!, columns[axis]!.index, message, layout)
    }
  }
  const names = [0, 1].map((axis) =>
    logs[axis] === true ? `log ${columns[axis]!.name}` : columns[axis]!.name,
  ) as [string, string]
  const judged = yield* judge({ ...kept, names })
  const remarks = plan.remark === null ? judged : [plan.remark, ...judged]
  const others = layout.available.filter(({ kind }) => kind !== 'empty').length > 2
  return {
    points: kept.points,
    columns,
    layout,
    skipped: [...skipped.values()].sort((a, b) => a.line - b.line),
    remarks: others ? remarks : remarks.map(withoutColumns),
  }
}

/** A remark about a table that has no other columns. */
function withoutColumns(remark: Remark): Remark {
  const ways = remark.ways.filter((way) => way !== 'columns')
  return { ...remark, ways: ways.length === 0 ? ['rows'] : ways }
}

function grown<T extends Float64Array | Int32Array>(array: T): T {
  const larger = new (array.constructor as new (length: number) => T)(2 * array.length)
  larger.set(array)
  return larger
}

/** What stands in a cell, short and on one line; the row's beginning where it has none. */
function foundIn(reader: Rows, column: number): string {
  const cell = reader.cell(column)
  return cell === '' ? 'nothing' : show(cell)
}

function kindOfCell(reader: Rows, column: number, value: number, decimal: Decimal): SkipKind {
  if (!Number.isNaN(value)) return 'range'
  if (column >= reader.count) return 'gap'
  const cell = reader.cell(column)
  const kind = kindOfWords(cell)
  const other = numberAt(cell, 0, cell.length, otherThan(decimal))
  return kind === 'text' && !Number.isNaN(other) ? 'decimal' : kind
}

function otherThan(decimal: Decimal): Decimal {
  return decimal === 'point' ? 'comma' : 'point'
}

/** A row that has not the cells of the table, so that no cell can be trusted to be in its column; null where it has. */
function misfit(
  reader: Rows,
  width: number,
  { text, decimal, separator }: Form,
): 'short' | 'wide' | null {
  const { count, starts, ends } = reader
  if (count < width) return separator === 'blank' ? 'short' : null
  for (let i = width; i < count; i++)
    if (!Number.isNaN(numberAt(text, starts[i]!, ends[i]!, decimal))) return 'wide'
  return null
}

function badRow({ rowLine, count }: Rows, width: number, { separator }: Form): TableError {
  const commas = separator === 'comma' && count === 2 * width
  const why = commas ? '; a comma cannot be both separator and decimal sign' : ''
  const message = `${count} cells in a row; allowed: ${width}, as in the others${why}`
  return { line: rowLine, column: null, message }
}

function badCell(
  reader: Rows,
  { index, kind }: Column,
  found: SkipKind,
  decimal: Decimal,
): TableError {
  const at = { line: reader.rowLine, column: index }
  const cell = reader.cell(index)
  const shown = foundIn(reader, index)
  if (found === 'gap')
    return {
      ...at,
      message: `found ${cell === '' ? 'nothing' : `${shown}, a gap`}; allowed: a number`,
    }
  if (found === 'range') {
    const since = kind === 'seconds' || kind === 'milliseconds' ? `, ${KIND_TEXTS[kind]}` : ''
    return { ...at, message: `found ${short(cell)}${since}; allowed: numbers up to 1e9` }
  }
  if (found === 'date') return { ...at, message: `found ${shown}, a date; allowed: a number` }
  if (found === 'decimal')
    return {
      ...at,
      message: `found ${shown}; allowed: a decimal ${decimal}, not a ${otherThan(decimal)}`,
    }
  return { ...at, message: `found ${shown}; allowed: a number with a decimal ${decimal}` }
}

function isTitle(
  reader: Rows,
  titles: readonly string[] | null,
  columns: readonly [Column, Column],
): boolean {
  if (titles === null) return false
  return columns.every(({ index }) => reader.cell(index) === titles[index])
}

/** The points that lie near the middle of both columns. */
function nearOnly(
  { points, lines }: { readonly points: Float64Array; readonly lines: Int32Array },
  clip: number,
) {
  const middles = [middleOf(points, 0), middleOf(points, 1)] as const
  let kept = 0
  let line = 0
  const n = lines.length
  const out = { points: new Float64Array(2 * n), lines: new Int32Array(n) }
  for (let i = 0; i < n; i++) {
    const [x, y] = [points[2 * i]!, points[2 * i + 1]!]
    if (isFar(x, middles[0], clip) || isFar(y, middles[1], clip)) {
      if (line === 0) line = lines[i]!
      continue
    }
    out.points[2 * kept] = x
    out.points[2 * kept + 1] = y
    out.lines[kept++] = lines[i]!
  }
  return {
    points: out.points.slice(0, 2 * kept),
    lines: out.lines.slice(0, kept),
    far: n - kept,
    line,
  }
}
