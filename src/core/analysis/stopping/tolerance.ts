import { formatApart, natsExactly } from '../../maths/limitText.ts'
import { formatCount, formatNats, nats } from '../../maths/numberText.ts'
import { GROUPS } from '../../maths/statistics.ts'
import { CRITERION_TEXTS } from '../texts.ts'
import { bestKl, type Criterion } from './criterion.ts'
import { jackknifeErrorsAtLook } from './looks.ts'
import {
  type KlReading,
  klText,
  reportedKl,
  sentenceOf,
  smoothedRemark,
  unfired,
} from './report.ts'

/**
 * First k with klExact_k ≤ δ where the exact law of the chain is known, else with max(0, kl_k) + z_j SE_k ≤ δ, z_j of `jackknifeErrorsAtLook` at the
 * j-th estimate, so that looking at every one does not stop by chance: a KL is never negative, and a reading below 0 by its noise
 * proves no more than a reading of 0.
 * An estimate without a standard error (a single particle), or with one of fewer than sixteen groups, bounds nothing and is skipped.
 */
export const tolerance: Criterion = {
  id: 'tolerance',
  ...CRITERION_TEXTS.tolerance,
  evaluate(input) {
    const { curves, delta, particles } = input
    const { kl: readings, computed } = bestKl(input)
    let lowest: Bound | null = null
    let looks = 0
    for (let k = 0; k <= computed; k++) {
      const reading = readings[k] ?? null
      if (reading !== null && isEstimate(reading)) looks++
      const error = particles < GROUPS ? null : (curves.klStandardError[k] ?? null)
      const found = boundOf(reading, error, looks)
      if (found === null) continue
      if (lowest === null || found.bound < lowest.bound) lowest = found
      if (!(found.bound <= delta)) continue
      return {
        criterion: 'tolerance',
        step: k,
        ...reportedKl(found.reading),
        reason: sentenceOf(found.sentence(`at most δ = ${natsExactly(delta)}`)),
        status: 'estimate',
        outcome: 'stopped',
      }
    }
    return {
      ...unfired('tolerance', whyUnfired(lowest, delta, computed < input.steps)),
      status: 'estimate',
    }
  },
}

function whyUnfired(lowest: Bound | null, delta: number, going: boolean): string {
  if (lowest === null) {
    return `No KL with an error bar has been read${going ? ' yet' : ''}.`
  }
  const { bound, reading } = lowest
  const { meaning } = reading
  const [least] = formatApart(bound, delta, formatNats)
  const of = isEstimate(reading) ? `upper end of the ${meaning}` : meaning
  return `Lowest so far is the ${of}, ${least} nats, above δ = ${natsExactly(delta)}.`
}

/** Whether a reading has a sampling error. */
function isEstimate({ meaning }: KlReading): boolean {
  return meaning !== 'KL of the exact chain' && meaning !== 'KL of the start'
}

interface Bound {
  readonly reading: KlReading
  /** The number that is compared with δ. */
  readonly bound: number
  /** @param verdict what the bound is, in words */
  readonly sentence: (verdict: string) => string
}

function boundOf(reading: KlReading | null, error: number | null, look: number): Bound | null {
  if (reading === null) return null
  const { kl, meaning } = reading
  if (!isEstimate(reading)) {
    const by = meaning === 'KL of the start' ? ', by quadrature,' : ''
    const sentence = (verdict: string) => `${klText(reading)}${by} is ${verdict}.`
    return { reading, bound: kl, sentence }
  }
  if (error === null) return null
  const bound = Math.max(0, kl) + jackknifeErrorsAtLook(look) * error
  return {
    reading,
    bound,
    sentence: (verdict) =>
      `${klText(reading)} with standard error ${nats(error)}: its upper end at look ${formatCount(look)}, 95 % for all looks together, ${nats(bound)} is ${verdict}.` +
      smoothedRemark(meaning, 'the KL itself may be above δ'),
  }
}
