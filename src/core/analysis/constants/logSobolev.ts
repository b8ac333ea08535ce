import { addBarriers } from '../../fields/barriers/terms.ts'
import type { EnergyField } from '../../fields/energyField.ts'
import { controlValues, type Gibbs } from '../../fields/gibbs.ts'
import { exp, log } from '../../maths/elementary.ts'
import { type Box, nodeCoordinate, spacing } from '../../maths/grid.ts'
import { hermiteCellJet } from '../../maths/hermite.ts'
import { minEigenvalue2 } from '../../maths/linalg2.ts'
import { formatDown, formatUp } from '../../maths/limitText.ts'
import { formatNumber } from '../../maths/numberText.ts'
import { curvatureRange } from './curvature.ts'
import type { SpectralGap } from './spectrum.ts'

/**
 * The log-Sobolev rate λ of Langevin: the largest with KL(ρ‖π) ≤ ε I(ρ‖π)/(2λ) for every ρ, per unit of time; KL_t
 * falls at least like e^(−2λt). The spectral gap is only an upper bound of λ.
 */
export interface LogSobolevEstimate {
  /** The least rate · factor of the slow modes; an estimate from above. */
  readonly value: number
  readonly gap: number
  /** Two-state factor of the mode that decides, in [0, 1]. */
  readonly factor: number
  /** Mass θ of the lighter of the two states that this mode tells apart, in [0, ½]. */
  readonly smallerMass: number
  readonly status: 'estimate'
}

/**
 * Log-Sobolev constant over spectral gap of a chain on two states of masses θ and 1 − θ,
 * 2(1 − 2θ)/log((1 − θ)/θ): 1 at θ = ½, and falling like 2/log(1/θ) as θ → 0.
 * Source: Diaconis & Saloff-Coste (1996), Ann. Appl. Probab. 6.
 * @param theta in (0, 1)
 */
export function twoStateFactor(theta: number): number {
  const d = 1 - 2 * theta
  // log((1 + d)/(1 − d)) = 2(d + d³/3 + d⁵/5 + …).
  if (Math.abs(d) < 1e-3) return 1 / (1 + (d * d) / 3 + (d * d * d * d) / 5)
  return (2 * d) / log((1 - theta) / theta)
}

/**
 * λ ≈ the least of rate · two-state factor over the slow modes: a well of little mass has a small factor, also where
 * another mode is slower. θ is that of the two-state chain whose mode has the third moment of the mode f,
 * E f³ = (1 − 2θ)/√(θ(1 − θ)): ½ for symmetric laws and for the slowest modes of Gaussians, and unlike the mass where f < 0
 * not changed by the mass between the wells. Against minimised ε I/(2 KL) it was within 2 % on tilted double wells.
 * @param modes slowest first, at least one
 */
export function logSobolevEstimate(
  pi: Gibbs,
  modes: readonly Pick<SpectralGap, 'value' | 'mode'>[],
): LogSobolevEstimate {
  const gap = modes[0]!.value
  const states = modes.map(({ value, mode }) => {
    const smallerMass = smallerState(pi, mode).mass
    const factor = smallerMass > 0 ? twoStateFactor(smallerMass) : 0
    return { value: value * factor, gap, factor, smallerMass, status: 'estimate' as const }
  })
  return states.reduce((least, next) => (next.value < least.value ? next : least))
}

/** The lighter state of a mode of mean 0 and variance 1: θ, and whether the mode is positive there. */
export function smallerState(
  { box, density }: Gibbs,
  mode: Float64Array,
): { readonly mass: number; readonly positive: boolean } {
  let third = 0
  for (let k = 0; k < mode.length; k++) third += density[k]! * mode[k]! * mode[k]! * mode[k]!
  const size = Math.abs(third * spacing(box) * spacing(box))
  // ½(1 − size/√(4 + size²)), without the difference.
  const root = Math.sqrt(4 + size * size)
  return { mass: 2 / (root * (root + size)), positive: third >= 0 }
}

/**
 * A lower bound of λ for the energy of the table, proved: from bounds of V and ∇²V that hold on all of its patches, rounding
 * included.
 */
export interface LogSobolevBound {
  /** λ ≥ value, per unit of time; may underflow to 0. */
  readonly value: number
  readonly method: 'bakry-emery' | 'holley-stroock' | 'holley-stroock-uniform'
  /** One sentence, with the numbers. */
  readonly reason: string
}

