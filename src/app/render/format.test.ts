import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatCoordinate,
  formatCount,
  formatDuration,
  formatLogTick,
  formatNats,
  formatNatsWithError,
  formatNumber,
  formatRate,
  formatShare,
  formatTime,
  trimZeros,
} from './format.ts'

const parse = (text: string): number => {
  const [mantissa, exponent] = text.replace('−', '-').split('·10')
  const digits = '⁰¹²³⁴⁵⁶⁷⁸⁹'
  const power = (exponent ?? '⁰')
    .replace('⁻', '-')
    .replace(/[⁰¹²³⁴-⁹]/g, (c) => String(digits.indexOf(c)))
  return Number(mantissa) * 10 ** Number(power)
}

describe('numbers', () => {
  it('keep their significant digits', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e12, max: 1e12, noNaN: true }), (value) => {
        if (value === 0 || Math.abs(value) < 1e-300) return
        expect(Math.abs(parse(formatNumber(value, 3)) / value - 1)).toBeLessThan(5.1e-3)
      }),
    )
  })

  it('are written as people write them', () => {
    expect(formatNumber(-1.5, 3)).toBe('−1.50')
    expect(formatNumber(9.996, 3)).toBe('10.0')
    expect(formatNumber(1.2e-7, 2)).toBe('1.2·10⁻⁷')
    expect(formatNumber(123456, 3)).toBe('1.23·10⁵')
    expect(formatNumber(0)).toBe('0')
    expect(formatNumber(-0)).toBe('0')
    expect(formatNumber(Infinity)).toBe('∞')
    expect(formatNumber(NaN)).toBe('–')
    expect(formatNumber(null)).toBe('–')
  })

  it('give KL in nats with steady width', () => {
    expect(formatNats(3.14159)).toBe('3.142')
    expect(formatNats(0.04567)).toBe('0.0457')
    expect(formatNats(-0.0012)).toBe('−0.00120')
    expect(formatNats(0)).toBe('0')
    expect(formatNats(null)).toBe('–')
  })

  it('cut a value at the place of its error', () => {
    expect(formatNatsWithError(0.01234, 0.00042)).toBe('0.01234 ± 0.00042')
    expect(formatNatsWithError(1.23456, 0.034)).toBe('1.235 ± 0.034')
    expect(formatNatsWithError(1.23456, null)).toBe('1.235')
    expect(formatNatsWithError(1.23456, 0)).toBe('1.235')
    expect(formatNatsWithError(31.4159, 12)).toBe('31 ± 12')
    expect(formatNatsWithError(null, 1)).toBe('–')
  })

  it('count, rate and time', () => {
    expect(formatCount(9999)).toBe('9999')
    expect(formatCount(100000)).toBe('100\u202f000')
    expect(formatCount(-12345)).toBe('−12\u202f345')
    expect(formatRate(0.421)).toBe('0.42')
    expect(formatRate(142.4)).toBe('142')
    expect(formatRate(12345)).toBe('12\u202f350')
    expect(formatDuration(9.94)).toBe('9.9 s')
    expect(formatDuration(9.96)).toBe('10 s')
    expect(formatDuration(185)).toBe('3:05')
    expect(formatDuration(3729)).toBe('1:02:09')
    expect(formatDuration(null)).toBe('–')
    expect(formatCoordinate(-0.001)).toBe('0.00')
    expect(formatShare(1e-5)).toBe('< 0.1 %')
    expect(formatShare(0.123)).toBe('12.3 %')
  })

  it('tell two steps apart in time, whatever the step size', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-5, max: 1, noNaN: true }),
        fc.integer({ min: 0, max: 1000 }),
        (eta, step) => {
          expect(formatTime(step, eta)).not.toBe(formatTime(step + 1, eta))
        },
      ),
    )
  })

  it('lose their closing zeros as ticks', () => {
    expect(['0.500', '3.0', '10', '1.0·10⁻⁵', '−2.50'].map(trimZeros)).toEqual([
      '0.5',
      '3',
      '10',
      '1.0·10⁻⁵',
      '−2.5',
    ])
  })

  it('write the ticks of a logarithmic axis', () => {
    expect([0, 0.001, 0.02, 0.5, 1, 10, 1000].map(formatLogTick)).toEqual([
      '0',
      '0.001',
      '0.02',
      '0.5',
      '1',
      '10',
      '1000',
    ])
    expect(formatLogTick(1e-5)).toBe('10⁻⁵')
    expect(formatLogTick(2e-5)).toBe('2·10⁻⁵')
    expect(formatLogTick(-1e-5)).toBe('−10⁻⁵')
  })
})
