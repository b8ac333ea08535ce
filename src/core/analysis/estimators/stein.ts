import { Derivative, fieldDerivatives } from '../../fields/blocks.ts'
import type { EnergyField } from '../../fields/energyField.ts'
import { BLOCK } from '../../fields/transition.ts'
import { exp } from '../../maths/elementary.ts'
import { finish, PIECE } from '../../maths/pieces.ts'
import { GROUPS, jackknife } from '../../maths/statistics.ts'

/** Length h of the kernel k(x, y) = e^(−|x − y|²/(2h²)), world units: that of standardised data. */
const LENGTH = 1
/** Distance of the nodes of the quadrature in h: the trapezoid rule then errs by e^(−π²/(2·0.6²)), 1e-6 of the kernel. */
const NODES = 0.6
/** Half the nodes a side that a particle reaches, 4.2 h: what lies beyond is e^(−17.6) of its feature. */
const REACH = 7
/** With fewer particles a group has no pair, and there is no error bar. */
export const FEWEST_FOR_STEIN = 2 * GROUPS
/** Of more particles only the first so many are read: they are independent, and as good as any. */
const MOST = 16_384
/** Particles read in one piece. */
const A_PIECE = Math.min(PIECE, 1024)

/** An estimate of the squared kernel Stein discrepancy, per squared length. */
export interface SteinReading {
  /** Unbiased, hence of either sign near π. */
  readonly value: number
  /** Jackknife over sixteen groups; null for fewer than 32 particles, which leave a group without a pair. */
  readonly standardError: number | null
}

/**
 * The squared kernel Stein discrepancy of particles to π (Liu, Lee & Jordan 2016, arXiv 1602.03253; Gorham & Mackey 2017, arXiv 1703.01717)
 *
 *   KSD² = E k_π(x, y),  x, y independent,  k_π = s(x)·s(y) k + s(x)·∇_y k + s(y)·∇_x k + ∇_x·∇_y k,  s = −∇V/ε,
 *
 * of the Gaussian kernel k = e^(−|x − y|²/(2h²)), h = 1: it needs no normaliser and no grid of π, and is 0 at π as far as π vanishes at the
 * walls. In time linear in N: k(x, y) = ∫ φ_v(x) φ_v(y) dv with φ_v(x) = √(2/π)/h · e^(−|x − v|²/h²), so that
 * k_π(x, y) = ∫ ξ_v(x)·ξ_v(y) dv with ξ_v = s φ_v + ∇φ_v, and with A_g(v) the mean of ξ_v over group g of sixteen, KSD² is the mean of
 * ∫ A_g·A_g′ dv over pairs of different groups. The integral is a sum over nodes 0.6 h apart, exact to 1e-6 of the kernel.
 * @param xy positions, length 2n, n ≥ 1
 * @param epsilon ε > 0
 */
export function steinDiscrepancy(
  xy: Float64Array,
  field: EnergyField,
  epsilon: number,
): SteinReading {
  return finish(steinDiscrepancyInPieces(xy, field, epsilon))
}

/** `steinDiscrepancy` in pieces of a few milliseconds at most; the positions must not change meanwhile. */
export function* steinDiscrepancyInPieces(
  xy: Float64Array,
  field: EnergyField,
  epsilon: number,
): Generator<undefined, SteinReading> {
  const spacing = NODES * LENGTH
  const n = Math.min(xy.length / 2, MOST)
  const half = Math.ceil(field.grid.box.halfWidth / spacing) + REACH
  const side = 2 * half + 1
  const nodes = side * side
  // The two components of the sum of ξ_v at each node, group by group.
  const features = Array.from({ length: GROUPS }, () => new Float64Array(2 * nodes))
  const counts = new Float64Array(GROUPS)
  const [alongX, alongY] = [new Float64Array(2 * REACH + 1), new Float64Array(2 * REACH + 1)]
  const slope = 2 / (LENGTH * LENGTH)
  for (let first = 0; first < n; first += BLOCK) {
    if (first > 0 && first % A_PIECE === 0) yield
    const count = Math.min(BLOCK, n - first)
    fieldDerivatives(field, xy, first, count, derivatives)
    for (let i = 0; i < count; i++) {
      const particle = first + i
      const x = xy[2 * particle]!
      const y = xy[2 * particle + 1]!
      const sx = -derivatives[Derivative.count * i + Derivative.vx]! / epsilon
      const sy = -derivatives[Derivative.count * i + Derivative.vy]! / epsilon
      const group = particle % GROUPS
      const sums = features[group]!
      counts[group]!++
      const column = Math.round(x / spacing)
      const row = Math.round(y / spacing)
      bell(x - column * spacing, spacing, alongX)
      bell(y - row * spacing, spacing, alongY)
      for (let j = -REACH; j <= REACH; j++) {
        const weight = alongY[j + REACH]!
        const upward = sy - slope * (y - (row + j) * spacing)
        let at = 2 * ((row + j + half) * side + column - REACH + half)
        let across = sx - slope * (x - (column - REACH) * spacing)
        for (let m = 0; m <= 2 * REACH; m++, at += 2, across += slope * spacing) {
          const feature = weight * alongX[m]!
          sums[at]! += across * feature
          sums[at + 1]! += upward * feature
        }
      }
    }
  }
  yield
  // φ is e^(−|x − v|²/h²) above: its norm 2/(πh²) and the area of a node are one factor.
  const factor = (slope / Math.PI) * spacing * spacing
  const total = new Float64Array(2 * nodes)
  for (const sums of features) for (let k = 0; k < total.length; k++) total[k]! += sums[k]!
  yield
  // ∫ T·T, ∫ A_g·A_g and ∫ T·A_g of the sums (not the means) give every mean over pairs of different groups.
  const square = dot(total, total)
  const own = features.map((sums) => dot(sums, sums))
  const cross = features.map((sums) => dot(total, sums))
  const ownAll = own.reduce((a, b) => a + b, 0)
  const pairs = (left: number) => {
    let all = 0
    let same = 0
    for (let g = 0; g < GROUPS; g++) {
      if (g === left) continue
      all += counts[g]!
      same += counts[g]! * counts[g]!
    }
    return all * all - same
  }
  const full = (factor * (square - ownAll)) / pairs(-1)
  if (n < FEWEST_FOR_STEIN) return { value: n < 2 ? NaN : full, standardError: null }
  const leaveOneOut = own.map(
    (same, g) => (factor * (square - 2 * cross[g]! + 2 * same - ownAll)) / pairs(g),
  )
  return { value: full, standardError: jackknife(full, leaveOneOut).standardError }
}

const derivatives = new Float64Array(Derivative.count * BLOCK)

/** e^(−(offset − mΔ)²/h²) for m from −REACH to REACH, outwards by recurrence from the middle. */
function bell(offset: number, spacing: number, out: Float64Array): void {
  const scale = 1 / (LENGTH * LENGTH)
  const middle = exp(-offset * offset * scale)
  const up = exp(2 * offset * spacing * scale)
  out[REACH] = middle
  let [above, below] = [middle, middle]
  for (let m = 1; m <= REACH; m++) {
    // e^(−(o ∓ mΔ)²) / e^(−(o ∓ (m − 1)Δ)²) = e^(±2oΔ) e^(−(2m − 1)Δ²)
    above *= up * FALLS[m]!
    below *= FALLS[m]! / up
    out[REACH + m] = above
    out[REACH - m] = below
  }
}

const FALLS = Float64Array.from({ length: REACH + 1 }, (_, m) => exp(-(2 * m - 1) * NODES * NODES))

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!
  return sum
}
