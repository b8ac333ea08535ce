/**
 * Numbers as people read them: a true minus sign, narrow spaces between thousands, a fixed number of
 * significant digits so that columns of tabular figures stand still while values change.
 */

const MINUS = '−'
const NARROW_SPACE = '\u202f'
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** What stands for a value that does not exist. */
export const ABSENT = '–'

function superscript(exponent: number): string {
  let text = exponent < 0 ? '⁻' : ''
  for (const digit of String(Math.abs(exponent))) text += SUPERSCRIPTS[Number(digit)]!
  return text
}

function signed(text: string): string {
  return text.startsWith('-') ? MINUS + text.slice(1) : text
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
 * The estimator can be negative at the null; the sign is kept.
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
  const place = Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(standardError))))
  if (standardError < 5e-7) return formatNats(value)
  return `${signed(value.toFixed(place))} ± ${standardError.toFixed(place)}`
}

/** An integer with narrow spaces between thousands: "12 345". */
export function formatCount(value: number): string {
  if (!Number.isFinite(value)) return formatNumber(value)
  const text = String(Math.round(Math.abs(value)))
  const grouped = text.length > 4 ? text.replace(/\B(?=(\d{3})+$)/g, NARROW_SPACE) : text
  return (Math.round(value) < 0 ? MINUS : '') + grouped
}

/** Steps a second: "0.42", "8.3", "142", "1 250". */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return formatNumber(perSecond)
  if (perSecond >= 1000) return formatCount(Math.round(perSecond / 10) * 10)
  if (perSecond >= 20) return String(Math.round(perSecond))
  if (perSecond >= 1) return perSecond.toFixed(1)
  return perSecond.toFixed(2)
}

/** Wall time: "0.4 s", "12 s", "3:05", "1:02:09". */
export function formatDuration(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return ABSENT
  const s = Math.max(0, seconds)
  if (s < 9.95) return `${s.toFixed(1)} s`
  const whole = Math.round(s)
  if (whole < 60) return `${whole} s`
  const two = (n: number): string => String(n).padStart(2, '0')
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`
}

/** Dimensionless diffusion time t = kη with the digits that tell two steps apart, at most six decimals. */
export function formatTime(step: number, stepSize: number): string {
  const places = Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(stepSize))))
  return signed((step * stepSize).toFixed(Number.isFinite(places) ? places : 0))
}

/** A coordinate in world units, two decimals, no negative zero. */
export function formatCoordinate(value: number): string {
  const text = value.toFixed(2)
  return signed(text === '-0.00' ? '0.00' : text)
}

/** "0.500" → "0.5", for ticks, which are round numbers. Powers of ten stay as they are. */
export function trimZeros(text: string): string {
  return text.includes('.') && !text.includes('·') ? text.replace(/\.?0+$/, '') : text
}

/** A share in [0, 1] as a percentage: "12.3 %", "< 0.1 %". */
export function formatShare(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return ABSENT
  if (value > 0 && value < 1e-3) return '< 0.1 %'
  return `${(100 * value).toFixed(1)} %`
}

/** A tick of a logarithmic axis: plain decimals between 0.001 and 1000, powers of ten beyond. */
export function formatLogTick(value: number): string {
  if (value === 0) return '0'
  const exponent = Math.round(Math.log10(Math.abs(value)))
  if (exponent >= -3 && exponent <= 3) return signed(String(Number(value.toPrecision(3))))
  const mantissa = Math.round(
    Math.abs(value) / Math.pow(10, Math.floor(Math.log10(Math.abs(value)) + 1e-9)),
  )
  const power = `10${superscript(Math.floor(Math.log10(Math.abs(value)) + 1e-9))}`
  return signed(`${value < 0 ? '-' : ''}${mantissa === 1 ? '' : `${mantissa}·`}${power}`)
}
