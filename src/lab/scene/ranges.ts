/** The range of one number of a scene: validation refuses what lies outside, a slider cannot reach it. */
export interface Range {
  readonly min: number
  readonly max: number
  /** The value `min` itself is refused: the range is (min, max]. */
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

const COORDINATE = { min: -20, max: 20, scale: 'linear', step: 0.05, unit: '' } as const
const ENTRY = { min: -10_000, max: 10_000, scale: 'linear', step: 0.05, unit: '' } as const

/**
 * Every ranged number of a scene, by its path without list indices. `energy.terms.weight` is the weight
 * of each term of each sum, wherever it stands.
 */
export const RANGES = {
  seed: {
    min: 0,
    max: 4_294_967_295,
    integer: true,
    scale: 'linear',
    step: 1,
    unit: '',
    label: 'Seed',
  },
  'target.sharpness': {
    min: 0.2,
    max: 4,
    scale: 'linear',
    step: 0.05,
    unit: '',
    label: 'Sharpness',
  },
  'target.components.weight': {
    min: 0,
    max: 1_000_000,
    open: true,
    scale: 'linear',
    step: 0.1,
    unit: '',
    label: 'Component weight',
  },
  'target.components.mean': { ...COORDINATE, label: 'Component mean' },
  'target.components.covariance': { ...ENTRY, label: 'Component covariance' },
  'target.columns': {
    min: 0,
    max: 999,
    integer: true,
    scale: 'linear',
    step: 1,
    unit: '',
    label: 'Column',
  },
  'target.clip': {
    min: 1,
    max: 1_000_000,
    scale: 'log',
    step: 0.1,
    unit: '',
    label: 'Far rows',
  },
  'energy.center': { ...COORDINATE, label: 'Centre' },
  'energy.matrix': { ...ENTRY, label: 'Matrix A' },
  'energy.terms.weight': {
    min: -5,
    max: 5,
    scale: 'linear',
    step: 0.05,
    unit: '',
    label: 'Weight',
  },
  'energy.barriers.center': { ...COORDINATE, label: 'Barrier centre' },
  'energy.barriers.radius': {
    min: 0,
    max: 20,
    open: true,
    scale: 'linear',
    step: 0.05,
    unit: '',
    label: 'Barrier radius',
  },
  'energy.barriers.normal': { ...ENTRY, label: 'Barrier normal' },
  'energy.barriers.offset': {
    min: -30,
    max: 30,
    scale: 'linear',
    step: 0.05,
    unit: '',
    label: 'Barrier offset along the unit normal',
  },
  'energy.barriers.points': { ...COORDINATE, label: 'Barrier vertex' },
  'energy.barriers.strength': {
    min: 0,
    max: 10,
    scale: 'linear',
    step: 0.05,
    unit: '',
    label: 'Barrier strength μ',
  },
  'training.steps': {
    min: 1,
    max: 200_000,
    integer: true,
    scale: 'log',
    step: 0.05,
    unit: 'steps',
    label: 'Training steps',
  },
  'training.seconds': {
    min: 0,
    max: 3600,
    open: true,
    scale: 'linear',
    step: 1,
    unit: 's',
    label: 'Training time',
  },
  'domain.halfWidth': {
    min: 1,
    max: 20,
    scale: 'linear',
    step: 0.5,
    unit: '',
    label: 'Half-width of the box',
  },
  'domain.cells': {
    min: 32,
    max: 256,
    integer: true,
    scale: 'linear',
    step: 16,
    unit: 'cells',
    label: 'Cells a side',
  },
  'dynamics.epsilon': {
    min: 0.005,
    max: 10,
    scale: 'log',
    step: 0.02,
    unit: '',
    label: 'Temperature ε',
  },
  'dynamics.stepSize': {
    min: 1e-5,
    max: 1,
    scale: 'log',
    step: 0.02,
    unit: '',
    label: 'Step size η',
  },
  'dynamics.steps': {
    min: 0,
    max: 100_000,
    integer: true,
    scale: 'linear',
    step: 10,
    unit: 'steps',
    label: 'Steps',
  },
  'dynamics.particles': {
    min: 1,
    max: 200_000,
    integer: true,
    scale: 'log',
    step: 0.05,
    unit: '',
    label: 'Particles',
  },
  'dynamics.skew': { min: -20, max: 20, scale: 'linear', step: 0.1, unit: '', label: 'Skew γ' },
  'dynamics.preconditioner': { ...ENTRY, label: 'Preconditioner P' },
  'dynamics.jumpEvery': {
    min: 0,
    max: 100_000,
    integer: true,
    scale: 'linear',
    step: 1,
    unit: 'steps',
    label: 'Jump every',
  },
  'dynamics.initial.mean': { ...COORDINATE, label: 'Initial mean' },
  'dynamics.initial.covariance': { ...ENTRY, label: 'Initial covariance' },
  'dynamics.initial.halfWidth': {
    min: 0,
    max: 20,
    open: true,
    scale: 'linear',
    step: 0.1,
    unit: '',
    label: 'Half-width of the initial square',
  },
  'dynamics.initial.at': { ...COORDINATE, label: 'Initial point' },
  'dynamics.initial.spread': {
    min: 0.001,
    max: 20,
    scale: 'log',
    step: 0.05,
    unit: '',
    label: 'Spread round the point',
  },
  'dynamics.companion': { ...COORDINATE, label: 'Offset of the second cloud' },
  'stopping.delta': {
    min: 1e-6,
    max: 10,
    scale: 'log',
    step: 0.02,
    unit: 'nats',
    label: 'Tolerance δ',
  },
  'view.speed': {
    min: 1,
    max: 240,
    scale: 'log',
    step: 0.05,
    unit: 'steps/s',
    label: 'Speed',
  },
  'view.haltAt': {
    min: 0,
    max: 100_000,
    integer: true,
    scale: 'linear',
    step: 1,
    unit: 'steps',
    label: 'Halt at step',
  },
} as const satisfies Readonly<Record<string, Range>>

export type RangePath = keyof typeof RANGES

/** The range at a path, with its optional properties (the table itself has literal types). */
export function rangeOf(path: RangePath): Range {
  return RANGES[path]
}

/** Whether a value lies in the range and is an integer where one is asked for. */
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
