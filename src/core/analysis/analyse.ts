import type { EnergyField } from '../fields/energyField.ts'
import type { Barrier } from '../fields/barriers/registry.ts'
import { type Gibbs, gibbs } from '../fields/gibbs.ts'
import {
  createTransition,
  type Transition,
  type TransitionParameters,
} from '../fields/transition.ts'
import { type Metric, metricTable, type PlaceMetric } from '../fields/placeMetric.ts'
import { log } from '../maths/elementary.ts'
import { type Box, spacing } from '../maths/grid.ts'
import { minEigenvalue2 } from '../maths/linalg2.ts'
import { type Constants, type LawCurves, noLawCurves } from './curves.ts'
import type { Coupling } from './estimators/coupling.ts'
import { driftErrorOf, meanOver } from './laws/dataDrift.ts'
import {
  type ChainStart,
  createExactChain,
  type ExactChain,
  foldedAtRest,
} from './laws/exactChain.ts'
import { relativeFisher } from './laws/fisher.ts'
import {
  createFokkerPlanck,
  dissipationError,
  type FokkerPlanckDynamics,
  fokkerPlanckCurve,
  klOnCells,
  openCellsOnly,
} from './laws/fokkerPlanck.ts'
import { createGridJump } from './laws/gridJump.ts'
import { type Basins, basinsOf, startMasses, strayShare } from './constants/basins.ts'
import type { TermConstants } from './constants/inheritance.ts'
import { renyiDivergence, type Split, splitsOf } from './constants/poincare.ts'
import { logSobolevEstimate, logSobolevLowerBound } from './constants/logSobolev.ts'
import { type MetricGain, metricGain } from './constants/metric.ts'
import { type ModeRaster, slowModeOf } from './constants/slowMode.ts'
import { ASYMPTOTIC, furtherModes, type GapOnGrids, gapOnGrids } from './constants/spectrum.ts'
import { aPrioriEnvelope, FOLDED_LIMIT, overshoot } from './stopping/certificates.ts'
import type { Term } from './constants/termConstants.ts'
import { type Patch, quadraticWalls, type Walls } from './stopping/walls.ts'

/** A density on cells × cells cells of Ω: Σ density·h² = 1. */
export interface CellDensity {
  readonly cells: number
  readonly density: Float64Array
}

/** All that the laws of a run depend on, as plain data. Values on cells are row-major, x fastest, y upwards. */
export interface AnalysisInput {
  /** The table, as in `EnergyGrid`. */
  readonly grid: {
    readonly halfWidth: number
    readonly cells: number
    readonly v: Float64Array
    readonly vx: Float64Array
    readonly vy: Float64Array
    readonly vxy: Float64Array
  }
  readonly barriers: readonly Barrier[]
  /** The terms of a composition, their tables on the same box; none of other energies. */
  readonly terms: readonly Term[]
  readonly transition: TransitionParameters
  /** The metric that depends on the place; its table follows from that of the energy. Absent: none. */
  readonly metric?: PlaceMetric
  /** Why the sampler's steps are not those of unadjusted Langevin, a clause; null where they are. */
  readonly departure: string | null
  readonly jumpEvery: number
  /** Whether a barrier filter bends the drift: the continuous dynamics are then not those of π, and are not followed. */
  readonly filtered?: boolean
  readonly steps: number
  /** Cells a side of the chain's grid: the scene's, or more where the kernel needs them. */
  readonly cells: number
  /** KL(ρ₀‖π) by quadrature; null where ρ₀ has no density. */
  readonly kl0: number | null
  /** ρ₀ for the chain: a density on its cells, or points with masses where the cells do not resolve it. */
  readonly start: ChainStart
  /** Whether a quadrature finds the whole mass of ρ₀; true where ρ₀ has no density. */
  readonly startResolved: boolean
  /** ρ₀ for the continuous dynamics, on the cells of their grid. */
  readonly fokkerPlanckStart: CellDensity
  /** Whether I(ρ₀‖π) is infinite: ρ₀ jumps inside Ω, or does not vanish at a soft wall, where ∇V grows like 1/h. */
  readonly infiniteFisher: boolean
  /** ρ₀ on about half as many cells a side, where these resolve it; else null. */
  readonly coarseStart: CellDensity | null
  /** The law of the data at the centres of the chain's cells; null where the target has no density. */
  readonly data: {
    readonly logDensity: Float64Array
    readonly scoreX: Float64Array
    readonly scoreY: Float64Array
    /** Whether it is a kernel estimate from points rather than a known density. */
    readonly smoothed: boolean
    /** Share of the data's law outside Ω; laws are compared with the rest of it, renormalised. */
    readonly outside: number
  } | null
  /**
   * For coupled pairs of chains: the seed of their noise, and independent draws of ρ₀ [x0, y0, …], two a pair. Null where the
   * steps are not those of unadjusted Langevin, or may be refused.
   */
  readonly pairs: { readonly seed: number; readonly starts: Float64Array } | null
  /** Patches of ρ₀ for a quadratic energy, from which `quadraticWalls` bounds the mass that passes the walls; else empty. */
  readonly patches: readonly Patch[]
  readonly constants: Pick<Constants, 'convexity' | 'smoothness' | 'quadratic'> &
    Partial<Pick<Constants, 'curvature95'>>
}

