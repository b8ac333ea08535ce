import type { Separator } from '../scene/fields/tableForm.ts'
import { isBlank, numberAt } from './numberCell.ts'

/** Fewest points of a data set, and most rows and lines of one file. */
export const MIN_ROWS = 10
export const MAX_ROWS = 200_000
export const MAX_LINES = 2 * MAX_ROWS
/** Most characters and most cells of a row. */
const LONGEST_ROW = 2 ** 20
const MAX_COLUMNS = 1000

const CODES: Readonly<Record<Separator, number>> = {
  tab: 9,
  semicolon: 59,
  pipe: 124,
  comma: 44,
  blank: -1,
}
const LF = 10
const CR = 13
const QUOTE = 34
const HASH = 35
const PERCENT = 37

/** Why no further row can be read. */
export interface RowFault {
  /** 1-based. */
  readonly line: number
  readonly message: string
}

/** How rows are cut into cells. */
export interface Cut {
  readonly separator: Separator
  /** Whether brackets count as blanks, and an opening one after a closing one begins a row: `[[1, 2], [3, 4]]`. */
  readonly brackets?: boolean
  /** Whether a separator between two digits is part of a number. */
  readonly tight?: boolean
}

/**
 * The rows of a text, one at a time, as places in the text. A cell in quotes may hold separators, quotes (doubled)
 * and line ends; blanks may stand round the quotes.
 */
export class Rows {
  readonly text: string
  /** Index at which the next row begins. */
  at: number
  /** 1-based line of `at`. */
  line: number
  /** 1-based line on which the last row read begins. */
  rowLine = 0
  /** Indices at which that row begins and ends. */
  rowStart = 0
  rowEnd = 0
  /** Number of its cells, and the indices at which each begins and ends, without quotes and blanks. */
  count = 0
  readonly starts = new Int32Array(MAX_COLUMNS + 1)
  readonly ends = new Int32Array(MAX_COLUMNS + 1)
  fault: RowFault | null = null

  private readonly separator: number
  private readonly brackets: boolean
  private readonly tight: boolean
  /** 1 for each cell of the row with doubled quotes inside. */
  private readonly doubled = new Uint8Array(MAX_COLUMNS + 1)

  constructor(text: string, { separator, brackets = false, tight = false }: Cut, at = 0, line = 1) {
    this.text = text
    this.separator = CODES[separator]
    this.brackets = brackets
    this.tight = tight
    this.at = at
    this.line = line
  }

  cell(index: number): string {
    if (index >= this.count) return ''
    const cell = this.text.slice(this.starts[index], this.ends[index])
    return this.doubled[index] === 1 ? cell.replaceAll('""', '"') : cell
  }

  /** Reads one row: `blank` has empty cells only; at `fault` the field `fault` says what is wrong, and reading ends. */
  next(): 'row' | 'blank' | 'comment' | 'end' | 'fault' {
    const { text } = this
    if (this.at >= text.length) return 'end'
    this.rowLine = this.line
    this.rowStart = this.at
    this.count = 0
    const limit = Math.min(text.length, this.at + LONGEST_ROW + 1)
    let i = this.at
    while (i < limit && this.blankAt(i, false)) i++
    const first = text.charCodeAt(i)
    if (first === PERCENT || (first === HASH && !isSheetError(text, i))) {
      i = this.lineEnd(i, limit)
      if (i === limit && limit < text.length) return this.tooLong()
      this.endRow(i)
      return 'comment'
    }
    return this.separator < 0 ? this.words(i, limit) : this.cells(this.at, limit)
  }

  private words(from: number, limit: number): 'row' | 'blank' | 'fault' {
    const { text } = this
    let closed = false
    for (let i = from; ;) {
      for (; i < limit; i++) {
        const code = text.charCodeAt(i)
        if (this.brackets && isBracket(code)) {
          if (isOpening(code)) {
            if (closed) return this.endPoint(i)
          } else closed = this.count > 0
        } else if (!isBlank(code) && !(closed && (code === 44 || code === 59))) break
      }
      if (text.charCodeAt(i) === HASH && this.endsInNumber() && !isSheetError(text, i))
        i = this.lineEnd(i, limit)
      const start = i
      if (i === limit && limit < text.length) return this.tooLong()
      const code = text.charCodeAt(i)
      if (i >= text.length || code === LF || code === CR) {
        this.endRow(i)
        return this.count === 0 ? 'blank' : 'row'
      }
      if (code === QUOTE) {
        const end = this.quoted(i, limit)
        if (end < 0) return 'fault'
        i = end
        continue
      }
      while (i < limit && (!this.endsWord(text.charCodeAt(i)) || this.joinsThousands(i))) i++
      if (i === limit && limit < text.length) return this.tooLong()
      if (!this.add(start, i, 0)) return 'fault'
    }
  }

