import type { EnergyField } from '../../fields/energyField.ts'
import { type Gibbs, logDensityAtCentres, visitGibbs } from '../../fields/gibbs.ts'
import { centre, jacobian, type Transition } from '../../fields/transition.ts'
import { exp, log } from '../../maths/elementary.ts'
import { type Box, centreCoordinate, spacing } from '../../maths/grid.ts'
import { inverse2, minEigenvalue2, type Symmetric2 } from '../../maths/linalg2.ts'
import { erfc } from '../../maths/special.ts'
import { createChainKernel } from './chainKernel.ts'
import { relativeFisher } from './fisher.ts'

/** Readings of the law of the chain at one step. KL in nats. */
interface ChainReading {
  readonly step: number
  /** KL(ρ_k‖π); null at step 0 of a chain started at points. */
  readonly kl: number | null
  /** I(ρ_k‖π) = E|∇log(ρ_k/π)|² in the metric P; null with `kl`. */
  readonly fisher: number | null
  /**
   * M_k = E|D(b̄ − ∇V)|² in the metric P⁻¹ at the end of the step that ends at k, b̄(x) = E[∇V(x_{k−1}) | x_k = x];
   * for plain Langevin E|b̄ − ∇V|². Null at step 0 and where `advance` did not carry it.
   */
  readonly mismatch: number | null
  /**
   * Bound on the relative error of the quadrature in the step that ends at k:
   * Σ ρ_{k−1}(x_i) exp(−2π²(s/(h a_i))²), a_i the spectral norm of I − ηD∇²V at x_i.
   */
  readonly aliasing: number
  /** s ≥ h: the kernel spans the cells. */
  readonly wide: boolean
  /** s ≥ h and aliasing ≤ 1e-5. When false: η is below the resolution of the grid, the bias is not resolved. */
  readonly resolved: boolean
  /** Mass that the walls folded in the step that ends at k. */
  readonly foldedMass: number
}

/** The start of a chain: a density or points. */
export type ChainStart =
  | {
      /** Density on the cells, Σ density·h² = 1, length cells²; good where the cells resolve the law. */
      readonly density: Float64Array
    }
  | {
      /** Points [x0, y0, …] inside Ω with masses (default equal): the law after a step is exact for any of them. */
      readonly xy: Float64Array
      readonly mass?: Float64Array
    }

/**
 * The law ρ_k of the discrete chain x ← fold(x − ηD∇V(x) + ξ), ξ ~ N(0, 2ηεP), on the cells of a box:
 *
 *   ρ_{k+1}(y) = Σ_i ρ_k(x_i) h² Σ_images N(y; x_i − ηD∇V(x_i), 2ηεP)
 *
 * a midpoint rule on a smooth integrand, spectrally accurate while the kernel spans the cells. The weights of
 * each source sum to 1, so the mass is exact; mass beyond a wall is mirrored, as the samplers fold (reflect) particles. Besides
 * ρ the step carries ρ·ηD∇V of the sources through the same weights, from which b̄ and the mismatch follow. Kernels without
 * correlation are products of tables computed once; those of 1.6 cells and more are deposited narrower and then convolved with
 * the rest along the axes. With a correlated P a step costs several times as much, growing with the area of its kernel.
 */
export interface ExactChain {
  readonly gibbs: Gibbs
  /** k. */
  readonly step: number
  /** Cell masses of ρ_k, Σ = 1, length cells²; overwritten by `advance`. All 0 at step 0 of a start at points. */
  readonly mass: Float64Array
  /** Takes one step. @param withMismatch also carry what the mismatch needs (about twice the cost); default true */
  advance(withMismatch?: boolean): void
  /** The readings at step k; evaluated on the first call at each step. */
  reading(): ChainReading
  /**
   * E_{ρ_k}|b̄ + εs|², b̄(x) = E[∇V(x_{k−1}) | x_k = x] at the end of the step that ends at k, ∇V at step 0. Null where
   * `advance` did not carry the mismatch, and at step 0 of a start at points.
   * @param scoreX, scoreY s = ∇log ρ_D at the centres of the cells
   */
  driftError(scoreX: Float64Array, scoreY: Float64Array): number | null
}

export interface ExactChainOptions {
  /** Without barriers: they refuse moves, which gives the law of the chain atoms. */
  readonly field: EnergyField
  readonly transition: Transition
  /** π at the transition's ε, on the cells of the answer. */
  readonly gibbs: Gibbs
  readonly start: ChainStart
}

/** Sources of less mass are skipped; together they hold less than 1e-15. */
const LEAST_MASS = 1e-20
const ALIASING_LIMIT = 1e-5

