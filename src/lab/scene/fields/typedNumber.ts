import { inRange, type Range } from './ranges.ts'

/** A number that a person typed, or in words what they typed instead. */
export type NumberReading = { readonly value: number } | { readonly found: string }

/** Code points of the zeros of the scripts whose digits are read; the digits one to nine follow each. */
const ZEROS = [
  0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0,
  0xf20, 0x1040, 0x17e0, 0x1810, 0xff10,
]
const INVISIBLE = /[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/gu
/** A sign, digits with marks between and after them, a power of ten. */
const SHAPE = /^([+-]?) ?(\d[\d.,' ]*|[.,]\d+)(?:e([+-]?\d{1,3}))?$/iu
/** Digits in groups of three, separated by one kind of mark. */
const GROUPED = /^[1-9]\d{0,2}(?:([.,' ])\d{3})(?:\1\d{3})*$/u

/**
 * A number as people write it: a minus of either kind, a decimal comma, marks between thousands (1 000 or 1.000,5), a power
 * of ten, digits of other scripts. It refuses a text that people read as two different numbers: 10,000 is ten to some and ten
 * thousand to others, unless the range is of whole numbers.
 */
export function readNumber(typed: string, range: Range): NumberReading {
  const text = typed.trim()
  const readings = readingsOf(plain(text), range.integer === true)
  if (readings.length === 2)
    return { found: `${text}, which may be ${readings.join(' or ')}: leave out the mark between` }
  const [value] = readings
  return value !== undefined && inRange(range, value) ? { value: value + 0 } : { found: text }
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺'

/** A text in ASCII, with a power of ten as the page writes it, 1.5·10⁻⁴, as an exponent. */
function plain(text: string): string {
  return text
    .replace(INVISIBLE, '')
    .replace(/ ?[·×] ?10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+)$/u, (_, power: string) =>
      ['e', ...power].map((c) => '0123456789-+'[SUPERSCRIPTS.indexOf(c)] ?? c).join(''),
    )
    .replace(/[\u2012\u2013\u2212\ufe63\uff0d]/gu, '-')
    .replace(/[\u2019\u02bc\u066c\uff07]/gu, "'")
    .replace(/[\u066b\uff0e]/gu, '.')
    .replace(/\uff0c/gu, ',')
    .replace(/\s/gu, ' ')
    .replace(/\p{Nd}/gu, (digit) => {
      const code = digit.codePointAt(0)!
      const zero = ZEROS.find((first) => code >= first && code < first + 10)
      return zero === undefined ? digit : String(code - zero)
    })
}

/** The numbers that a text may mean: none, one or two. */
function readingsOf(text: string, integer: boolean): readonly number[] {
  const [, sign = '', marked = '', power = '0'] = SHAPE.exec(text) ?? []
  const digits = marked.trim()
  const valueOf = (whole: string, fraction: string) =>
    Number(`${sign}${whole.replace(/\D/gu, '')}.${fraction}e${power}`)
  if (/^\d+$/u.test(digits)) return [valueOf(digits, '')]
  const at = Math.max(digits.lastIndexOf('.'), digits.lastIndexOf(','))
  const mark = digits.charAt(at)
  const grouped = GROUPED.test(digits)
  const [whole, fraction] = [digits.slice(0, at), digits.slice(at + 1)]
  const decimal =
    at >= 0 &&
    !whole.includes(mark) &&
    whole + fraction !== '' &&
    /^\d*$/u.test(fraction) &&
    (/^\d*$/u.test(whole) || GROUPED.test(whole))
  if (!grouped) return decimal ? [valueOf(whole, fraction)] : []
  if (!decimal) return [valueOf(digits, '')]
  // Three digits after the only mark. The page writes a point in numbers that are not whole, and nothing between thousands.
  if (mark === '.')
    return integer ? [valueOf(whole, fraction), valueOf(digits, '')] : [valueOf(whole, fraction)]
  return integer ? [valueOf(digits, '')] : [valueOf(whole, fraction), valueOf(digits, '')]
}