  /** The index at which the line of index i ends, at most `limit`. */
  private lineEnd(i: number, limit: number): number {
    let end = i
    while (end < limit && this.text.charCodeAt(end) !== LF && this.text.charCodeAt(end) !== CR)
      end++
    return end
  }

  /** Whether the last cell so far is a number: what then follows behind a blank and # is a comment. */
  private endsInNumber(): boolean {
    const last = this.count - 1
    return last >= 0 && isNumber(this.text, this.starts[last]!, this.ends[last]!)
  }

  private endsWord(code: number): boolean {
    return code === LF || code === CR || isBlank(code) || (this.brackets && isBracket(code))
  }

  private betweenDigits(i: number): boolean {
    return isDigit(this.text.charCodeAt(i - 1)) && isDigit(this.text.charCodeAt(i + 1))
  }

  /** Whether the character at i is a no-break or thin space between the thousands of a number. */
  private joinsThousands(i: number): boolean {
    const { text } = this
    const code = text.charCodeAt(i)
    if (code !== 0xa0 && code !== 0x2009 && code !== 0x202f) return false
    const digit = (by: number) => isDigit(text.charCodeAt(i + by))
    if (!(digit(-1) && digit(1) && digit(2) && digit(3)) || digit(4)) return false
    let first = i - 1
    while (i - first < 4 && isDigit(text.charCodeAt(first - 1))) first--
    return i - first < 4 && !'.,'.includes(text.charAt(first - 1) || ' ')
  }

  private cells(from: number, limit: number): 'row' | 'blank' | 'fault' {
    const { text, separator, brackets } = this
    let empty = true
    for (let i = from; ; i++) {
      // Skips blanks before a cell; a tab that separates cells is no blank.
      let start = i
      let closed = false
      while (start < limit) {
        const code = text.charCodeAt(start)
        if (code === separator || !this.blankAt(start, brackets)) break
        start++
      }
      const code = text.charCodeAt(start)
      if (code === QUOTE && (start === i || this.closesInLine(start, limit))) {
        const end = this.quoted(start, limit)
        if (end < 0) return 'fault'
        i = end
        empty &&= this.starts[this.count - 1] === this.ends[this.count - 1]
        while (brackets && i < limit && text.charCodeAt(i) !== separator) {
          const after = text.charCodeAt(i)
          if (!isBracket(after) && !isBlank(after)) break
          if (isOpening(after)) {
            if (closed) break
          } else if (!isBlank(after)) closed = true
          i++
        }
        if (!this.endsCell(i) && !closed) return this.behindQuote(this.line)
      } else {
        i = start
        let end = start
        for (; i < limit; i++) {
          const c = text.charCodeAt(i)
          if (c === LF || c === CR) break
          if (c === separator && !(this.tight && this.betweenDigits(i))) break
          if (c === HASH && end > start && end < i && isNumber(text, start, end)) {
            i = this.lineEnd(i, limit)
            break
          }
          if (c <= 32 || c > 127) {
            if (isBlank(c)) continue
          } else if (brackets && isBracket(c)) {
            if (!isOpening(c)) closed = true
            continue
          }
          end = i + 1
        }
        if (i === limit && limit < text.length) return this.tooLong()
        if (!this.add(start, end, 0)) return 'fault'
        empty &&= start === end
      }
      if (closed) {
        // The next point begins, as in `], [`.
        let next = i
        while (next < limit && (this.blankAt(next, false) || text.charCodeAt(next) === separator))
          next++
        if (next < limit && isOpening(text.charCodeAt(next))) return this.endPoint(next)
      }
      if (text.charCodeAt(i) === separator && i < text.length) continue
      if (!this.endsCell(i)) return this.behindQuote(this.line)
      this.endRow(i)
      return empty ? 'blank' : 'row'
    }
  }

