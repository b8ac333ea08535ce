import { nats } from '../../maths/numberText.ts'
import { CRITERION_TEXTS } from '../criteriaTexts.ts'
import {
  type Criterion,
  klReading,
  klText,
  reportedKl,
  smoothedRemark,
  type StoppingInput,
} from './criterion.ts'

/** Upper end of a one-sided 95 % interval, in standard errors. */
const UPPER_95 = 1.645

/**
 * First k with klExact_k ≤ δ where the exact law of the chain is known, else with kl_k + 1.645 SE_k ≤ δ.
 * An estimate without a standard error (a single particle) bounds nothing and is passed over.
 */
export const tolerance: Criterion = {
  id: 'tolerance',
  ...CRITERION_TEXTS.tolerance,
  evaluate({ computed, curves, delta, law }) {
    let lowest = Infinity
    // Where the exact law is being followed it decides, and the particles are not asked beyond it.
    const last =
      law.exactTo < 0
        ? computed
        : law.pending || law.unresolved === null
          ? law.exactTo
          : Math.max(law.exactTo, computed)
    for (let k = 0; k <= last; k++) {
      const found = boundAt(curves, k)
      if (found === null) continue
      if (found.bound < lowest) lowest = found.bound
      if (!(found.bound <= delta)) continue
      return {
        criterion: 'tolerance',
        step: k,
        kl: reportedKl(found.kl),
        reason: found.sentence(`at most δ = ${nats(delta)}`),
        status: 'estimate',
        outcome: 'stopped',
      }
    }
    return {
      criterion: 'tolerance',
      step: null,
      kl: null,
      reason:
        lowest === Infinity
          ? 'No KL has been evaluated yet.'
          : `The lowest KL so far, with its error, is ${nats(lowest)}, above δ = ${nats(delta)}.`,
      status: 'estimate',
      outcome: 'unfired',
    }
  },
}

interface Bound {
  readonly kl: number
  /** What is compared with δ. */
  readonly bound: number
  /** @param verdict what the bound is, in words */
  readonly sentence: (verdict: string) => string
}

function boundAt(curves: StoppingInput['curves'], k: number): Bound | null {
  const exact = curves.klExact[k] ?? null
  if (exact !== null) {
    return {
      kl: exact,
      bound: exact,
      sentence: (verdict) => `The exact law of the chain has KL ${nats(exact)}, ${verdict}.`,
    }
  }
  const kl = klReading(curves, k)
  if (kl === null) return null
  const estimator = curves.estimator[k] ?? null
  if (estimator === 'quadrature') {
    return {
      kl,
      bound: kl,
      sentence: (verdict) => `The initial law has KL ${nats(kl)} by quadrature, ${verdict}.`,
    }
  }
  const error = curves.klStandardError[k] ?? null
  if (error === null) return null
  const bound = kl + UPPER_95 * error
  const smoothed = estimator === 'smoothed'
  return {
    kl,
    bound,
    sentence: (verdict) =>
      `${klText(kl, smoothed ? 'Smoothed KL' : 'KL')} with standard error ${nats(error)}: its upper 95 % end ${nats(bound)} is ${verdict}.` +
      smoothedRemark(curves, k, 'the KL itself may be above δ'),
  }
}