/**
 * @throws RangeError when the field has barriers, the box differs from the energy's, or the start does not fit
 */
export function createExactChain(options: ExactChainOptions): ExactChain {
  const { field, transition, gibbs, start } = options
  const { box } = gibbs
  if (field.barriers.length > 0) {
    throw new RangeError('The exact law of a chain with barriers has atoms and no density')
  }
  if (box.halfWidth !== field.grid.box.halfWidth) {
    throw new RangeError('The chain lives on the box of its energy')
  }
  const { cells } = box
  const size = cells * cells
  const kernel = createChainKernel(box, transition.covariance)
  const sources = describeSources(field, transition, box)
  // log π at the centres, not of its cell means: π may be narrower than the cells, while `resolved` judges the kernel alone.
  const logReference = logDensityAtCentres(gibbs)
  kernel.prepare(sources.centres)

  const mass = new Float64Array(size)
  const momentX = new Float64Array(size)
  const momentY = new Float64Array(size)
  let points: { readonly xy: Float64Array; readonly mass: Float64Array } | null = null
  if ('density' in start) {
    if (start.density.length !== size) {
      throw new RangeError(`${start.density.length} values for ${cells}² cells`)
    }
    let total = 0
    for (let k = 0; k < size; k++) total += start.density[k]!
    for (let k = 0; k < size; k++) mass[k] = start.density[k]! / total
  } else {
    points = normalisedPoints(start.xy, start.mass, box.halfWidth)
  }

  let step = 0
  let aliasing = 0
  let foldedMass = 0
  let carried = false
  let cached: ChainReading | null = null
  const wide = Math.sqrt(minEigenvalue2(...transition.covariance)) >= spacing(box)
  const metric = scaled(transition.covariance, 1 / (2 * transition.stepSize * transition.epsilon))
  const metricInverse = inverse2(...metric)
  const c = new Float64Array(2)

  function advance(withMismatch = true): void {
    kernel.begin(withMismatch)
    aliasing = 0
    foldedMass = 0
    if (points !== null) {
      for (let i = 0; i < points.mass.length; i++) {
        const m = points.mass[i]!
        const x = points.xy[2 * i]!
        const y = points.xy[2 * i + 1]!
        centre(field, transition, x, y, c)
        const cx = c[0]!
        const cy = c[1]!
        kernel.depositAt(cx, cy, m, x - cx, y - cy)
        foldedMass += m * foldedShare(cx, cy, transition.covariance, box.halfWidth)
      }
      points = null
    } else {
      const { shiftX, shiftY, alias, folded } = sources
      for (let k = 0; k < size; k++) {
        const m = mass[k]!
        if (m < LEAST_MASS) continue
        kernel.depositSource(k, m, shiftX[k]!, shiftY[k]!)
        aliasing += m * alias[k]!
        foldedMass += m * folded[k]!
      }
    }
    kernel.finish(mass, momentX, momentY)
    carried = withMismatch
    step++
    cached = null
  }

  function reading(): ChainReading {
    if (cached !== null) return cached
    const known = points === null
    cached = {
      step,
      kl: known ? divergence() : null,
      fisher: known ? relativeFisher(mass, logReference, box, metric) : null,
      mismatch: step > 0 && carried ? mismatch() : null,
      aliasing,
      wide,
      resolved: wide && aliasing <= ALIASING_LIMIT,
      foldedMass,
    }
    return cached
  }

  function divergence(): number {
    const logArea = log(spacing(box) * spacing(box))
    let sum = 0
    for (let k = 0; k < size; k++) {
      const m = mass[k]!
      if (m > 0) sum += m * (log(m) - logArea - logReference[k]!)
    }
    return sum
  }

  function mismatch(): number {
    const { shiftX, shiftY } = sources
    const [xx, xy, yy] = metricInverse
    let sum = 0
    for (let k = 0; k < size; k++) {
      const m = mass[k]!
      if (!(m > 1e-30)) continue
      const ex = momentX[k]! / m - shiftX[k]!
      const ey = momentY[k]! / m - shiftY[k]!
      sum += m * (xx * ex * ex + 2 * xy * ex * ey + yy * ey * ey)
    }
    return sum / (transition.stepSize * transition.stepSize)
  }

  function driftError(scoreX: Float64Array, scoreY: Float64Array): number | null {
    if (points !== null || (step > 0 && !carried)) return null
    const { shiftX, shiftY } = sources
    const [a, b, c, d] = transition.drift
    const det = a * d - b * c
    const { epsilon } = transition
    let sum = 0
    for (let k = 0; k < size; k++) {
      const m = mass[k]!
      if (!(m > 1e-30)) continue
      const x = step === 0 ? shiftX[k]! : momentX[k]! / m
      const y = step === 0 ? shiftY[k]! : momentY[k]! / m
      const ex = (d * x - b * y) / det + epsilon * scoreX[k]!
      const ey = (a * y - c * x) / det + epsilon * scoreY[k]!
      sum += m * (ex * ex + ey * ey)
    }
    return sum
  }

  return {
    gibbs,
    mass,
    get step() {
      return step
    },
    advance,
    reading,
    driftError,
  }
}

