import { fold } from '../maths/grid.ts'
import { gaussianPairs, type Key } from '../maths/rng.ts'
import { fieldGradient, fieldGradients, fieldJet } from './fieldReading.ts'
import { isAllowed, isClear, isFoldedClear } from './barriers/ways.ts'
import type { EnergyField } from './energyField.ts'
import { METRIC_ENTRIES, type MetricTable, readMetric } from './placeMetric.ts'
import { stepKernel } from './stepKernel.ts'

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
  /** M(x) in place of P, which is the identity then; absent or null: P everywhere. */
  readonly metricTable?: MetricTable | null
}

/**
 * One step x ← fold(x − ηD∇V(x) + ξ), D = P + γJ, ξ ~ N(0, 2ηεP). Both P and the skew part keep
 * π ∝ e^(−V/ε) invariant in continuous time, so one map serves every sampler and every analysis. A step that
 * would end where a barrier forbids, or lead through there, is refused: the point stays.
 * With a metric M(x), D = M + γJ and the step is x ← fold(x − ηD∇V + ηε div M + ξ), ξ ~ N(0, 2ηεM(x)); `drift`, `covariance`, `root` and
 * `injectivity` are then those of P = I, and nothing that reads them speaks of the chain.
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
  readonly metric: MetricTable | null
}

/** @throws RangeError when η or ε is not positive, or P is not symmetric positive definite */
export function createTransition(parameters: TransitionParameters): Transition {
  const { stepSize, epsilon, skew, metricTable: metric = null } = parameters
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
    plain: a === 1 && b === 0 && c === 1 && skew === 0 && metric === null,
    metric,
  }
}

const gradient = new Float64Array(2)
const jet = new Float64Array(6)
const m = new Float64Array(METRIC_ENTRIES)

/**
 * x − η(M + γJ)∇V(x) to out[at], out[at + 1], with M and its derivatives at x in `m`.
 * @param gx, gy ∇V(x)
 */
function moveInMetric(
  { stepSize, drift }: Transition,
  metric: MetricTable,
  x: number,
  y: number,
  gx: number,
  gy: number,
  out: Float64Array,
  at = 0,
): void {
  readMetric(metric, x, y, m)
  // drift[1] is ηγ, since P = I.
  out[at] = x - (stepSize * m[0]! * gx + (stepSize * m[1]! + drift[1]) * gy)
  out[at + 1] = y - ((stepSize * m[1]! - drift[1]) * gx + stepSize * m[2]! * gy)
}

/** The centre x − ηD∇V(x) + ηε div M(x) of the next step, before noise, fold and refusal, to out[0], out[1]; NaN where forbidden. */
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
  if (transition.metric !== null) {
    moveInMetric(transition, transition.metric, x, y, gx, gy, out)
    const scale = transition.stepSize * transition.epsilon
    out[0] = out[0]! + scale * m[9]!
    out[1] = out[1]! + scale * m[10]!
    return
  }
  out[0] = x - (d[0] * gx + d[1] * gy)
  out[1] = y - (d[2] * gx + d[3] * gy)
}

/** Points that are moved together: what passes between the loops over them stays in the nearest cache. */
export const BLOCK = 512
const slopes = new Float64Array(2 * BLOCK)
const goals = new Float64Array(2 * BLOCK)

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
  const count = xy.length >> 1
  for (let first = 0; first < count; first += BLOCK) {
    centresOfBlock(field, transition, xy, first, Math.min(BLOCK, count - first), out)
  }
}

/** Reads ∇V at the n points of `xy` from index `first` on, to out[0 … 2n − 1], as `fieldGradients` does. */
export type GradientReader = typeof fieldGradients

/** `centres` of the n ≤ BLOCK points from `first` on; in a metric that depends on the place without div M, which belongs to the noise. */
export function centresOfBlock(
  field: EnergyField,
  transition: Transition,
  xy: Float64Array,
  first: number,
  n: number,
  out: Float64Array,
  gradients: GradientReader = fieldGradients,
): void {
  const { metric } = transition
  if (metric !== null) {
    gradients(field, xy, first, n, slopes)
    for (let j = 0, k = 2 * first; j < 2 * n; j += 2, k += 2)
      moveInMetric(transition, metric, xy[k]!, xy[k + 1]!, slopes[j]!, slopes[j + 1]!, out, k)
    return
  }
  const kernel = stepKernel()
  if (kernel !== null && gradients === fieldGradients && field.barriers.length === 0) {
    kernel.centres(field.grid, transition, xy, first, n, out)
    return
  }
  gradients(field, xy, first, n, slopes)
  const d11 = transition.drift[0]
  const d12 = transition.drift[1]
  const d21 = transition.drift[2]
  const d22 = transition.drift[3]
  for (let j = 0, k = 2 * first; j < 2 * n; j += 2, k += 2) {
    const gx = slopes[j]!
    const gy = slopes[j + 1]!
    out[k] = xy[k]! - (d11 * gx + d12 * gy)
    out[k + 1] = xy[k + 1]! - (d21 * gx + d22 * gy)
  }
}

