import { nats } from '../../maths/numberText.ts'
import type { KlMeaning, Verdict } from '../curves.ts'
import type { CriterionId } from '../ids.ts'

/** The common part of the reports that name no step, with the reason as a sentence. */
export function unfired<Id extends CriterionId>(criterion: Id, reason: string) {
  return { criterion, step: null, kl: null, klMeaning: null, reason, outcome: 'unfired' } as const
}

/** A report that makes no claim, with the reason as a sentence. */
export function noClaim(criterion: CriterionId, reason: string): Verdict {
  return { ...unfired(criterion, reason), status: 'none' }
}

/**
 * The stop of a rule that certifies nothing.
 * @param reading the KL at its step, which the rule does not read; null where it is unknown
 * @param sentences the empty ones are left out
 */
export function blindStop(
  criterion: CriterionId,
  step: number,
  reading: KlReading | null,
  sentences: readonly string[],
): Verdict {
  const reason = sentences.filter((sentence) => sentence !== '').join(' ')
  return { criterion, step, ...reportedKl(reading), reason, status: 'none', outcome: 'stopped' }
}

/** A KL and its meaning. */
export interface KlReading {
  readonly kl: number
  readonly meaning: KlMeaning
}

/**
 * A sentence on a smoothed reading: a lower bound where kernels overlap, neither a lower nor an upper bound where they
 * scarcely do. Empty for every other reading.
 * @param unseen what the reading, as a lower bound, does not show
 */
export function smoothedRemark(meaning: KlMeaning | null, unseen: string): string {
  switch (meaning) {
    case 'smoothed lower bound of KL':
      return ` A smoothed lower bound is not the KL: ${unseen}.`
    case 'smoothed reading that is no bound of KL':
      return ' The kernels of so few particles scarcely overlap: the smoothed reading may lie on either side of the KL.'
    default:
      return ''
  }
}

/** The KL that a report names at its step, 0 for an estimate below 0 by its noise, and the meaning of that KL. */
export function reportedKl(reading: KlReading | null): Pick<Verdict, 'kl' | 'klMeaning'> {
  return reading === null
    ? { kl: null, klMeaning: null }
    : { kl: Math.max(0, reading.kl), klMeaning: reading.meaning }
}

/**
 * "particle estimate of KL 0.0123 nats"; for a negative estimate that it is 0 within its noise, with the estimate.
 * @param text the value in words, with as many digits as tell it from another value
 */
export function klText({ kl, meaning }: KlReading, text = nats(kl)): string {
  return kl >= 0 ? `${meaning} ${text}` : `${meaning} 0 within its noise (read as ${text})`
}

/** The words with a capital first letter, to begin a sentence. */
export function sentenceOf(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}
