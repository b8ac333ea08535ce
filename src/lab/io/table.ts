import { log } from '../../core/maths/elementary.ts'
import { counted } from '../../core/maths/numberText.ts'
import { short, show } from '../scene/reading/problem.ts'
import type { Decimal } from '../scene/fields/tableForm.ts'
import { formOf, rowsOf, type Form, type TableOptions } from './form.ts'
import {
  isRule,
  isTornThousand,
  planOf,
  rises,
  takeSample,
  TOO_MANY_LINES,
  type Column,
  type Layout,
  type Plan,
  type Sample,
  type SkipKind,
  type Skipped,
} from './layout.ts'
import { kindOfWords, LARGEST, numberAt, otherThan } from './numberCell.ts'
import { MAX_LINES, MAX_ROWS, MIN_ROWS, type Rows } from './rows.ts'
import { isFar, judge, middleOf, type Remark } from './scale.ts'
import { atOnce, type Pieces } from './slices.ts'
import { KIND_TEXTS } from './tableWords.ts'

/** Longest text that is read, characters. */
const LONGEST = 2 ** 25

export interface PointTable {
  /** [x0, y0, x1, y1, …], length 2n, n ≥ `MIN_ROWS`, all finite; in the file's own units, or their logarithms. */
  readonly points: Float64Array
  /** The two columns that were read. */
  readonly columns: readonly [Column, Column]
  readonly layout: Layout
  /** The rows that gave no point, one entry for each kind, in the order of the lines; blank lines are left out. */
  readonly skipped: readonly Skipped[]
  readonly remarks: readonly Remark[]
}

export interface TableError {
  /** 1-based; 0 where the whole file is meant. */
  readonly line: number
  /** 0-based column; null where the whole line is meant. */
  readonly column: number | null
  readonly message: string
  /** Whether another separator or decimal sign may mend it. */
  readonly form?: true
}

export type TableRead = PointTable | { readonly error: TableError; readonly layout: Layout | null }

/** `readTable` at once. */
export function readTableNow(text: string, options?: TableOptions): TableRead {
  return atOnce(readTable(text, options))
}

/**
 * Points from a table, or from points as people write them: one row a line, cells separated by commas, semicolons,
 * tabs, vertical bars or blanks, brackets round points. Total. Lines that are not rows of numbers are skipped and counted:
 * comments, titles, headers, units, gaps, words. A file with fewer than `MIN_ROWS` points, or more rows of words than
 * points, is refused and the first bad cell is named. Yields between pieces of work, whose size does not grow with the
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
  const refused = columnsProblem(sample, plan, options) ?? tornProblem(sample, plan, form, options)
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
    const message = `there is no column ${column + 1} (${column} in "columns", which counts from 0); the file has ${counted(width, 'column')}`
    return { line, column: null, message }
  }
  if (available.every(({ kind }) => kind === 'empty'))
    return { line, column: null, message: 'found no row of numbers; allowed: two columns of them' }
  // The message quotes nothing from the file, which may not be a table at all.
  const kinds = available.slice(0, 8).map(({ kind }) => KIND_TEXTS[kind])
  const message = `fewer than two columns of numbers (found ${kinds.join(', ')}); allowed: two or more`
  return { line, column: null, message, form: true }
}

/**
 * The error where commas stand both between cells and in numbers: `-0,8019,6,6900` or `6,955.7,4,668.3` under two names.
 * A file whose header lacks the name of the first column, as R writes them, has row names there, all different.
 */
function tornProblem(
  { head, stats, width }: Sample,
  { special }: Plan,
  { separator, decimal, tight }: Form,
  options: TableOptions,
): TableError | null {
  if (separator !== 'comma' || decimal !== 'point' || tight || (options.columns ?? null) !== null)
    return null
  if (options.separator !== undefined && options.decimal !== undefined) return null
  const header = head.find(({ line }) => special.get(line) === '')
  const first = head.find(({ line }) => !special.has(line))
  const names = header?.cells.length ?? 0
  if (first === undefined || names < 2 || width <= names) return null
  const [rowNames] = stats
  const hasRowNames =
    width === names + 1 && (rowNames!.words > rowNames!.numbers || rises(rowNames!))
  const decimals =
    width === 2 * names &&
    stats.every(({ integers, least }, i) => integers && (i % 2 === 0 || least >= 0))
  const thousands = !hasRowNames && stats.some((_, i) => isTornThousand(stats, i))
  if (!decimals && !thousands) return null
  const [between, way] = decimals
    ? ['decimal sign', 'decimal points']
    : ['separator of thousands', 'thousands without commas']
  const message = `${width} cells under ${names} names; a comma cannot be both separator and ${between}; allowed: semicolons or tabs between cells, or ${way}`
  return { line: first.line, column: null, message }
}

