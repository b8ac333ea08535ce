import { nats } from '../../maths/numberText.ts'
import type { KlMeaning, Verdict } from '../curves.ts'
import type { CriterionId } from '../ids.ts'

/** What a report has in common that names no step, with the reason as a sentence. */
export function unfired<Id extends CriterionId>(criterion: Id, reason: string) {
  return { criterion, step: null, kl: null, klMeaning: null, reason, outcome: 'unfired' } as const
}

/** A report that makes no claim, with the reason as a sentence. */
export function noClaim(criterion: CriterionId, reason: string): Verdict {
  return { ...unfired(criterion, reason), status: 'none' }
}

/** A KL, and what it is. */
export interface KlReading {
  readonly kl: number
  readonly meaning: KlMeaning
}

/**
 * What a smoothed reading leaves open, a sentence: a lower bound while kernels overlap, neither that nor an upper one where they
 * scarcely do. Empty for everything else.
 * @param unseen what follows of a lower bound
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

/** What a report names as the KL at its step, 0 for an estimate that its noise took below, and what that is. */
export function reportedKl(reading: KlReading | null): Pick<Verdict, 'kl' | 'klMeaning'> {
  return reading === null
    ? { kl: null, klMeaning: null }
    : { kl: Math.max(0, reading.kl), klMeaning: reading.meaning }
}

/**
 * "particle estimate of KL 0.0123 nats", or that it is nothing beside the noise, with what was read.
 * @param text the value in words, where it has to be told from another
 */
export function klText({ kl, meaning }: KlReading, text = nats(kl)): string {
  return kl >= 0 ? `${meaning} ${text}` : `${meaning} 0 within its noise (read as ${text})`
}

/** The same at the beginning of a sentence. */
export function sentenceOf(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}
