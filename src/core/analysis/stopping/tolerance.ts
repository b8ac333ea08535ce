import { CRITERION_TEXTS } from '../criteriaTexts.ts'
import { type Criterion, nats } from './criterion.ts'

/** Upper end of a one-sided 95 % interval, in standard errors. */
const UPPER_95 = 1.645

/** First k with klExact_k ≤ δ where the exact law of the chain is known, else with kl_k + 1.645 SE_k ≤ δ. */
export const tolerance: Criterion = {
  id: 'tolerance',
  ...CRITERION_TEXTS.tolerance,
  evaluate({ computed, curves, delta }) {
    let lowest = Infinity
    for (let k = 0; k <= computed; k++) {
      const exact = curves.klExact[k] ?? null
      const kl = curves.kl[k] ?? null
      if (exact === null && kl === null) continue
      const error = curves.klStandardError[k] ?? 0
      const bound = exact ?? kl! + UPPER_95 * error
      if (bound < lowest) lowest = bound
      if (!(bound <= delta)) continue
      return {
        criterion: 'tolerance',
        step: k,
        kl: exact ?? kl,
        reason:
          exact !== null
            ? `The exact law of the chain has KL ${nats(exact)}, at most δ = ${nats(delta)}.`
            : `KL plus 1.645 standard errors of ${nats(error)}, ${nats(bound)}, is at most δ.`,
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
          : `The smallest upper end so far, ${nats(lowest)}, is above δ = ${nats(delta)}.`,
      status: 'estimate',
      outcome: 'unfired',
    }
  },
}
