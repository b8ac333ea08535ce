import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatCount,
  formatNats,
  formatNatsWithError,
  formatNumber,
  formatShare,
} from './numberText.ts'
import { PLAIN_NUMBER, misspelt } from './numberText.testing.ts'

const anything = fc.oneof(
  fc.double(),
  fc.double({ min: -1e3, max: 1e3 }),
  fc.double({ min: -1e-3, max: 1e-3 }),
  fc.double({ min: 1e15, max: 1e30 }),
)
const whole = new RegExp(`^(?:–|−?∞|${PLAIN_NUMBER.source})$`)

describe('every number', () => {
  it('has one spelling, without exponents of a programming language, NaN or a hyphen for a minus', () => {
    fc.assert(
      fc.property(anything, fc.integer({ min: 1, max: 6 }), (value, digits) => {
        expect(formatNumber(value, digits)).toMatch(whole)
        expect(formatNats(value)).toMatch(whole)
        expect(formatCount(value)).toMatch(whole)
      }),
    )
  })

  it('is no zero with a minus', () => {
    fc.assert(
      fc.property(anything, fc.double({ min: 0, max: 1e9 }), (value, error) => {
        for (const text of [
          formatNats(value),
          formatNatsWithError(value, error),
          formatCount(value),
        ])
          expect(text).not.toMatch(/−0(?:\.0+)?(?![.\d])/)
      }),
    )
  })

  it('keeps its spelling beside an error bar, whatever the error is', () => {
    fc.assert(
      fc.property(anything, anything, (value, error) => {
        const parts = formatNatsWithError(value, error).split(' ± ')
        expect(parts.length).toBeLessThanOrEqual(2)
        for (const part of parts) expect(part).toMatch(whole)
      }),
    )
  })

  it('is a share between 0 and 100 % or none at all', () => {
    expect([0, 1, 0.5, 0.9996, 1e-9, 1.3, -0.2, NaN].map(formatShare)).toEqual([
      '0.0 %',
      '100.0 %',
      '50.0 %',
      '> 99.9 %',
      '< 0.1 %',
      '–',
      '–',
      '–',
    ])
    fc.assert(
      fc.property(anything, (value) => {
        const text = formatShare(value)
        if (text === '–') return
        const percent = Number(text.replace(/[<>%\s]/g, ''))
        expect(percent).toBeGreaterThanOrEqual(0)
        expect(percent).toBeLessThanOrEqual(100)
        // A part is not all, and not nothing.
        if (value > 0 && value < 1) expect(text).not.toMatch(/^(?:0\.0|100\.0) %$/)
      }),
    )
  })
})

describe('the look for misspelt numbers', () => {
  it('finds what a person cannot read, and nothing else', () => {
    for (const text of ['1.3e+2 %', 'KL -0.2', 'NaN nats', '5e-7', 'Infinity', '130 % of it'])
      expect(misspelt(text), text).not.toEqual([])
    for (const text of [
      'KL −0.00120 ± 0.00042 nats, 1.2·10⁻⁷',
      'Fokker–Planck, 95 % end',
      'step-0 law',
    ])
      expect(misspelt(text), text).toEqual([])
  })
})
