import { describe, expect, it } from 'vitest'
import type { Split } from '../constants/poincare.ts'
import { certifiedTime } from '../constants/poincare.ts'
import type { StoppingInput } from './criterion.ts'
import { type Change, ETA, stoppingInput, STEPS } from './criterion.testing.ts'
import { poincare } from './poincare.ts'

const SPLITS: readonly Split[] = [
  { mass: 1, renyi: 30, rest: 0 },
  { mass: 0.999, renyi: 2, rest: 0.02 },
]
const BOUND = { value: 0.5, cells: 128 }

const input = (change: Change = {}, renyi: (k: number) => number | null = () => null) =>
  stoppingInput(
    {
      ...change,
      law: { startSplits: SPLITS, ...change.law },
      certificates: { ...constants(BOUND).certificates, ...change.certificates },
    },
    renyi,
  )

const constants = (spectralGapBound: typeof BOUND | null) => ({
  certificates: { constants: { convexity: -1, smoothness: 1, quadratic: false, spectralGapBound } },
})

describe('the Poincaré criterion', () => {
  it('names the first step after the certified time, and says that it is about the continuous dynamics', () => {
    const verdict = poincare.evaluate(input())
    expect(verdict).toMatchObject({ status: 'certificate', outcome: 'stopped' })
    expect(verdict.step).toBe(Math.ceil(certifiedTime(SPLITS, 0.5, 0.1)!.time / ETA))
    expect(verdict.reason).toMatch(
      /^KL of the continuous dynamics is at most δ = 0\.100 nats from step/,
    )
    expect(verdict.reason).toMatch(/λ ≥ 0\.50* is proved on 128² squares/)
    expect(verdict.reason).toContain('bias')
  })

  it('is at step 0 where the start is within δ, and never depends on how far the run has come', () => {
    const near = { law: { startSplits: [{ mass: 1, renyi: 0.05, rest: 0 }] } }
    expect(poincare.evaluate(input(near)).step).toBe(0)
    const falling = (to: number) => (k: number) => (k <= to ? 30 * Math.exp(-0.1 * k) : null)
    const steps = [0, 20, 50, STEPS].map((to) => poincare.evaluate(input({}, falling(to))).step)
    expect(new Set(steps).size).toBe(1)
  })

  it('tells from which step on it is so by the laws on the grid, where that is earlier', () => {
    const { reason } = poincare.evaluate(input({}, (k) => 30 * Math.exp(-0.05 * k)))
    const need = (renyi: number) =>
      Math.ceil(certifiedTime([{ mass: 1, renyi, rest: 0 }], 0.5, 0.1)!.time / ETA)
    const soonest = Math.min(
      ...Array.from({ length: STEPS }, (_, i) => i + 1 + need(30 * Math.exp(-0.05 * (i + 1)))),
    )
    expect(reason).toContain(`it is so from step ${String(soonest)} on.`)
    const slow = poincare.evaluate(input({}, () => 29))
    expect(slow.reason).not.toContain('on the grid')
  })

  it('begins from the first law that the cells resolve where the start has no density', () => {
    const law = { startSplits: null }
    const late = input({ law }, (k) => (k < 3 ? null : 5 * Math.exp(-0.1 * k)))
    const withKl: StoppingInput = {
      ...late,
      curves: {
        ...late.curves,
        fokkerPlanck: late.curves.renyi.map((value) => value),
        fokkerPlanckError: late.curves.renyi.map((_, k) => (k < 6 ? 1 : 1e-3)),
      },
    }
    const verdict = poincare.evaluate(withKl)
    expect(verdict.status).toBe('certificate-if')
    expect(verdict.reason).toContain('at step 6, the first that the cells resolve')
    expect(verdict.step).toBe(
      6 +
        Math.ceil(
          certifiedTime([{ mass: 1, renyi: 5 * Math.exp(-0.6), rest: 0 }], 0.5, 0.1)!.time / ETA,
        ),
    )
    // A law before it certifies no earlier step, however near to π it looks on cells that do not resolve it.
    const renyi = withKl.curves.renyi.map((value, k) => (k === 4 ? 0.01 : value))
    expect(poincare.evaluate({ ...withKl, curves: { ...withKl.curves, renyi } })).toEqual(verdict)
    expect(poincare.evaluate(input({ law })).status).toBe('none')
  })

  it.each([
    ['no bound yet', constants(null), /not proved yet/],
    ['laws under way', { ...constants(null), law: { pending: true } }, /being computed/],
    ['nothing proved', constants({ value: 0, cells: 128 }), /varies too much/],
    ['a proof broken off', constants({ value: 0, cells: 0 }), /broken off/],
    [
      'another sampler',
      { certificates: { departure: 'MALA refuses moves' } },
      /MALA refuses moves/,
    ],
    ['jumps', { certificates: { jumpEvery: 5 } }, /jumps/],
    [
      'a rest above δ',
      { law: { startSplits: [{ mass: 0.9, renyi: 1, rest: 0.5 }] } },
      /not known to δ/,
    ],
    ['no finite χ²', { law: { startSplits: [] } }, /not finite/],
  ])('claims nothing: %s', (_name, change, words) => {
    const verdict = poincare.evaluate(input(change))
    expect(verdict).toMatchObject({ status: 'none', step: null, outcome: 'unfired' })
    expect(verdict.reason).toMatch(words)
  })
})
