import { describe, expect, it } from 'vitest'
import type { KlMeaning } from '../curves.ts'
import { CRITERION_IDS } from '../ids.ts'
import { CRITERION_TEXTS } from '../texts.ts'
import { adviceOf, wordOf, WORDS, type AdviceContext } from './advice.ts'

const CONTEXT: AdviceContext = {
  delta: 0.1,
  steps: 200,
  pending: false,
  unlearned: false,
  stepSize: 0.01,
  stableBelow: 0.1,
}

type Told = Parameters<typeof wordOf>[0]
const told = (part: Partial<Told>): Told => ({
  criterion: 'certified-decrease',
  step: 40,
  kl: 0.04,
  klMeaning: 'KL of the exact chain',
  status: 'estimate',
  outcome: 'stopped',
  divergence: 'gibbs',
  ...part,
})

const MEANINGS: readonly (KlMeaning | null)[] = [
  ...([null, 'KL of the exact chain', 'particle estimate of KL'] as const),
  ...(['smoothed lower bound of KL', 'lower bound of the KL of the noiseless flow'] as const),
  ...(['smoothed reading that is no bound of KL', 'KL of the noiseless flow'] as const),
  'KL of the continuous dynamics',
]

/** All that a criterion can report of a stop, with what is said of it. */
const CASES = CRITERION_IDS.flatMap((criterion) =>
  MEANINGS.flatMap((klMeaning) =>
    (klMeaning === null ? [null] : [0, 0.04, 0.1, 0.100001, 30]).flatMap((kl) =>
      (['stopped', 'stalled'] as const).map((outcome) => {
        const { divergence } = CRITERION_TEXTS[criterion]
        return told({ criterion, klMeaning, kl, outcome, divergence })
      }),
    ),
  ),
)

describe('the word and the advice on a stop', () => {
  it.each([
    ['within δ', {}, 'good'],
    ['above δ', { kl: 2.791 }, 'ended'],
    ['that is a bound from below only', { klMeaning: 'smoothed lower bound of KL' }, 'open'],
    [
      'that claims δ of a bound from below',
      { criterion: 'tolerance', klMeaning: 'smoothed lower bound of KL' },
      'open',
    ],
    ['of a rest below δ', { criterion: 'statistical', outcome: 'stalled' }, 'good'],
    ['of a rest above δ', { criterion: 'statistical', kl: 0.7, outcome: 'stalled' }, 'stalled'],
    ['at the bias of the step', { criterion: 'floor', kl: 0.7 }, 'ended'],
    ['that certifies nothing', { criterion: 'gradient-norm', kl: 30 }, 'false'],
    ['that claims what is not so', { criterion: 'tolerance', kl: 0.2 }, 'false'],
    ['that nobody has measured', { criterion: 'poincare', kl: null, klMeaning: null }, 'good'],
    ['that never came', { step: null, kl: null, outcome: 'unfired' }, 'unfired'],
    [
      'of a blind rule that never came',
      { criterion: 'stein', step: null, status: 'none' },
      'unfired',
    ],
    ['that was refused', { step: null, kl: null, outcome: 'unfired', status: 'none' }, 'none'],
  ] as const)('%s', (_, part, word) => {
    expect(wordOf(told(part), CONTEXT)).toBe(word)
  })

  it('an unstable step comes before all else, an energy that is being learned before that', () => {
    const unstable = { ...CONTEXT, stepSize: 0.2 }
    expect(wordOf(told({}), unstable)).toBe('unstable')
    expect(adviceOf(told({}), unstable)).toContain('Take η below 0.10')
    expect(wordOf(told({}), { ...unstable, unlearned: true })).toBe('untrained')
    expect(wordOf(told({}), { ...CONTEXT, stableBelow: null })).toBe('good')
  })

  it('says where a stop lies beyond the run', () => {
    const ahead = told({ criterion: 'poincare', step: 300, kl: null, klMeaning: null })
    expect(adviceOf(ahead, CONTEXT)).toMatch(/^You may stop at step 300, beyond this run: /)
    expect(adviceOf({ ...ahead, step: 200 }, CONTEXT)).not.toContain('beyond')
  })

  it('what is still followed may still fire', () => {
    const report = told({ step: null, kl: null, klMeaning: null, outcome: 'unfired' })
    expect(wordOf(report, { ...CONTEXT, pending: true })).toBe('pending')
  })

  it('never advises a stop that is known to be above δ, and says "more than δ" of no other', () => {
    for (const report of CASES) {
      const advice = adviceOf(report, CONTEXT)
      const above = report.kl !== null && report.kl > CONTEXT.delta
      const word = wordOf(report, CONTEXT)
      if (above) expect(word, JSON.stringify(report)).not.toBe('good')
      expect(advice.startsWith('You may stop'), advice).toBe(word === 'good')
      if (advice.includes('more than δ')) expect(above, advice).toBe(true)
      // A bound from below is never passed off as the distance itself.
      if (/lower bound/.test(report.klMeaning ?? '') && /\d nats/.test(advice))
        expect(advice).toContain('at least')
      // An estimate bounds nothing, a reading that is no bound tells nothing, and a law of other steps is named.
      if (/estimate|noiseless|no bound/.test(report.klMeaning ?? ''))
        expect(advice).not.toContain('within')
      if (/no bound/.test(report.klMeaning ?? '')) expect(word).not.toMatch(/good|false|ended/)
      if (report.klMeaning === 'KL of the continuous dynamics' && / nats/.test(advice))
        expect(advice).toContain('infinitely short steps')
      expect(advice).toMatch(/^[A-Z].*\.$/)
      expect(advice).not.toMatch(/undefined|null|NaN|–/)
      expect(Object.keys(WORDS)).toContain(word)
    }
    expect(CASES.length).toBeGreaterThan(400)
  })
})
