import { formatDown } from '../../maths/limitText.ts'
import { formatCount, formatNats, formatNumber } from '../../maths/numberText.ts'
import type { StoppingReport } from '../curves.ts'
import type { CriterionId } from '../ids.ts'
import { CRITERION_TEXTS, type CriterionText } from '../texts.ts'

/** What a criterion says of a run, in one word: each has one meaning, whichever criterion says it. */
export const WORDS = {
  /** At its step KL is at most δ. */
  good: 'good enough',
  /** At its step KL is above δ, and from there on nothing promises that it falls. */
  ended: 'guarantee ended',
  /** At its step KL is above δ and falls no further. */
  stalled: 'stalled',
  /** The rule says stop, and KL to π is above δ all the same. */
  false: 'false stop',
  /** The step size is so large that steps overshoot. */
  unstable: 'unstable',
  /** It has not fired, and may still. */
  pending: 'not yet',
  /** It has not fired within the steps of the run. */
  unfired: 'not in this run',
  /** It has nothing to say of this run. */
  none: 'no claim',
  /** Nothing is measured on an energy that is still being learned. */
  untrained: '–',
} as const

export type Word = keyof typeof WORDS

/** What decides beside the report. */
export interface AdviceContext {
  /** δ, nats. */
  readonly delta: number
  /** Whether steps or laws are still to come. */
  readonly pending: boolean
  readonly unlearned: boolean
  /** The step size of the run, and the one above which steps overshoot; null: unknown. */
  readonly stepSize: number | null
  readonly stableBelow: number | null
}

type Told = Pick<
  StoppingReport,
  'criterion' | 'step' | 'kl' | 'klMeaning' | 'status' | 'outcome' | 'divergence'
>

/** Whether steps of this size overshoot. */
export function isUnstable({
  stepSize,
  stableBelow,
}: Pick<AdviceContext, 'stepSize' | 'stableBelow'>): boolean {
  return stepSize !== null && stableBelow !== null && stepSize > stableBelow
}

/** Whether the number beside a stop bounds KL from below only, so that a small one says nothing. */
function isLowerBound({ klMeaning }: Told): boolean {
  return klMeaning !== null && /lower bound|no bound/.test(klMeaning)
}

/** Whether what is known leaves open on which side of δ the stop lies. */
function isOpen(report: Told, { delta }: AdviceContext): boolean {
  return report.kl === null || (report.kl <= delta && isLowerBound(report))
}

export function wordOf(report: Told, context: AdviceContext): Word {
  const { criterion, step, kl, status, outcome } = report
  if (context.unlearned) return 'untrained'
  if (isUnstable(context)) return 'unstable'
  if (step === null) return status === 'none' ? 'none' : context.pending ? 'pending' : 'unfired'
  if (outcome === 'stalled') return 'stalled'
  const text: CriterionText = CRITERION_TEXTS[criterion as CriterionId]
  // Its own claim is all that is known of such a stop.
  if (isOpen(report, context))
    return text.claims !== undefined ? 'good' : text.blind === true ? 'none' : 'ended'
  if (kl !== null && kl <= context.delta) return 'good'
  if (text.blind === true || text.claims !== undefined) return 'false'
  return text.rests === true ? 'stalled' : 'ended'
}

/** Advice in one sentence, in words that need no formula. */
export function adviceOf(report: Told, context: AdviceContext): string {
  const id = report.criterion as CriterionId
  const text: CriterionText = CRITERION_TEXTS[id]
  const at = report.step === null ? '' : formatCount(report.step)
  const who = text.needsFlow === true ? 'the noiseless flow is' : 'the samples are'
  const goal = report.divergence === 'data' ? 'the data' : 'π'
  const delta = `δ = ${formatNumber(context.delta, 2)}`
  const least = isLowerBound(report) ? 'at least ' : ''
  const away = `${who} still ${least}${formatNats(report.kl)} nats from ${goal}, more than ${delta}`
  const open = isOpen(report, context)
  const { then } = text
  switch (wordOf(report, context)) {
    case 'good':
      return `You may stop at step ${at}: ${
        open
          ? `the rule promises ${delta} or less${text.claims === 'continuous' ? ' of infinitely short steps' : ''}`
          : `${who} ${
              report.klMeaning === 'particle estimate of KL'
                ? `about ${formatNats(report.kl)} nats from`
                : `within ${formatNats(report.kl)} nats of`
            } ${goal}`
      }${then === undefined ? '' : `, and ${then}`}.`
    case 'ended':
      return open
        ? `The guarantee ends at step ${at}: how far from ${goal} ${who} then is not known.`
        : `At step ${at} ${away}, and ${then ?? 'nothing promises that they come nearer'}.`
    case 'stalled':
      return open
        ? `At step ${at} the fall is over: how far from ${goal} ${who} then is not known.`
        : report.kl !== null && report.kl <= context.delta
          ? `At step ${at} the fall is over, ${who} ${least}${formatNats(report.kl)} nats from ${goal}.`
          : `At step ${at} the fall is over, and ${away}: more such steps help little.`
    case 'false':
      return `Do not stop at step ${at}, whatever this rule says: ${away}.`
    case 'unstable':
      return `The steps are too long: particles overshoot, and what they settle on is not π. Take η below ${formatDown(context.stableBelow ?? 0, 2)}.`
    case 'pending':
      return 'The rule has not fired so far.'
    case 'unfired':
      return 'The rule does not fire within this run: take more steps, or a larger δ.'
    case 'none':
      return report.step === null
        ? 'This rule can promise nothing of this run; the reason stands below.'
        : `The rule says stop at step ${at}, and promises nothing.`
    case 'untrained':
      return 'Waits for a trained energy.'
  }
}
