import type { KlMeaning, StoppingReport } from '../../core/analysis/curves.ts'
import type { CriterionId } from '../../core/analysis/ids.ts'
import type { SceneSpec, SweepField, SweepSpec } from '../scene/sceneSpec.ts'

/** A scene that says what is swept. */
export type SweptScene = SceneSpec & { readonly sweep: SweepSpec }

/**
 * Whether a stop that claims a KL of at most δ is false by the law that the claim is about; `unknown` where that law is not followed to
 * the stop, or δ lies within what is not known of its KL.
 */
export type FalseStop = 'yes' | 'no' | 'unknown'

/** What one criterion says of one run, and what is true at its stop. All KL in nats, to π unless `divergence` says otherwise. */
export interface SweepRow extends Pick<
  StoppingReport,
  'step' | 'outcome' | 'status' | 'kl' | 'klMeaning' | 'divergence' | 'reason'
> {
  /** Of the swept field. */
  readonly value: number
  readonly seed: number
  readonly criterion: CriterionId
  /** The law whose KL to π a stop claims to be at most δ; null: it claims something else. */
  readonly claims: 'chain' | 'continuous' | null
  /**
   * KL(ρ_k‖π) at the stop, of the exact law of the chain, else of the continuous dynamics; for a rule that reads the noiseless flow, of
   * that flow. Null where none is known.
   */
  readonly trueKl: number | null
  readonly trueKlMeaning: KlMeaning | null
  /** Error bar of `trueKl`; 0 for the exact law, null where there is no KL or no bar. */
  readonly trueKlError: number | null
  /** Why there is no `trueKl` at a stop; null where there is one, and where nothing stopped. */
  readonly unknown: string | null
  /** Null where nothing stopped, and where a stop claims something else. */
  readonly falseStop: FalseStop | null
  /** The first step at which that KL is at most δ; null: none of the run. */
  readonly firstWithin: number | null
  /** Stop − `firstWithin`: the steps that were wasted, negative where the stop came too early; null where either is missing. */
  readonly wasted: number | null
}

/** How far a sweep has come. */
export interface SweepProgress {
  /** Parts that are done, and all: the laws of each value, and each run. */
  readonly done: number
  readonly all: number
  /** The rows that have come since the last report. */
  readonly rows: readonly SweepRow[]
}

/** A finished sweep: with the scene it gives the same rows again. */
export interface SweepResult {
  readonly version: 1
  /** With its sweep. */
  readonly scene: SceneSpec
  readonly over: SweepField
  readonly values: readonly number[]
  /** By value, seed and criterion, in the order of values, seeds and the registry. */
  readonly rows: readonly SweepRow[]
}