/**
 * m ≤ λmin(∇²V) on all of Ω, proved, see `curvatureRange`: negative where V is not convex. With barriers an estimate, the
 * least over the corners and centres of all cells that none forbids.
 */
export function convexity(field: EnergyField): number {
  if (field.barriers.length === 0) return curvatureRange(field).least
  const { box } = field.grid
  const jet = new Float64Array(6)
  let least = Infinity
  for (let row = 0; row < box.cells; row++) {
    for (let column = 0; column < box.cells; column++) {
      for (let place = 0; place < 5; place++) {
        const t = place === 4 ? 0.5 : place & 1
        const u = place === 4 ? 0.5 : place >> 1
        const x = nodeCoordinate(box, column) + t * spacing(box)
        const y = nodeCoordinate(box, row) + u * spacing(box)
        hermiteCellJet(field.grid, column, row, t, u, jet)
        addBarriers(field.barriers, x, y, jet)
        const m = minEigenvalue2(jet[3]!, jet[4]!, jet[5]!)
        if (m < least) least = m
      }
    }
  }
  return least
}

/**
 * The best of three lower bounds of λ on the box, a convex set with no-flux walls:
 *
 *   Bakry–Émery       λ ≥ m where ∇²V ≥ m > 0;
 *   Holley–Stroock    λ ≥ m exp(−osc(V − ½m|x − c|²)/ε), the best m found, c the mean of π or the middle;
 *   Holley–Stroock from the uniform law, λ ≥ ε(π/side)² exp(−osc V/ε).
 *
 * Sources: Bakry & Émery (1985), Sém. Prob. XIX; Holley & Stroock (1987), J. Stat. Phys. 46.
 * @returns null for a field with barriers, where V is not bounded
 */
export function logSobolevLowerBound(field: EnergyField, epsilon: number): LogSobolevBound | null {
  if (field.barriers.length > 0) return null
  const m = convexity(field)
  const candidates = [uniformBound(field, epsilon), quadraticBound(field, epsilon)]
  if (m > 0) {
    candidates.push({
      value: m,
      method: 'bakry-emery',
      reason: `V is convex on the box, with curvature at least ${formatDown(m)} (Bakry–Émery).`,
    })
  }
  return candidates.reduce((best, next) => (next.value > best.value ? next : best))
}

function uniformBound(field: EnergyField, epsilon: number): LogSobolevBound {
  const { grid } = field
  const q = Math.PI / (2 * grid.box.halfWidth)
  const range = oscillationBound(field, 0, [0, 0])
  return {
    value: roundedDown(epsilon * q * q * exp(-range / epsilon), range / epsilon),
    method: 'holley-stroock-uniform',
    reason: `V varies by at most ${formatUp(range)} over the box (Holley–Stroock, from the uniform law).`,
  }
}

/** Range of log₁₀ of the curvatures tried first, their number, and the number of refinements of the best interval. */
const CURVATURES = [-3, 4] as const
const TRIES = 29
const REFINEMENTS = 24

function quadraticBound(field: EnergyField, epsilon: number): LogSobolevBound {
  let best = { log: -Infinity, m: 0, c: [0, 0] as readonly [number, number] }
  for (const c of [[0, 0] as const, gibbsMean(field, epsilon)]) {
    const evaluate = (exponent: number): number => {
      const m = exp(exponent * Math.LN10)
      const value = log(m) - oscillation(field, m, c) / epsilon
      if (value > best.log) best = { log: value, m, c }
      return value
    }
    const step = (CURVATURES[1] - CURVATURES[0]) / (TRIES - 1)
    let top = 0
    let topValue = -Infinity
    for (let i = 0; i < TRIES; i++) {
      const value = evaluate(CURVATURES[0] + i * step)
      if (value > topValue) {
        topValue = value
        top = i
      }
    }
    // log m − osc/ε is concave in m, so the maximum is next to the best try.
    let low = CURVATURES[0] + (top - 1) * step
    let high = CURVATURES[0] + (top + 1) * step
    for (let i = 0; i < REFINEMENTS; i++) {
      const a = low + 0.382 * (high - low)
      const b = low + 0.618 * (high - low)
      if (evaluate(a) < evaluate(b)) low = a
      else high = b
    }
  }
  // `oscillation` reads V at the nodes only; with any m the bound below holds between them, too.
  const { m, c } = best
  const range = oscillationBound(field, m, c)
  return {
    value: roundedDown(exp(log(m) - range / epsilon), log(m), range / epsilon),
    method: 'holley-stroock',
    reason: `V differs by at most ${formatUp(range)} from a quadratic of curvature ${formatNumber(m)} (Holley–Stroock).`,
  }
}