/** What takes seconds of a processor: worked out after the laws are known, where the page shows it or the chosen criterion reads it. */
export interface Extras {
  readonly spectralGapBound: NonNullable<Constants['spectralGapBound']>
  readonly coupling: Coupling
  /** What is proved of each term of a composition by itself; none of other energies. */
  readonly terms: readonly TermConstants[]
}

/** The findings on the laws of a run. Curves have one entry a step from 0 on, null where not evaluated (yet). */
export interface AnalysisReport extends Partial<Extras> {
  readonly stage: 'coarse' | 'fine' | 'done'
  readonly curves: LawCurves
  /**
   * Last step to which the exact law of the chain has been followed at this stage; −1 where there is none (yet). At the stage
   * `fine` the entries beyond it are those of a coarse preview.
   */
  readonly exactTo: number
  /** Cells a side that the exact law is followed on; null where there is none. */
  readonly cells: number | null
  /** Why there is no exact law, or from which step on it is not resolved; null where all is well. */
  readonly unresolved: string | null
  /** Why the continuous dynamics are not followed; null where they are. */
  readonly withoutContinuous: string | null
  /** Share of the law of the data outside Ω, which is left out of it; null where there is none. */
  readonly dataOutside: number | null
  /**
   * KL(π‖ρ_D), nats, of the law of the data in Ω: how far from the data the law is that is sampled. At ε = 1 and without barriers that is
   * what the energy has wrong. Null where there is no law of the data, and until it is known.
   */
  readonly dataAtGibbs: number | null
  /** Mass folded at the walls in the step that ends at k, of the exact law. */
  readonly foldedMass: readonly (number | null)[]
  /**
   * Largest rise of the continuous dynamics' KL in a step, nats, on the finest cells themselves, before any
   * extrapolation; negative where KL falls in every step, null until followed. Without a skew drift a rise is rounding: see
   * `FokkerPlanck`.
   */
  readonly fokkerPlanckRise: number | null
  /** Largest |ΔKL + ∫εI dt|/|ΔKL| over the steps of the continuous dynamics that move KL; null: unknown. */
  readonly dissipationError: number | null
  /** Known from the stage `fine` on. */
  readonly constants: Pick<
    Constants,
    | 'spectralGap'
    | 'spectralGapError'
    | 'spectralGapResolved'
    | 'slowMode'
    | 'logSobolevEstimate'
    | 'twoStateFactor'
    | 'logSobolevBound'
    | 'strayStart'
  > | null
  /** What the metric of the run gains over P = I, where it depends on the place; with `constants`. */
  readonly metricGain?: MetricGain
  /** Splits of ρ₀, from which a gap certifies; null where the cells do not resolve ρ₀ or π, and until they are known. */
  readonly startSplits?: readonly Split[] | null
  /** The mode of the gap over the cells that it was found on, to be shown; with `constants`. */
  readonly mode: ModeRaster | null
  /** The basins of attraction on the table's cells, to be shown; known before `constants`. */
  readonly basins: Basins | null
}

/** The state of the work between two pieces of it. */
export interface Progress {
  /** Returns a copy of the findings so far. */
  readonly report: () => AnalysisReport
  /** Whether a curve has just become complete, so that the caller should show it at once. */
  readonly milestone: boolean
  /** The present piece of work, in words. */
  readonly doing: () => string
}

export const NOT_RESOLVED = 'η below grid resolution: bias not resolved'
const NOT_FOUND =
  'the start is too thin for any quadrature on this grid: no law is followed exactly'
const NOT_SPANNED = 'a step of this η stretches the law beyond what the cells resolve: no exact law'

/** Where η is unstable, the continuous dynamics are not followed if they take more cell updates than this, some ten seconds. */
const MOST_UPDATES = 5e8
export const UNSTABLE =
  'η is unstable, and its steps are too long to follow the continuous dynamics along them'

const FILTERED = 'a filtered drift has continuous dynamics of its own, which do not rest at π'

const STEEP_METRIC =
  'this metric is so large somewhere that the continuous dynamics would take too many steps'

/** KL, nats, below which its ratio to I, and that of two grids, may be rounding. */
const LEAST_KL = 1e-6
/** Relative error of the dissipation in a step up to which I is taken as that of the law. */
const DISSIPATED = 0.05
/** Cells a side that tell the wells of slow modes apart. */
const LEAST_FOR_MODES = 48
/** Least standard deviation of a step's noise, in cells, for a coarse preview of the chain. */
const COARSE_RESOLVED = 1.1
/** A law that moves by less than this in total variation a step is at rest to rounding: the rest of the curve is flat. */
const AT_REST = 1e-13
/**
 * Follows the laws of a run: the continuous dynamics and the exact law of the chain, with the constants of π. It
 * yields after each small piece of work, so that a worker may pause, report the findings so far, or stop.
 * It follows the continuous dynamics on about half as many cells first, and extrapolates the final curve from both grids.
 * @param progressive whether to follow the chain, too, on half as many cells first, as a preview; the final report is the
 *   same with and without it
 */
