/**
 * What a run measures. All KL in nats; index k of every array is step k; NaN-free: null stands for
 * "not evaluated" or "does not exist for this run".
 */
export type Estimator = 'quadrature' | 'native' | 'smoothed'

export interface LangevinCurves {
  readonly step: number[]
  /** KL(ρ_k‖π) of the particles. */
  readonly kl: (number | null)[]
  readonly klStandardError: (number | null)[]
  readonly estimator: (Estimator | null)[]
  /** Exact law of the discrete chain on the grid. */
  readonly klExact: (number | null)[]
  /** Continuous time, at t = kη. */
  readonly fokkerPlanck: (number | null)[]
  readonly fisher: (number | null)[]
  readonly mismatch: (number | null)[]
  /** Share of the particles that the wall folded in the step that ends at k. */
  readonly foldedMass: (number | null)[]
}

export interface DeterministicCurves {
  readonly step: number[]
  /** KL of the law under the deterministic map, by exact transport (unbiased Monte Carlo). */
  readonly kl: (number | null)[]
  readonly klStandardError: (number | null)[]
  /** True from the first step at which the map was not injective: kl is a lower bound from there on. */
  readonly lowerBound: boolean[]
}

export type StoppingStatus = 'certificate' | 'certificate-if' | 'estimate' | 'prediction' | 'none'
export type StoppingOutcome = 'stopped' | 'stalled' | 'unfired'

export interface StoppingReport {
  readonly criterion: string
  readonly step: number | null
  readonly kl: number | null
  /** One sentence, with the numbers that decided. */
  readonly reason: string
  readonly status: StoppingStatus
  readonly outcome: StoppingOutcome
}

export interface Constants {
  readonly spectralGap: number | null
  readonly logSobolevEstimate: number | null
  /** max over the box of the spectral norm of ∇²V. */
  readonly smoothness: number
  /** L95: 95th percentile of the spectral norm of ∇²V at 4,096 samples of the target (of π for sums). */
  readonly smoothness95: number
  readonly biasPrediction: number | null
}
