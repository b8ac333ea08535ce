import type { CriterionText } from './texts.ts'
import type { SlowMode } from './constants/slowMode.ts'

/**
 * What a run measures. All KL in nats; index k of every array is step k; NaN-free: null stands for
 * "not evaluated" or "does not exist for this run".
 */
export type Estimator = 'quadrature' | 'native' | 'smoothed'

/**
 * The meaning of a number given as a KL, in the words of the reports. A smoothed reading is a lower bound up to its error,
 * and no bound where kernels scarcely overlap. *Exact chain*: the exact law of the discrete chain; *the data*: their law within Ω.
 */
export type KlMeaning =
  | 'KL of the start'
  | 'KL of the exact chain'
  | 'particle estimate of KL'
  | 'smoothed lower bound of KL'
  | 'smoothed reading that is no bound of KL'
  | 'KL of the exact chain to the data'
  | 'KL of the continuous dynamics'
  | 'KL of the continuous dynamics to the data'
  | 'KL of the noiseless flow'
  | 'lower bound of the KL of the noiseless flow'

/**
 * Curves of laws on a grid rather than of particles: the exact law of the discrete chain, the continuous dynamics,
 * and the KL of either to the law of the data.
 */
export interface LawCurves {
  /** KL(ρ_k‖π), ρ_k the exact law of the discrete chain; null where unresolved or the sampler has no density. */
  readonly klExact: (number | null)[]
  /** I(ρ_k‖π) of that law, in the metric P of a preconditioner. */
  readonly fisher: (number | null)[]
  /** M_k of the step that ends at k. */
  readonly mismatch: (number | null)[]
  /** KL of the continuous dynamics (Fokker–Planck) at t = kη. */
  readonly fokkerPlanck: (number | null)[]
  /**
   * Error bar of `fokkerPlanck`, nats: where two grids show second order, the distance of the values on the finest cells from
   * their extrapolated limit, which `fokkerPlanck` then holds, and what the limit leaves of it while ρ_t/π changes much from
   * cell to cell; elsewhere the difference of the grids. An estimate, no bound. Null: one grid only.
   */
  readonly fokkerPlanckError: (number | null)[]
  /** I(ρ_t‖π) of the continuous dynamics at t = kη: d/dt KL = −ε I. Null where two grids do not show second order. */
  readonly fokkerPlanckFisher: (number | null)[]
  /**
   * log(1 + χ²(ρ_t‖π)) of the continuous dynamics at t = kη, nats, their Rényi divergence of order 2: of the finest cells, with its
   * distance from that of the coarse ones added.
   */
  readonly renyi: (number | null)[]
  /**
   * Against the law ρ_D of the data (for points: smoothed), restricted to Ω and renormalised: KL(ρ_k‖ρ_D), I(ρ_k‖ρ_D) and E_{ρ_k}|b̄ + ε∇log ρ_D|², of the
   * exact law of the chain where it is known, b̄ the drift that it has at the end of the step that ends at k; else of the
   * continuous dynamics, b̄ = ∇V, and null where two grids do not show second order of their KL.
   */
  readonly dataKl: (number | null)[]
  readonly dataFisher: (number | null)[]
  readonly residual: (number | null)[]
  /** The a-priori bound on KL_k; null where there is none. */
  readonly envelope: (number | null)[]
}

/** What a barrier filter does, step by step: shares of all particles, and 0 at step 0, before which there is none. */
export interface FilterCurves {
  /** Particles whose drift the step changed so that it keeps its condition. */
  readonly changed: number[]
  /** Particles for which no change was found that does: theirs was the one of least violation. */
  readonly infeasible: number[]
  /** E|u|², u the change of the drift. */
  readonly intervention: number[]
  /** Particles that left the safe set in the step: they end in a region, or their way leads through one. */
  readonly exits: number[]
  /** Particles in a region after the step. */
  readonly outside: number[]
}

/** Curves without a value: null at every step from 0 to `steps`. */
export function noLawCurves(steps: number): LawCurves {
  const nothing = (): null[] => new Array<null>(steps + 1).fill(null)
  return {
    klExact: nothing(),
    fisher: nothing(),
    mismatch: nothing(),
    fokkerPlanck: nothing(),
    fokkerPlanckError: nothing(),
    fokkerPlanckFisher: nothing(),
    renyi: nothing(),
    dataKl: nothing(),
    dataFisher: nothing(),
    residual: nothing(),
    envelope: nothing(),
  }
}

