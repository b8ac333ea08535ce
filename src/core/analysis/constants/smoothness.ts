import { addBarriers } from '../../fields/barriers/terms.ts'
import { fieldJet } from '../../fields/fieldReading.ts'
import type { EnergyField } from '../../fields/energyField.ts'
import { readJet } from '../../fields/energyGrid.ts'
import { type Gibbs, visitGibbs } from '../../fields/gibbs.ts'
import type { Transition } from '../../fields/transition.ts'
import { centreCoordinate, nodeCoordinate, spacing } from '../../maths/grid.ts'
import { hermiteCellJet } from '../../maths/hermite.ts'
import { maxEigenvalue2, spectralNorm2 } from '../../maths/linalg2.ts'
import { percentile } from '../../maths/statistics.ts'

/** A lower estimate of sup ‖∇²V‖ over Ω, and where it is attained. */
export interface Smoothness {
  readonly value: number
  readonly at: readonly [number, number]
}

/**
 * L: the largest spectral norm of ∇²V of the table over the centre and the four one-sided corners of
 * every cell (second derivatives of a bicubic patch jump at its edges and are largest there). Barriers count
 * where they do not forbid; ∇²V has no bound at their walls.
 */
export function smoothness(field: EnergyField): Smoothness {
  const { box } = field.grid
  const jet = new Float64Array(6)
  let value = 0
  let at: readonly [number, number] = [0, 0]
  for (let row = 0; row < box.cells; row++) {
    for (let column = 0; column < box.cells; column++) {
      for (let place = 0; place < 5; place++) {
        const t = place === 4 ? 0.5 : place & 1
        const u = place === 4 ? 0.5 : place >> 1
        const x = nodeCoordinate(box, column) + t * spacing(box)
        const y = nodeCoordinate(box, row) + u * spacing(box)
        hermiteCellJet(field.grid, column, row, t, u, jet)
        addBarriers(field.barriers, x, y, jet)
        const norm = spectralNorm2(jet[3]!, jet[4]!, jet[5]!)
        if (norm > value) {
          value = norm
          at = [x, y]
        }
      }
    }
  }
  return { value, at }
}

/** Relative rounding of V_x and V_y that still counts as affine. */
const AFFINE = 1e-10

/** Whether the table is that of a quadratic V, one Hessian everywhere, up to rounding. */
export function isQuadratic({ grid, barriers }: EnergyField): boolean {
  if (barriers.length > 0) return false
  const { box, vx, vy, vxy } = grid
  const side = box.cells + 1
  const last = side - 1
  const width = 2 * box.halfWidth
  const corner = last * side
  const scale = Math.max(...[vx, vy].flatMap((f) => [f[0]!, f[last]!, f[corner]!].map(Math.abs)))
  const slopes = [vx, vy].map(
    (f) => [(f[last]! - f[0]!) / width, (f[corner]! - f[0]!) / width] as const,
  )
  const cross = 0.5 * (slopes[0]![1] + slopes[1]![0])
  for (let row = 0, k = 0; row < side; row++) {
    const dy = nodeCoordinate(box, row) + box.halfWidth
    for (let column = 0; column < side; column++, k++) {
      const dx = nodeCoordinate(box, column) + box.halfWidth
      for (const [i, f] of [vx, vy].entries()) {
        const [sx, sy] = slopes[i]!
        if (Math.abs(f[k]! - f[0]! - sx * dx - sy * dy) > AFFINE * scale) return false
      }
      // V_xy from differences of V_x and V_y over a cell has a rounding error larger by the factor `cells`.
      if (Math.abs(vxy[k]! - cross) * width > AFFINE * scale * box.cells) return false
    }
  }
  return true
}

/**
 * L95: the 95th percentile of the spectral norm of ∇²V at the given points.
 * @param xy length 2n, n ≥ 1, where no barrier forbids; 4,096 samples of the target (of π for sums)
 */
export function smoothness95(field: EnergyField, xy: Float64Array): number {
  return percentileOf(spectralNorm2, field, xy)
}

/**
 * The 95th percentile of λmax(∇²V) at the given points, which decides whether a step overshoots: negative curvature does not
 * count, unlike in `smoothness95`. May be negative.
 * @param xy as in `smoothness95`
 */
