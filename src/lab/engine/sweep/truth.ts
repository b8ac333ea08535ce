import type { Criterion } from '../../../core/analysis/stopping/criterion.ts'
import type { KlMeaning, StoppingReport } from '../../../core/analysis/curves.ts'
import type { AnalysisReport } from '../../protocol/calls.ts'
import type { FalseStop, SweepRow } from '../../protocol/sweep.ts'

/** The laws of a run as far as the truth at a stop needs them. */
type Laws = Pick<AnalysisReport, 'curves' | 'exactTo' | 'unresolved' | 'withoutContinuous'>

interface Known {
  readonly kl: number
  /** Null: no bar. */
  readonly error: number | null
  readonly meaning: KlMeaning
}

/** KL(ρ_k‖π) of the exact law of the chain where it has been followed to k, else of the continuous dynamics; null: neither. */
export function trueKl({ curves, exactTo }: Laws, k: number): Known | null {
  const exact = k <= exactTo ? (curves.klExact[k] ?? null) : null
  if (exact !== null)
    return { kl: exact, error: 0, meaning: k === 0 ? 'KL of the start' : 'KL of the exact chain' }
  return continuousKl({ curves }, k)
}

function continuousKl({ curves }: Pick<Laws, 'curves'>, k: number): Known | null {
  const kl = curves.fokkerPlanck[k] ?? null
  const error = curves.fokkerPlanckError[k] ?? null
  return kl === null ? null : { kl, error, meaning: 'KL of the continuous dynamics' }
}

/** The first step of a run at which its true KL is at most δ; null: none. */
export function firstWithin(laws: Laws, steps: number, delta: number): number | null {
  for (let k = 0; k <= steps; k++) if ((trueKl(laws, k)?.kl ?? Infinity) <= delta) return k
  return null
}

export interface Judged {
  readonly laws: Laws
  /** Steps of the run. */
  readonly steps: number
  readonly delta: number
  /** b(η): how far the chain is predicted to rest from the continuous dynamics; null: no prediction. */
  readonly bias: number | null
}

type Truth = Pick<
  SweepRow,
  'trueKl' | 'trueKlMeaning' | 'trueKlError' | 'unknown' | 'falseStop' | 'firstWithin' | 'wasted'
>

/** What is true at the stop that a criterion reports. */
export function truthOf(
  { step, outcome }: Pick<StoppingReport, 'step' | 'outcome'>,
  claims: Criterion['claims'],
  judged: Judged,
): Truth {
  const { laws, steps, delta } = judged
  const within = firstWithin(laws, steps, delta)
  const at = step === null ? null : trueKl(laws, step)
  return {
    trueKl: at?.kl ?? null,
    trueKlMeaning: at?.meaning ?? null,
    trueKlError: at?.error ?? null,
    unknown: step === null || at !== null ? null : whyUnknown(step, judged),
    falseStop:
      step === null || outcome !== 'stopped' || claims === undefined
        ? null
        : falseStop(step, claims, judged),
    firstWithin: within,
    wasted: step === null || within === null ? null : step - within,
  }
}

/** What is true at the stop of a rule that reads the noiseless flow: the KL of that flow, which the rule reports itself. */
export function truthOfFlow({
  step,
  kl,
  klMeaning,
}: Pick<StoppingReport, 'step' | 'kl' | 'klMeaning'>): Truth {
  return {
    trueKl: kl,
    trueKlMeaning: klMeaning,
    trueKlError: null,
    unknown: step === null || kl !== null ? null : 'the noiseless flow carries no density',
    falseStop: null,
    firstWithin: null,
    wasted: null,
  }
}

function whyUnknown(step: number, { laws, steps }: Judged): string {
  if (step > steps) return `the run ends at step ${steps}`
  return laws.withoutContinuous ?? laws.unresolved ?? 'no law is known at this step'
}

/**
 * Judges a claim by the law that it is about. A stop beyond the run is judged by its end where the KL cannot rise after it, as that of the
 * continuous dynamics cannot. Where the chain's own law is not followed, the continuous dynamics stand for it within their error bar and
 * the bias b(η).
 */
function falseStop(
  step: number,
  claims: NonNullable<Criterion['claims']>,
  { laws, steps, delta, bias }: Judged,
): FalseStop {
  if (claims === 'continuous') {
    const judged = verdict(continuousKl(laws, Math.min(step, steps)), 0, delta)
    return step > steps && judged === 'yes' ? 'unknown' : judged
  }
  const at = trueKl(laws, step)
  // At the start both have one law, and no step has added a bias.
  const exact = step <= Math.max(0, laws.exactTo)
  return verdict(at, exact ? 0 : (bias ?? Infinity), delta)
}

function verdict(at: Known | null, more: number, delta: number): FalseStop {
  if (at === null) return 'unknown'
  const { kl, error } = at
  const margin = (error ?? Infinity) + more
  if (kl + margin <= delta) return 'no'
  return kl - margin > delta ? 'yes' : 'unknown'
}
