import { describe, expect, it } from 'vitest'
import type { Coupling } from '../estimators/coupling.ts'
import { coupling } from './coupling.ts'
import { stoppingInput, STEPS } from './criterion.testing.ts'

/** A bound e^(−k/20), with a limit 0.02 above it. */
const bound = Array.from({ length: STEPS + 1 }, (_, k) => Math.exp(-k / 20))
const MET: Coupling = {
  lag: 80,
  pairs: 512,
  unmet: 0,
  curves: {
    bound,
    standardError: bound.map(() => 0.01),
    upper: bound.map((value) => Math.min(1, value + 0.02)),
  },
}
const law = { coupling: MET }

describe('the coupling criterion', () => {
  it('stops at the first step whose limit is at most √(δ/2), as an estimate, and says what it is about', () => {
    const verdict = coupling.evaluate(stoppingInput({ law }))
    const tolerance = Math.sqrt(0.1 / 2)
    expect(verdict).toMatchObject({ status: 'estimate', outcome: 'stopped' })
    expect(verdict.step).toBe(bound.findIndex((value) => value + 0.02 <= tolerance))
    expect(verdict.reason).toContain('512 pairs')
    expect(verdict.reason).toContain('L = 80 steps')
    expect(verdict.reason).toContain('√(δ/2) = 0.224')
    expect(verdict.reason).toContain('The rest law is not π')
  })

  it('names the KL at its step where that is known, and its step where that is not', () => {
    const kl = bound.map((value) => value ** 2)
    const input = stoppingInput({ law: { ...law, exactTo: STEPS } })
    const known = coupling.evaluate({ ...input, curves: { ...input.curves, klExact: kl } })
    expect(known).toMatchObject({ kl: kl[known.step!], klMeaning: 'KL of the exact chain' })
    expect(coupling.evaluate(stoppingInput({ law }))).toMatchObject({ step: known.step, kl: null })
  })

  it('says how far the bound came where no step is near enough', () => {
    const verdict = coupling.evaluate({ ...stoppingInput({ law }), delta: 1e-4 })
    expect(verdict).toMatchObject({ step: null, status: 'estimate', outcome: 'unfired' })
    expect(verdict.reason).toContain('At the last step, 100')
  })

  it.each([
    ['barriers', { certificates: { barriers: [{} as never] }, law }, /barriers/],
    ['another sampler', { certificates: { departure: 'MALA refuses moves' }, law }, /MALA refuses/],
    ['jumps', { certificates: { jumpEvery: 5 }, law }, /jumps/],
    ['a δ that any two laws meet', { delta: 2, law }, /any two laws/],
    ['laws under way', { law: { pending: true } }, /being computed/],
    ['nobody who asked', {}, /choosing this criterion/],
    [
      'pairs that have not met',
      { law: { coupling: { ...MET, unmet: 3, curves: null } } },
      /3 of 512 pairs/,
    ],
    ['a slow landscape', { law: { coupling: { ...MET, unmet: 512, curves: null } } }, /too slow/],
    [
      'work broken off',
      { law: { coupling: { lag: 0, pairs: 0, unmet: 0, curves: null } } },
      /broken off/,
    ],
  ])('claims nothing: %s', (_name, change, words) => {
    const verdict = coupling.evaluate(stoppingInput(change))
    expect(verdict).toMatchObject({ status: 'none', step: null, outcome: 'unfired' })
    expect(verdict.reason).toMatch(words)
  })
})
