import type { Bound, Figure, Row } from './rows.ts'

/**
 * Quantile of type 7 (linear between order statistics, the default of R and NumPy).
 * @param sorted ascending, not empty
 * @param p in [0, 1]
 */
export function quantile(sorted: readonly number[], p: number): number {
  if (sorted.length === 0) throw new RangeError('a quantile of no samples')
  const at = p * (sorted.length - 1)
  const below = Math.floor(at)
  const low = sorted[below]!
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!
  return low + (at - below) * (high - low)
}

/** Median and quartiles. */
export function summarise(samples: readonly number[]): Figure {
  const sorted = [...samples].sort((a, b) => a - b)
  const value = quantile(sorted, 0.5)
  if (sorted.length === 1) return { value }
  return {
    value,
    spread: [quantile(sorted, 0.25), quantile(sorted, 0.75)],
    samples: sorted.length,
  }
}

/** How many times better than `rival` a row's figure is. */
export function ratioTo(row: Row, rival: Figure): number {
  return row.better === 'more' ? row.value / rival.value : rival.value / row.value
}

/** The number that a bound speaks of. @throws where it names a rival that the row lacks */
function boundedNumber(row: Row, bound: Bound): number {
  if (bound.of === 'value') return row.value
  const { ratioTo: name } = bound.of
  const rival = row.rivals?.find((one) => one.name === name)
  if (!rival) throw new Error(`"${row.name}" has no rival "${name}"`)
  return ratioTo(row, rival)
}

/** Whether a bound is met, to the digit: what is printed rounded is compared unrounded. */
export function isMet(row: Row, bound: Bound): boolean {
  const number = boundedNumber(row, bound)
  return bound.at === 'least' ? number >= bound.value : number <= bound.value
}

/** Share of what the floor would allow, in (0, 1]. */
export function shareOfFloor(row: Row): number | null {
  if (!row.floor) return null
  return row.better === 'more' ? row.value / row.floor.value : row.floor.value / row.value
}

export interface PowerLaw {
  readonly exponent: number
  readonly factor: number
  /** Standard error of the exponent; null for two points, which leave no residual. */
  readonly error: number | null
}

/** Least squares of log y = log factor + exponent·log x. @param points at least two, positive, distinct x */
export function fitPowerLaw(points: readonly (readonly [x: number, y: number])[]): PowerLaw {
  const n = points.length
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const)
  const meanX = logs.reduce((sum, [x]) => sum + x, 0) / n
  const meanY = logs.reduce((sum, [, y]) => sum + y, 0) / n
  const sxx = logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  const sxy = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0)
  if (!(sxx > 0) || !Number.isFinite(sxy)) {
    throw new RangeError('a power law needs two positive points at different x')
  }
  const exponent = sxy / sxx
  const offset = meanY - exponent * meanX
  const residual = logs.reduce((sum, [x, y]) => sum + (y - offset - exponent * x) ** 2, 0)
  const error = n > 2 ? Math.sqrt(residual / (n - 2) / sxx) : null
  return { exponent, factor: Math.exp(offset), error }
}

/** Slope of y against x by least squares. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const n = points.length
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / n
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / n
  const sxx = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  if (!(sxx > 0)) throw new RangeError('a slope needs two points at different x')
  return points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / sxx
}