// The points -------------------------------------------------------------------------------------------

/** Most characters and rows that are read between two yields. */
const PIECE = 2 ** 16
const PIECE_ROWS = 1024
const LOG10 = log(10)

/** Labels of rows below a table that sum it up. */
const TOTAL =
  /^(?:(?:grand|sub)?[ -]?totals?|totale?|sum|summe|gesamt|insgesamt|somme|suma|mean|average|avg\.?|mittelwert|durchschnitt|moyenne|median|std\.?|sd|st(?:andar)?d\.? ?dev(?:iation)?\.?|count):?$/iu

/** Kinds of bad rows: a file with more of them than points is refused. */
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
  const [mostX, mostY] = [largestIn(columns[0]), largestIn(columns[1])]
  const logs = [options.log?.includes('x') === true, options.log?.includes('y') === true] as const
  const width = Math.max(plan.width, cx + 1, cy + 1)
  const fit = { ...plan, width }
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
  /** The rows of totals at the end so far, and the first one's line and label. */
  const foot = { rows: 0, line: 0, label: '' }
  /** All labels of such rows: one that comes twice names a group of rows, and none of these is a sum. */
  const totals = new Set<string>()
  let grouped = false
  const labels = layout.available.filter(
    ({ index, kind }) => index !== cx && index !== cy && (kind === 'text' || kind === 'index'),
  )
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
    if (outcome === 'blank') {
      if (reader.count > 1 && !form.brackets) skip('empty')
      continue
    }
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
    let x = cx < reader.count ? numberAt(text, starts[cx]!, ends[cx]!, decimal) : NaN
    let y = cy < reader.count ? numberAt(text, starts[cy]!, ends[cy]!, decimal) : NaN
    const numbers = Math.abs(x) <= mostX && Math.abs(y) <= mostY
    const bad = misfit(reader, fit, form) ?? (numbers ? displaced(reader, fit, form) : null)
    if ((!numbers || bad !== null) && startsRule(reader) && isRule(cellsOf(reader), form)) {
      skip('rule')
      continue
    }
    if (bad !== null) {
      skip(bad)
      firstBad ??= badRow(reader, width)
      continue
    }
    if (!numbers) {
      const at = Math.abs(x) <= mostX ? 1 : 0
      const value = at === 0 ? x : y
      const kind = kindOfCell(reader, columns[at].index, value, decimal)
      if (kind === 'text' && isTitle(reader, plan.titles, columns)) {
        skip('header')
        continue
      }
      if (kind === 'gap' && wordsOnly(reader, columns[at].index, decimal)) skip('text')
      else skip(kind, at)
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
    const label = labels.find(({ index }) => TOTAL.test(reader.cell(index)))
    if (label === undefined) foot.rows = 0
    else {
      const found = foundIn(reader, label.index)
      grouped ||= totals.has(found)
      totals.add(found)
      if (foot.rows++ === 0) Object.assign(foot, { line: reader.rowLine, label: found })
    }
    if (n === lines.length) {
      points = grown(points)
      lines = grown(lines)
    }
    points[2 * n] = x
    points[2 * n + 1] = y
    lines[n++] = reader.rowLine
  }
  if (foot.rows > 0 && n > foot.rows && !grouped) {
    n -= foot.rows
    const { rows: count, line, label: found } = foot
    skipped.set('total', { kind: 'total', rows: count, line, found, column: null })
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
  if (good < MIN_ROWS) {
    const whole = skipped.has('far') ? 'without its far rows the file' : 'the file'
    const has = `${whole} has ${counted(good, 'point')}`
    if (firstBad === null) return refuse(0, null, `${has}; allowed: at least ${MIN_ROWS}`, layout)
    const message =
      good === 0 ? firstBad.message : `${firstBad.message} (${has}, fewer than ${MIN_ROWS})`
    return { error: { ...firstBad, message }, layout }
  }
  if (firstBad !== null && bad > good) {
    const message = `${firstBad.message} (${bad} rows give no point, ${good} do)`
    return { error: { ...firstBad, message }, layout }
  }
  for (const [axis, name] of ['first', 'second'].entries()) {
    if (kept.points.every((value, i) => i % 2 !== axis || value === kept.points[axis])) {
      const message = `every number of the ${name} column is ${kept.points[axis]!}; allowed: numbers that differ`
      return refuse(kept.lines[0]!, columns[axis]!.index, message, layout)
    }
  }
  const names = [0, 1].map((axis) =>
    logs[axis] === true ? `log ${columns[axis]!.name}` : columns[axis]!.name,
  ) as [string, string]
  const others = layout.available.some(
    ({ index, kind }) =>
      index !== cx && index !== cy && (kind === 'number' || kind === 'sparse' || kind === 'index'),
  )
  const judged = yield* judge({ ...kept, names, others })
  return {
    points: kept.points,
    columns,
    layout,
    skipped: [...skipped.values()].sort((a, b) => a.line - b.line),
    remarks: [...plan.remarks, ...judged],
  }
}