function scaled([xx, xy, yy]: Symmetric2, factor: number): Symmetric2 {
  return [factor * xx, factor * xy, factor * yy]
}

function normalisedPoints(
  xy: Float64Array,
  mass: Float64Array | undefined,
  halfWidth: number,
): { readonly xy: Float64Array; readonly mass: Float64Array } {
  const n = xy.length / 2
  const given = mass ?? new Float64Array(n).fill(1)
  let total = 0
  for (let i = 0; i < n; i++) total += given[i]!
  const inside = xy.every((x) => Math.abs(x) <= halfWidth)
  if (!(given.length === n && total > 0 && total < Infinity && inside)) {
    throw new RangeError('A start at points needs points inside the box, with finite masses')
  }
  return { xy: xy.slice(), mass: given.map((m) => m / total) }
}

interface Sources {
  /** Centres of the kernels before folding, [x0, y0, …]. */
  readonly centres: Float64Array
  /** ηD∇V. */
  readonly shiftX: Float64Array
  readonly shiftY: Float64Array
  /** exp(−2π²(s/(h a))²). */
  readonly alias: Float64Array
  /** Share of the kernel beyond the walls. */
  readonly folded: Float64Array
}

function describeSources(field: EnergyField, transition: Transition, box: Box): Sources {
  const { cells } = box
  const size = cells * cells
  const centres = new Float64Array(2 * size)
  const shiftX = new Float64Array(size)
  const shiftY = new Float64Array(size)
  const alias = new Float64Array(size)
  const folded = new Float64Array(size)
  const c = new Float64Array(2)
  const j = new Float64Array(4)
  const h = spacing(box)
  const [xx, xy, yy] = transition.covariance
  const scale = (-2 * Math.PI * Math.PI * minEigenvalue2(xx, xy, yy)) / (h * h)
  for (let row = 0, k = 0; row < cells; row++) {
    const y = centreCoordinate(box, row)
    for (let column = 0; column < cells; column++, k++) {
      const x = centreCoordinate(box, column)
      centre(field, transition, x, y, c)
      centres[2 * k] = c[0]!
      centres[2 * k + 1] = c[1]!
      shiftX[k] = x - c[0]!
      shiftY[k] = y - c[1]!
      jacobian(field, transition, x, y, j)
      alias[k] = exp(scale / squaredNorm(j))
      folded[k] = foldedShare(c[0]!, c[1]!, transition.covariance, box.halfWidth)
    }
  }
  return { centres, shiftX, shiftY, alias, folded }
}

/** Squared spectral norm of a 2 × 2 matrix by rows; at least the smallest positive number. */
export function squaredNorm(j: Float64Array): number {
  const [a, b, c, d] = j as unknown as [number, number, number, number]
  const half = 0.5 * (a * a + b * b + c * c + d * d)
  const det = a * d - b * c
  return Math.max(half + Math.sqrt(Math.max(0, half * half - det * det)), Number.MIN_VALUE)
}

/** Mass that the walls fold in one step from π: what a chain at rest folds, up to the bias of its step size. */
export function foldedAtRest(field: EnergyField, pi: Gibbs, transition: Transition): number {
  const { halfWidth } = pi.box
  const c = new Float64Array(2)
  let folded = 0
  visitGibbs(field, pi, (x, y, m) => {
    centre(field, transition, x, y, c)
    folded += m * foldedShare(c[0]!, c[1]!, transition.covariance, halfWidth)
  })
  return folded
}

/** Share of N(c, covariance) outside Ω, the axes taken as independent. */
function foldedShare(cx: number, cy: number, [xx, , yy]: Symmetric2, w: number): number {
  const beyond = (c: number, variance: number): number => {
    const scale = 1 / Math.sqrt(2 * variance)
    return 0.5 * (erfc((w - c) * scale) + erfc((w + c) * scale))
  }
  const x = beyond(cx, xx)
  const y = beyond(cy, yy)
  return x + y - x * y
}