/** What happened to the points in one step. */
export interface StepCounts {
  /** How many the walls of the box folded. */
  folded: number
  /** How many stayed where they were, their move refused. */
  refused: number
}

/** Whether no barrier lies across the way from a point of the box to where it is bound, before that is folded. */
export function leads(
  { grid, barriers }: EnergyField,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
): boolean {
  const w = grid.box.halfWidth
  return x1 >= -w && x1 <= w && y1 >= -w && y1 <= w
    ? isClear(barriers, x0, y0, x1, y1)
    : isFoldedClear(barriers, w, x0, y0, x1, y1)
}

/**
 * Moves n points to where they are bound, folded into the box; those that would end where a barrier forbids, or pass there, stay.
 * @param xy points [x0, y0, …]; those from `first` on are overwritten
 * @param to where they are bound, the first of them at index `toFirst`; unchanged
 * @param counts added to
 * @param gains one number a point, set to zero where the point stays; null: none
 * @param inside true where they are known to be bound for the inside of the box
 */
export function land(
  field: EnergyField,
  xy: Float64Array,
  first: number,
  n: number,
  to: Float64Array,
  toFirst: number,
  counts: StepCounts,
  gains: Float64Array | null = null,
  inside = false,
): void {
  const w = field.grid.box.halfWidth
  const walls = field.barriers.length > 0
  if (inside && !walls) {
    xy.set(to.subarray(2 * toFirst, 2 * (toFirst + n)), 2 * first)
    return
  }
  let folded = 0
  for (let i = 0, k = 2 * first, j = 2 * toFirst; i < n; i++, k += 2, j += 2) {
    let x = to[j]!
    let y = to[j + 1]!
    const outside = !(x >= -w && x <= w && y >= -w && y <= w)
    if (outside) {
      x = fold(x, w)
      y = fold(y, w)
    }
    if (
      walls &&
      !(isAllowed(field, x, y) && leads(field, xy[k]!, xy[k + 1]!, to[j]!, to[j + 1]!))
    ) {
      counts.refused++
      if (gains !== null) gains[i] = 0
      continue
    }
    xy[k] = x
    xy[k + 1] = y
    if (outside) folded++
  }
  counts.folded += folded
}

/** What is done in a step to the n ≤ BLOCK points from index `start` on besides drift, noise and fold. */
export interface StepWatch {
  /** Before the noise. @param c the centres of all points: those of the block may be overwritten */
  meant(xy: Float64Array, start: number, n: number, c: Float64Array): void
  /** After it, before the points move. @param to where those of the block are bound, the first of them at index 0 */
  bound(xy: Float64Array, start: number, n: number, to: Float64Array): void
}

/**
 * One unadjusted Langevin step of n points in place: x ← fold(x − ηD∇V(x) + L·ξ), LLᵀ = 2ηεP, with ξ a
 * pure function of (key, first + i, step). Points that would end or pass where a barrier forbids stay.
 * @param xy length 2n, where nothing forbids; overwritten
 * @param c length 2n: centres before noise and fold; overwritten
 * @param first index of the first point in the stream of noise
 * @param gradients where ∇V comes from, for at most BLOCK points at once; default: the table and the barriers
 */
export function langevinStep(
  field: EnergyField,
  transition: Transition,
  xy: Float64Array,
  c: Float64Array,
  key: Key,
  step: number,
  first = 0,
  gradients: GradientReader = fieldGradients,
  watch: StepWatch | null = null,
): StepCounts {
  const counts: StepCounts = { folded: 0, refused: 0 }
  const count = xy.length >> 1
  for (let start = 0; start < count; start += BLOCK) {
    const n = Math.min(BLOCK, count - start)
    centresOfBlock(field, transition, xy, start, n, c, gradients)
    watch?.meant(xy, start, n, c)
    const inside =
      transition.metric === null
        ? noisyGoals(field, transition, c, start, n, key, step, first + start)
        : metricGoals(transition, transition.metric, xy, c, start, n, key, step, first + start)
    watch?.bound(xy, start, n, goals)
    land(field, xy, start, n, goals, 0, counts, null, inside)
  }
  return counts
}

