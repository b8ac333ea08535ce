import type { CellDensity } from '../../../core/analysis/analyse.ts'
import type { InitialLaw } from '../../../core/analysis/laws/initialLaw.ts'
import type { ChainStart } from '../../../core/analysis/laws/exactChain.ts'
import { squaredNorm } from '../../../core/analysis/laws/exactChain.ts'
import { PAIRS, PILOT } from '../../../core/analysis/estimators/coupling.ts'
import { tabulateDensity } from '../../../core/analysis/estimators/kl.ts'
import { patchesOf } from '../../../core/analysis/stopping/walls.ts'
import type { Term } from '../../../core/analysis/constants/termConstants.ts'
import type { EnergyField, EnergyGrid } from '../../../core/fields/energyField.ts'
import { type Gibbs, gibbs } from '../../../core/fields/gibbs.ts'
import { jacobian, type Transition } from '../../../core/fields/transition.ts'
import { exp } from '../../../core/maths/elementary.ts'
import { type Box, centreCoordinate, spacing } from '../../../core/maths/grid.ts'
import { minEigenvalue2 } from '../../../core/maths/linalg2.ts'
import { Purpose, Rng } from '../../../core/maths/rng.ts'
import { samplerOf, stepperOf } from '../../../core/samplers/registry.ts'
import { departureOf } from '../../../core/samplers/sampler.ts'
import type { Density } from '../../../core/targets/target.ts'
import type { AnalysisInput } from '../../protocol/calls.ts'
import type { SceneSpec } from '../../scene/sceneSpec.ts'
import type { DataLaw } from '../energies/dataLaw.ts'

export interface AnalysisInputOptions {
  /** Normalised, with the step size filled in. */
  readonly scene: SceneSpec
  readonly field: EnergyField
  readonly transition: Transition
  /** π on the cells of the table. */
  readonly gibbs: Gibbs
  readonly initial: InitialLaw
  readonly constants: AnalysisInput['constants']
  /** Of a composition. */
  readonly terms: readonly Term[]
  /** The law of the data; null where there is none. */
  readonly data: DataLaw | null
}

/** Cells a side that `chainCells` tries where the scene's own do not resolve the kernel. */
const CELL_CHOICES = [96, 128, 160, 192, 224, 256] as const
/** Least standard deviation of the kernel, in cells; there the quadrature of the chain errs by exp(−2π²·1.1²) ≈ 4e-11. */
const RESOLVED = 1.1
/** Largest error of a step's quadrature, in mass, that `chainCells` accepts; below the limit of `ChainReading.aliasing`. */
const ALIASING = 3e-6
/** Largest difference from 1 of the mass of a law that the cells resolve. */
const RESOLVED_MASS = 1e-6
/** This tolerance for the starts of the continuous dynamics, whose own error is larger. */
const COARSE_MASS = 5e-5
/** Largest difference from 1 of the mass of the points of a resolved law. */
const RESOLVED_POINTS = 1e-4
/** Fewest cells a side for the continuous dynamics; a coarser table is interpolated between its nodes. */
const LEAST_CONTINUOUS = 96

/**
 * Everything that the laws of a run depend on, as plain data that may be transferred. Yields between pieces of work
 * of some ten milliseconds, so that the engine can answer frame requests between them.
 */
export function* analysisInput(options: AnalysisInputOptions): Generator<void, AnalysisInput> {
  const { scene, field, terms, transition, initial, constants, data } = options
  const { grid, barriers } = field
  const { halfWidth } = grid.box
  const { dynamics } = scene
  const { stepSize, epsilon } = transition
  const continuous = yield* continuousStarts(options)
  const chain = yield* chainCells(options)
  const cells = chain ?? continuous.fine.cells
  const box = { halfWidth, cells }
  const start = chain === null ? continuous.fine : yield* startOf(options, box)
  const tables = data === null ? null : yield* dataTables(data.density, box)
  const outside = data === null ? 0 : shareOutside(data.sample, halfWidth)
  return {
    grid: { halfWidth, cells: grid.box.cells, ...nodesOf(grid) },
    barriers,
    terms: terms.map(({ weight, grid: own }) => ({
      weight,
      grid: { box: own.box, ...nodesOf(own) },
    })),
    transition: {
      stepSize,
      epsilon,
      skew: dynamics.skew,
      preconditioner: dynamics.preconditioner,
    },
    ...(dynamics.metric === undefined ? {} : { metric: dynamics.metric }),
    departure: departureOf(stepperOf(dynamics)),
    jumpEvery: dynamics.jumpEvery,
    filtered: stepperOf(dynamics).filtering !== undefined,
    steps: dynamics.steps,
    cells,
    kl0: initial.kl,
    start,
    startResolved: isResolved(initial, start),
    fokkerPlanckStart: continuous.fine,
    infiniteFisher:
      (dynamics.initial.kind === 'uniform' && dynamics.initial.halfWidth < grid.box.halfWidth) ||
      (dynamics.initial.kind !== 'gibbs' && barriers.some(({ strength }) => strength > 0)),
    coarseStart: continuous.coarse,
    data: data === null || tables === null ? null : { ...tables, smoothed: data.smoothed, outside },
    pairs:
      departureOf(samplerOf(dynamics)) !== null || barriers.length > 0
        ? null
        : { seed: scene.seed, starts: initial.sample(2 * (PILOT + PAIRS), scene.seed) },
    patches: constants.quadratic ? patchesOf(dynamics.initial, initial, grid.box) : [],
    constants,
  }
}

