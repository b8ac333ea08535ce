import { fold } from '../maths/grid.ts'
import { gaussianPair, type Key } from '../maths/rng.ts'
import { fieldGradient, fieldJet, isAllowed } from './barriers.ts'
import type { EnergyField } from './energyField.ts'
import { readGradient } from './energyGrid.ts'

/** What fixes one step of the dynamics. */
export interface TransitionParameters {
  /** η, range [1e-5, 1]. */
  readonly stepSize: number
  /** ε, range [0.005, 10]. */
  readonly epsilon: number
  /** γ of the skew drift γJ, J = [[0, 1], [−1, 0]]; 0: none. */
  readonly skew: number
  /** P, symmetric positive definite; the identity: none. */
  readonly preconditioner: readonly [readonly [number, number], readonly [number, number]]
}

/**
 * One step x ← fold(x − ηD∇V(x) + ξ), D = P + γJ, ξ ~ N(0, 2ηεP). Both P and the skew part keep
 * π ∝ e^(−V/ε) invariant in continuous time, so one map serves every sampler and every analysis. A step that
 * would end where a barrier forbids is refused: the point stays.
 * Source: Lelièvre, Nier & Pavliotis (2013), J. Stat. Phys. 152.
 */
export interface Transition {
  readonly stepSize: number
  readonly epsilon: number
  /** ηD by rows: [11, 12, 21, 22]. */
  readonly drift: readonly [number, number, number, number]
  /** 2ηεP: [xx, xy, yy]. */
  readonly covariance: readonly [number, number, number]
  /** Lower Cholesky factor of 2ηεP: [11, 21, 22]. */
  readonly root: readonly [number, number, number]
  /** Symmetric part of D⁻¹/η: [xx, xy, yy]. The map is injective where it minus ∇²V is positive definite. */
  readonly injectivity: readonly [number, number, number]
  /** True for P = I, γ = 0: plain Langevin and plain gradient flow. */
  readonly plain: boolean
}

/** @throws RangeError when η or ε is not positive, or P is not symmetric positive definite */
export function createTransition(parameters: TransitionParameters): Transition {
  const { stepSize, epsilon, skew } = parameters
  const [[a, b], [b2, c]] = parameters.preconditioner
  if (!(stepSize > 0 && epsilon > 0)) {
    throw new RangeError(`Step size and temperature must be positive: ${stepSize}, ${epsilon}`)
  }
  const determinant = a * c - b * b
  if (!(b === b2 && a > 0 && determinant > 0)) {
    throw new RangeError(
      `Not a symmetric positive definite preconditioner: ${JSON.stringify(parameters.preconditioner)}`,
    )
  }
  const scale = 2 * stepSize * epsilon
  const l11 = Math.sqrt(scale * a)
  const l21 = (scale * b) / l11
  // det D = det P + γ²; D⁻¹ = [[c, −(b+γ)], [−(b−γ), a]] / det D, whose skew part drops out.
  const inverse = 1 / (stepSize * (determinant + skew * skew))
  return {
    stepSize,
    epsilon,
    drift: [stepSize * a, stepSize * (b + skew), stepSize * (b - skew), stepSize * c],
    covariance: [scale * a, scale * b, scale * c],
    root: [l11, l21, Math.sqrt((scale * determinant) / a)],
    injectivity: [c * inverse, -b * inverse, a * inverse],
    plain: a === 1 && b === 0 && c === 1 && skew === 0,
  }
}

const gradient = new Float64Array(2)
const jet = new Float64Array(6)

/** The centre x − ηD∇V(x) of the next step, before noise, fold and refusal, to out[0], out[1]; NaN where forbidden. */
export function centre(
  field: EnergyField,
  transition: Transition,
  x: number,
  y: number,
  out: Float64Array,
): void {
  const d = transition.drift
  fieldGradient(field, x, y, gradient)
  const gx = gradient[0]!
  const gy = gradient[1]!
  out[0] = x - (d[0] * gx + d[1] * gy)
  out[1] = y - (d[2] * gx + d[3] * gy)
}

/**
 * Centres of n points, before noise, fold and refusal.
 * @param xy length 2n; unchanged
 * @param out length 2n; overwritten (may be `xy`)
 */
