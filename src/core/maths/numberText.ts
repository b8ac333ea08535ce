/**
 * Numbers as people read them, on the page, in notices and in the reasons of stopping reports: a true minus sign, narrow spaces between
 * thousands, and a fixed number of significant digits, so that columns of tabular figures stand still while values change.
 * What cannot be is never written: NaN is a dash, and so is a share outside [0, 1].
 */

const MINUS = '−'
const NARROW_SPACE = '\u202f'
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** What stands for a value that does not exist. */
export const ABSENT = '–'

export function superscript(exponent: number): string {
  let text = exponent < 0 ? '⁻' : ''
  for (const digit of String(Math.abs(exponent))) text += SUPERSCRIPTS[Number(digit)]!
  return text
}

/** A number's text with the minus that people write, and without one before zero. */
export function signed(text: string): string {
  if (!text.startsWith('-')) return text
  return /[1-9]/.test(text) ? MINUS + text.slice(1) : text.slice(1)
}

/** e of |value| = m·10ᵉ, 1 ≤ m < 10, before any rounding; for a value that is finite and not 0. */
export function decimalExponent(value: number): number {
  return Number(value.toExponential().split('e')[1])
}

/**
 * `digits` significant digits; fixed notation between 10⁻⁴ and 10⁵, otherwise m·10ᵉ. Zero is "0";
 * null and NaN are a dash, infinities ∞.
 */
export function formatNumber(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || Number.isNaN(value)) return ABSENT
  if (value === Infinity) return '∞'
  if (value === -Infinity) return MINUS + '∞'
  if (value === 0) return '0'
  const [mantissa, exponentText] = value.toExponential(digits - 1).split('e')
  const exponent = Number(exponentText)
  if (exponent >= -4 && exponent < 5) {
    return signed(value.toFixed(Math.max(0, digits - 1 - exponent)))
  }
  return signed(`${mantissa!}·10${superscript(exponent)}`)
}

/**
 * A KL in nats, without the unit: three decimals from 0.1 on, three significant digits below.
 * An estimate can be negative at the null; the sign is kept.
 */
export function formatNats(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return ABSENT
  const size = Math.abs(value)
  if (size >= 100) return formatNumber(value, 4)
  if (size >= 0.1) return signed(value.toFixed(3))
  if (size > 0 && size < 1e-6) return formatNumber(value, 2)
  return formatNumber(value, 3)
}

/** "0.0123 ± 0.0004", the standard error with two significant digits and the value cut to its place. */
export function formatNatsWithError(
  value: number | null | undefined,
  standardError: number | null | undefined,
): string {
  if (value === null || value === undefined || Number.isNaN(value)) return ABSENT
  if (
    standardError === null ||
    standardError === undefined ||
    !Number.isFinite(standardError) ||
    standardError <= 0
  ) {
    return formatNats(value)
  }
  if (Math.abs(value) >= 1e5 || standardError >= 1e5)
    return `${formatNumber(value)} ± ${formatNumber(standardError, 2)}`
  const place = Math.min(6, Math.max(0, 1 - decimalExponent(standardError)))
  if (standardError < 5e-7) return formatNats(value)
  return `${signed(value.toFixed(place))} ± ${standardError.toFixed(place)}`
}

/** An integer with narrow spaces between thousands: "12 345". */
export function formatCount(value: number): string {
  if (!(Math.abs(value) < 1e15)) return formatNumber(value)
  const text = String(Math.round(Math.abs(value)))
  const grouped = text.length > 4 ? text.replace(/\B(?=(\d{3})+$)/g, NARROW_SPACE) : text
  return (Math.round(value) < 0 ? MINUS : '') + grouped
}

/** "1 point", "12 345 points". */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${formatCount(value)} ${value === 1 ? one : many}`
}

/** "0.0123 nats". */
export function nats(value: number | null | undefined): string {
  return `${formatNats(value)} nats`
}

/**
 * A share in [0, 1] as a percentage: "12.3 %", "0 %" and "100 %" for nothing and all, "< 0.1 %" and "> 99.9 %" for what is
 * not quite that. A dash for anything else.
 */
export function formatShare(value: number | null, decimals = 1): string {
  if (value === null || !(value >= 0 && value <= 1)) return ABSENT
  if (value === 0 || value === 1) return `${100 * value} %`
  const least = Number(`1e-${decimals}`)
  if (100 * value < least) return `< ${least.toFixed(decimals)} %`
  const text = (100 * value).toFixed(decimals)
  return Number(text) < 100 ? `${text} %` : `> ${(100 - least).toFixed(decimals)} %`
}