export function curvature95(field: EnergyField, xy: Float64Array): number {
  return percentileOf(maxEigenvalue2, field, xy)
}

function percentileOf(
  measure: (xx: number, xy: number, yy: number) => number,
  field: EnergyField,
  xy: Float64Array,
): number {
  const n = xy.length / 2
  const jet = new Float64Array(6)
  const values = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    fieldJet(field, xy[2 * i]!, xy[2 * i + 1]!, jet)
    values[i] = measure(jet[3]!, jet[4]!, jet[5]!)
  }
  return percentile(values, 95)
}

/** Smallest and largest step size of a scene. */
const STEP_RANGE = [1e-5, 1] as const

/** Default step size η = 0.5/L95, kept within the range of a scene, [1e-5, 1]. */
export function defaultStepSize(l95: number): number {
  return Math.min(STEP_RANGE[1], Math.max(STEP_RANGE[0], 0.5 / l95))
}

/** Mass of π where η‖∇²V‖ > 1 beyond which nothing is predicted. */
const STEEP_MASS = 0.05

/**
 * Predicted bias of unadjusted Langevin, b(η) = (η²/8)·Var_π(ΔV − |∇V|²/(2ε)) ≈ KL(π_η‖π), nats: the
 * leading order, good for η·λmax(∇²V) ≲ 0.5; a prediction, not a bound.
 * @returns null where the formula does not hold: for a skew drift, a preconditioner or barriers; where η‖∇²V‖ > 1 on more
 *   than 5 % of π; and where π is large at the walls, where folding (reflection) adds a bias that the formula lacks
 */
export function biasPrediction(
  field: EnergyField,
  gibbs: Gibbs,
  transition: Transition,
): number | null {
  if (!transition.plain || field.barriers.length > 0) return null
  const { epsilon } = gibbs
  const eta = transition.stepSize
  const jet = new Float64Array(6)
  // Moments about the value at the first point, which is near enough to lose no digits.
  let origin = Number.NaN
  let mass = 0
  let first = 0
  let second = 0
  let steep = 0
  visitGibbs(field, gibbs, (x, y, m) => {
    readJet(field.grid, x, y, jet)
    const gx = jet[1]!
    const gy = jet[2]!
    const f = jet[3]! + jet[5]! - (gx * gx + gy * gy) / (2 * epsilon)
    if (origin !== origin) origin = f
    mass += m
    first += m * (f - origin)
    second += m * (f - origin) * (f - origin)
    if (eta * spectralNorm2(jet[3]!, jet[4]!, jet[5]!) > 1) steep += m
  })
  if (steep > STEEP_MASS * mass) return null
  const variance = Math.max(0, second / mass - (first / mass) * (first / mass))
  const inside = ((eta * eta) / 8) * variance
  return wallBias(field, gibbs, transition) > WALL_SHARE * inside ? null : inside
}

/** Largest bias from the walls, as a share of the prediction, that is neglected. */
const WALL_SHARE = 0.1
/**
 * Measured: folded chains on V = 2x and V = −|x|²/4, η in [.02, .1], rest at KL .047 to .063 times
 * s³/ε²·∫_walls π (∂V/∂n)², s² = 2ηε.
 */
const WALL_CONSTANT = 0.055

/** Estimate of the bias that folding at the walls adds: a layer of thickness s in which the law is off. */
function wallBias(field: EnergyField, gibbs: Gibbs, transition: Transition): number {
  const { box, density, epsilon } = gibbs
  const { cells, halfWidth } = box
  const jet = new Float64Array(6)
  let sum = 0
  for (let i = 0; i < cells; i++) {
    const c = centreCoordinate(box, i)
    for (const [x, y, k, normal] of [
      [-halfWidth, c, i * cells, 1],
      [halfWidth, c, i * cells + cells - 1, 1],
      [c, -halfWidth, i, 2],
      [c, halfWidth, (cells - 1) * cells + i, 2],
    ] as const) {
      readJet(field.grid, x, y, jet)
      sum += density[k]! * jet[normal]! * jet[normal]!
    }
  }
  const s = Math.sqrt(2 * transition.stepSize * epsilon)
  return (WALL_CONSTANT * s * s * s * sum * spacing(box)) / (epsilon * epsilon)
}
