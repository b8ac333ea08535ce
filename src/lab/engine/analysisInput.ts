import type { InitialLaw } from '../../core/analysis/initialLaw.ts'
import type { ChainStart } from '../../core/analysis/exactChain.ts'
import { refinedStart, squaredNorm } from '../../core/analysis/exactChain.ts'
import { tabulateDensity } from '../../core/analysis/kl.ts'
import type { EnergyField } from '../../core/fields/energyField.ts'
import type { Gibbs } from '../../core/fields/gibbs.ts'
import { jacobian, type Transition } from '../../core/fields/transition.ts'
import { exp } from '../../core/maths/elementary.ts'
import { type Box, centreCoordinate, spacing } from '../../core/maths/grid.ts'
import { minEigenvalue2 } from '../../core/maths/linalg2.ts'
import type { Density } from '../../core/targets/target.ts'
import type { AnalysisInput } from '../protocol/calls.ts'
import type { SceneSpec } from '../scene/sceneSpec.ts'

export interface AnalysisInputOptions {
  /** Normalised, with the step size filled in. */
  readonly scene: SceneSpec
  readonly field: EnergyField
  readonly transition: Transition
  /** π on the cells of the table. */
  readonly gibbs: Gibbs
  readonly initial: InitialLaw
  readonly constants: AnalysisInput['constants']
  /** The law of the data: ρ*, or the smoothed data of points; null where there is none. */
  readonly data: { readonly density: Density; readonly smoothed: boolean } | null
}

/** Cells a side to choose from where the scene's own do not resolve the kernel. */
const CELL_CHOICES = [96, 128, 160, 192, 224, 256] as const
/** Least standard deviation of the kernel, in cells: the quadrature of the chain errs by exp(−2π²·1.1²), 4e-11. */
const RESOLVED = 1.1
/** Error of a step's quadrature that the chain may make, in the mass, as `ChainReading.aliasing`; less than its limit. */
const ALIASING = 3e-6
/** The mass of a law that its cells resolve does not change by more than this share on cells half as wide. */
const RESOLVED_MASS = 1e-6
/** The same for the coarse start of the continuous dynamics, whose own error is larger. */
const COARSE_MASS = 5e-5
/** The same where barriers cut it off. */
const RESOLVED_WALLS = 1e-3
const MOST_REFINEMENT = 8
/** Fewest cells a side of a coarse preview. */
const LEAST_COARSE = 32

/**
 * Everything that the laws of a run depend on, as plain data that may be given away. Yields between pieces of work that take
 * some ten milliseconds each, so that frames can be answered between them.
 */
export function* analysisInput(options: AnalysisInputOptions): Generator<void, AnalysisInput> {
  const { scene, field, transition, initial, constants, data } = options
  const { grid, barriers } = field
  const walls = barriers.length > 0
  const { halfWidth } = grid.box
  const { dynamics } = scene
  const { stepSize, epsilon } = transition
  // A chain with barriers is not followed: its law has atoms.
  const box = walls ? grid.box : { halfWidth, cells: yield* chainCells(options) }
  const start = yield* startOf(initial, scene, box, walls)
  const fokkerPlanckStart = walls ? start : yield* startOf(initial, scene, grid.box, walls)
  const coarse = yield* coarseStart(initial, scene, grid.box, walls)
  const tables = data === null ? null : yield* dataTables(data.density, box)
  return {
    grid: {
      halfWidth,
      cells: grid.box.cells,
      v: grid.v.slice(),
      vx: grid.vx.slice(),
      vy: grid.vy.slice(),
      vxy: grid.vxy.slice(),
    },
    barriers,
    transition: {
      stepSize,
      epsilon,
      skew: dynamics.skew,
      preconditioner: dynamics.preconditioner,
    },
    sampler: dynamics.sampler,
    jumpEvery: dynamics.jumpEvery,
    steps: dynamics.steps,
    cells: box.cells,
    kl0: initial.kl,
    start,
    fokkerPlanckStart: onCells(fokkerPlanckStart, grid.box),
    coarseStart: coarse,
    data: data === null || tables === null ? null : { ...tables, smoothed: data.smoothed },
    constants,
  }
}

/**
 * The scene's cells, or the fewest beyond them that resolve the kernel of a step where the chain starts and where
 * it ends; the scene's where none do.
 */
function* chainCells({
  scene,
  field,
  transition,
  gibbs,
  initial,
}: AnalysisInputOptions): Generator<void, number> {
  const { box } = field.grid
  const deviation = Math.sqrt(minEigenvalue2(...transition.covariance))
  const choices = [box.cells, ...CELL_CHOICES.filter((more) => more > box.cells)]
  const start = onCells(yield* startOf(initial, scene, box, false), box)
  const laws = [start, gibbs.density]
  for (const cells of choices) {
    const h = spacing({ ...box, cells })
    if (deviation < RESOLVED * h) continue
    const errors = aliasing(field, transition, deviation / h, laws)
    if (errors.every((error) => error <= ALIASING)) return cells
    yield
  }
  return choices.find((n) => deviation >= RESOLVED * spacing({ ...box, cells: n })) ?? box.cells
}

