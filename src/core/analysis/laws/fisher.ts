import { log } from '../../maths/elementary.ts'
import { type Box, spacing } from '../../maths/grid.ts'
import type { Parted } from '../../fields/gibbs.ts'
import type { MetricTable } from '../../fields/placeMetric.ts'
import type { Symmetric2 } from '../../maths/linalg2.ts'

/** A metric for all cells, or one for each. */
export type CellMetric = Symmetric2 | Omit<MetricTable, 'box'>

/** KL and relative Fisher information of one law. */
export interface Information {
  /** KL(ρ‖π), nats. */
  readonly kl: number
  /** I(ρ‖π), per world unit². */
  readonly fisher: number
  /** −Σ of the negative masses, which KL and I leave out: 0 for a law. */
  readonly negativeMass: number
}

/**
 * Relative Fisher information I(ρ‖π) = E_ρ[∇u ᵀ P ∇u], u = log(ρ/π), per world unit², on the cells of a box.
 * ∇u by central differences, of fourth order where ρ and π are positive two cells to each side, else by the
 * best that the neighbours allow: exact for Gaussians, whose u is quadratic.
 * @param mass cell masses of ρ, Σ = 1, length cells²
 * @param logReference log π up to a constant, length cells²; −∞ allowed
 * @param metric P, or M at the cell centres; default the identity
 * @param parted cells that a barrier separates, between which no difference is taken
 */
export function relativeFisher(
  mass: Float64Array,
  logReference: Float64Array,
  box: Box,
  metric: CellMetric = [1, 0, 1],
  parted: Parted | null = null,
): number {
  const u = new Float64Array(mass.length)
  for (let k = 0; k < u.length; k++) {
    const l = logReference[k]!
    u[k] = mass[k]! > 0 && l !== -Infinity ? log(mass[k]!) - l : Number.NaN
  }
  return meanSquareGradient(mass, u, box, metric, parted)
}

/**
 * KL and `relativeFisher` together, which share the logarithms.
 * @param density ρ on the cells, Σ ρ h² = 1, length cells²
 * @param logDensity log π on the cells; −∞ allowed where ρ = 0
 * @param scratch length cells²; overwritten
 */
export function information(
  density: Float64Array,
  logDensity: Float64Array,
  box: Box,
  metric: CellMetric,
  scratch: Float64Array,
  parted: Parted | null = null,
): Information {
  const area = spacing(box) * spacing(box)
  let kl = 0
  let negative = 0
  for (let k = 0; k < density.length; k++) {
    const p = density[k]!
    if (p > 0) {
      const u = log(p) - logDensity[k]!
      kl += p * u
      scratch[k] = u < Infinity ? u : Number.NaN
    } else {
      scratch[k] = Number.NaN
      negative -= p
    }
  }
  return {
    kl: kl * area,
    fisher: area * meanSquareGradient(density, scratch, box, metric, parted),
    negativeMass: negative * area,
  }
}

/** Σ m ∇uᵀ P ∇u; NaN in u marks cells without a value. */
function meanSquareGradient(
  mass: Float64Array,
  u: Float64Array,
  box: Box,
  metric: CellMetric,
  parted: Parted | null,
): number {
  const { cells } = box
  const table = 'xx' in metric ? metric : null
  let [xx, xy, yy] = 'xx' in metric ? [0, 0, 0] : metric
  let sum = 0
  for (let row = 0, k = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++, k++) {
      const m = mass[k]!
      if (!(m > 0)) continue
      if (table !== null) {
        xx = table.xx[k]!
        xy = table.xy[k]!
        yy = table.yy[k]!
      }
      const gx = difference(u, k, 1, column, cells - 1, parted?.right)
      const gy = difference(u, k, cells, row, cells - 1, parted?.up)
      sum += m * (xx * gx * gx + 2 * xy * gx * gy + yy * gy * gy)
    }
  }
  const h = spacing(box)
  return sum / (h * h)
}

/**
 * h times the derivative of u at place i of a line 0 … last; NaN in u marks cells to avoid.
 * @param parted 1 where the next cell is not to be compared with
 */
function difference(
  u: Float64Array,
  k: number,
  stride: number,
  i: number,
  last: number,
  parted: Uint8Array | undefined,
): number {
  const walls = parted !== undefined
  const fromRight = walls && parted[k] === 1
  const fromLeft = walls && i > 0 && parted[k - stride] === 1
  const near =
    fromRight || fromLeft || (walls && (parted[k + stride] === 1 || parted[k - 2 * stride] === 1))
  if (!near && i >= 2 && i <= last - 2) {
    const value =
      (8 * (u[k + stride]! - u[k - stride]!) - (u[k + 2 * stride]! - u[k - 2 * stride]!)) / 12
    if (value === value) return value
  }
  const here = u[k]!
  const right = i < last && !fromRight ? u[k + stride]! : Number.NaN
  const left = i > 0 && !fromLeft ? u[k - stride]! : Number.NaN
  if (right === right && left === left) return 0.5 * (right - left)
  if (right === right && here === here) return right - here
  if (left === left && here === here) return here - left
  return 0
}
