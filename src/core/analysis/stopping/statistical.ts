import { mean, standardError } from '../../maths/statistics.ts'
import { CRITERION_TEXTS } from '../criteriaTexts.ts'
import type { StoppingOutcome, StoppingReport } from '../curves.ts'
import { EQUILIBRATION } from '../nullFloor.ts'
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
 * Windows end at k = w, 2w, …; one is quiet when D > −2 SE_D. At two quiet windows in a row the rule
 * asks what the KL rests on. It *stops* when KL_k is within the sampling noise μ₀ + 2σ₀ of exact
 * samples of π, or not significantly above what the chain shows once it has nothing left to forget
 * (the bias of the step size). Above both it is *stalled*, provided the KL has not fallen significantly
 * since step k/2 either, k ≥ 4w: two short windows alone cannot tell a slow fall from none.
 */
export const statistical: Criterion = {
  id: 'statistical',
  ...CRITERION_TEXTS.statistical,
  evaluate(input) {
    const { computed, steps, curves, nullFloor } = input
    const w = statisticalWindow(steps)
    const report = (
      outcome: StoppingOutcome,
      reason: string,
      step: number | null = null,
      kl: number | null = null,
    ): StoppingReport => ({
      criterion: 'statistical',
      step,
      kl,
      reason,
      status: 'estimate',
      outcome,
    })
    if (nullFloor === null) {
      return report('unfired', 'The sampling noise at π has not been measured yet.')
    }
    const { equilibrium } = nullFloor
    const noise = nullFloor.mean + 2 * nullFloor.deviation
    let quiet = 0
    let last: { readonly value: number; readonly error: number } | null = null
    for (let k = w; k <= computed; k += w) {
      const d = change(input, k - w, k)
      if (d === null) {
        quiet = 0
        continue
      }
      last = d
      quiet = isQuiet(d) ? quiet + 1 : 0
      const kl = curves.kl[k] ?? null
      if (quiet < 2 || kl === null) continue
      const still = `no significant fall over two windows of ${w} steps`
      if (kl <= noise) {
        return report(
          'stopped',
          `Converged to sampling noise: ${still}, and KL ${nats(kl)} is within the ${nats(noise)} that exact samples of π read.`,
          k,
          kl,
        )
      }
      const error = curves.klStandardError[k] ?? 0
      const { mean: level, deviation } = equilibrium
      if (kl - level <= 2 * Math.sqrt(error * error + deviation * deviation)) {
        return report(
          'stopped',
          `Converged to the bias of the step size: ${still}, and KL ${nats(kl)} is not significantly above the ${nats(level)} that particles started at π read after ${EQUILIBRATION} steps; only a smaller η lowers it.`,
          k,
          kl,
        )
      }
      if (k < 4 * w) continue
      const middle = w * Math.floor(k / (2 * w))
      const long = change(input, middle, k)
      if (long !== null && isQuiet(long)) {
        return report(
          'stalled',
          `Stalled: ${still} nor since step ${middle}, but KL ${nats(kl)} is above the ${nats(Math.max(noise, level))} that particles started at π would read.`,
          k,
          kl,
        )
      }
    }
    if (last === null) {
      return report(
        'unfired',
        `No window of ${w} steps with a KL estimate at both ends has been completed.`,
      )
    }
    const changed = `changed the KL by ${nats(last.value)} with standard error ${nats(last.error)}`
    return report(
      'unfired',
      isQuiet(last)
        ? `Not settled: the last window of ${w} steps ${changed}, but the windows before it still show a fall.`
        : `Still falling: the last window of ${w} steps ${changed}.`,
    )
  },
}

function isQuiet(d: { readonly value: number; readonly error: number }): boolean {
  return d.value > -2 * d.error
}
