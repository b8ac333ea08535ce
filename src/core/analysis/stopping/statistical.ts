import { formatApart, natsDown } from '../../maths/limitText.ts'
import { formatNats, nats } from '../../maths/numberText.ts'
import { mean, standardError } from '../../maths/statistics.ts'
import { CRITERION_TEXTS } from '../texts.ts'
import type { StoppingOutcome, Verdict } from '../curves.ts'
import { EQUILIBRATION } from '../estimators/nullFloor.ts'
import {
  type Criterion,
  klReading,
  meaningAt,
  type StoppingInput,
  unstableStep,
} from './criterion.ts'
import { type KlReading, klText, reportedKl, smoothedRemark } from './report.ts'

/** Window w = max(10, steps/20) rounded up to a multiple of 5. */
export function statisticalWindow(steps: number): number {
  return 5 * Math.ceil(Math.max(10, steps / 20) / 5)
}

/**
 * Change of the KL over a window, D = mean(ψ(k) − ψ(k − w)) with its standard error, the groups paired.
 * At step 0 KL is a quadrature instead of an estimate from particles: a constant. Null where the two ends cannot be
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
  const value = mean(differences)
  return Number.isFinite(value) ? { value, error: standardError(differences) } : null
}

/** Least N for which each of the sixteen groups has enough particles for a reliable error bar. */
const FEW = 256
/** Level of KL at rest, nats, and in standard deviations of a reading, above which the chain counts as far from π. */
const FAR = 0.1
const FAR_NOISE = 10

/**
 * Windows end at k = w, 2w, …; one is quiet when D > −2 SE_D. At two quiet windows in a row the rule compares KL_k
 * with two levels. It *stops* when KL_k is within the sampling noise μ₀ + 2σ₀ of exact samples of π, or not significantly
 * above the level of the chain at rest, called the bias of the step size where it exceeds the noise. The level at rest is the
 * reading of particles started at π after a fixed number of steps or, if greater, the predicted b(η), which is of leading order
 * in η and has been seen up to a quarter above the bias of the exact law. Above both levels the run is
 * *stalled*, provided the KL has not fallen significantly since step k/2 either, k ≥ 4w: two short windows alone
 * cannot tell a slow fall from none. The run is *stalled*, too, where the level at rest is far from π or the step size is
 * unstable, since neither is a bias to converge to.
 */
export const statistical: Criterion = {
  id: 'statistical',
  ...CRITERION_TEXTS.statistical,
  evaluate(input) {
    const { computed, steps, particles, curves, nullFloor, biasPrediction } = input
    const w = statisticalWindow(steps)
    const report = (
      outcome: StoppingOutcome,
      reason: string,
      step: number | null = null,
      reading: KlReading | null = null,
    ): Verdict => ({
      criterion: 'statistical',
      step,
      ...reportedKl(reading),
      reason,
      status: 'estimate',
      outcome,
    })
    if (steps === 0) return report('unfired', 'No step has been taken.')
    if (nullFloor === null) {
      return report('unfired', 'The sampling noise at π has not been measured yet.')
    }
    const noise = nullFloor.mean + 2 * nullFloor.deviation
    const { mean: read, deviation } = nullFloor.equilibrium
    const level = Math.max(read, biasPrediction ?? 0)
    const rest = (text = formatNats(level)): string =>
      level > read
        ? `the ${text} nats that step size η is predicted to leave`
        : `the ${text} nats that particles started at π read after ${EQUILIBRATION} steps`
    const least = (text = formatNats(Math.max(noise, level))): string =>
      noise > level ? `the ${text} nats that exact samples of π read` : rest(text)
    let quiet = 0
    let state = `No window of ${w} steps with comparable readings at both ends has been completed.`
    for (let k = w; k <= computed; k += w) {
      const d = change(input, k - w, k)
      const kl = klReading(curves, k)
      const meaning = meaningAt(curves, k)
      if (d === null || kl === null || meaning === null) {
        quiet = 0
        continue
      }
      const last = `the last window of ${w} steps changed the ${meaning} by ${nats(d.value)} with standard error ${nats(d.error)}`
      if (!isQuiet(d)) {
        quiet = 0
        state = `Still falling: ${last}.`
        continue
      }
      quiet++
      if (quiet < 2) {
        state = `Not settled: ${last}; it takes two windows in a row without a significant fall.`
        continue
      }
      const few =
        particles < FEW
          ? ` With ${particles} particles the error bar is wide: no fall below ${natsDown(2 * d.error)} a window would be seen.`
          : ''
      const remark = `${smoothedRemark(meaning, 'what is finer than its kernel it does not see')}${few}`
      const still = `no significant fall over two windows of ${w} steps`
      const found: KlReading = { kl, meaning }
      const reading = `the ${klText(found)}`
      const error = curves.klStandardError[k] ?? 0
      const atRest = kl - level <= 2 * Math.sqrt(error * error + deviation * deviation)
      const unstable = unstableStep(input)
      // A reading within the noise is not contradicted by a prediction.
      const resting = kl <= noise ? read : level
      const far = particles >= FEW && resting > Math.max(FAR, FAR_NOISE * nullFloor.deviation)
      if ((kl <= noise || atRest) && (unstable !== null || far)) {
        return report(
          'stalled',
          `Settled away from π: ${still}, and ${reading} is not significantly above ${least()}. ${unstable ?? 'The step size is too large for this landscape; a smaller η lowers it.'}${remark}`,
          k,
          found,
        )
      }
      if (kl <= noise) {
        return report(
          'stopped',
          `Converged to sampling noise: ${still}, and ${reading} is within the ${nats(noise)} that exact samples of π read.${remark}`,
          k,
          found,
        )
      }
      if (atRest) {
        const near = `${still}, and ${reading} (standard error ${nats(error)}) is not significantly above ${rest()}`
        return report(
          'stopped',
          level > noise
            ? `Converged to the bias of the step size${level > read ? ' or below it' : ''}: ${near}, itself above the ${nats(noise)} of sampling noise; a smaller η lowers it.${remark}`
            : `Converged as far as these particles can tell: ${near}.${remark}`,
          k,
          found,
        )
      }
      const [high, low] = formatApart(kl, Math.max(noise, level), formatNats)
      const above = `the ${klText(found, `${high} nats`)} is above ${least(low)}`
      if (k < 4 * w) {
        state = `Not settled: ${still}, but ${above}; whether it is stalled is asked from step ${4 * w} on${steps < 4 * w ? `, and the run ends at step ${steps}` : ''}.`
        continue
      }
      const middle = w * Math.floor(k / (2 * w))
      const long = change(input, middle, k)
      if (long === null) {
        state = `Not settled: ${still}, but ${above}, and nothing comparable was read at step ${middle}.`
      } else if (isQuiet(long)) {
        return report(
          'stalled',
          `Stalled: ${still} nor since step ${middle}, but ${above}.${remark}`,
          k,
          found,
        )
      } else {
        state = `Not settled: ${still}, but since step ${middle} the ${found.meaning} changed by ${nats(long.value)} with standard error ${nats(long.error)}.`
      }
    }
    const short = ` The run ends at step ${steps}, before the two windows of ${w} steps that the rule looks at.`
    return report('unfired', steps < 2 * w ? state + short : state)
  },
}

/** A fall of at most so many nats is rounding: particles that have all forgotten their start give equal readings. */
const NO_FALL = 1e-9

function isQuiet(d: { readonly value: number; readonly error: number }): boolean {
  return d.value > -2 * d.error - NO_FALL
}