export function* analyse(
  input: AnalysisInput,
  progressive: boolean,
): Generator<Progress, AnalysisReport> {
  const known = new Findings(input)
  yield known.going
  const { coarseStart } = input
  let coarse: ContinuousCurves | null = null
  const continuous = known.withoutContinuous === null
  if (continuous && coarseStart !== null) {
    coarse = yield* known.followContinuous(coarseStart, null, null)
    const preview = progressive ? coarseChain(input, coarseStart) : null
    if (preview !== null) yield* known.followChain(preview.box, preview.start, null)
  }
  known.refine()
  const { halfWidth } = input.grid
  const chain = known.hasChain
  const data = chain || input.cells !== input.fokkerPlanckStart.cells ? null : input.data
  if (continuous) yield* known.followContinuous(input.fokkerPlanckStart, data, coarse)
  yield* known.findConstants()
  yield* known.splitStart()
  if (chain) yield* known.followChain({ halfWidth, cells: input.cells }, input.start, input.data)
  known.stage = 'done'
  return known.whole.report()
}

interface ContinuousCurves extends Pick<
  LawCurves,
  'fokkerPlanck' | 'fokkerPlanckFisher' | 'renyi'
> {
  readonly cells: number
  /** The part of KL due to V, (E_ρ[V] − E_π[V])/ε with the grid's own π; the rest is due to the entropies. */
  readonly energy: readonly number[]
  /** h²I(ρ_k‖π), the mean square change of log ρ_k/π from a cell to the next: small where the cells resolve ρ_k/π. */
  readonly steepness: readonly number[]
  /** h²E_π|∇V|²/(6ε²) above `COARSE`, the share by which the flow on the cells may be too fast or too slow; else 0. */
  readonly coarseness: number
}
type Data = NonNullable<AnalysisInput['data']>

interface StartOnCells {
  readonly pi: Gibbs
  readonly density: Float64Array
  readonly renyi: number | null
}

/** What `analyse` has found so far; its methods do the work and fill the curves. */
class Findings {
  stage: AnalysisReport['stage'] = 'coarse'
  /** Whether the sampler's law has a density that a grid can follow. */
  readonly hasChain: boolean
  readonly going: Progress
  readonly whole: Progress
  readonly withoutContinuous: string | null

  private doing = 'the laws of the run'
  private readonly input: AnalysisInput
  private readonly field: EnergyField
  private readonly dynamics: FokkerPlanckDynamics
  private readonly transition: Transition
  /** Bounds on the mass that the walls fold; null unless V is a convex quadratic. */
  private readonly walls: Walls | null
  private curves: LawCurves
  private exactTo = -1
  private cells: number | null = null
  private unresolved: string | null
  private foldedMass: (number | null)[]
  private fokkerPlanckRise: number | null = null
  private dissipationError: number | null = null
  private dataAtGibbs: number | null = null
  private constants: AnalysisReport['constants'] = null
  private mode: ModeRaster | null = null
  private basins: Basins | null = null
  private metricGain: MetricGain | null = null
  private startSplits: readonly Split[] | null = null
  /** The least εI/(2KL) of the run's laws, which λ cannot exceed; `keepAbove` may lower it further. */
  private leastRate = Infinity
  private boundOf: { rate: number | null; at: LawCurves['envelope'] | null } | null = null
  /** Whether the walls fold so little mass that the a-priori bounds hold. */
  private foldsLittle = false

  constructor(input: AnalysisInput) {
    const { grid, barriers, steps } = input
    this.input = input
    const { halfWidth, cells, v, vx, vy, vxy } = grid
    this.field = { grid: { box: { halfWidth, cells }, v, vx, vy, vxy }, barriers }
    const metric = input.metric === undefined ? null : metricTable(this.field.grid, input.metric)
    this.dynamics = { ...input.transition, metric }
    this.transition = createTransition({ ...input.transition, metricTable: metric })
    this.curves = noLawCurves(steps)
    this.foldedMass = new Array<null>(steps + 1).fill(null)
    this.unresolved =
      withoutDensity(input) ??
      (input.startResolved ? null : NOT_FOUND) ??
      unresolvedKernel(input, this.transition)
    this.hasChain = this.unresolved === null
    this.withoutContinuous =
      input.filtered === true
        ? FILTERED
        : overshoot(input) !== null && this.isLong()
          ? UNSTABLE
          : input.metric !== undefined && this.isLong()
            ? STEEP_METRIC
            : null
    this.walls =
      input.constants.quadratic && input.constants.convexity > 0
        ? quadraticWalls(this.field, input.transition, input.patches)
        : null
    const report = (): AnalysisReport => ({
      stage: this.stage,
      curves: { ...copied(this.curves), envelope: this.envelope() },
      exactTo: this.exactTo,
      cells: this.cells,
      unresolved: this.unresolved,
      withoutContinuous: this.withoutContinuous,
      dataOutside: input.data?.outside ?? null,
      dataAtGibbs: this.dataAtGibbs,
      foldedMass: [...this.foldedMass],
      fokkerPlanckRise: this.fokkerPlanckRise,
      dissipationError: this.dissipationError,
      constants: this.bounded(),
      startSplits: this.startSplits,
      ...(this.metricGain === null ? {} : { metricGain: this.metricGain }),
      mode: this.mode === null ? null : { ...this.mode, values: this.mode.values.slice() },
      basins: this.basins === null ? null : { ...this.basins, wellOf: this.basins.wellOf.slice() },
    })
    const doing = () => this.doing
    this.going = { report, doing, milestone: false }
    this.whole = { report, doing, milestone: true }
  }

