import { fieldValue } from '../../fields/fieldReading.ts'
import type { EnergyField } from '../../fields/energyField.ts'
import type { Gibbs } from '../../fields/gibbs.ts'
import { exp, log } from '../../maths/elementary.ts'
import { type Box, centreCoordinate, sameBox, spacing } from '../../maths/grid.ts'
import { standardError } from '../../maths/statistics.ts'

/** A density restricted to Ω and renormalised there, on the cell centres of a box; arrays of length cells². */
export interface DensityTable {
  readonly box: Box
  /** Normalised on Ω: Σ density·h² = 1. */
  readonly logDensity: Float64Array
  readonly density: Float64Array
  /** Mass that the density as given has in Ω, by midpoint quadrature, and its logarithm, which does not underflow. */
  readonly mass: number
  readonly logMass: number
}

/**
 * Tabulates a density on the cell centres of a box and renormalises it there.
 * @param logDensity log ρ(x, y), nats, −∞ allowed; need not be normalised
 * @throws RangeError when it has no mass on Ω
 */
export function tabulateDensity(
  logDensity: (x: number, y: number) => number,
  box: Box,
): DensityTable {
  const { cells } = box
  const l = new Float64Array(cells * cells)
  for (let row = 0, k = 0; row < cells; row++) {
    const y = centreCoordinate(box, row)
    for (let column = 0; column < cells; column++, k++) {
      l[k] = logDensity(centreCoordinate(box, column), y)
    }
  }
  return normalised(box, l)
}

/** @param l log densities at the centres, not normalised; overwritten and kept */
function normalised(box: Box, l: Float64Array): DensityTable {
  const area = spacing(box) * spacing(box)
  let top = -Infinity
  for (let k = 0; k < l.length; k++) if (l[k]! > top) top = l[k]!
  if (!Number.isFinite(top)) throw new RangeError('The density has no mass on the box')
  let sum = 0
  for (let k = 0; k < l.length; k++) sum += exp(l[k]! - top)
  const logMass = top + log(sum * area)
  const density = new Float64Array(l.length)
  for (let k = 0; k < l.length; k++) {
    l[k] = l[k]! - logMass
    density[k] = exp(l[k]!)
  }
  return { box, logDensity: l, density, mass: exp(logMass), logMass }
}

/**
 * KL(ρ‖π_θ), nats, by quadrature on the cell centres; ρ the target restricted to Ω. Both laws are taken
 * as their values at the centres, each normalised over them, even if π_θ has a refined quadrature: point
 * values of one law against cell means of the other would differ where the laws are equal.
 */
export function klDataModel(data: DensityTable, model: Gibbs): number {
  return divergence(data, atCentres(model))
}

/** KL(π_θ‖ρ), nats, by quadrature on the cell centres, as `klDataModel`. */
export function klModelData(model: Gibbs, data: DensityTable): number {
  return divergence(atCentres(model), data)
}

interface OnCells {
  readonly box: Box
  readonly logDensity: Float64Array
  readonly density: Float64Array
}

function atCentres(model: Gibbs): OnCells {
  if (model.refinement === 1) return model
  return normalised(
    model.box,
    model.values.map((v) => -v / model.epsilon),
  )
}

/** Σ p (log p − log q) h², over the cells where p does not underflow. */
function divergence(p: OnCells, q: OnCells): number {
  if (!sameBox(p.box, q.box)) throw new RangeError('The two densities lie on different boxes')
  let sum = 0
  for (let k = 0; k < p.density.length; k++) {
    const mass = p.density[k]!
    if (mass > 0) sum += mass * (p.logDensity[k]! - q.logDensity[k]!)
  }
  return sum * spacing(p.box) * spacing(p.box)
}

/** A mean with its standard error. */
export interface MeanEstimate {
  readonly value: number
  readonly standardError: number
}

/**
 * Cross-entropy −mean log π(x_i) = mean V(x_i)/ε + log Z of points under the Gibbs measure, nats.
 * @param xy length 2n, n ≥ 2; points outside Ω or where a barrier forbids have π = 0 and make it Infinity
 */
export function crossEntropy(
  xy: Float64Array | Float32Array,
  field: EnergyField,
  epsilon: number,
  logZ: number,
): MeanEstimate {
  const n = xy.length / 2
  const w = field.grid.box.halfWidth
  const terms = new Float64Array(n)
  let sum = 0
  for (let i = 0; i < n; i++) {
    const x = xy[2 * i]!
    const y = xy[2 * i + 1]!
    if (!(Math.abs(x) <= w && Math.abs(y) <= w)) return { value: Infinity, standardError: 0 }
    terms[i] = fieldValue(field, x, y) / epsilon + logZ
    sum += terms[i]!
  }
  return { value: sum / n, standardError: standardError(terms) }
}
