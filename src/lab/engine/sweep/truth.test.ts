import { describe, expect, test } from 'vitest'
import { noLawCurves } from '../../../core/analysis/curves.ts'
import { firstWithin, trueKl, truthOf, type Judged } from './truth.ts'

const STEPS = 4

/** Laws of which the chain's is followed to `exactTo`. */
function judged({
  exact = [] as number[],
  continuous = [] as number[],
  error = 0.01,
  bias = null as number | null,
  delta = 0.1,
}): Judged {
  const curves = noLawCurves(STEPS)
  return {
    laws: {
      curves: {
        ...curves,
        klExact: curves.klExact.map((_, k) => exact[k] ?? null),
        fokkerPlanck: curves.fokkerPlanck.map((_, k) => continuous[k] ?? null),
        fokkerPlanckError: curves.fokkerPlanck.map((_, k) => (k in continuous ? error : null)),
      },
      exactTo: exact.length - 1,
      unresolved: null,
      withoutContinuous: null,
    },
    steps: STEPS,
    delta,
    bias,
  }
}

const stop = (step: number | null) =>
  ({ step, outcome: step === null ? 'unfired' : 'stopped' }) as const

test('the exact law comes first, then the continuous dynamics, then nothing', () => {
  const { laws } = judged({ exact: [2, 1], continuous: [2, 0.9, 0.4] })
  expect([0, 1, 2, 3].map((k) => trueKl(laws, k)?.meaning)).toEqual([
    'KL of the start',
    'KL of the exact chain',
    'KL of the continuous dynamics',
    undefined,
  ])
  expect(firstWithin(laws, STEPS, 1)).toBe(1)
  expect(firstWithin(laws, STEPS, 0.3)).toBe(null)
})

describe('a claim of KL ≤ δ', () => {
  const exact = [1, 0.5, 0.2, 0.1, 0.05]

  test('of the chain is held to its exact law', () => {
    const told = [2, 3, 5].map((step) => truthOf(stop(step), 'chain', judged({ exact })))
    expect(told.map(({ falseStop }) => falseStop)).toEqual(['yes', 'no', 'unknown'])
    expect(told.map(({ wasted }) => wasted)).toEqual([-1, 0, 2])
    expect(told[2]!.unknown).toBe('the run ends at step 4')
  })

  test('of the chain is held to the continuous dynamics within their bar and the bias', () => {
    const continuous = [1, 0.5, 0.12, 0.05, 0.04]
    const verdicts = (bias: number | null) =>
      [1, 2, 3].map((k) => truthOf(stop(k), 'chain', judged({ continuous, bias })).falseStop)
    expect(verdicts(0.005)).toEqual(['yes', 'yes', 'no'])
    expect(verdicts(0.02)).toEqual(['yes', 'unknown', 'no'])
    expect(verdicts(null)).toEqual(['unknown', 'unknown', 'unknown'])
    const atStart = judged({ continuous, error: 0, delta: 1 })
    expect(truthOf(stop(0), 'chain', atStart).falseStop).toBe('no')
  })

  test('of the continuous dynamics is held to them, and beyond the run to its end', () => {
    const low = judged({ exact, continuous: [1, 0.5, 0.12, 0.105, 0.04] })
    const told = [2, 3, 4, 99].map((step) => truthOf(stop(step), 'continuous', low).falseStop)
    expect(told).toEqual(['yes', 'unknown', 'no', 'no'])
    const high = judged({ exact, continuous: [1, 0.9, 0.8, 0.7, 0.6] })
    expect(truthOf(stop(99), 'continuous', high).falseStop).toBe('unknown')
  })

  test('is made neither by a criterion that claims something else nor without a stop', () => {
    expect(truthOf(stop(1), undefined, judged({ exact })).falseStop).toBe(null)
    expect(truthOf(stop(null), 'chain', judged({ exact }))).toEqual({
      trueKl: null,
      trueKlMeaning: null,
      trueKlError: null,
      unknown: null,
      falseStop: null,
      firstWithin: 3,
      wasted: null,
    })
    const stalled = { step: 1, outcome: 'stalled' } as const
    expect(truthOf(stalled, 'chain', judged({ exact })).falseStop).toBe(null)
  })
})
