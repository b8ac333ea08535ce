import { addBarriers } from '../../../core/fields/barriers/terms.ts'
import { hermiteJet, type HermiteTable } from '../../../core/maths/hermite.ts'
import type { Landscape } from '../../../lab/protocol/calls.ts'
import type { World } from '../coordinates.ts'
import { formatCoordinate, formatNumber } from '../format.ts'

/** The energy at a point. */
export interface LandscapeReading {
  readonly point: World
  /** +∞ where a barrier forbids. */
  readonly v: number
  /** |∇V|, per world unit; NaN where a barrier forbids. */
  readonly slope: number
  /** π = e^(−V/ε)/Z, per unit area. */
  readonly density: number
  readonly forbidden: boolean
}

/** The landscape's table as the interpolation reads it; shares the arrays. */
export function tableOf(landscape: Landscape): HermiteTable {
  const { halfWidth, cells, v, vx, vy, vxy } = landscape
  return { box: { halfWidth, cells }, v, vx, vy, vxy }
}

const jet = new Float64Array(6)

/** V, |∇V| and π at a point, barriers included; null outside Ω. */
export function readLandscape(landscape: Landscape, point: World): LandscapeReading | null {
  const [x, y] = point
  const { halfWidth, epsilon, logZ } = landscape
  if (!(Math.abs(x) <= halfWidth && Math.abs(y) <= halfWidth)) return null
  hermiteJet(tableOf(landscape), x, y, jet)
  addBarriers(landscape.barriers, x, y, jet)
  const v = jet[0]!
  return {
    point,
    v,
    slope: Math.hypot(jet[1]!, jet[2]!),
    density: Math.exp(-v / epsilon - logZ),
    forbidden: v === Infinity,
  }
}

/** A reading as labelled figures of steady width, in the order to be shown. */
export function formatReading(
  reading: LandscapeReading,
): readonly { readonly label: string; readonly value: string }[] {
  const at = {
    label: 'x',
    value: `(${formatCoordinate(reading.point[0])}, ${formatCoordinate(reading.point[1])})`,
  }
  if (reading.forbidden) return [at, { label: 'π', value: '0' }, { label: 'forbidden', value: '' }]
  return [
    at,
    { label: 'V', value: formatNumber(reading.v, 4) },
    { label: '|∇V|', value: formatNumber(reading.slope, 3) },
    { label: 'π', value: formatNumber(reading.density, 3) },
  ]
}
