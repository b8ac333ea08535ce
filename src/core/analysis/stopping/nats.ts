/** A KL for people: three decimals, two significant digits below a hundredth. */
export function nats(value: number): string {
  const text = Math.abs(value) < 0.01 ? value.toPrecision(2) : value.toFixed(3)
  return `${text} nats`
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** A small share for people, two significant digits: 0.012, 5.0·10⁻⁶. */
export function share(value: number): string {
  if (value >= 1e-3) return value.toPrecision(2)
  const [mantissa, exponent] = value.toExponential(1).split('e') as [string, string]
  const digits = [...exponent.replace('-', '')].map((digit) => SUPERSCRIPTS[Number(digit)]!)
  return `${mantissa}·10⁻${digits.join('')}`
}