  /** Adds the cell whose quote opens at `open`; returns the index behind it, or −1 at a fault. */
  private quoted(open: number, limit: number): number {
    const { text } = this
    let i = open + 1
    let doubled = 0
    let closeLine = this.line
    for (; i < limit; i++) {
      const code = text.charCodeAt(i)
      if (code === QUOTE) {
        if (text.charCodeAt(i + 1) !== QUOTE) break
        doubled = 1
        i++
      } else if (code === LF || (code === CR && text.charCodeAt(i + 1) !== LF)) closeLine++
    }
    if (i >= limit) {
      const within = limit < text.length ? ` within ${LONGEST_ROW} characters` : ''
      this.fault = {
        line: this.line,
        message: `opens a quote that is never closed${within}; allowed: pairs`,
      }
      return -1
    }
    let end = i + 1
    while (end < limit && text.charCodeAt(end) !== this.separator && this.blankAt(end, false)) end++
    const code = text.charCodeAt(end)
    const ends =
      end >= text.length ||
      code === LF ||
      code === CR ||
      (this.separator < 0 ? end > i + 1 || this.endsWord(code) : code === this.separator)
    if (!ends && !(this.brackets && isBracket(code))) {
      this.behindQuote(closeLine)
      return -1
    }
    this.line = closeLine
    return this.add(open + 1, i, doubled) ? end : -1
  }

  /** Whether a quote that opens behind blanks closes in its line, as the last thing of its cell. */
  private closesInLine(open: number, limit: number): boolean {
    const { text } = this
    for (let i = open + 1; i < limit; i++) {
      const code = text.charCodeAt(i)
      if (code === LF || code === CR) return false
      if (code !== QUOTE) continue
      if (text.charCodeAt(i + 1) === QUOTE) {
        i++
        continue
      }
      let end = i + 1
      while (end < limit && text.charCodeAt(end) !== this.separator && this.blankAt(end, false))
        end++
      const after = text.charCodeAt(end)
      return end >= text.length || after === this.separator || after === LF || after === CR
    }
    return false
  }

  private add(start: number, end: number, doubled: number): boolean {
    if (this.count >= MAX_COLUMNS) {
      this.fault = {
        line: this.rowLine,
        message: `more than ${MAX_COLUMNS} columns; allowed: at most ${MAX_COLUMNS}`,
      }
      return false
    }
    this.starts[this.count] = start
    this.ends[this.count] = end
    this.doubled[this.count++] = doubled
    return true
  }

  /** Whether a cell may end before index i. */
  private endsCell(i: number): boolean {
    const code = this.text.charCodeAt(i)
    return i >= this.text.length || code === LF || code === CR || code === this.separator
  }

  private behindQuote(line: number): 'fault' {
    const message = 'text behind a closing quote; allowed: quotes round a whole cell'
    this.fault = { line, message }
    return 'fault'
  }

  private tooLong(): 'fault' {
    this.fault = {
      line: this.rowLine,
      message: `more than ${LONGEST_ROW} characters; allowed: at most ${LONGEST_ROW} a row`,
    }
    return 'fault'
  }

  private endRow(end: number): void {
    const { text } = this
    this.rowEnd = end
    if (end >= text.length) {
      this.at = end
      return
    }
    this.at = end + (text.charCodeAt(end) === CR && text.charCodeAt(end + 1) === LF ? 2 : 1)
    this.line++
  }

  /** Ends a row in the middle of a line, before the bracket that opens the next row. */
  private endPoint(at: number): 'row' {
    this.rowEnd = at
    this.at = at
    return 'row'
  }

  private blankAt(i: number, brackets: boolean): boolean {
    const code = this.text.charCodeAt(i)
    return isBlank(code) || (brackets && isBracket(code))
  }
}

/** Whether the text at an index is an error of a workbook, such as #N/A, and no comment. */
function isSheetError(text: string, at: number): boolean {
  return /^#(?:N\/A|DIV\/0!|VALUE!|NUM!|REF!|NAME\?|NULL!)/iu.test(text.slice(at, at + 8))
}

/** Whether a cell is a number with a decimal point or comma. */
function isNumber(text: string, start: number, end: number): boolean {
  return (
    !Number.isNaN(numberAt(text, start, end, 'point')) ||
    !Number.isNaN(numberAt(text, start, end, 'comma'))
  )
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

/** Whether a character is one of [ ] ( ) { }. */
function isBracket(code: number): boolean {
  return code === 40 || code === 41 || code === 91 || code === 93 || code === 123 || code === 125
}

function isOpening(code: number): boolean {
  return code === 40 || code === 91 || code === 123
}
