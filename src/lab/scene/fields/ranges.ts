/** The range of one number of a scene: validation refuses values outside it, and sliders cannot reach them. */
export interface Range {
  readonly min: number
  readonly max: number
  /** Whether `min` itself is refused: the range is (min, max]. */
  readonly open?: true
  readonly integer?: true
  /** How a slider runs through the range. */
  readonly scale: 'linear' | 'log'
  /** One notch of a slider: in the field's unit on a linear scale, in decades on a logarithmic one. */
  readonly step: number
  /** Empty for dimensionless numbers. */
  readonly unit: string
  /** The accessible name of its control. */
  readonly label: string
}

/** Whether a value lies in the range, and is an integer if the range is of integers. */
export function inRange(range: Range, value: number): boolean {
  if (range.integer === true && !Number.isSafeInteger(value)) return false
  return (range.open === true ? value > range.min : value >= range.min) && value <= range.max
}

/** The range in words: `a number in [0.005, 10]`, `an integer in [32, 256]`, `a number in (0, 3600]`. */
export function describeRange(range: Range): string {
  const noun = range.integer === true ? 'an integer' : 'a number'
  const bracket = range.open === true ? '(' : '['
  return `${noun} in ${bracket}${String(range.min)}, ${String(range.max)}]`
}

/** The smallest value a logarithmic slider shows: `min`, or one thousandth of `max` where min is 0. */
function logFloor(range: Range): number {
  return range.min > 0 ? range.min : range.max / 1000
}

/** Number of notches of a slider over the whole range. */
export function notches(range: Range): number {
  const span =
    range.scale === 'log' ? Math.log10(range.max / logFloor(range)) : range.max - range.min
  return Math.max(1, Math.round(span / range.step))
}

/**
 * The value at a slider's notch, rounded so that it reads and links well: to three significant digits on
 * a logarithmic scale, to a multiple of `step` on a linear one; always inside the range.
 * @param notch 0 … `notches(range)`
 */
export function valueAtNotch(range: Range, notch: number): number {
  const share = Math.min(1, Math.max(0, notch / notches(range)))
  if (share === 1) return range.max
  if (range.scale === 'log') {
    const floor = logFloor(range)
    if (share === 0) return floor
    const value = Number((floor * (range.max / floor) ** share).toPrecision(3))
    const rounded = range.integer === true ? Math.round(value) : value
    return Math.min(range.max, Math.max(floor, rounded))
  }
  const value = range.min + share * (range.max - range.min)
  const decimals = Math.max(0, Math.ceil(-Math.log10(range.step)) + 1)
  const rounded = Number((Math.round(value / range.step) * range.step).toFixed(decimals))
  const inside = Math.min(range.max, Math.max(range.min, rounded)) + 0
  return range.open === true && inside <= range.min ? range.step : inside
}

/** The notch nearest to a value, 0 … `notches(range)`. */
export function notchOf(range: Range, value: number): number {
  const clamped = Math.min(range.max, Math.max(range.min, value))
  const floor = logFloor(range)
  const share =
    range.scale === 'log'
      ? Math.log10(Math.max(floor, clamped) / floor) / Math.log10(range.max / floor)
      : (clamped - range.min) / (range.max - range.min)
  return Math.round(share * notches(range))
}
