import { describe, expect, it } from 'vitest'
import type { Row } from './rows.ts'
import {
  fitPowerLaw,
  isMet,
  quantile,
  ratioTo,
  shareOfFloor,
  slope,
  summarise,
} from './statistics.ts'

describe('median and quartiles', () => {
  it('are those of type 7', () => {
    expect(summarise([5, 1, 4, 2, 3])).toEqual({ value: 3, spread: [2, 4], samples: 5 })
    expect(summarise([4, 1, 3, 2])).toEqual({ value: 2.5, spread: [1.75, 3.25], samples: 4 })
  })

  it('shrug at one wild sample', () => {
    expect(summarise([10, 11, 12, 10, 900]).value).toBe(11)
  })

  it('have no spread for one sample, and no value for none', () => {
    expect(summarise([7])).toEqual({ value: 7 })
    expect(() => quantile([], 0.5)).toThrow(RangeError)
  })
})

describe('ratios, bounds and floors', () => {
  const time: Row = {
    name: 'step',
    unit: 'ms',
    value: 2,
    rivals: [{ name: 'slow', value: 12 }],
    floor: { kind: 'arithmetic', value: 0.5, from: '' },
  }
  const rate: Row = { ...time, better: 'more', value: 30, rivals: [{ name: 'slow', value: 10 }] }

  it('count times down and rates up', () => {
    expect(ratioTo(time, time.rivals![0]!)).toBe(6)
    expect(ratioTo(rate, rate.rivals![0]!)).toBe(3)
    expect(shareOfFloor(time)).toBe(0.25)
    expect(shareOfFloor({ ...rate, floor: { ...time.floor!, value: 60 } })).toBe(0.5)
  })

  it('are met at equality and not beyond', () => {
    const ratio = { at: 'least', value: 6, of: { ratioTo: 'slow' } } as const
    expect(isMet(time, ratio)).toBe(true)
    expect(isMet({ ...time, value: 2.001 }, ratio)).toBe(false)
    expect(isMet(time, { at: 'most', value: 2, of: 'value' })).toBe(true)
    expect(isMet(time, { at: 'most', value: 1.999, of: 'value' })).toBe(false)
  })

  it('refuse a rival that is not there', () => {
    expect(() => isMet(time, { at: 'least', value: 6, of: { ratioTo: 'other' } })).toThrow('other')
  })
})

describe('fits', () => {
  it('find the exponent of a power law', () => {
    const points = [1, 3, 10, 40].map((x) => [x, 0.3 * x ** 1.5] as const)
    const law = fitPowerLaw(points)
    expect(law.exponent).toBeCloseTo(1.5, 12)
    expect(law.factor).toBeCloseTo(0.3, 12)
    expect(law.error).toBeLessThan(1e-7)
    // Through two points there is always a line: nothing is known of its error.
    expect(fitPowerLaw(points.slice(0, 2))).toMatchObject({ error: null })
  })

  it('give the standard error of the exponent', () => {
    // log₂ residuals ±δ at x = 1, 2, 4, 8 in the pattern + − − +, orthogonal to line and constant.
    const noise = [1.1, 1 / 1.1, 1 / 1.1, 1.1]
    const law = fitPowerLaw([1, 2, 4, 8].map((x, i) => [x, x * noise[i]!] as const))
    expect(law.exponent).toBeCloseTo(1, 12)
    const sxx = 5 * Math.log(2) ** 2
    expect(law.error).toBeCloseTo(Math.sqrt((4 * Math.log(1.1) ** 2) / 2 / sxx), 12)
  })

  it('refuse what no line goes through', () => {
    expect(() =>
      fitPowerLaw([
        [2, 1],
        [2, 3],
      ]),
    ).toThrow(RangeError)
    expect(() =>
      fitPowerLaw([
        [0, 1],
        [2, 3],
      ]),
    ).toThrow(RangeError)
    expect(() => slope([[1, 1]])).toThrow(RangeError)
  })

  it('find a slope', () => {
    expect(
      slope([
        [0, 1],
        [1, 4],
        [2, 5],
        [3, 8],
      ]),
    ).toBeCloseTo(2.2, 12)
  })
})