  /** Whether the solver of the continuous dynamics needs more than `MOST_UPDATES` cell updates for the run. */
  private isLong(): boolean {
    const { steps, transition, fokkerPlanckStart, grid } = this.input
    const box = { halfWidth: grid.halfWidth, cells: fokkerPlanckStart.cells }
    const { stepLimit } = createFokkerPlanck(this.field, transition.epsilon, box, this.dynamics)
    return steps * Math.ceil(transition.stepSize / stepLimit) * box.cells ** 2 > MOST_UPDATES
  }

  /**
   * Follows KL and I of the continuous dynamics at the times kη. The previous curve stays until the new one is complete.
   * @param start ρ₀ on the cells of the solver
   * @param data the law of the data on the same cells, to compare with; null: no comparison
   * @param coarse the result on fewer cells, to extrapolate from: the error O(h²) becomes O(h⁴)
   */
  *followContinuous(
    { cells, density: start }: CellDensity,
    data: Data | null,
    coarse: ContinuousCurves | null,
  ): Generator<Progress, ContinuousCurves> {
    const { steps, transition, jumpEvery, grid } = this.input
    const box = { halfWidth: grid.halfWidth, cells }
    const density = start.slice()
    const solver = createFokkerPlanck(this.field, transition.epsilon, box, this.dynamics)
    openCellsOnly(density, solver.gibbs)
    const jumps =
      jumpEvery > 0 ? { every: jumpEvery, apply: createGridJump(solver.gibbs) } : undefined
    const { fokkerPlanck, fokkerPlanckFisher, renyi, ...before } = noLawCurves(steps)
    const against = data === null ? null : new DataComparison(this.field, solver.gibbs, data)
    this.dataAtGibbs = against?.atGibbs() ?? this.dataAtGibbs
    const area = spacing(box) * spacing(box)
    const mass = against === null ? null : new Float64Array(density.length)
    const shown: boolean[] = []
    const atRest = meanEnergy(solver.gibbs.density, solver.gibbs)
    const energy: number[] = []
    const steepness: number[] = []
    let worst: number | null = null
    let rise: number | null = null
    let previous = Number.NaN
    let k = 0
    for (const reading of fokkerPlanckCurve(solver, density, transition.stepSize, steps, jumps)) {
      fokkerPlanck[k] = k === 0 ? (this.input.kl0 ?? reading.kl) : reading.kl
      fokkerPlanckFisher[k] = this.fisherAt(k, reading.fisher, reading.kl)
      renyi[k] = renyiDivergence(reading.density, solver.gibbs)
      energy[k] = meanEnergy(reading.density, solver.gibbs) - atRest
      steepness[k] = area * reading.fisher
      if (k > 0) rise = Math.max(rise ?? -Infinity, reading.kl - previous)
      previous = reading.kl
      const error = dissipationError(reading)
      if (error !== null) worst = Math.max(worst ?? 0, error)
      // Where I accounts for the fall of KL, the cells resolve the law.
      const resolved = error !== null && error < DISSIPATED
      shown.push(resolved)
      if (resolved && start === this.input.fokkerPlanckStart.density)
        this.noteLaw(reading.kl, reading.fisher)
      if (against !== null && mass !== null) {
        for (let c = 0; c < mass.length; c++) mass[c] = reading.density[c]! * area
        against.note(before, k, mass)
      }
      this.doing = `the continuous dynamics on ${cells}² cells, step ${k} of ${steps}`
      k++
      yield this.going
    }
    const own = {
      cells,
      energy,
      steepness,
      coarseness: coarsenessOf(solver.gibbs),
      fokkerPlanck,
      fokkerPlanckFisher,
      renyi,
    }
    const drawn =
      coarse === null
        ? { ...own, fokkerPlanckError: before.fokkerPlanckError, resolved: null }
        : extrapolated(own, coarse, this.input.kl0 !== null, this.field.barriers.length > 0)
    if (against !== null && drawn.fokkerPlanckFisher[0] === null) before.dataFisher[0] = null
    this.curves = {
      ...this.curves,
      fokkerPlanck: drawn.fokkerPlanck,
      fokkerPlanckError: drawn.fokkerPlanckError,
      fokkerPlanckFisher: drawn.fokkerPlanckFisher,
      renyi: renyi.map((value, j) => {
        const other = coarse?.renyi[j] ?? null
        return value === null || other === null ? value : value + Math.abs(value - other)
      }),
    }
    for (let j = 0; j <= steps; j++) {
      const kl = drawn.fokkerPlanck[j] ?? null
      if (kl !== null && shown[j] === true && kl > 10 * (drawn.fokkerPlanckError[j] ?? 0))
        this.noteLaw(kl, drawn.fokkerPlanckFisher[j] ?? null)
    }
    this.fokkerPlanckRise = rise
    if (against !== null) {
      const { dataKl, dataFisher, residual } = before
      for (let j = 1; j <= steps; j++)
        if (drawn.resolved?.[j] === false) dataKl[j] = dataFisher[j] = residual[j] = null
      this.curves = { ...this.curves, dataKl, dataFisher, residual }
    }
    this.dissipationError = worst
    yield this.whole
    return own
  }

