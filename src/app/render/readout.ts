import { hermiteGradient, hermiteValue, type HermiteTable } from '../../core/maths/hermite.ts'
import type { Landscape } from '../../lab/protocol/calls.ts'
import type { World } from './coordinates.ts'
import { formatCoordinate, formatNumber } from './format.ts'

/** The energy at a point. */
export interface LandscapeReading {
  readonly point: World
  readonly v: number
  /** |∇V|, per world unit. */
  readonly slope: number
  /** π = e^(−V/ε)/Z, per unit area. */
  readonly density: number
}

/** The landscape's table as the interpolation reads it; shares the arrays. */
export function tableOf(landscape: Landscape): HermiteTable {
  const { halfWidth, cells, v, vx, vy, vxy } = landscape
  return { box: { halfWidth, cells }, v, vx, vy, vxy }
}

const gradient = new Float64Array(2)

/** V, |∇V| and π at a point; null outside Ω. */
export function readLandscape(landscape: Landscape, point: World): LandscapeReading | null {
  const [x, y] = point
  const { halfWidth, epsilon, logZ } = landscape
  if (!(Math.abs(x) <= halfWidth && Math.abs(y) <= halfWidth)) return null
  const table = tableOf(landscape)
  const v = hermiteValue(table, x, y)
  hermiteGradient(table, x, y, gradient)
  return {
    point,
    v,
    slope: Math.hypot(gradient[0]!, gradient[1]!),
    density: Math.exp(-v / epsilon - logZ),
  }
}

/** A reading as labelled figures of steady width, in the order to be shown. */
export function formatReading(
  reading: LandscapeReading,
): readonly { readonly label: string; readonly value: string }[] {
  return [
    {
      label: 'x',
      value: `(${formatCoordinate(reading.point[0])}, ${formatCoordinate(reading.point[1])})`,
    },
    { label: 'V', value: formatNumber(reading.v, 4) },
    { label: '|∇V|', value: formatNumber(reading.slope, 3) },
    { label: 'π', value: formatNumber(reading.density, 3) },
  ]
}
