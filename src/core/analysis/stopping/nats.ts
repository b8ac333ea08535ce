/** A KL for people: three decimals, two significant digits below a hundredth. */
export function nats(value: number): string {
  const text = Math.abs(value) < 0.01 ? value.toPrecision(2) : value.toFixed(3)
  return `${text} nats`
}