/** Copies of the values of a table at its nodes, which may be transferred. */
function nodesOf({ v, vx, vy, vxy }: EnergyGrid): Omit<EnergyGrid, 'box'> {
  return { v: v.slice(), vx: vx.slice(), vy: vy.slice(), vxy: vxy.slice() }
}

/**
 * The start of the continuous dynamics on two grids: the table's cells, doubled up to at least LEAST_CONTINUOUS, and
 * half as many. Both starts are values at the centres, or both shares of points, so that they differ by O(h²).
 */
function* continuousStarts(
  options: AnalysisInputOptions,
): Generator<void, { readonly fine: CellDensity; readonly coarse: CellDensity }> {
  const { scene, field } = options
  const { halfWidth } = field.grid.box
  let { cells } = field.grid.box
  while (cells < LEAST_CONTINUOUS) cells *= 2
  const [fine, coarse] = [cells, Math.ceil(cells / 2)].map((n) => ({ halfWidth, cells: n })) as [
    Box,
    Box,
  ]
  if (scene.dynamics.initial.kind === 'gibbs') {
    // The stationary law of the solver itself on these cells: the solver does not move it.
    const atRest = (box: Box): CellDensity => ({
      cells: box.cells,
      density: gibbs(field, scene.dynamics.epsilon, box).density,
    })
    const few = atRest(coarse)
    yield
    return { fine: atRest(fine), coarse: few }
  }
  let few = yield* startOf(options, coarse, { tolerance: COARSE_MASS })
  const many = yield* startOf(options, fine, {
    tolerance: COARSE_MASS,
    averaged: !('density' in few),
  })
  if ('density' in few && !('density' in many))
    few = yield* startOf(options, coarse, { averaged: true })
  const whole = staysOnCells(few, coarse, options)
  return { fine: onCells(many, fine, whole), coarse: onCells(few, coarse, whole) }
}

/**
 * The scene's cells a side, or the fewest of CELL_CHOICES beyond them, that resolve the kernel of a step from the start
 * and from π; else the fewest that hold the kernel's deviation; null where none do, and where the law has atoms.
 */
function* chainCells(options: AnalysisInputOptions): Generator<void, number | null> {
  const { scene, field, transition } = options
  if (departureOf(samplerOf(scene.dynamics)) !== null || field.barriers.length > 0) return null
  const { box } = field.grid
  const deviation = Math.sqrt(minEigenvalue2(...transition.covariance))
  const choices = [box.cells, ...CELL_CHOICES.filter((more) => more > box.cells)]
  const points = yield* startOf(options, box)
  const start = onCells(points, box, staysOnCells(points, box, options)).density
  const laws = [start, options.gibbs.density]
  for (const cells of choices) {
    const h = spacing({ ...box, cells })
    if (deviation < RESOLVED * h) continue
    const errors = aliasing(field, transition, deviation / h, laws)
    if (errors.every((error) => error <= ALIASING)) return cells
    yield
  }
  return choices.find((n) => deviation >= RESOLVED * spacing({ ...box, cells: n })) ?? null
}

/**
 * Quadrature error of one step from each law, Σ ρ exp(−2π²(s/(h a))²)h², a the spectral norm of I − ηD∇²V.
 * @param ratio s/h, the least standard deviation of the kernel in widths of the proposed cells
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

interface StartOptions {
  /** Largest difference from 1 of the mass of a resolved law. */
  readonly tolerance?: number
  /** Returns points even where the cells resolve the law. */
  readonly averaged?: boolean
}

/**
 * ρ₀ as a density where the cells resolve it: its mass on them and on cells half as wide is 1 within `tolerance`.
 * Otherwise the points of the law's own quadrature, or the particles of a law without a density.
 */
function* startOf(
  { initial, scene }: AnalysisInputOptions,
  box: Box,
  { tolerance = RESOLVED_MASS, averaged = false }: StartOptions = {},
): Generator<void, ChainStart> {
  const { logDensity, visit, smooth } = initial
  if (logDensity === null || visit === null) {
    // The law is a point mass, or that of data without a density.
    const xy = initial.sample(scene.dynamics.particles, scene.seed)
    return { xy, mass: new Float64Array(xy.length / 2).fill(1) }
  }
  if (smooth && !averaged) {
    const table = tabulateDensity(logDensity, box)
    yield
    const finer = tabulateDensity(logDensity, { ...box, cells: 2 * box.cells })
    yield
    if ([table, finer].every(({ mass }) => Math.abs(mass - 1) <= tolerance)) {
      return { density: table.density }
    }
  }
  const xy: number[] = []
  const mass: number[] = []
  visit(box, (x, y, m) => {
    xy.push(x, y)
    mass.push(m)
  })
  return { xy: Float64Array.from(xy), mass: Float64Array.from(mass) }
}

