import { dsvFormat } from 'd3-dsv'
import { short, show } from '../scene/problem.ts'

/** Fewest points that a data set may have, and most that one file may bring. */
export const MIN_ROWS = 10
export const MAX_ROWS = 200_000
/** Longest text that is read, characters, and most lines and columns of it. */
const LONGEST = 2 ** 25
const MAX_LINES = 2 * MAX_ROWS
const MAX_COLUMNS = 1000

export interface SkippedRow {
  /** 1-based line of the file on which the row begins. */
  readonly line: number
  readonly reason: string
}

export interface PointTable {
  /** [x0, y0, x1, y1, …] in the file's own units, length 2n, n ≥ `MIN_ROWS`, all finite. */
  readonly points: Float64Array
  /** The two columns that were read. */
  readonly columns: readonly [Column, Column]
  /** Every column of the file, for a chooser. */
  readonly available: readonly Column[]
  /** Rows that gave no point, each with its reason; blank lines are not among them. */
  readonly skipped: readonly SkippedRow[]
}

export interface Column {
  readonly index: number
  /** From the header; `column 1`, `column 2`, … without one. */
  readonly name: string
}

export interface CsvError {
  /** 1-based; 0 where the whole file is meant. */
  readonly line: number
  /** 0-based column; null where the whole line is meant. */
  readonly column: number | null
  readonly message: string
}

export type CsvRead = PointTable | { readonly error: CsvError }

interface Row {
  readonly line: number
  readonly cells: readonly string[]
}

const DELIMITERS = [',', ';', '\t'] as const
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/u
/** Points further out than this lose their digits in means and variances. */
const LARGEST = 1e9

/**
 * Points from comma-, semicolon- or tab-separated text. Total. A header is optional: the first row is one
 * when either of its two cells is no number. Other columns may hold text; quoted cells, blank lines, a byte
 * order mark and any line ends are fine; decimals have points. Rows without two numbers are skipped and
 * listed; a file with fewer than `MIN_ROWS` good rows, or more bad rows than good, is refused and the first
 * bad cell is named.
 * @param columns 0-based; left out: the first two columns that hold numbers
 */
export function readCsv(text: string, columns?: readonly [number, number]): CsvRead {
  const parsed = tooLarge(text) ?? split(text.replace(/^\uFEFF/u, ''))
  if ('error' in parsed) return parsed
  const { rows } = parsed
  const [first] = rows
  if (first === undefined)
    return refuse(0, null, 'the file is empty; allowed: two columns of numbers')
  const width = rows.reduce((widest, { cells }) => Math.max(widest, cells.length), 0)
  if (width > MAX_COLUMNS) {
    const { line } = rows.find(({ cells }) => cells.length > MAX_COLUMNS)!
    return refuse(line, null, `${width} columns; allowed: at most ${MAX_COLUMNS}`)
  }
  const chosen = columns ?? numericColumns(rows)
  if (chosen === null) {
    return refuse(first.line, null, 'fewer than two columns of numbers; allowed: two or more')
  }
  for (const column of chosen) {
    if (column < width) continue
    const plural = width === 1 ? '' : 's'
    return refuse(
      first.line,
      column,
      `there is no column ${column}; the file has ${width} column${plural}, counted from 0`,
    )
  }
  const headed = chosen.some((column) => typeof readCell(first.cells[column]) === 'string')
  const available = Array.from({ length: width }, (_, index): Column => {
    return { index, name: nameOf(headed ? first.cells[index] : '', `column ${index + 1}`) }
  })
  const table = readRows(headed ? rows.slice(1) : rows, chosen)
  if ('error' in table) return table
  return {
    ...table,
    columns: [available[chosen[0]]!, available[chosen[1]]!],
    available,
  }
}

/**
 * Points from pasted text: one point a line, coordinates separated by spaces, tabs, commas or semicolons,
 * brackets round them ignored; `[[0.1, 0.2], [0.3, 0.4]]` on one line is read as well. Total.
 */
