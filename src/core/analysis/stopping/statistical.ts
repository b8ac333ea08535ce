import { mean, standardError } from '../../maths/statistics.ts'
import { CRITERION_TEXTS } from '../criteriaTexts.ts'
import { type Criterion, nats, type StoppingInput } from './criterion.ts'

/** Window w = max(10, steps/20) rounded up to a multiple of 5. */
export function statisticalWindow(steps: number): number {
  return 5 * Math.ceil(Math.max(10, steps / 20) / 5)
}

/**
 * Change of the KL over a window, D = mean(ψ(k) − ψ(k − w)) with its standard error, the groups paired.
 * Step 0 has no particles' estimate but a quadrature: a constant. Null where the two ends cannot be
 * compared (not evaluated, or read by different estimators).
 */
function change(
  input: StoppingInput,
  from: number,
  to: number,
): { readonly value: number; readonly error: number } | null {
  const { curves, pseudoValues } = input
  const late = pseudoValues[to]
  if (late === null || late === undefined || late.length < 2) return null
  const early = pseudoValues[from]
  let differences: Float64Array
  if (early !== null && early !== undefined) {
    if (early.length !== late.length || curves.estimator[from] !== curves.estimator[to]) return null
    differences = late.map((value, g) => value - early[g]!)
  } else {
    const start = curves.kl[from]
    if (from !== 0 || start === null || start === undefined) return null
    if (curves.estimator[to] !== 'native') return null
    differences = late.map((value) => value - start)
  }
  return { value: mean(differences), error: standardError(differences) }
}

/**
 * Windows end at k = w, 2w, …; one is quiet when D > −2 SE_D. At the second quiet window in a row the
 * rule fires: *stopped* when also KL_k ≤ μ₀ + 2σ₀, the reading of exact samples of π; *stalled* otherwise.
 */
export const statistical: Criterion = {
  id: 'statistical',
  ...CRITERION_TEXTS.statistical,
  evaluate(input) {
    const { computed, steps, curves, nullFloor } = input
    const w = statisticalWindow(steps)
    const unfired = (reason: string) =>
      ({
        criterion: 'statistical',
        step: null,
        kl: null,
        reason,
        status: 'estimate',
        outcome: 'unfired',
      }) as const
    if (nullFloor === null) return unfired('The sampling noise at π has not been measured yet.')
    const floor = nullFloor.mean + 2 * nullFloor.deviation
    let quiet = 0
    let last: { readonly value: number; readonly error: number } | null = null
    for (let k = w; k <= computed; k += w) {
      const d = change(input, k - w, k)
      if (d === null) {
        quiet = 0
        continue
      }
      last = d
      quiet = d.value > -2 * d.error ? quiet + 1 : 0
      if (quiet < 2) continue
      const kl = curves.kl[k] ?? null
      if (kl === null) continue
      const stopped = kl <= floor
      const noise = `the sampling noise ${nats(floor)} of exact samples of π`
      return {
        criterion: 'statistical',
        step: k,
        kl,
        reason: stopped
          ? `Converged to sampling noise: no significant fall over two windows of ${w} steps, and KL ${nats(kl)} is within ${noise}.`
          : `Stalled: no significant fall over two windows of ${w} steps, but KL ${nats(kl)} is above ${noise}.`,
        status: 'estimate',
        outcome: stopped ? 'stopped' : 'stalled',
      }
    }
    if (last === null) {
      return unfired(`No window of ${w} steps with a KL estimate at both ends has been completed.`)
    }
    return unfired(
      `Still falling: the last window of ${w} steps changed the KL by ${nats(last.value)} with standard error ${nats(last.error)}.`,
    )
  },
}