  /** Enters the stage `fine`: the exact law found so far is a preview from now on. */
  refine(): void {
    this.stage = 'fine'
    this.exactTo = -1
    // What the preview's coarse cells did not resolve, the finer ones may.
    if (this.hasChain) this.unresolved = null
  }

  /** The spectral gap in a metric, with its mode. */
  private *gapIn(metric: Metric, pi: Gibbs): Generator<Progress, GapOnGrids> {
    const seeking = gapOnGrids(this.field, pi, metric)
    for (;;) {
      const next = seeking.next()
      if (next.done === true) return next.value
      yield this.going
    }
  }

  *findConstants(): Generator<Progress, void> {
    const { input, field } = this
    const { epsilon } = input.transition
    this.doing = 'the constants of the landscape'
    const pi = gibbs(field, epsilon)
    yield this.going
    const basins = basinsOf(field, pi)
    this.basins = basins
    yield this.going
    const [[xx, xy], [, yy]] = input.transition.preconditioner
    const table = this.transition.metric
    const metric: Metric = table ?? [xx, xy, yy]
    const { gap, fine, coarse } = yield* this.gapIn(metric, pi)
    let estimate = logSobolevEstimate(fine.law, [{ ...fine.slowest, value: gap.value }])
    // The modes after the first are sought on the coarse cells where these tell wells apart.
    const { law, slowest } = coarse.law.box.cells >= LEAST_FOR_MODES ? coarse : fine
    for (const mode of furtherModes(law, metric, [slowest], () => estimate.value)) {
      const next = logSobolevEstimate(law, [mode])
      if (next.value < estimate.value) estimate = next
      yield this.going
    }
    // `logSobolevLowerBound` holds for the dynamics with P = I only.
    const euclidean = table === null && xx === 1 && xy === 0 && yy === 1
    const bound = euclidean ? logSobolevLowerBound(field, epsilon) : null
    const masses = input.startResolved ? startMasses(input.start, input.cells, pi) : null
    const { slowMode, raster } = slowModeOf(fine.law, fine.slowest.mode)
    this.mode = raster
    this.constants = {
      spectralGap: Math.max(gap.value, bound?.value ?? 0),
      spectralGapError: gap.error,
      spectralGapResolved: gap.resolved,
      slowMode,
      logSobolevEstimate: estimate.value,
      twoStateFactor: estimate.factor,
      logSobolevBound: bound,
      strayStart: masses === null ? null : strayShare(basins, masses),
    }
    if (table !== null) {
      yield this.going
      this.doing = 'the gap without the metric'
      const plain = yield* this.gapIn([1, 0, 1], pi)
      this.metricGain = metricGain(
        ...([field, pi, table, this.constants.spectralGap!, plain.gap.value] as const),
      )
    }
    this.foldsLittle =
      this.walls !== null || foldedAtRest(field, pi, this.transition) <= FOLDED_LIMIT
    yield this.whole
  }

  /**
   * Finds the splits of ρ₀ where the cells resolve it and π, with the KL that the quadrature has. Means over cells make χ² smaller, by as
   * much as h²: the difference of two grids is added to every split.
   */
  *splitStart(): Generator<Progress, void> {
    const { fokkerPlanckStart: fine, coarseStart: coarse, kl0, grid, transition } = this.input
    if (kl0 === null || coarse === null) return
    const [law, rough] = [fine, coarse].map(({ cells, density }) => {
      const pi = gibbs(this.field, transition.epsilon, { halfWidth: grid.halfWidth, cells })
      return { pi, density, renyi: renyiDivergence(density, pi) }
    }) as [StartOnCells, StartOnCells]
    yield this.going
    const off = Math.abs(klOnCells(law.density, law.pi) - kl0)
    if (law.pi.refinement > 1 || !(off <= START_OFF) || law.renyi === null || rough.renyi === null)
      return
    const error = Math.abs(law.renyi - rough.renyi)
    this.startSplits = splitsOf(law.density, law.pi).map((split) => ({
      ...split,
      renyi: split.renyi + error,
    }))
    yield this.going
  }

  /**
   * The constants, with the estimate of λ lowered to `leastRate` where a law of the run contradicts it, but never below the
   * proved bound of λ.
   */
  private bounded(): AnalysisReport['constants'] {
    if (this.constants === null) return null
    const { logSobolevEstimate: estimate, logSobolevBound: bound } = this.constants
    return {
      ...this.constants,
      logSobolevEstimate: Math.max(
        Math.min(estimate ?? Infinity, this.leastRate),
        bound?.value ?? 0,
      ),
    }
  }

  /** λ ≤ εI/(2KL) for every law; near rest both are rounding. */
  private noteLaw(kl: number | null, fisher: number | null): void {
    if (kl === null || fisher === null || !(kl > LEAST_KL)) return
    this.leastRate = Math.min(this.leastRate, (this.input.transition.epsilon * fisher) / (2 * kl))
  }

