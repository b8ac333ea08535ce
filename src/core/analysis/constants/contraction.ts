import type { EnergyField } from '../../fields/energyField.ts'
import type { Transition } from '../../fields/transition.ts'
import { inverse2, type Symmetric2 } from '../../maths/linalg2.ts'
import { curvatureRange } from './curvature.ts'
import type { ContractionCurves } from '../curves.ts'

/*
 * Synchronous coupling: two clouds of Langevin particles under one noise. In a pair the noise cancels,
 *
 *   x⁺ − y⁺ = (I − ηPH)(x − y),  H = ∫₀¹ ∇²V(y + s(x − y)) ds,
 *
 * and in z = P^(−½)(x − y) that is z⁺ = (I − ηP^½HP^½)z: with m ≤ P^½∇²VP^½ ≤ M on the box, which is convex,
 * |z⁺| ≤ max(1 − ηm, ηM − 1)|z|.
 *
 * Sources: Pavliotis (2014), Stochastic Processes and Applications, ch. 4; Lohmiller & Slotine (1998),
 * Automatica 34.
 */

/**
 * The factor 1 − ηm: a step takes every synchronously coupled pair of Langevin particles to at most this share of its distance,
 * in the metric P⁻¹; m is a lower bound of the curvature in that metric on all of the table.
 * @returns null where there is no such factor: V is not convex on the box (m ≤ 0), η > 2/(m + M), barriers, which
 *   make the domain non-convex and refuse moves of one particle alone, or a skew drift, under which pairs need not
 *   approach in this metric
 */
export function contractionFactor(field: EnergyField, transition: Transition): number | null {
  const { stepSize, drift } = transition
  if (field.barriers.length > 0 || drift[1] !== drift[2]) return null
  const { least, most } = curvatureRange(field, metricOf(transition))
  return least > 0 && stepSize * (least + most) <= 2 ? 1 - stepSize * least : null
}

/** P as [xx, xy, yy]. */
function metricOf({ stepSize, epsilon, covariance: [xx, xy, yy] }: Transition): Symmetric2 {
  const scale = 2 * stepSize * epsilon
  return [xx / scale, xy / scale, yy / scale]
}

/** Largest and root-mean-square distance |x_i − y_i| in the metric P⁻¹ over the pairs of two clouds, length 2n each. */
export function pairDistances(
  x: Float64Array,
  y: Float64Array,
  transition: Transition,
): { readonly largest: number; readonly rootMeanSquare: number } {
  const [qxx, qxy, qyy] = inverse2(...metricOf(transition))
  let largest = 0
  let sum = 0
  for (let k = 0; k < x.length; k += 2) {
    const dx = x[k]! - y[k]!
    const dy = x[k + 1]! - y[k + 1]!
    const square = qxx * dx * dx + 2 * qxy * dx * dy + qyy * dy * dy
    sum += square
    if (square > largest) largest = square
  }
  return { largest: Math.sqrt(largest), rootMeanSquare: Math.sqrt((2 * sum) / x.length) }
}

/**
 * The distance of two clouds under one noise, step by step, and its bound.
 *
 * Mirror-folding at the walls moves no pair apart in either coordinate, and so in no diagonal metric. For a P with
 * correlation it may, and the bound ends at the first step that folded anything.
 */
export class Contraction {
  readonly curves: ContractionCurves = { step: [], largest: [], rootMeanSquare: [], bound: [] }
  private readonly transition: Transition
  private readonly factor: number | null
  private readonly foldsSafely: boolean

  /** @param bounded false for dynamics whose pairs do not move by the map alone: MALA and jumps */
  constructor(field: EnergyField, transition: Transition, bounded: boolean) {
    this.transition = transition
    this.factor = bounded ? contractionFactor(field, transition) : null
    this.foldsSafely = transition.covariance[1] === 0
  }

  /**
   * Enters the next step, from 0 on.
   * @param folded number of particles of either cloud that the walls folded in this step
   */
  note(x: Float64Array, y: Float64Array, folded: number): void {
    const { step, largest, rootMeanSquare, bound } = this.curves
    const k = step.length
    const distance = pairDistances(x, y, this.transition)
    step.push(k)
    largest.push(distance.largest)
    rootMeanSquare.push(distance.rootMeanSquare)
    if (k === 0) bound.push(this.factor === null ? null : distance.largest)
    else {
      const before = bound[k - 1]!
      const ended = folded > 0 && !this.foldsSafely
      bound.push(before === null || this.factor === null || ended ? null : before * this.factor)
    }
  }
}