function grown<T extends Float64Array | Int32Array>(array: T): T {
  const larger = new (array.constructor as new (length: number) => T)(2 * array.length)
  larger.set(array)
  return larger
}

/** The text of a cell, short and on one line; `nothing` where it is empty. */
function foundIn(reader: Rows, column: number): string {
  const cell = reader.cell(column)
  return cell === '' ? 'nothing' : show(cell)
}

/** Largest number that is read from a column; times since 1970 count only up to 1e9, as from a later start. */
function largestIn({ kind }: Column): number {
  return kind === 'seconds' || kind === 'milliseconds' ? 1e9 : LARGEST
}

function kindOfCell(reader: Rows, column: number, value: number, decimal: Decimal): SkipKind {
  if (!Number.isNaN(value)) return 'range'
  if (column >= reader.count) return 'gap'
  const cell = reader.cell(column)
  const kind = kindOfWords(cell)
  const other = numberAt(cell, 0, cell.length, otherThan(decimal))
  return kind === 'text' && !Number.isNaN(other) ? 'decimal' : kind
}

/** Whether a row ends before a column and has no number in it, such as a sentence below the table. */
function wordsOnly(reader: Rows, column: number, decimal: Decimal): boolean {
  if (column < reader.count) return false
  for (let i = 0; i < reader.count; i++) {
    const [from, to] = [reader.starts[i]!, reader.ends[i]!]
    if (!Number.isNaN(numberAt(reader.text, from, to, decimal))) return false
    if (kindOfWords(reader.cell(i)) === 'gap') return false
  }
  return true
}

/** Whether the beginning of a row is that of a rule. */
function startsRule({ text, rowStart }: Rows): boolean {
  return /^[\s|]*[:+]?[-=_─━]/u.test(text.slice(rowStart, rowStart + 40))
}

function cellsOf(reader: Rows): readonly string[] {
  return Array.from({ length: reader.count }, (_, i) => reader.cell(i))
}

/** Whether a row has too few cells, or numbers beyond the table's width, so that its cells may be in wrong columns; else null. */
function misfit(
  reader: Rows,
  { width, filled }: Plan,
  { text, decimal, separator }: Form,
): 'short' | 'wide' | null {
  const { count, starts, ends } = reader
  if (count < width) return separator === 'blank' ? 'short' : null
  for (let i = count > width ? filled : width; i < count; i++)
    if (!Number.isNaN(numberAt(text, starts[i]!, ends[i]!, decimal))) return 'wide'
  return null
}

/**
 * Whether the cells of a row are in wrong columns: it has another number of them than most rows and, in a column of words, a
 * number, or in one of numbers, a word. Else null.
 */
function displaced(
  reader: Rows,
  { width, layout: { available } }: Plan,
  { text, decimal }: Form,
): 'short' | 'wide' | null {
  const { count, starts, ends } = reader
  if (count === width || count < 2) return null
  for (const { index, kind } of available) {
    if (index >= count || kind === 'date' || kind === 'decimal') continue
    const isNumber = !Number.isNaN(numberAt(text, starts[index]!, ends[index]!, decimal))
    const isOther =
      kind === 'text' || kind === 'empty'
        ? isNumber
        : !isNumber && kindOfWords(reader.cell(index)) === 'text'
    if (isOther) return count < width ? 'short' : 'wide'
  }
  return null
}

function badRow({ rowLine, count }: Rows, width: number): TableError {
  const message = `${counted(count, 'cell')} in a row; allowed: ${width}, as in most rows`
  return { line: rowLine, column: null, message, form: true }
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
    const message =
      kind === 'seconds' || kind === 'milliseconds'
        ? `found ${short(cell)}, ${KIND_TEXTS[kind]}; allowed: another column, or times from a later start, below 1e9`
        : `found ${short(cell)}; allowed: numbers up to 1e15`
    return { ...at, message }
  }
  if (found === 'date') return { ...at, message: `found ${shown}, a date; allowed: a number` }
  if (found === 'infinite') return { ...at, message: `found ${shown}; allowed: a finite number` }
  const allowed =
    found === 'decimal'
      ? `a decimal ${decimal}, not a ${otherThan(decimal)}`
      : `a number with a decimal ${decimal}`
  return { ...at, message: `found ${shown}; allowed: ${allowed}`, form: true }
}

function isTitle(
  reader: Rows,
  titles: readonly string[] | null,
  columns: readonly [Column, Column],
): boolean {
  if (titles === null) return false
  return columns.every(({ index }) => reader.cell(index) === titles[index])
}

/** The points that are not far (`isFar`) from the middle of either column. */
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