/** max − min of V − ½m|x − c|² over the nodes of the table. */
function oscillation(field: EnergyField, m: number, c: readonly [number, number]): number {
  const { box, v } = field.grid
  const side = box.cells + 1
  let least = Infinity
  let most = -Infinity
  for (let row = 0, k = 0; row < side; row++) {
    const dy = nodeCoordinate(box, row) - c[1]
    for (let column = 0; column < side; column++, k++) {
      const dx = nodeCoordinate(box, column) - c[0]
      const value = v[k]! - 0.5 * m * (dx * dx + dy * dy)
      if (value < least) least = value
      if (value > most) most = value
    }
  }
  return most - least
}

/**
 * Units of rounding that either extreme of the bound below may be off by, twice over. A control value: 20 of the largest range
 * on a patch, for the products that it is made of, and 3 of max|V|; each of two parabolas: 10 of mR², R the largest distance
 * along an axis, eight of them for the rounding of the place; both differences: 2 of max|V| + mR².
 */
const ROUNDINGS = 64
const UNIT = Number.EPSILON / 2

/**
 * Lowers a value computed as factor · exp(Σ terms) by its rounding, so that it remains a lower bound; the rounding of the
 * exponent is relative to its terms.
 */
function roundedDown(value: number, ...terms: readonly number[]): number {
  return value * (1 - 8 * UNIT * terms.reduce((sum, term) => sum + Math.abs(term), 2))
}

/**
 * An upper bound of max − min of V − ½m|x − c|² over all of Ω, rounding included: V lies within the hull of the control values
 * of its patch.
 * Source: Farin (2002), Curves and Surfaces for CAGD, ch. 5.
 */
function oscillationBound(field: EnergyField, m: number, c: readonly [number, number]): number {
  const { box } = field.grid
  const { cells } = box
  const net = new Float64Array(16)
  const along = c.map((centre) =>
    Array.from({ length: cells }, (_, i) => parabola(m, nodeCoordinate(box, i) - centre, box)),
  )
  let least = Infinity
  let most = -Infinity
  let largest = 0
  for (let row = 0; row < cells; row++) {
    const qy = along[1]![row]!
    for (let column = 0; column < cells; column++) {
      const qx = along[0]![column]!
      controlValues(field, column, row, net)
      for (let p = 0; p < 16; p++) {
        largest = Math.max(largest, Math.abs(net[p]!))
        const value = net[p]! - qx[p & 3]! - qy[p >> 2]!
        if (value < least) least = value
        if (value > most) most = value
      }
    }
  }
  const far = box.halfWidth + Math.max(Math.abs(c[0]), Math.abs(c[1]))
  // A range on a patch is at most 2 max|V|.
  return most - least + 2 * ROUNDINGS * UNIT * (largest + m * far * far)
}

/** The four control values of ½mx² as a cubic from x to x + h. */
function parabola(m: number, x: number, box: Box): readonly number[] {
  const h = spacing(box)
  const end = x + h
  return [
    0.5 * m * x * x,
    0.5 * m * x * (x + (2 * h) / 3),
    0.5 * m * end * (end - (2 * h) / 3),
    0.5 * m * end * end,
  ]
}

/** Mean of e^(−V/ε) over the nodes. */
function gibbsMean(field: EnergyField, epsilon: number): readonly [number, number] {
  const { box, v } = field.grid
  const side = box.cells + 1
  let least = Infinity
  for (let k = 0; k < v.length; k++) least = Math.min(least, v[k]!)
  let sum = 0
  let x = 0
  let y = 0
  for (let k = 0; k < v.length; k++) {
    const p = exp((least - v[k]!) / epsilon)
    sum += p
    x += p * nodeCoordinate(box, k % side)
    y += p * nodeCoordinate(box, Math.floor(k / side))
  }
  return [x / sum, y / sum]
}