  /** The a-priori bound on KL_k with the present estimate of λ; null where there is none. */
  private bound(): LawCurves['envelope'] | null {
    const constants = this.bounded()
    if (constants === null || !this.foldsLittle) return null
    const { logSobolevEstimate: rate } = constants
    if (this.boundOf?.rate !== rate) {
      const { input, curves } = this
      const known = { ...input.constants, ...constants }
      const { walls } = this
      const envelope = aPrioriEnvelope({ ...input, walls: () => walls, constants: known })
      const at =
        envelope === null
          ? null
          : curves.envelope.map((_, k) => (envelope.at(k) < Infinity ? envelope.at(k) : null))
      this.boundOf = { rate, at }
    }
    return this.boundOf.at
  }

  /** Lowers the estimate of λ, while above its proved bound, until the a-priori bound at step k is not below the exact KL. */
  private keepAbove(kl: number, k: number): void {
    for (;;) {
      const envelope = this.bound()
      const estimate = this.bounded()?.logSobolevEstimate ?? 0
      if (envelope === null || kl <= (envelope[k] ?? Infinity) * (1 + 1e-5) + LEAST_KL) return
      const lower = 0.9 * estimate
      if (lower <= (this.constants?.logSobolevBound?.value ?? 0)) return
      this.leastRate = lower
    }
  }

  private envelope(): LawCurves['envelope'] {
    // Without `walls` the bound does not allow for folded mass: it is dropped once a step has folded too much.
    const folds =
      this.walls === null && this.foldedMass.some((folded) => (folded ?? 0) > FOLDED_LIMIT)
    return [...((folds ? null : this.bound()) ?? this.curves.envelope)]
  }

  /** Follows the exact law of the chain step by step; each of its entries replaces that of the preview. */
  *followChain(box: Box, start: ChainStart, data: Data | null): Generator<Progress, void> {
    const { steps, kl0, transition } = this.input
    const chain = createExactChain({
      field: this.field,
      transition: this.transition,
      gibbs: gibbs(this.field, transition.epsilon, box),
      start,
    })
    yield this.going
    const against = data === null ? null : new DataComparison(this.field, chain.gibbs, data)
    this.dataAtGibbs = against?.atGibbs() ?? this.dataAtGibbs
    // Entries of the preview stay at the steps that the finer law has not reached yet.
    const { klExact, fisher, mismatch, dataKl, dataFisher, residual } = copied(this.curves)
    const curves = { klExact, fisher, mismatch, dataKl, dataFisher, residual }
    const before = new Float64Array(chain.mass.length)
    this.foldedMass = new Array<null>(steps + 1).fill(null)
    for (let k = 0; k <= steps; k++) {
      if (k > 0) {
        before.set(chain.mass)
        chain.advance()
      }
      const reading = chain.reading()
      if (k > 0 && !reading.resolved) {
        const why = reading.wide ? NOT_SPANNED : NOT_RESOLVED
        this.unresolved = `${why}, from step ${String(k)} on`
        for (let j = k; j <= steps; j++) for (const curve of Object.values(curves)) curve[j] = null
        break
      }
      klExact[k] = k === 0 ? kl0 : reading.kl
      fisher[k] = this.fisherAt(k, reading.fisher, reading.kl)
      mismatch[k] = reading.mismatch
      this.foldedMass[k] = reading.foldedMass
      if (reading.kl !== null) against?.note(curves, k, chain.mass, chain)
      if (k === 0) dataFisher[k] = this.fisherAt(k, dataFisher[k] ?? null, reading.kl)
      if (k > 0 && reading.kl !== null && this.stage === 'fine') {
        this.noteLaw(reading.kl, reading.fisher)
        this.keepAbove(reading.kl, k)
      }
      if (k > 1 && movedBy(before, chain.mass) <= AT_REST) {
        for (let j = k + 1; j <= steps; j++) {
          for (const curve of Object.values(curves)) curve[j] = curve[k]!
          this.foldedMass[j] = reading.foldedMass
        }
        k = steps
      }
      this.show(curves, box.cells, k, against !== null)
      this.doing = `the exact law on ${box.cells}² cells, step ${k} of ${steps}`
      yield this.going
    }
    yield this.whole
  }

  /**
   * I at a step. Null at step 0 where I is infinite, and where the cells do not resolve ρ₀, so that their KL differs from
   * that of the quadrature.
   * @param kl KL at the step as the cells give it
   */
  private fisherAt(k: number, fisher: number | null, kl: number | null): number | null {
    const { infiniteFisher, kl0 } = this.input
    if (k > 0) return fisher
    const off = kl === null || kl0 === null ? Infinity : Math.abs(kl - kl0)
    return infiniteFisher || off > START_OFF ? null : fisher
  }

  private show(curves: ChainCurves, cells: number, exactTo: number, withData: boolean): void {
    const { klExact, fisher, mismatch, dataKl, dataFisher, residual } = curves
    this.curves = { ...this.curves, klExact, fisher, mismatch }
    if (withData) this.curves = { ...this.curves, dataKl, dataFisher, residual }
    this.cells = cells
    this.exactTo = exactTo
  }
}

type ChainCurves = Pick<
  LawCurves,
  'klExact' | 'fisher' | 'mismatch' | 'dataKl' | 'dataFisher' | 'residual'
>

/** A sum over the cells of this size, nats, is rounding. */
const ROUNDED = 1e-12