export interface LangevinCurves extends LawCurves {
  readonly step: number[]
  /** KL(ρ_k‖π) estimated from the particles by `estimator`, which may read a lower bound. */
  readonly kl: (number | null)[]
  readonly klStandardError: (number | null)[]
  readonly estimator: (Estimator | null)[]
  /** Mass that the walls folded in the step that ends at k: of the exact law, else the share of the particles. */
  readonly foldedMass: (number | null)[]
  /** Share of the Metropolis moves of the step (MALA) that were accepted; null for samplers that accept all. */
  readonly acceptance: (number | null)[]
  /** E[V] of the particles with its standard error. */
  readonly energy: (number | null)[]
  readonly energyError: (number | null)[]
  /** S/ε = E[tr(P∇²V)] − E[∇VᵀP∇V]/ε, per unit of time, with its standard error: the rate of E[V]/ε under the Langevin dynamics, 0 at π. */
  readonly energyRate: (number | null)[]
  readonly energyRateError: (number | null)[]
  /** E[∇VᵀP∇V]/ε, per unit of time, with its standard error: what the drift takes from E[V]/ε. */
  readonly energyDrift: (number | null)[]
  readonly energyDriftError: (number | null)[]
  /** E|∇V|². */
  readonly gradient: (number | null)[]
  /** The squared kernel Stein discrepancy of the particles to π, per squared length; null where not evaluated: everywhere, unless the chosen criterion reads it. */
  readonly stein: (number | null)[]
  readonly steinError: (number | null)[]
}

export interface DeterministicCurves {
  readonly step: number[]
  /** KL of the law under the deterministic map, by exact transport (unbiased Monte Carlo). */
  readonly kl: (number | null)[]
  readonly klStandardError: (number | null)[]
  /** True from the first step at which the map was not injective: kl is a lower bound from there on. */
  readonly lowerBound: boolean[]
  /** S/ε = E[ΔV − |∇V|²/ε] over the particles: the rate d/dt KL of the continuous flow, positive or negative. */
  readonly klRate: (number | null)[]
  /** E[V], which never rises along the continuous flow; along its steps it does where they are too long. */
  readonly energy: (number | null)[]
  /** E|∇V|². */
  readonly gradient: (number | null)[]
}

/** How far the noiseless flow takes π from itself, where it starts there; null where not evaluated. */
export interface FromGibbsCurves {
  readonly step: number[]
  /** log(1 + χ²(ρ_k‖π)), nats, with its standard error; a lower bound where `DeterministicCurves.lowerBound`. */
  readonly renyi: (number | null)[]
  readonly renyiError: (number | null)[]
  /** (E|X_k − X₀|²)^½ ≥ W₂(ρ_k, π), world units. */
  readonly moved: (number | null)[]
  /**
   * An estimate of a lower bound of W₂(ρ_k, π) from slices of at most 2,048 particles, world units. Where the map is no gradient (a skew drift) it is too
   * large by the distance of two such samples of one law, some 0.05 deviations.
   */
  readonly sliced: (number | null)[]
}

/** A minimum of V that particles of the deterministic flow end in. */
export interface Basin {
  readonly at: readonly [number, number]
  /** Share p_i of the particles. */
  readonly mass: number
  /** ΔV there. */
  readonly laplacian: number
  /** −log det(I − ηD∇²V) there: growth of KL a step of the discrete map. */
  readonly growth: number
}

/** The minima in which the deterministic flow ends, and the step at which it was nearest to π. */
export interface Collapse {
  /**
   * Evaluated step at which S turned from ≤ 0 to > 0, 0 where it was > 0 from the start; of several the one with the
   * lowest KL. An estimate of the best time, not a certificate; null: none yet.
   */
  readonly bestStep: number | null
  /** Heaviest first; empty until the end of the run. */
  readonly basins: readonly Basin[]
  /** Late growth of KL a step, Σ p_i growth_i; null until the end, and when no minimum was found for some particle. */
  readonly slope: number | null
}