export function readPastedPoints(text: string): CsvRead {
  const large = tooLarge(text)
  if (large !== null) return large
  const lines = text
    .replace(/^\uFEFF/u, '')
    // A run of blanks stands once in the pattern: twice in a row, and a long one takes quadratic time.
    .replace(/[\])}](?:[^\S\r\n]*,)?[^\S\r\n]*(?=[[({])/gu, ']\n')
    .split(/\r\n|\r|\n/u)
  const rows = lines.flatMap((line, i): Row[] => {
    const cells = line
      .replace(/[[\](){}]/gu, ' ')
      .split(/[\s,;]+/u)
      .filter((cell) => cell !== '')
    return cells.length === 0 ? [] : [{ line: i + 1, cells }]
  })
  const [first] = rows
  if (first === undefined) return refuse(0, null, 'no points; allowed: one x y a line')
  const headed = first.cells.every((cell) => typeof readCell(cell) === 'string')
  const body = headed ? rows.slice(1) : rows
  const long = body.find(({ cells }) => cells.length > 2)
  if (long !== undefined) {
    return refuse(long.line, 2, `${long.cells.length} numbers on one line; allowed: two, x and y`)
  }
  const table = readRows(body, [0, 1])
  if ('error' in table) return table
  const available: readonly [Column, Column] = [
    { index: 0, name: nameOf(headed ? first.cells[0] : '', 'x') },
    { index: 1, name: nameOf(headed ? first.cells[1] : '', 'y') },
  ]
  return { ...table, columns: available, available }
}

/** The error on one line, e.g. `line 3, column 1: found "n/a"; allowed: a number with a decimal point`. */
export function describeCsvError({ line, column, message }: CsvError): string {
  if (line === 0) return message
  const where = column === null ? `line ${line}` : `line ${line}, column ${column}`
  return `${where}: ${message}`
}

function refuse(
  line: number,
  column: number | null,
  message: string,
): { readonly error: CsvError } {
  return { error: { line, column, message } }
}

/** What is refused before any of it is looked at; null otherwise. */
function tooLarge(text: string): { readonly error: CsvError } | null {
  if (text.length > LONGEST) {
    return refuse(0, null, `${text.length} characters; allowed: at most ${LONGEST}`)
  }
  const lines = countLines(text, 0, text.length)
  return lines <= MAX_LINES
    ? null
    : refuse(0, null, `the file has ${lines} lines; allowed: at most ${MAX_LINES}`)
}

/** The lines that `text` touches from one index to before another. */
function countLines(text: string, from: number, to: number): number {
  let lines = 1
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i)
    if (code === LF || (code === CR && text.charCodeAt(i + 1) !== LF)) lines++
  }
  return lines
}

const LF = 10
const CR = 13

/** The title of a column on one line, or what stands in for it. */
function nameOf(title: string | undefined, fallback: string): string {
  return short(title?.trim() ?? '').trim() || fallback
}

/** Rows with at least one cell that is not blank, each with its line; an error where quotes do not match. */
function split(text: string): { readonly rows: readonly Row[] } | { readonly error: CsvError } {
  const delimiter = delimiterOf(text)
  const open = unmatchedQuote(text, delimiter)
  if (open !== null) return { error: open }
  // parseRows builds no functions from text, as parse would: the page's policy forbids that.
  const parsed = dsvFormat(delimiter).parseRows(text)
  const rows: Row[] = []
  let line = 1
  for (const cells of parsed) {
    if (cells.some((cell) => cell.trim() !== '')) rows.push({ line, cells })
    line += cells.reduce((n, cell) => n + countLines(cell, 0, cell.length) - 1, 1)
  }
  return { rows }
}

/**
 * The first cell whose quote is not closed, or closed before the cell ends: the parser would take what follows, lines
 * and all, for something else. Null where there is none.
 */