/** Compares a law with the law of the data. */
class DataComparison {
  private readonly data: Data
  private readonly pi: Gibbs
  /** |∇V + ε∇log ρ_D|² on the cells; null with barriers, at whose walls the drift has no bound. */
  private readonly driftError: Float64Array | null
  private readonly logArea: number

  constructor(field: EnergyField, pi: Gibbs, data: Data) {
    const { box, epsilon } = pi
    this.data = data
    this.pi = pi
    this.driftError = field.barriers.length > 0 ? null : driftErrorOf(field, epsilon, data, box)
    this.logArea = log(spacing(box) * spacing(box))
  }

  /** KL(π‖ρ_D), nats. */
  atGibbs(): number {
    const { box, density } = this.pi
    const area = spacing(box) * spacing(box)
    return this.klOf(density.map((p) => p * area))
  }

  private klOf(mass: Float64Array): number {
    let kl = 0
    for (let c = 0; c < mass.length; c++) {
      const m = mass[c]!
      if (m > 0) kl += m * (log(m) - this.logArea - this.data.logDensity[c]!)
    }
    // Both laws are normalised over the cells: what is as small, or below 0, is rounding.
    return kl < ROUNDED ? 0 : kl
  }

  /**
   * @param mass cell masses of the law at step k
   * @param chain the chain whose law it is: inside a step that law moves by b̄, not by ∇V; absent for the continuous dynamics
   */
  note(
    curves: Pick<LawCurves, 'dataKl' | 'dataFisher' | 'residual'>,
    k: number,
    mass: Float64Array,
    chain?: ExactChain,
  ): void {
    const { logDensity, scoreX, scoreY } = this.data
    const { box, parted } = this.pi
    curves.dataKl[k] = this.klOf(mass)
    curves.dataFisher[k] = relativeFisher(mass, logDensity, box, [1, 0, 1], parted)
    curves.residual[k] =
      chain !== undefined
        ? chain.driftError(scoreX, scoreY)
        : this.driftError === null
          ? null
          : meanOver(mass, this.driftError)
  }
}

/** Why the law of the sampler has no density to follow; null when it has one. */
function withoutDensity({ departure, jumpEvery, barriers }: AnalysisInput): string | null {
  if (departure !== null) return `${departure}: no exact law is followed`
  if (jumpEvery > 0) return 'with global jumps between the steps no exact law is followed'
  if (barriers.length > 0) return 'moves into a barrier are refused: no exact law is followed'
  return null
}

function unresolvedKernel(
  { grid, cells }: AnalysisInput,
  { covariance }: Transition,
): string | null {
  const deviation = Math.sqrt(minEigenvalue2(...covariance))
  return deviation >= spacing({ halfWidth: grid.halfWidth, cells }) ? null : NOT_RESOLVED
}

/** The start of the chain on the coarse cells, where there are fewer of them and they resolve a step; null where not. */
function coarseChain(
  input: AnalysisInput,
  { cells, density }: CellDensity,
): { readonly box: Box; readonly start: ChainStart } | null {
  const { grid } = input
  const box = { halfWidth: grid.halfWidth, cells }
  if (input.cells !== grid.cells || cells >= input.cells || withoutDensity(input) !== null)
    return null
  const { covariance } = createTransition(input.transition)
  if (Math.sqrt(minEigenvalue2(...covariance)) < COARSE_RESOLVED * spacing(box)) return null
  return { box, start: { density } }
}

/** Largest correction of I(ρ₀‖π) by the coarse grid, as a share of it; beyond, the cells do not resolve ρ₀, still unsmoothed. */
const START_RESOLVED = 0.02
/** Largest error of KL(ρ₀‖π) on cells that resolve ρ₀, nats. */
const START_OFF = 0.01
/** I(ρ₀‖π) counts as at least this: of a start at π itself it is rounding. */
const LEAST_FISHER = 1e-12

/**
 * Extrapolates the curves of two grids: f + (f − c)/(r² − 1), entry by entry, r the ratio of the cells' widths, the correction
 * limited to what second order can explain (`ASYMPTOTIC`). KL falls on either grid; the extrapolated KL falls up to its error.
 *
 * The error bar at step k depends on the steps up to k only. With δ = δ_E + δ_S the corrections of KL, of its energy and
 * of its entropy, it is |δ| + min(r² − 1, h²I)·(|δ_E| + |δ_S|), h²I the largest from k/2 to k. The first term is the error of
 * second order, which is taken away; the second stands for what is left. That is to δ about as h²I is to 1: the flux
 * between two cells is exact up to powers of the change of log ρ/π between them, of which h²I is the mean square. It is
 * counted for the energy and the entropy each, since errors of both signs cancel in δ where the grids cross; and an error
 * that a steep law has made stays in the later ones. Where h²I is large the flux is of first order, and the grids differ by as
 * much as the finer one errs: hence the limit.
 * Where second order does not explain the corrections from k/2 to k, with walls, and on coarse cells the bar is the
 * difference of the grids in the energies plus that in the entropies, the largest from k/2 to k. Where the cells do not
 * resolve π, the share `coarseness` of KL is added.
 *
 * I is null where second order does not explain its own correction, or that of KL from k/2 to k, and on coarse cells;
 * with walls where its own correction is as large; at step 0 where it is more than `START_RESOLVED`.
 * @param startKnown whether KL at step 0 comes from a quadrature
 * @param walls whether barriers cut cells, which leaves errors of first order: then nothing is extrapolated
 * @returns the curves, and for each step whether the grids resolve the law there, which walls leave open
 */