export function centres(
  field: EnergyField,
  transition: Transition,
  xy: Float64Array,
  out: Float64Array,
): void {
  const d = transition.drift
  const d11 = d[0]
  const d12 = d[1]
  const d21 = d[2]
  const d22 = d[3]
  const { grid } = field
  const walls = field.barriers.length > 0
  for (let k = 0; k < xy.length; k += 2) {
    const x = xy[k]!
    const y = xy[k + 1]!
    if (walls) fieldGradient(field, x, y, gradient)
    else readGradient(grid, x, y, gradient)
    const gx = gradient[0]!
    const gy = gradient[1]!
    out[k] = x - (d11 * gx + d12 * gy)
    out[k + 1] = y - (d21 * gx + d22 * gy)
  }
}

const noise = new Float64Array(4)

/** What happened to the points in one step. */
export interface StepCounts {
  /** How many the walls of the box folded. */
  readonly folded: number
  /** How many stayed where they were, their move refused. */
  readonly refused: number
}

/**
 * One unadjusted Langevin step of n points in place: x ← fold(x − ηD∇V(x) + L·ξ), LLᵀ = 2ηεP, with ξ a
 * pure function of (key, first + i, step). Points that would end where a barrier forbids stay.
 * @param xy length 2n, where nothing forbids; overwritten
 * @param c length 2n: centres before noise and fold; overwritten
 * @param first index of the first point in the stream of noise
 */
export function langevinStep(
  field: EnergyField,
  transition: Transition,
  xy: Float64Array,
  c: Float64Array,
  key: Key,
  step: number,
  first = 0,
): StepCounts {
  const w = field.grid.box.halfWidth
  const l11 = transition.root[0]
  const l21 = transition.root[1]
  const l22 = transition.root[2]
  const walls = field.barriers.length > 0
  let folded = 0
  let refused = 0
  centres(field, transition, xy, c)
  for (let k = 0, i = first; k < xy.length; k += 2, i++) {
    gaussianPair(key, i, step, noise)
    const a = noise[0]!
    let x = c[k]! + l11 * a
    let y = c[k + 1]! + l21 * a + l22 * noise[1]!
    const inside = x >= -w && x <= w && y >= -w && y <= w
    if (!inside) {
      x = fold(x, w)
      y = fold(y, w)
    }
    if (walls && !isAllowed(field, x, y)) {
      refused++
      continue
    }
    xy[k] = x
    xy[k + 1] = y
    if (!inside) folded++
  }
  return { folded, refused }
}

/**
 * The deterministic map T(x) = fold(x − ηD∇V(x)), T(x) = x where a barrier forbids that, to out[0], out[1].
 * @returns true when the point was folded or refused
 */
export function map(
  field: EnergyField,
  transition: Transition,
  x: number,
  y: number,
  out: Float64Array,
): boolean {
  centre(field, transition, x, y, out)
  const tx = out[0]!
  const ty = out[1]!
  const w = field.grid.box.halfWidth
  out[0] = fold(tx, w)
  out[1] = fold(ty, w)
  if (!isAllowed(field, out[0], out[1])) {
    out[0] = x
    out[1] = y
    return true
  }
  return out[0] !== tx || out[1] !== ty
}

/** Jacobian I − ηD∇²V(x) of the unfolded map, by rows, to out[0 … 3]. */
export function jacobian(
  field: EnergyField,
  transition: Transition,
  x: number,
  y: number,
  out: Float64Array,
): void {
  const d = transition.drift
  fieldJet(field, x, y, jet)
  const vxx = jet[3]!
  const vxy = jet[4]!
  const vyy = jet[5]!
  out[0] = 1 - (d[0] * vxx + d[1] * vxy)
  out[1] = -(d[0] * vxy + d[1] * vyy)
  out[2] = -(d[2] * vxx + d[3] * vxy)
  out[3] = 1 - (d[2] * vxy + d[3] * vyy)
}

/**
 * Whether sym(D⁻¹)/η − ∇²V is positive definite. Where it is so along the segment of any two points
 * the map sends them to different places: T(x) = T(y) would give (x−y)ᵀD⁻¹(x−y) = η(x−y)ᵀH(x−y) with
 * H the mean Hessian between them. For D = I this is η·λmax(∇²V) < 1.
 */
export function isInjectiveAt(
  transition: Transition,
  vxx: number,
  vxy: number,
  vyy: number,
): boolean {
  const s = transition.injectivity
  const a = s[0] - vxx
  const b = s[1] - vxy
  const c = s[2] - vyy
  return a > 0 && a * c - b * b > 0
}
