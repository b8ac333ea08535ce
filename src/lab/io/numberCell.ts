import type { Decimal } from '../scene/fields/tableForm.ts'

/** Largest number that is read; doubles distinguish whole numbers up to it. */
export const LARGEST = 1e15
/** Most characters of a number. */
const LONGEST = 400

const POWERS = Float64Array.from({ length: 23 }, (_, k) => Number(`1e${k}`))
const SIGNS = '-−–—‐‑﹣－'
const GROUPS = "'’ \u00A0\u2009\u202F"
/** Numbers with groups of three digits; with commas also those of India: 12,34,567.5. */
const GROUPED: Readonly<Record<Decimal, RegExp>> = {
  point: new RegExp(
    `^(?:[1-9]\\d{0,2}(?:([,${GROUPS}])\\d{3})(?:\\1\\d{3})*|[1-9]\\d?(?:,\\d{2})+,\\d{3})(?:\\.\\d*)?$`,
    'u',
  ),
  comma: new RegExp(`^[1-9]\\d{0,2}(?:([.${GROUPS}])\\d{3})(?:\\1\\d{3})*(?:,\\d*)?$`, 'u'),
}
/** A number in quotes, or one in the round brackets that accountants write for a minus. */
const DRESSED = /^(['‘’“”(])([^'‘’“”()]+)['‘’“”)]$/u
const PLAIN = /^(?:\d+(?:\.\d*)?|\.\d+)(?:[eEdD][+\-−]?\d+)?$/u

/** Whether a character is blank inside a line. */
export function isBlank(code: number): boolean {
  return (
    code === 32 ||
    code === 9 ||
    code === 11 ||
    code === 12 ||
    code === 0xa0 ||
    code === 0xfeff ||
    code === 0x3000 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x202f
  )
}

/**
 * The number in a text from index `from` to before `to`, without blanks round it; NaN where there is none. It may have any sign
 * that people write for minus, a percent sign behind, a currency sign before or behind, quotes round it or, without another
 * sign, an accountant's brackets, groups of thousands separated by the other mark, a blank or an apostrophe, and an exponent
 * after E or D.
 */
export function numberAt(text: string, from: number, to: number, decimal: Decimal): number {
  if (from >= to || to - from > LONGEST) return NaN
  let i = from
  const first = text.charCodeAt(i)
  const negative = first === 45 || (first > 127 && SIGNS.includes(text.charAt(i)))
  if (negative || first === 43) i++
  // With up to 15 digits and a power of ten that is a double one division gives the nearest double.
  const start = i
  const mark = decimal === 'point' ? 46 : 44
  let mantissa = 0
  let digits = 0
  let places = -1
  for (; i < to; i++) {
    const code = text.charCodeAt(i)
    if (code >= 48 && code <= 57) {
      mantissa = 10 * mantissa + (code - 48)
      digits++
      if (places >= 0) places++
    } else if (code === mark && places < 0) places = 0
    else break
  }
  if (i === to && digits > 0 && digits <= 15) {
    const value = places > 0 ? mantissa / POWERS[places]! : mantissa
    return negative ? 0 - value : value
  }
  const cell = text.slice(start, to)
  const dressed = start === from ? DRESSED.exec(cell) : null
  if (dressed !== null) {
    const [, open = '', inner = ''] = dressed
    const value = numberAt(inner, 0, inner.length, decimal)
    return open === '(' && !isSigned(inner) ? 0 - value : value
  }
  if (/[^%\p{Sc}][%\p{Sc}]$/u.test(cell))
    return numberAt(text, from, from + text.slice(from, to - 1).trimEnd().length, decimal)
  const amount = /^\p{Sc}\s*([^\p{Sc}]+)$/u.exec(cell)?.[1]
  if (amount !== undefined) {
    if (start > from && isSigned(amount)) return NaN
    const value = numberAt(amount, 0, amount.length, decimal)
    return negative ? 0 - value : value
  }
  const value = uncommon(cell, decimal)
  return negative ? 0 - value : value
}

function isSigned(text: string): boolean {
  return text.startsWith('+') || SIGNS.includes(text.charAt(0))
}

export function otherThan(decimal: Decimal): Decimal {
  return decimal === 'point' ? 'comma' : 'point'
}

/** Whether a cell is one number with a decimal point and another with a decimal comma: 19.503 and 19503. */
export function readsTwice(cell: string): boolean {
  const [point, comma] = [
    numberAt(cell, 0, cell.length, 'point'),
    numberAt(cell, 0, cell.length, 'comma'),
  ]
  return !Number.isNaN(point) && !Number.isNaN(comma) && point !== comma
}

function uncommon(unsigned: string, decimal: Decimal): number {
  const other = decimal === 'point' ? ',' : '.'
  const plain = decimal === 'comma' ? unsigned.replace(',', '.') : unsigned
  if (PLAIN.test(plain) && !(decimal === 'comma' && unsigned.includes('.')))
    return Number(plain.replace(/[dD]/u, 'e').replace('−', '-'))
  if (!GROUPED[decimal].test(unsigned)) return NaN
  const bare = unsigned.replaceAll(other, '').replace(/['’\s]/gu, '')
  return Number(decimal === 'comma' ? bare.replace(',', '.') : bare)
}

/** Words for a missing number. */
const GAPS: ReadonlySet<string> = new Set([
  ...['', 'na', 'n/a', '#n/a', 'nan', '-nan', '+nan', 'nan(ind)', '-nan(ind)', '1.#qnan', '<na>'],
  ...['null', 'nil', 'none', 'missing', '-', '--', '−', '–', '—', '.', '..', '…', '?', '*', '/'],
  ...['#div/0!', '#value!', '#num!', '#ref!', '#name?', '#null!', 'nat', 'n.a.', 'k.a.'],
])
const MONTH = '(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)\\p{L}*\\.?'
const CLOCK = '\\d{1,2}:\\d{2}(?::\\d{2}(?:[.,]\\d+)?)?(?: ?[ap]\\.?m\\.?)?'
const DATE = new RegExp(
  `^(?:(?:\\d{4}[-/.]\\d{1,2}(?:[-/.]\\d{1,2})?|\\d{1,2}[-/.]\\d{1,2}[-/.]\\d{2,4}|\\d{1,2}\\.?[ -]${MONTH},?[ -]\\d{2,4}` +
    `|${MONTH} \\d{1,2},? \\d{4}|\\d{4}-w\\d{2}(?:-\\d)?)(?:[t ,]+${CLOCK})?|${CLOCK})(?: ?(?:z|utc|gmt|[+-]\\d{2}:?\\d{2}))?$`,
  'iu',
)

/** The kinds of cells without a number. */
export type Wordy = 'gap' | 'infinite' | 'date' | 'text'

/** The kind of a cell. @param cell no number, without blanks round it */
export function kindOfWords(cell: string): Wordy {
  if (cell.length > 40) return 'text'
  if (/^[-:=_]{2,}$/u.test(cell)) return 'gap'
  const lower = cell.toLowerCase()
  if (GAPS.has(lower)) return 'gap'
  if (/^[+\-−]?(?:inf|infinity|∞|1\.#inf)$/u.test(lower)) return 'infinite'
  return DATE.test(lower) ? 'date' : 'text'
}
