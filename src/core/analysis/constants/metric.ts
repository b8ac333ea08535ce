import type { EnergyField } from '../../fields/energyField.ts'
import { readJet } from '../../fields/energyGrid.ts'
import { type Gibbs, visitGibbs } from '../../fields/gibbs.ts'
import {
  isPlaceMetric,
  type Metric,
  metricAtCentres,
  type MetricTable,
} from '../../fields/placeMetric.ts'
import { createTransition, jacobian } from '../../fields/transition.ts'
import { centreCoordinate } from '../../maths/grid.ts'
import { inverse2, maxEigenvalue2, minEigenvalue2 } from '../../maths/linalg2.ts'
import { curvatureRange } from './curvature.ts'

/** A constant metric in which V curves more evenly, with the rate of contraction before and after. */
export interface SuggestedMetric {
  /** P, symmetric positive definite. */
  readonly preconditioner: readonly [readonly [number, number], readonly [number, number]]
  /** λmin(H̄) of the mean Hessian H̄ = E_π ∇²V, per unit of time. */
  readonly rateBefore: number
  /** λmin(P^½ H̄ P^½), per unit of time. */
  readonly rateAfter: number
}

/** A metric is suggested when it raises the rate by at least this factor. */
const LEAST_GAIN = 1.1

/**
 * P = c·H̄⁻¹ with H̄ = E_π ∇²V: in the metric P⁻¹ the mean Hessian is the same in every direction. The scale c is
 * the largest for which V is nowhere on the box steeper than before, max λmax(P^½∇²V P^½) ≤ max λmax(∇²V): any η
 * that was small enough for the steepest place still is, so the rates are compared at the same η. (With det P = 1 the
 * admissible η would change with P, and a higher rate alone would say nothing.) The Gibbs measure is the same
 * for every P.
 *
 * On a quadratic with Hessian A this is P = λmax(A)·A⁻¹, the rates are exactly those of contraction, λmin(A) and
 * λmax(A), and no P within that bound has a higher one. Elsewhere they are rates of the mean Hessian: a figure of merit,
 * no certificate.
 * @param steepest max λmax(∇²V) as `curvatureRange` gives it; default: computed here
 * @returns null where H̄ is not positive definite, where V curves evenly enough already (a gain below 10 %), or
 *   with barriers, whose mean curvature need not be finite
 */
export function suggestedMetric(
  field: EnergyField,
  pi: Gibbs,
  steepest?: number,
): SuggestedMetric | null {
  if (field.barriers.length > 0) return null
  const jet = new Float64Array(6)
  let mass = 0
  let xx = 0
  let xy = 0
  let yy = 0
  visitGibbs(field, pi, (x, y, m) => {
    readJet(field.grid, x, y, jet)
    mass += m
    xx += m * jet[3]!
    xy += m * jet[4]!
    yy += m * jet[5]!
  })
  xx /= mass
  xy /= mass
  yy /= mass
  const rateBefore = minEigenvalue2(xx, xy, yy)
  if (!(rateBefore > 0 && maxEigenvalue2(xx, xy, yy) >= LEAST_GAIN * rateBefore)) return null
  const even = inverse2(xx, xy, yy)
  const scale = (steepest ?? curvatureRange(field).most) / curvatureRange(field, even).most
  // P^½ H̄ P^½ = c·I.
  if (!(scale >= LEAST_GAIN * rateBefore)) return null
  const [a, b, c] = even
  return {
    preconditioner: [
      [scale * a, scale * b],
      [scale * b, scale * c],
    ],
    rateBefore,
    rateAfter: scale,
  }
}

/**
 * The 95th percentile under π of the spectral radius of M(x)∇²V(x), absolute, over the cells of π: an explicit step is stable up
 * to about 2 over it. A gap divided by it is the gap per stable step, which no change of the unit of time moves.
 * @param metric M(x), or P
 */
