import { slope } from '../../bench/statistics.ts'

/** How far a quantity may drift over the whole time, share of its mean. */
const DRIFT = 0.05

export interface Trend {
  readonly mean: number
  /** By least squares over the whole time, share of the mean; and its standard error. */
  readonly drift: number
  readonly error: number
  /** Level within 5 %: not beyond it by more than two standard errors. */
  readonly isFlat: boolean
}

/** @param points minutes and a quantity; at least three */
export function trend(points: readonly (readonly [number, number])[]): Trend {
  const n = points.length
  const mean = points.reduce((sum, [, value]) => sum + value, 0) / n
  const middle = points.reduce((sum, [at]) => sum + at, 0) / n
  const span = points.at(-1)![0] - points[0]![0]
  const rate = slope(points)
  const rest = points.reduce(
    (sum, [at, value]) => sum + (value - mean - rate * (at - middle)) ** 2,
    0,
  )
  const spread = points.reduce((sum, [at]) => sum + (at - middle) ** 2, 0)
  const drift = (rate * span) / mean
  const error = (Math.sqrt(rest / (n - 2) / spread) * span) / mean
  return { mean, drift, error, isFlat: drift - 2 * error <= DRIFT }
}