/** Whether the masses of a start add up to 1 within RESOLVED_POINTS; the particles of a law without a density always do. */
function isResolved(initial: InitialLaw, start: ChainStart): boolean {
  if (initial.visit === null) return true
  if ('density' in start) return initial.kl !== null
  const mass = start.mass?.reduce((sum, m) => sum + m, 0) ?? 0
  return initial.kl !== null && Math.abs(mass - 1) <= RESOLVED_POINTS
}

/** Largest shift of a Gaussian's mean, in cell widths, by averaging over cells of twice its standard deviation. */
const MOVED = exp(-(Math.PI ** 2) / 2) / Math.PI

/**
 * Whether each point counts for the cell that contains it: with barriers, so that no mass crosses a wall, and for a
 * smooth law wide enough that averaging over cells shifts its mean by at most MOVED cells an axis.
 */
function staysOnCells(
  start: ChainStart,
  box: Box,
  { initial, field }: Pick<AnalysisInputOptions, 'initial' | 'field'>,
): boolean {
  if (field.barriers.length > 0 || 'density' in start) return true
  const { xy, mass } = start
  const moved = [0, 0]
  let total = 0
  for (let i = 0; i < xy.length; i++) {
    const x = (xy[i]! + box.halfWidth) / spacing(box)
    const m = mass?.[i >> 1] ?? 1
    moved[i % 2]! += m * (Math.floor(x) + 0.5 - x)
    total += m / 2
  }
  return initial.smooth && moved.every((sum) => Math.abs(sum) <= MOVED * total)
}

/** The quadratic B-spline at the three nearest centres of cells. @param off point − middle centre, in widths, in [−½, ½] */
function sharesOf(off: number): readonly number[] {
  return [(0.5 - off) ** 2 / 2, 0.75 - off * off, (0.5 + off) ** 2 / 2]
}

/**
 * The law as a density on the cells.
 * @param whole true: each point counts for the cell that contains it, which adds the variance h²/12. False: a B-spline
 * shares each point out among three cells an axis; shares beyond a wall go to the outermost cell. That keeps the mean
 * and adds the variance h²/4 wherever a point lies in its cell, so the errors of two grids are in the ratio of their h².
 */
function onCells(start: ChainStart, box: Box, whole: boolean): CellDensity {
  const { cells, halfWidth } = box
  if ('density' in start) return { cells, density: start.density }
  const { xy, mass } = start
  const h = spacing(box)
  const inside = (cell: number): number => Math.max(0, Math.min(cells - 1, cell))
  const density = new Float64Array(cells * cells)
  let total = 0
  for (let i = 0; i < xy.length / 2; i++) {
    const m = mass?.[i] ?? 1
    total += m
    const x = (xy[2 * i]! + halfWidth) / h
    const y = (xy[2 * i + 1]! + halfWidth) / h
    if (whole) {
      const k = inside(Math.floor(y)) * cells + inside(Math.floor(x))
      density[k] = density[k]! + m
      continue
    }
    const [column, row] = [Math.floor(x), Math.floor(y)]
    const across = sharesOf(x - column - 0.5)
    const along = sharesOf(y - row - 0.5)
    for (let j = 0; j < 3; j++) {
      for (let l = 0; l < 3; l++) {
        const k = inside(row + j - 1) * cells + inside(column + l - 1)
        density[k] = density[k]! + m * along[j]! * across[l]!
      }
    }
  }
  for (let k = 0; k < density.length; k++) density[k] = density[k]! / (total * h * h)
  return { cells, density }
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

/** Number of draws: a share of 1/1000 gets a relative standard error of 1/8. */
const DRAWS = 2 ** 16
/** A fixed seed, because the share belongs to the law, not to the scene. */
const DRAWS_KEY = { seed: 1, purpose: Purpose.probe }

/** Share of a law's mass outside Ω, estimated by draws, which no width of cells limits; none of a composition, which is made on Ω. */
function shareOutside(sample: DataLaw['sample'], halfWidth: number): number {
  if (sample === null) return 0
  const xy = sample(new Rng(DRAWS_KEY), DRAWS)
  let outside = 0
  for (let k = 0; k < xy.length; k += 2) {
    if (!(Math.abs(xy[k]!) <= halfWidth && Math.abs(xy[k + 1]!) <= halfWidth)) outside++
  }
  return outside / DRAWS
}