/** Two clouds under synchronous coupling (dynamics.companion). */
export interface ContractionCurves {
  readonly step: number[]
  /** Largest and root-mean-square distance |x_k − y_k| of the pairs, in the metric P⁻¹. */
  readonly largest: number[]
  readonly rootMeanSquare: number[]
  /**
   * (1 − ηm)^k times the largest distance at k = 0 where V is m-convex on the box in that metric and η ≤ 2/(m + L);
   * else null, and from the first fold at a wall on where P is correlated.
   */
  readonly bound: (number | null)[]
}

export type StoppingStatus = 'certificate' | 'certificate-if' | 'estimate' | 'prediction' | 'none'
export type StoppingOutcome = 'stopped' | 'stalled' | 'unfired'

/** The statement of a criterion on a run. */
export interface Verdict {
  readonly criterion: string
  readonly step: number | null
  /** The KL at `step`, nats; null where it is unknown. */
  readonly kl: number | null
  /** The meaning of `kl`; null where `kl` is. */
  readonly klMeaning: KlMeaning | null
  /** One sentence, with the numbers that decided. */
  readonly reason: string
  readonly status: StoppingStatus
  readonly outcome: StoppingOutcome
}

export interface StoppingReport extends Verdict {
  /** The reference law of `kl`: the Gibbs measure π, or the law of the data. */
  readonly divergence: CriterionText['divergence']
}

export interface Constants {
  /**
   * λ_PI of the reversible dynamics (without skew drift), in the metric P: extrapolated from two grids where they show second
   * order, never below a proved λ; an estimate, and an upper bound of λ.
   */
  readonly spectralGap: number | null
  /**
   * Estimated error of the gap: the difference of the two grids, with walls also what the cells that they cut leave uncertain; where
   * the grids do not resolve it, at least the gap on the finer one.
   */
  readonly spectralGapError: number | null
  /** Whether the two grids show second order, with walls within what they leave uncertain. If not, the gap and all values computed from it are rough. */
  readonly spectralGapResolved: boolean | null
  /**
   * A lower bound of the gap, proved up to rounding on a mesh of cells² squares; 0: tried, and nothing proved (0 cells: broken off). Null where it was not tried: it
   * takes seconds, and is done for whoever looks at it.
   */
  readonly spectralGapBound: { readonly value: number; readonly cells: number } | null
  /** The two states between which mass is exchanged at the rate `spectralGap`. */
  readonly slowMode: SlowMode | null
  /**
   * The least rate · two-state factor of the slow modes, and of every εI/(2KL) that the laws of the run show; an estimate of
   * λ from above.
   */
  readonly logSobolevEstimate: number | null
  /** Two-state factor of the mode that decides. */
  readonly twoStateFactor: number | null
  /** A proved lower bound of λ (given the table); null with barriers and with a preconditioner. */
  readonly logSobolevBound: {
    readonly value: number
    readonly method: string
    readonly reason: string
  } | null
  /**
   * Share, in [0, 1], of the law of the start in the `Basins` of x′ = −∇V whose wells hold less than 10⁻³ of π,
   * within what barriers leave; basins are known to a cell. Null where no quadrature finds the start.
   */
  readonly strayStart: number | null
  /** m ≤ λmin(∇²V) everywhere, proved and nearly attained; negative where V is not convex. With soft barriers, beside which V has no bound, the least at the nodes of the table. */
  readonly convexity: number
  /** L ≥ ‖∇²V‖ everywhere, the spectral norm, proved and nearly attained; with barriers the greatest at the nodes of the table. */
  readonly smoothness: number
  /** The place at which ‖∇²V‖ was found to be greatest. */
  readonly smoothnessAt: readonly [number, number]
  /** V is exactly quadratic, so that `convexity` and `smoothness` are the eigenvalues of its one Hessian. */
  readonly quadratic: boolean
  /** L95: 95th percentile of the spectral norm of ∇²V at 4,096 samples of the target (of π for sums). */
  readonly smoothness95: number
  /** 95th percentile of λmax(∇²V) at the same samples; at most `smoothness95`, negative where V is concave at nearly all. */
  readonly curvature95: number
  /** b(η), nats; a prediction. */
  readonly biasPrediction: number | null
}

/** The constants that the analysis finds, before it has found them. */
export const UNKNOWN_CONSTANTS = {
  spectralGap: null,
  spectralGapError: null,
  spectralGapResolved: null,
  spectralGapBound: null,
  slowMode: null,
  logSobolevEstimate: null,
  twoStateFactor: null,
  logSobolevBound: null,
  strayStart: null,
} as const satisfies Partial<Constants>
