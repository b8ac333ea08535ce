import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jackknife, mean, percentile, standardError, variance } from './statistics.ts'

describe('moments', () => {
  it('are those of a short list by hand', () => {
    expect(mean([2, 4, 9])).toBe(5)
    expect(variance([2, 4, 9])).toBe(13)
    expect(standardError([2, 4, 9])).toBeCloseTo(Math.sqrt(13 / 3), 15)
  })
  it('keep the variance under a large shift', () => {
    const values = Float64Array.from({ length: 100 }, (_, i) => 1e8 + (i % 7))
    const plain = Float64Array.from({ length: 100 }, (_, i) => i % 7)
    expect(variance(values)).toBeCloseTo(variance(plain), 9)
  })
  it('say what they need', () => {
    expect(() => mean([])).toThrow(/at least 1/)
    expect(() => variance([1])).toThrow(/at least 2/)
  })
})

describe('percentile', () => {
  it('interpolates linearly between order statistics', () => {
    const values = [15, 20, 35, 40, 50]
    expect(percentile(values, 0)).toBe(15)
    expect(percentile(values, 40)).toBeCloseTo(29, 12)
    expect(percentile(values, 50)).toBe(35)
    expect(percentile(values, 100)).toBe(50)
    expect(values).toEqual([15, 20, 35, 40, 50])
  })
  it('is monotone in p and does not depend on the order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 30 }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        (values, p, q) => {
          const low = percentile(values, Math.min(p, q))
          const high = percentile(values, Math.max(p, q))
          expect(low).toBeLessThanOrEqual(high + 1e-14)
          expect(percentile([...values].reverse(), p)).toBe(percentile(values, p))
        },
      ),
      { numRuns: 300 },
    )
  })
  it('refuses p outside [0, 100]', () => {
    expect(() => percentile([1], 101)).toThrow(/\[0, 100\]/)
    expect(() => percentile([1], Number.NaN)).toThrow(/\[0, 100\]/)
  })
})

describe('jackknife', () => {
  const groups = [1.2, -0.4, 3.3, 0.9, 2.2, -1.1, 0.3, 1.9]
  const without = (g: number) => groups.filter((_, i) => i !== g)

  it('of a mean is the mean, its standard error, and the values themselves', () => {
    const {
      estimate,
      standardError: se,
      pseudoValues,
    } = jackknife(
      mean(groups),
      groups.map((_, g) => mean(without(g))),
    )
    expect(estimate).toBeCloseTo(mean(groups), 13)
    expect(se).toBeCloseTo(standardError(groups), 13)
    pseudoValues.forEach((v, i) => expect(v).toBeCloseTo(groups[i]!, 12))
  })
  it('removes a bias of order 1/n exactly: the biased variance becomes the unbiased one', () => {
    const biased = (v: number[]) => ((v.length - 1) / v.length) * variance(v)
    const { estimate } = jackknife(
      biased(groups),
      groups.map((_, g) => biased(without(g))),
    )
    expect(estimate).toBeCloseTo(variance(groups), 12)
  })
  it('needs two groups', () => {
    expect(() => jackknife(1, [1])).toThrow(/at least 2/)
  })
})
