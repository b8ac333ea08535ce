import { describe, expect, it } from 'vitest'
import { bucketLosses, movingAverage, qualityOf, robustDomain, shownSteps } from './lossChart.ts'

describe('training curves', () => {
  it('average losses by spans of steps, all of them once', () => {
    const losses = Array.from({ length: 1000 }, (_, i) => ({ step: i, loss: i % 10 }))
    const buckets = bucketLosses(losses, 1000, 100)
    expect(buckets).toHaveLength(100)
    for (const b of buckets) {
      expect(b.mean).toBeCloseTo(4.5, 10)
      expect([b.low, b.high]).toEqual([0, 9])
    }
  })

  it('leave out what is not a number, and survive nothing', () => {
    expect(bucketLosses([{ step: 1, loss: NaN }], 10, 5)).toEqual([])
    expect(bucketLosses([], 10, 5)).toEqual([])
    expect(robustDomain([])).toEqual([0, 1])
    const [low, high] = robustDomain([2, 2, 2])
    expect(low).toBeLessThan(2)
    expect(high).toBeGreaterThan(2)
  })

  it('do not let a spike set the scale', () => {
    const values = Array.from({ length: 500 }, (_, i) => Math.sin(i))
    values[3] = 1e6
    expect(robustDomain(values)[1]).toBeLessThan(2)
  })

  it('stand over the whole plan, or of a long one over the part that is under way', () => {
    expect(shownSteps(1720, 3)).toBe(1720)
    expect(shownSteps(200_000, 10)).toBe(12_500)
    expect(shownSteps(200_000, 12_501)).toBe(50_000)
    expect(shownSteps(200_000, 60_000)).toBe(200_000)
    expect(shownSteps(0, 0)).toBe(1)
  })

  it('smooth a constant to itself', () => {
    for (const value of movingAverage([3, 3, 3, 3], 5)) expect(value).toBeCloseTo(3, 12)
    expect(movingAverage([], 5)).toEqual([])
    expect(movingAverage([0, 3, 6, 9], 1)).toEqual([1.5, 3, 6, 7.5])
  })

  it('show the exact KL where it is known, validation cross-entropy where not', () => {
    const at = (klDataModel: number | null, crossEntropy: number | null) => ({
      step: 10,
      seconds: 1,
      loss: 0,
      klDataModel,
      crossEntropy,
    })
    expect(qualityOf([at(0.1, 2)])).toEqual({ kind: 'kl', points: [{ step: 10, value: 0.1 }] })
    expect(qualityOf([at(null, 2)]).kind).toBe('cross-entropy')
    expect(qualityOf([at(null, null)]).kind).toBe('none')
  })
})