function unmatchedQuote(text: string, delimiter: string): CsvError | null {
  const ends = new Set([delimiter, '\n', '\r', ''])
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) {
    if (!ends.has(text.charAt(at - 1))) continue
    let close = text.indexOf('"', at + 1)
    while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2)
    const line = countLines(text, 0, at)
    if (close < 0) {
      return { line, column: null, message: 'opens a quote that is never closed; allowed: pairs' }
    }
    if (!ends.has(text.charAt(close + 1))) {
      const message = 'text behind a closing quote; allowed: quotes round a whole cell'
      return { line: countLines(text, 0, close), column: null, message }
    }
    at = close
  }
  return null
}

/** The delimiter that splits the most of the first lines into the most cells; a comma when none does. */
function delimiterOf(text: string): string {
  const sample = text
    .slice(0, 20_000)
    .split(/\r\n|\r|\n/u)
    .filter((line) => line.trim() !== '')
    .slice(0, 20)
    .map((line) => line.replace(/"[^"]*"/gu, ''))
  let best = ','
  let most = 0
  for (const delimiter of DELIMITERS) {
    const split = sample.filter((line) => line.includes(delimiter)).length
    if (split > most) {
      most = split
      best = delimiter
    }
  }
  return best
}

/** The first two columns where at least half of the rows hold a number; null when there are none. */
function numericColumns(rows: readonly Row[]): readonly [number, number] | null {
  const sample = rows.slice(0, 1000)
  const width = sample.reduce((widest, { cells }) => Math.max(widest, cells.length), 0)
  const found: number[] = []
  for (let column = 0; column < width && found.length < 2; column++) {
    const numbers = sample.filter(({ cells }) => typeof readCell(cells[column]) === 'number').length
    if (2 * numbers >= sample.length) found.push(column)
  }
  const [x, y] = found
  return x === undefined || y === undefined ? null : [x, y]
}

/** The number in a cell, or what is wrong with it. */
function readCell(cell: string | undefined): number | string {
  const text = cell?.trim() ?? ''
  if (text === '') return 'found nothing; allowed: a number'
  if (DECIMAL.test(text)) {
    const value = Number(text)
    return Math.abs(value) <= LARGEST
      ? value + 0
      : `found ${short(text)}; allowed: numbers up to 1e9`
  }
  const shown = show(text)
  return /^[+-]?\d+,\d+$/u.test(text)
    ? `found ${shown}; allowed: a decimal point, not a comma`
    : `found ${shown}; allowed: a number with a decimal point`
}

function readRows(
  rows: readonly Row[],
  columns: readonly [number, number],
):
  | { readonly points: Float64Array; readonly skipped: readonly SkippedRow[] }
  | { readonly error: CsvError } {
  if (rows.length > MAX_ROWS) {
    return refuse(0, null, `the file has ${rows.length} rows; allowed: at most ${MAX_ROWS}`)
  }
  const points: number[] = []
  const skipped: SkippedRow[] = []
  let firstBad: CsvError | null = null
  for (const { line, cells } of rows) {
    const [x, y] = [readCell(cells[columns[0]]), readCell(cells[columns[1]])]
    if (typeof x === 'number' && typeof y === 'number') {
      points.push(x, y)
      continue
    }
    const [column, message] = typeof x === 'string' ? [columns[0], x] : [columns[1], String(y)]
    firstBad ??= { line, column, message }
    skipped.push({ line, reason: `column ${column}: ${message}` })
  }
  const good = points.length / 2
  if (firstBad !== null && (good < MIN_ROWS || skipped.length > good)) return { error: firstBad }
  if (good < MIN_ROWS) {
    return refuse(0, null, `the file has ${good} points; allowed: at least ${MIN_ROWS}`)
  }
  for (const [axis, name] of ['first', 'second'].entries()) {
    if (points.every((value, i) => i % 2 !== axis || value === points[axis])) {
      const message = `every number of the ${name} column is ${points[axis]!}; allowed: numbers that differ`
      return refuse(rows[0]?.line ?? 0, columns[axis]!, message)
    }
  }
  return { points: new Float64Array(points), skipped }
}
