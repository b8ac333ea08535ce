/** Numbers for people: in a document, beside an axis. */

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** 10ⁿ in characters. */
export function powerOfTen(n: number): string {
  const digits = String(Math.abs(n)).replace(/\d/gu, (d) => SUPERSCRIPTS[Number(d)]!)
  return `10${n < 0 ? '⁻' : ''}${digits}`
}

/** So many significant digits, as a decimal where it is short and as m·10ⁿ elsewhere; a real minus sign. */
export function number(value: number, digits = 3): string {
  if (value === 0) return '0'
  if (!Number.isFinite(value)) return value > 0 ? '∞' : value < 0 ? '−∞' : '–'
  const [mantissa, exponent] = value.toExponential(digits - 1).split('e') as [string, string]
  const power = Number(exponent)
  const text =
    power < -3 || power > 5
      ? `${mantissa}·${powerOfTen(power)}`
      : value.toFixed(Math.max(0, digits - 1 - power))
  return text.replace('-', '−')
}

/** The shortest decimal that is the number: for settings, which were typed by somebody. */
export function exactly(value: number): string {
  return String(Number(value.toPrecision(6))).replace('-', '−')
}

/** A share as a percentage. */
export function percent(share: number, digits = 3): string {
  return `${number(100 * share, digits)} %`
}

/** `1 step`, `3 steps`. */
export function counted(n: number, noun: string): string {
  return `${String(n)} ${noun}${n === 1 ? '' : 's'}`
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly (string | number)[]): string {
  const head = items.slice(0, -1).join(', ')
  const last = String(items.at(-1) ?? '')
  return head === '' ? last : `${head} and ${last}`
}