/**
 * Error of the quadrature of a step from each law, Σ ρ exp(−2π²(s/(h a))²)h², a the spectral norm of I − ηD∇²V.
 * @param ratio s/h of the cells in question
 * @param laws densities on the cells of the table
 */
function aliasing(
  field: EnergyField,
  transition: Transition,
  ratio: number,
  laws: readonly Float64Array[],
): number[] {
  const { box } = field.grid
  const j = new Float64Array(4)
  const sums = laws.map(() => 0)
  const area = spacing(box) * spacing(box)
  for (let row = 0, k = 0; row < box.cells; row++) {
    const y = centreCoordinate(box, row)
    for (let column = 0; column < box.cells; column++, k++) {
      jacobian(field, transition, centreCoordinate(box, column), y, j)
      const error = exp((-2 * Math.PI * Math.PI * ratio * ratio) / squaredNorm(j))
      for (const [i, law] of laws.entries()) sums[i] = sums[i]! + law[k]! * error * area
    }
  }
  return sums
}

/** ρ₀ on the cells where they resolve it, else as points on finer ones. */
function* startOf(
  initial: InitialLaw,
  scene: SceneSpec,
  box: Box,
  walls: boolean,
  tolerance = walls ? RESOLVED_WALLS : RESOLVED_MASS,
): Generator<void, ChainStart> {
  const { logDensity } = initial
  if (logDensity === null) {
    // A point mass, or data without a density: the particles themselves.
    const xy = initial.sample(scene.dynamics.particles, scene.seed)
    return { xy, mass: new Float64Array(xy.length / 2).fill(1) }
  }
  const massAt = (cells: number): number => {
    try {
      return tabulateDensity(logDensity, { ...box, cells }).mass
    } catch (error) {
      // A law between the centres of all cells.
      if (error instanceof RangeError) return 0
      throw error
    }
  }
  let mass = massAt(box.cells)
  for (let refinement = 1; ; refinement *= 2) {
    yield
    const finer = massAt(2 * refinement * box.cells)
    const settled = Math.abs(finer - mass) <= tolerance * finer
    if (settled && refinement === 1 && !walls) {
      return { density: tabulateDensity(logDensity, box).density }
    }
    if (settled || 2 * refinement > MOST_REFINEMENT) {
      return refinedStart(logDensity, box, Math.max(2, refinement))
    }
    mass = finer
  }
}

/** ρ₀ on half as many cells a side; null where those do not resolve it, or there is no half. */
function* coarseStart(
  initial: InitialLaw,
  scene: SceneSpec,
  box: Box,
  walls: boolean,
): Generator<void, Float64Array | null> {
  const cells = box.cells / 2
  if (!Number.isInteger(cells) || cells < LEAST_COARSE) return null
  const start = yield* startOf(
    initial,
    scene,
    { ...box, cells },
    walls,
    walls ? undefined : COARSE_MASS,
  )
  if (walls) return onCells(start, { ...box, cells })
  return 'density' in start ? start.density : null
}

/** The law as a density on the cells, each point in the cell that it lies in. */
function onCells(start: ChainStart, box: Box): Float64Array {
  if ('density' in start) return start.density
  const { xy, mass } = start
  const { cells, halfWidth } = box
  const h = spacing(box)
  const place = (x: number): number =>
    Math.max(0, Math.min(cells - 1, Math.floor((x + halfWidth) / h)))
  const density = new Float64Array(cells * cells)
  let total = 0
  for (let i = 0; i < xy.length / 2; i++) {
    const m = mass?.[i] ?? 1
    const k = place(xy[2 * i + 1]!) * cells + place(xy[2 * i]!)
    density[k] = density[k]! + m
    total += m
  }
  for (let k = 0; k < density.length; k++) density[k] = density[k]! / (total * h * h)
  return density
}

/** log ρ_D, normalised on Ω, and its score at the centres of the cells. */
function* dataTables(
  density: Density,
  box: Box,
): Generator<void, { logDensity: Float64Array; scoreX: Float64Array; scoreY: Float64Array }> {
  const { cells } = box
  const { logDensity } = tabulateDensity((x, y) => density.logDensity(x, y), box)
  const scoreX = new Float64Array(cells * cells)
  const scoreY = new Float64Array(cells * cells)
  const s = new Float64Array(2)
  for (let row = 0, k = 0; row < cells; row++) {
    yield
    const y = centreCoordinate(box, row)
    for (let column = 0; column < cells; column++, k++) {
      density.score(centreCoordinate(box, column), y, s)
      scoreX[k] = s[0]!
      scoreY[k] = s[1]!
    }
  }
  return { logDensity, scoreX, scoreY }
}
