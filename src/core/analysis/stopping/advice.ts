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
  /** It stops at a step of which nothing known says on which side of δ it lies. */
  open: 'undecided',
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
  /** It claims nothing of this run: a premise fails, or has not been looked at. */
  none: 'no claim',
  /** Nothing is measured on an energy that is still being learned. */
  untrained: '–',
} as const

export type Word = keyof typeof WORDS

/** What decides beside the report. */
export interface AdviceContext {
  /** δ, nats. */
  readonly delta: number
  /** Steps of the run; null: unknown. */
  readonly steps: number | null
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

/** Whether the number beside a stop bounds KL from below only, up to its error. */
function isLowerBound({ klMeaning }: Told): boolean {
  return klMeaning !== null && /lower bound/.test(klMeaning)
}

/** Whether what is known leaves open on which side of δ the stop lies. */
function isOpen(report: Told, { delta }: AdviceContext): boolean {
  const { kl, klMeaning } = report
  if (kl === null || klMeaning === 'smoothed reading that is no bound of KL') return true
  return kl <= delta && isLowerBound(report)
}

/** What the report of a criterion is worth, in a word; what decides first stands first. */
export function wordOf(report: Told, context: AdviceContext): Word {
  const { criterion, step, kl, status, outcome } = report
  if (context.unlearned) return 'untrained'
  if (isUnstable(context)) return 'unstable'
  if (step === null) {
    const silent = status === 'none' && !('blind' in CRITERION_TEXTS[criterion as CriterionId])
    return silent ? 'none' : context.pending ? 'pending' : 'unfired'
  }
  const text: CriterionText = CRITERION_TEXTS[criterion as CriterionId]
  if (isOpen(report, context)) {
    if (outcome === 'stalled') return 'stalled'
    // Its own claim is all that is known of a stop that nobody has measured.
    return kl === null && text.claims !== undefined ? 'good' : 'open'
  }
  if (kl !== null && kl <= context.delta) return 'good'
  if (outcome === 'stalled') return 'stalled'
  if (text.blind === true || text.claims !== undefined) return 'false'
  return text.rests === true ? 'stalled' : 'ended'
}

/** Who is at what distance, as a clause: the law that the number beside a stop is of. */
function distanceOf({ kl, klMeaning }: Told, far: string): string {
  const of = klMeaning ?? ''
  const nats = `${formatNats(kl)} nats`
  const who = of.includes('noiseless flow')
    ? 'the noiseless flow is'
    : of.startsWith('KL of the continuous dynamics')
      ? 'infinitely short steps would be'
      : 'the samples are'
  const near = far === ''
  if (/lower bound/.test(of)) return `${who}${far} at least ${nats} from`
  // What particles are averaged for bounds nothing.
  return near && !/^KL of the (?:exact|continuous|start)/.test(of)
    ? `${who} about ${nats} from`
    : `${who}${far} ${near ? `within ${nats} of` : `${nats} from`}`
}

/** Advice in one sentence, in words that need no formula. */
export function adviceOf(report: Told, context: AdviceContext): string {
  const id = report.criterion as CriterionId
  const text: CriterionText = CRITERION_TEXTS[id]
  const beyond = (report.step ?? 0) > (context.steps ?? Infinity) ? ', beyond this run' : ''
  const at = report.step === null ? '' : `${formatCount(report.step)}${beyond}`
  const goal = report.divergence === 'data' ? 'the data' : 'π'
  const delta = `δ = ${formatNumber(context.delta, 3)}`
  const away = `${distanceOf(report, ' still')} ${goal}, more than ${delta}`
  const unknown = `how far from ${goal} the samples then are is not known`
  const open = isOpen(report, context)
  const { then } = text
  const and = then === undefined ? '' : `, and ${then}`
  switch (wordOf(report, context)) {
    case 'good':
      return open
        ? `You may stop at step ${at}: the rule promises ${delta} or less${
            text.claims === 'continuous' ? ' of infinitely short steps' : ''
          }${and}.`
        : `You may stop at step ${at}: ${distanceOf(report, '')} ${goal}${and}.`
    case 'ended':
      return `At step ${at} ${away}${and === '' ? ', and nothing promises that they come nearer' : and}.`
    case 'open':
      return `The rule stops at step ${at}${and}; ${unknown}.`
    case 'stalled':
      return open
        ? `At step ${at} the fall is over; ${unknown}.`
        : `At step ${at} the fall is over, and ${away}: more such steps help little.`
    case 'false':
      return `Do not stop at step ${at}, whatever this rule says: ${away}.`
    case 'unstable':
      return `The steps are too long: particles overshoot, and what they settle on is not π. Take η below ${formatDown(context.stableBelow ?? 0, 2)}.`
    case 'pending':
      return 'The rule has not fired so far.'
    case 'unfired':
      return `The rule does not fire within this run: more steps${
        text.plain.includes('δ') ? ', or a larger δ,' : ''
      } may make it.`
    case 'none':
      return 'Of this run the rule claims nothing; the reason stands under “Why”.'
    case 'untrained':
      return 'Waits for a trained energy.'
  }
}