/**
 * `goals` of n points: their centres, the first at index `start`, and L·ξ.
 * @returns whether they are known to lie in the box
 */
function noisyGoals(
  { grid }: EnergyField,
  transition: Transition,
  c: Float64Array,
  start: number,
  n: number,
  key: Key,
  step: number,
  first: number,
): boolean {
  const kernel = stepKernel()
  if (kernel !== null) {
    const w = grid.box.halfWidth
    return kernel.scatter(transition, w, c, start, n, key, step, first, goals)
  }
  gaussianPairs(key, first, n, step, goals)
  const l11 = transition.root[0]
  const l21 = transition.root[1]
  const l22 = transition.root[2]
  for (let j = 0, k = 2 * start; j < 2 * n; j += 2, k += 2) {
    const a = goals[j]!
    goals[j] = c[k]! + l11 * a
    goals[j + 1] = c[k + 1]! + l21 * a + l22 * goals[j + 1]!
  }
  return false
}

/** `noisyGoals` from places xy in a metric, with ηε div M added to the centres. */
function metricGoals(
  { stepSize, epsilon }: Transition,
  metric: MetricTable,
  xy: Float64Array,
  c: Float64Array,
  start: number,
  n: number,
  key: Key,
  step: number,
  first: number,
): false {
  gaussianPairs(key, first, n, step, goals)
  const scale = Math.sqrt(2 * stepSize * epsilon)
  for (let j = 0, k = 2 * start; j < 2 * n; j += 2, k += 2) {
    readMetric(metric, xy[k]!, xy[k + 1]!, m)
    c[k] = c[k]! + stepSize * epsilon * m[9]!
    c[k + 1] = c[k + 1]! + stepSize * epsilon * m[10]!
    const l11 = Math.sqrt(m[0]!)
    const l21 = m[1]! / l11
    const l22 = Math.sqrt((m[0]! * m[2]! - m[1]! * m[1]!) / m[0]!)
    const a = goals[j]!
    goals[j] = c[k]! + scale * l11 * a
    goals[j + 1] = c[k + 1]! + scale * (l21 * a + l22 * goals[j + 1]!)
  }
  return false
}

/**
 * The deterministic map T(x) = fold(x − ηD∇V(x)), T(x) = x where a barrier forbids that or lies in between, to out[0], out[1].
 * @returns true when the point was folded or refused
 */
export function map(
  field: EnergyField,
  transition: Transition,
  x: number,
  y: number,
  out: Float64Array,
): boolean {
  if (transition.metric === null) centre(field, transition, x, y, out)
  else {
    fieldGradient(field, x, y, gradient)
    moveInMetric(transition, transition.metric, x, y, gradient[0]!, gradient[1]!, out)
  }
  const tx = out[0]!
  const ty = out[1]!
  const w = field.grid.box.halfWidth
  out[0] = fold(tx, w)
  out[1] = fold(ty, w)
  if (!(isAllowed(field, out[0], out[1]) && leads(field, x, y, tx, ty))) {
    out[0] = x
    out[1] = y
    return true
  }
  return out[0] !== tx || out[1] !== ty
}

/** Jacobian of the unfolded map T, by rows, to out[0 … 3]: I − ηD∇²V(x), in a metric I − η(D∇²V + Σ_k ∂M_·k V_k). */
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
  if (transition.metric !== null) {
    readMetric(transition.metric, x, y, m)
    const [, gx, gy] = jet as unknown as readonly [number, number, number]
    const { stepSize } = transition
    const [xx, xy, yy] = [stepSize * m[0]!, stepSize * m[1]!, stepSize * m[2]!]
    out[0] = 1 - (xx * vxx + (xy + d[1]) * vxy + stepSize * (m[3]! * gx + m[4]! * gy))
    out[1] = -(xx * vxy + (xy + d[1]) * vyy + stepSize * (m[6]! * gx + m[7]! * gy))
    out[2] = -((xy - d[1]) * vxx + yy * vxy + stepSize * (m[4]! * gx + m[5]! * gy))
    out[3] = 1 - ((xy - d[1]) * vxy + yy * vyy + stepSize * (m[7]! * gx + m[8]! * gy))
    return
  }
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
