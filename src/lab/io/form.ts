import {
  DECIMALS,
  SEPARATORS,
  type Decimal,
  type Separator,
  type TableForm,
} from '../scene/fields/tableForm.ts'
import { kindOfWords, numberAt, readsTwice } from './numberCell.ts'
import { Rows } from './rows.ts'
import type { Pieces } from './slices.ts'

/** How a person wants a table to be read. */
export interface TableOptions extends TableForm {
  /** The two columns, 0-based; null: the reader chooses. */
  readonly columns?: readonly [number, number] | null
}

/** How a text is taken apart into rows, cells and numbers. */
export interface Form {
  readonly text: string
  readonly start: number
  readonly startLine: number
  readonly separator: Separator
  readonly decimal: Decimal
  readonly brackets: boolean
  /** Whether commas separate cells except between two digits, where they belong to a number: `-0,8019, 6,6900`. */
  readonly tight: boolean
  /** Whether the text leaves open which sign of its numbers is the decimal one: `19.503` may be 19503. */
  readonly undecided: boolean
  /** A whole number of three digits in a column of such numbers, which makes them thousands; null without one. */
  readonly beside: string | null
}

export function rowsOf({ text, separator, brackets, tight, start, startLine }: Form): Rows {
  return new Rows(text, { separator, brackets, tight }, start, startLine)
}

/** Characters of each of the three places of the text from which its form is guessed. */
const WINDOW = 2 ** 14
/** Scores that differ by less than this count as equal. */
const ALIKE = 1e-8

/**
 * The separator and decimal sign that a person has set, or else those with which the greatest share of cells are numbers; of
 * equally good separators the first.
 */
