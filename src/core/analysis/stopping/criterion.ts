import type { CriterionText } from '../criteriaTexts.ts'
import type { LangevinCurves, StoppingReport } from '../curves.ts'
import type { CriterionId } from '../ids.ts'
import type { NullFloor } from '../nullFloor.ts'

/** What a criterion may look at. Arrays are indexed by step; entries after `computed` are ignored. */
export interface StoppingInput {
  /** Last step that has been computed. */
  readonly computed: number
  /** Number of steps of the whole run. */
  readonly steps: number
  readonly curves: Pick<LangevinCurves, 'kl' | 'klStandardError' | 'klExact' | 'estimator'>
  /** Jackknife pseudo-values of the particle KL at each step; null (or absent) where not evaluated. */
  readonly pseudoValues: readonly (Float64Array | null | undefined)[]
  /** Null until measured. */
  readonly nullFloor: NullFloor | null
  /** Tolerance δ, nats. */
  readonly delta: number
}

/**
 * One entry of the registry of stopping criteria: one file, one object, one line in `registry.ts`.
 * Causal: a report that names a step at `computed` = K names the same step at every later K.
 */
export interface Criterion extends CriterionText {
  readonly id: CriterionId
  evaluate(input: StoppingInput): StoppingReport
}

/** A KL for people: three decimals, two significant digits below a hundredth. */
export function nats(value: number): string {
  const text = Math.abs(value) < 0.01 ? value.toPrecision(2) : value.toFixed(3)
  return `${text} nats`
}