function extrapolated(
  fine: ContinuousCurves,
  coarse: ContinuousCurves,
  startKnown: boolean,
  walls: boolean,
): Pick<LawCurves, 'fokkerPlanck' | 'fokkerPlanckFisher' | 'fokkerPlanckError'> & {
  readonly resolved: readonly boolean[]
} {
  const ratio = fine.cells / coarse.cells
  const order = ratio * ratio - 1
  const corrections = (f: readonly (number | null)[], c: readonly (number | null)[]) =>
    f.map((value, k) => {
      const other = c[k] ?? null
      return value === null || other === null ? 0 : (value - other) / order
    })
  const explained = (value: number | null, by: number, least = 0) =>
    Math.abs(by) <= ASYMPTOTIC * Math.max(least, Math.abs(value ?? 0))
  const corrected = (f: readonly (number | null)[], by: readonly number[]) =>
    f.map((value, k) => {
      if (value === null || walls) return value
      const most = ASYMPTOTIC * Math.abs(value)
      return value + Math.max(-most, Math.min(most, by[k]!))
    })
  const ofKl = corrections(fine.fokkerPlanck, coarse.fokkerPlanck)
  if (startKnown) ofKl[0] = 0
  const ofEnergy = corrections(fine.energy, coarse.energy)
  const ofParts = ofKl.map((by, k) => Math.abs(ofEnergy[k]!) + Math.abs(by - ofEnergy[k]!))
  if (startKnown) ofParts[0] = 0
  const irregular = mostOfLate(
    ofKl.map((by, k) => (explained(fine.fokkerPlanck[k]!, by, LEAST_KL) ? 0 : 1)),
  )
  const share = Math.min(1, fine.coarseness)
  const resolved = irregular.map((is) => walls || (is === 0 && share === 0))
  const mostOfParts = mostOfLate(ofParts)
  const left = mostOfLate(fine.steepness.map((h2i) => Math.min(order, h2i)))
  const fokkerPlanckError = ofKl.map((by, k) => {
    if (k === 0 && startKnown) return 0
    return resolved[k]! && !walls
      ? Math.abs(by) + left[k]! * ofParts[k]!
      : order * mostOfParts[k]! + share * (fine.fokkerPlanck[k] ?? 0)
  })
  const ofFisher = corrections(fine.fokkerPlanckFisher, coarse.fokkerPlanckFisher)
  const start = Math.max(fine.fokkerPlanckFisher[0] ?? 0, LEAST_FISHER)
  const fokkerPlanckFisher = corrected(fine.fokkerPlanckFisher, ofFisher).map((value, k) => {
    if (k === 0) return Math.abs(ofFisher[0]!) <= START_RESOLVED * start ? value : null
    // Near rest I is rounding on both grids.
    const near = fine.fokkerPlanck[k]! <= LEAST_KL
    return resolved[k]! && (near || explained(fine.fokkerPlanckFisher[k]!, ofFisher[k]!))
      ? value
      : null
  })
  return {
    fokkerPlanck: corrected(fine.fokkerPlanck, ofKl),
    fokkerPlanckFisher,
    fokkerPlanckError,
    resolved,
  }
}

/** For each place k the largest of the values from place ⌊k/2⌋ to k. */
function mostOfLate(values: readonly number[]): number[] {
  // Places whose values may still be the largest of a window, in falling order of the values.
  const queue: number[] = []
  let first = 0
  return values.map((value, k) => {
    while (queue.length > first && values[queue.at(-1)!]! <= value) queue.pop()
    queue.push(k)
    while (queue[first]! < Math.floor(k / 2)) first++
    return values[queue[first]!]!
  })
}

/** Below this coarseness cells are fine enough: at it the numerical diffusion of the flow is a tenth of its own. */
const COARSE = 0.08

function coarsenessOf({ density, box }: Gibbs): number {
  const h = spacing(box)
  const mass = density.map((p) => p * h * h)
  const share = (h * h * relativeFisher(mass, new Float64Array(mass.length), box)) / 6
  return share > COARSE ? share : 0
}

/** E_ρ[−log π] over cells. */
function meanEnergy(density: Float64Array, { logDensity, box }: Gibbs): number {
  let sum = 0
  for (let k = 0; k < density.length; k++) {
    if (density[k]! > 0) sum -= density[k]! * logDensity[k]!
  }
  return sum * spacing(box) * spacing(box)
}

function movedBy(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += Math.abs(a[k]! - b[k]!)
  return 0.5 * sum
}

function copied(curves: LawCurves): LawCurves {
  return {
    klExact: [...curves.klExact],
    fisher: [...curves.fisher],
    mismatch: [...curves.mismatch],
    fokkerPlanck: [...curves.fokkerPlanck],
    fokkerPlanckError: [...curves.fokkerPlanckError],
    fokkerPlanckFisher: [...curves.fokkerPlanckFisher],
    renyi: [...curves.renyi],
    dataKl: [...curves.dataKl],
    dataFisher: [...curves.dataFisher],
    residual: [...curves.residual],
    envelope: [...curves.envelope],
  }
}
