import { decimalExponent, formatNumber, nats } from './numberText.ts'

/*
 * Numbers that say more than themselves, as people read them: limits, which are rounded to their safe side, and numbers
 * that are said to differ.
 */

/** Relative error of a number that has come from some arithmetic. */
const ROUNDING = 1e-9

/** The value to as many significant digits as `formatNumber` writes of it, or the next one below it. */
function lowered(value: number, least: number): number {
  if (value === 0 || !Number.isFinite(value)) return value
  const exponent = decimalExponent(value)
  // As it is written: 99 960 to three digits is 1.00·10⁵.
  const written = Number(value.toExponential(least - 1).split('e')[1])
  const digits = written < 5 ? Math.max(least, exponent + 1) : least
  const near = Number(value.toPrecision(digits))
  // What is off a short number by its own rounding is that number.
  if (near <= value + ROUNDING * Math.abs(value)) return near
  const unit = Number(`1e${String(exponent - digits + 1)}`)
  return Number((near - unit).toPrecision(digits))
}

/** `formatNumber` of a lower limit: what is written is above the value by no more than rounding. */
export function formatDown(value: number, digits = 3): string {
  return formatNumber(lowered(value, digits), digits)
}

/** `formatNumber` of an upper limit: what is written is below the value by no more than rounding. */
export function formatUp(value: number, digits = 3): string {
  return formatNumber(-lowered(-value, digits), digits)
}

/** How many significant digits `formatNats` writes. */
function natsDigits(value: number): number {
  const size = Math.abs(value)
  if (size >= 100) return 4
  if (size >= 0.1) return 4 + decimalExponent(size)
  return size < 1e-6 ? 2 : 3
}

/** `nats` of a lower limit. */
export function natsDown(value: number): string {
  return nats(lowered(value, natsDigits(value)))
}

/** `nats` of an upper limit. */
export function natsUp(value: number): string {
  return nats(-lowered(-value, natsDigits(value)))
}

/** `nats` of a number that a person has set: with all its digits. */
export function natsExactly(value: number): string {
  for (let digits = natsDigits(value) + 1; digits <= MOST_DIGITS; digits++) {
    if (Number(value.toPrecision(digits - 1)) === value) break
    if (Number(value.toPrecision(digits)) === value) return `${formatNumber(value, digits)} nats`
  }
  return nats(value)
}

/** No double has more. */
const MOST_DIGITS = 17

/** Two numbers that a sentence says to differ, with as many digits as it takes to see it. */
export function formatApart(
  a: number,
  b: number,
  format: (value: number) => string = formatNumber,
): readonly [string, string] {
  let texts = [format(a), format(b)] as const
  for (let digits = 4; a !== b && texts[0] === texts[1] && digits <= MOST_DIGITS; digits++) {
    texts = [formatNumber(a, digits), formatNumber(b, digits)]
  }
  return texts
}