export function steepness95(
  field: EnergyField,
  { box, density }: Pick<Gibbs, 'box' | 'density'>,
  metric: Metric,
): number {
  const jet = new Float64Array(6)
  const table = isPlaceMetric(metric) ? metricAtCentres(metric, box) : null
  const [p, q, r] = isPlaceMetric(metric) ? [0, 0, 0] : metric
  const values = density.map((_, k) => {
    const x = centreCoordinate(box, k % box.cells)
    readJet(field.grid, x, centreCoordinate(box, Math.floor(k / box.cells)), jet)
    const [vxx, vxy, vyy] = [jet[3]!, jet[4]!, jet[5]!]
    const [xx, xy, yy] = table === null ? [p, q, r] : [table.xx[k]!, table.xy[k]!, table.yy[k]!]
    // The eigenvalues of M∇²V are real, since those of M^½∇²VM^½ are the same.
    const half = 0.5 * (xx * vxx + 2 * xy * vxy + yy * vyy)
    const product = (xx * yy - xy * xy) * (vxx * vyy - vxy * vxy)
    return Math.abs(half) + Math.sqrt(Math.max(0, half * half - product))
  })
  return percentileUnder(values, density, 0.95)
}

/**
 * The 95th percentile under π of the spectral radius of ∇(M∇V), the Jacobian of the noiseless drift, which unlike M∇²V counts the
 * derivatives of M: where M changes fast, a step that M∇²V calls stable may still throw neighbours apart.
 */
export function jacobian95(
  field: EnergyField,
  { box, density }: Pick<Gibbs, 'box' | 'density'>,
  metric: MetricTable,
): number {
  const preconditioner = [
    [1, 0],
    [0, 1],
  ] as const
  const unit = createTransition({
    stepSize: 1,
    epsilon: 1,
    skew: 0,
    preconditioner,
    metricTable: metric,
  })
  const j = new Float64Array(4)
  const radii = density.map((_, k) => {
    const x = centreCoordinate(box, k % box.cells)
    jacobian(field, unit, x, centreCoordinate(box, Math.floor(k / box.cells)), j)
    const [a, b, c, d] = [1 - j[0]!, -j[1]!, -j[2]!, 1 - j[3]!]
    const half = 0.5 * (a + d)
    const determinant = a * d - b * c
    const square = half * half - determinant
    return square > 0 ? Math.abs(half) + Math.sqrt(square) : Math.sqrt(determinant)
  })
  return percentileUnder(radii, density, 0.95)
}

/** What a metric M(x) gains over the identity. */
export interface MetricGain {
  /** The gap of plain Langevin, per unit of time. */
  readonly plainGap: number
  /** `steepness95` of M and of the identity, and `jacobian95` of M. */
  readonly steepness: number
  readonly plainSteepness: number
  readonly jacobian: number
  /** The gap per stable step over that of plain Langevin, a stable step by `steepness95`. */
  readonly gain: number
  /** The same, a stable step by `jacobian95`. */
  readonly wholeGain: number
}

/**
 * @param pi the law under which the percentiles are taken
 * @param gap that of M
 * @param plainGap that of M = I, found likewise
 */
export function metricGain(
  field: EnergyField,
  pi: Gibbs,
  metric: MetricTable,
  gap: number,
  plainGap: number,
): MetricGain {
  const plainSteepness = steepness95(field, pi, [1, 0, 1])
  const steepness = steepness95(field, pi, metric)
  const whole = jacobian95(field, pi, metric)
  const plain = plainGap / plainSteepness
  return {
    plainGap,
    steepness,
    plainSteepness,
    jacobian: whole,
    gain: gap / steepness / plain,
    wholeGain: gap / whole / plain,
  }
}

/** The least value that at most 1 − `share` of the mass is above. */
function percentileUnder(values: Float64Array, mass: Float64Array, share: number): number {
  const order = Array.from(values.keys()).sort((a, b) => values[b]! - values[a]!)
  let total = 0
  for (const m of mass) total += m
  let above = 0
  for (const k of order) {
    above += mass[k]!
    if (above >= (1 - share) * total) return values[k]!
  }
  return 0
}