export function* formOf(text: string, options: TableOptions): Pieces<Form> {
  const told = /^\uFEFF?"?sep=([,;|\t ])"?[^\S\r\n]*(?:\r\n|\r|\n)/iu.exec(text.slice(0, 20))
  const start = told?.[0].length ?? 0
  const asked = options.separator ?? separatorCalled(told?.[1])
  const windows = windowsOf(text, start)
  const brackets = beginsWithBrackets(windows[0]!)
  const candidates = (asked === undefined ? SEPARATORS : [asked]).flatMap((separator) =>
    separator === 'comma' && looksTight(windows)
      ? [
          { separator, tight: true },
          { separator, tight: false },
        ]
      : [{ separator, tight: false }],
  )
  let best: (Decided & { separator: Separator; tight: boolean }) | null = null
  let inNumbers = false
  for (const { separator, tight } of candidates) {
    // Commas inside the cells of another separator, as in `2,6 m;3,3`, are not separators.
    if (separator === 'comma' && inNumbers) continue
    const seen = seenIn(windows, { separator, brackets, tight })
    if (separator !== 'comma' && separator !== 'blank') inNumbers ||= 2 * seen.commas > seen.rows
    const decided = decide(seen, separator === 'comma' && !tight, options.decimal)
    if (best === null || decided.score > best.score + ALIKE) best = { ...decided, separator, tight }
    yield undefined
  }
  const { separator, tight, decimal, undecided, beside } = best!
  const startLine = told === null ? 1 : 2
  return { text, start, startLine, separator, decimal, brackets, tight, undecided, beside }
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
  const full = firstLines(window)
  return 2 * full.filter((line) => /^\s*[[({]/u.test(line)).length > full.length
}

/** The first lines of a text that are not blank. */
function firstLines(window: string): readonly string[] {
  const lines = window.slice(0, 4000).split(/\r\n|\r|\n/u, 20)
  return lines.filter((line) => line.trim() !== '')
}

/**
 * Whether most lines have commas of two kinds: before blanks, where they separate as many cells in each line, and
 * between digits.
 */
function looksTight([window = '']: readonly string[]): boolean {
  const lines = firstLines(window)
  const counts = new Set<number>()
  let speaking = 0
  for (const line of lines) {
    const cells = line.trim().split(/,[ \t]+/u)
    const numbers = cells.filter((cell) => cell.includes(','))
    if (cells.length < 2 || numbers.length === 0) continue
    if (!numbers.every((cell) => /^[+\-−]?\d+(?:,\d+)+$/u.test(cell))) continue
    counts.add(cells.length)
    speaking++
  }
  return counts.size === 1 && 2 * speaking > lines.length
}

/** Counts over the cells of a text with one separator. */
interface Seen {
  /**
   * The mean share of numbers among the cells of a row that are not gaps, scaled down where fewer than half of the rows have two
   * numbers.
   */
  readonly scores: Readonly<Record<Decimal, number>>
  readonly rows: number
  /** Rows of two cells or more with a number with a comma in it. */
  readonly commas: number
  /** Cells that are numbers with this decimal sign alone. */
  readonly only: Readonly<Record<Decimal, number>>
  /** Cells that are different numbers with either decimal sign, by the sign that they contain. */
  readonly twice: { point: number; comma: number }
  /** For each column with cells in `twice`: a whole number of three digits in it, and whether it holds one of 1000 or more. */
  readonly wholes: readonly { readonly three: string | null; readonly longer: boolean }[]
}

function seenIn(
  windows: readonly string[],
  form: { separator: Separator; brackets: boolean; tight: boolean },
): Seen {
  const shares = { point: 0, comma: 0 }
  const pairs = { point: 0, comma: 0 }
  const only = { point: 0, comma: 0 }
  const twice = { point: 0, comma: 0 }
  const columns: { twice: boolean; three: string | null; longer: boolean }[] = []
  let rows = 0
  let full = 0
  let cells = 0
  let commas = 0
  for (const window of windows) {
    const reader = new Rows(window, form)
    for (;;) {
      const outcome = reader.next()
      if (outcome === 'end' || outcome === 'fault') break
      if (outcome !== 'row') continue
      rows++
      cells += reader.count
      const inRow = { point: 0, comma: 0 }
      let weight = 0
      let withCommas = false
      for (let i = 0; i < reader.count; i++) {
        const [from, to] = [reader.starts[i]!, reader.ends[i]!]
        if (from === to) continue
        const point = numberAt(window, from, to, 'point')
        const comma = numberAt(window, from, to, 'comma')
        if (Number.isNaN(point) && Number.isNaN(comma)) {
          const cell = reader.cell(i)
          if (kindOfWords(cell) === 'gap') continue
          // A word with other separators in it is probably several cells.
          const quoted = window.charAt(from - 1) === '"'
          weight += 1 + (quoted ? 0 : (cell.match(/[\t;|,]/gu)?.length ?? 0))
          continue
        }
        weight++
        if (Number.isNaN(comma)) only.point++
        else inRow.comma++
        if (Number.isNaN(point)) only.comma++
        else inRow.point++
        const column = (columns[i] ??= { twice: false, three: null, longer: false })
        if (point === comma) {
          const size = Math.abs(point)
          if (size >= 1000) column.longer = true
          else if (size >= 100 && Number.isInteger(size)) column.three ??= reader.cell(i)
          continue
        }
        const cell = window.slice(from, to)
        const withComma = cell.includes(',')
        withCommas ||= withComma
        if (!readsTwice(cell)) continue
        column.twice = true
        twice[withComma ? 'comma' : 'point']++
      }
      if (weight === 0) continue
      full++
      if (withCommas && reader.count >= 2) commas++
      for (const decimal of DECIMALS) {
        shares[decimal] += inRow[decimal] / weight
        if (inRow[decimal] >= 2) pairs[decimal]++
      }
    }
  }
  const score = (decimal: Decimal) => {
    // Where no row has two numbers, separators that give more than one cell a row are better.
    if (pairs[decimal] === 0) return rows === 0 ? -1 : cells >= 1.5 * rows ? -0.5 : -0.9
    return (Math.min(1, (2 * pairs[decimal]) / rows) * shares[decimal]) / full
  }
  const scores = { point: score('point'), comma: score('comma') }
  return { scores, rows, commas, only, twice, wholes: columns.filter((column) => column.twice) }
}

interface Decided {
  readonly decimal: Decimal
  readonly score: number
  readonly undecided: boolean
  readonly beside: string | null
}

/** The decimal sign of cells with one separator. @param split whether every comma separates cells */
function decide(
  { scores, commas, only, twice, wholes }: Seen,
  split: boolean,
  asked: Decimal | undefined,
): Decided {
  if (asked !== undefined)
    return { decimal: asked, score: scores[asked], undecided: false, beside: null }
  const told = only.point > 0 !== only.comma > 0
  if (only.point + only.comma === 0 && (twice.point === 0) !== (twice.comma === 0)) {
    // Numbers with three places each time beside a whole 898 are thousands: a program would not write decimals so.
    const beside = wholes.every(({ longer }) => !longer) ? wholes.find(({ three }) => three) : null
    if (beside) {
      const decimal = twice.point > 0 ? 'comma' : 'point'
      return { decimal, score: scores[decimal], undecided: true, beside: beside.three }
    }
  }
  // With equal scores a comma that does not separate cells is probably a decimal sign.
  const alike = Math.abs(scores.point - scores.comma) < ALIKE
  const decimal = alike ? (commas > 0 && !split ? 'comma' : 'point') : larger(scores)
  // Where commas separate cells, points are decimal signs: a writer with points between thousands has decimal commas.
  const possible = split && twice.comma === 0 ? 0 : twice.point + twice.comma
  return { decimal, score: scores[decimal], undecided: !told && possible > 0, beside: null }
}

function larger({ point, comma }: Readonly<Record<Decimal, number>>): Decimal {
  return comma > point ? 'comma' : 'point'
}
