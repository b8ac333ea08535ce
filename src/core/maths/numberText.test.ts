import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatApart, formatDown, formatUp, natsDown, natsExactly, natsUp } from './limitText.ts'
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
  fc.double({ min: 99_900, max: 100_100 }),
)
/** Doubles with all their digits. */
const ordinary = anything.filter((value) => {
  const size = Math.abs(value)
  return size === 0 || (size > 1e-300 && size < 1e300)
})
const whole = new RegExp(`^(?:–|−?∞|${PLAIN_NUMBER.source})$`)

/** A number from its spelling. */
function read(text: string): number {
  const [mantissa, exponent] = text.replace('−', '-').split('·10')
  const digits = exponent?.replace(/./gu, (c) =>
    c === '⁻' ? '-' : String('⁰¹²³⁴⁵⁶⁷⁸⁹'.indexOf(c)),
  )
  return Number(digits === undefined ? mantissa : `${mantissa!}e${digits}`)
}

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

  it('of a limit is never on the wrong side of it, and no farther than a digit', () => {
    expect(formatDown(2 / 3, 2)).toBe('0.66')
    expect(formatUp(2 / 3, 2)).toBe('0.67')
    expect([formatDown(1 - 1e-13), formatUp(1 + 1e-13)]).toEqual(['1.00', '1.00'])
    expect([formatDown(0.9996), formatUp(0.9996), formatUp(117.2, 2)]).toEqual([
      '0.999',
      '1.00',
      '118',
    ])
    expect([formatDown(99_960), formatUp(99_960), formatUp(-99_960)]).toEqual([
      '99900',
      '1.00·10⁵',
      '−99900',
    ])
    expect([natsDown(1.2876), natsUp(1.2876), natsUp(0.1), natsDown(0)]).toEqual([
      '1.287 nats',
      '1.288 nats',
      '0.100 nats',
      '0 nats',
    ])
    fc.assert(
      fc.property(ordinary, (value) => {
        const texts = [
          [formatDown(value), formatUp(value)],
          [natsDown(value).replace(' nats', ''), natsUp(value).replace(' nats', '')],
        ] as const
        for (const [low, high] of texts) {
          for (const text of [low, high]) expect(text).toMatch(whole)
          const [below, above] = [read(low), read(high)]
          expect(below).toBeLessThanOrEqual(value + 1e-9 * Math.abs(value))
          expect(above).toBeGreaterThanOrEqual(value - 1e-9 * Math.abs(value))
          // No more than one unit of the second digit apart.
          expect(above - below).toBeLessThanOrEqual(0.101 * Math.abs(value))
        }
      }),
    )
  })

  it('of a number that a person has set holds all its digits', () => {
    expect([0.1, 0.0123, 0.12345, 1.5, 1e-6, 1.25e-6, 10].map(natsExactly)).toEqual([
      '0.100 nats',
      '0.0123 nats',
      '0.12345 nats',
      '1.500 nats',
      '1.00·10⁻⁶ nats',
      '1.25·10⁻⁶ nats',
      '10.000 nats',
    ])
    fc.assert(
      fc.property(ordinary, (value) => {
        expect(read(natsExactly(value).replace(' nats', ''))).toBe(value + 0)
      }),
    )
  })

  it('tells two numbers apart that differ', () => {
    expect(formatApart(2.0001, 2)).toEqual(['2.0001', '2.0000'])
    expect(formatApart(0.1001, 0.1, formatNats)).toEqual(['0.1001', '0.1000'])
    expect(formatApart(3, 3)).toEqual(['3.00', '3.00'])
    fc.assert(
      fc.property(ordinary, fc.integer({ min: -3, max: 3 }), (value, ulps) => {
        const other = value * (1 + ulps * 2 ** -52)
        const [a, b] = formatApart(value, other)
        expect(Math.sign(read(a) - read(b))).toBe(Math.sign(value - other))
      }),
    )
  })

  it('is a share between 0 and 100 % or none at all', () => {
    expect([0, 1, 0.5, 0.9996, 1e-9, 1.3, -0.2, NaN].map((p) => formatShare(p))).toEqual([
      '0 %',
      '100 %',
      '50.0 %',
      '> 99.9 %',
      '< 0.1 %',
      '–',
      '–',
      '–',
    ])
    expect([0, 1, 2e-4, 0.99996, 9e-5].map((p) => formatShare(p, 2))).toEqual([
      '0 %',
      '100 %',
      '0.02 %',
      '> 99.99 %',
      '< 0.01 %',
    ])
    fc.assert(
      fc.property(anything, (value) => {
        const text = formatShare(value)
        if (text === '–') return
        const percent = Number(text.replace(/[<>%\s]/g, ''))
        expect(percent).toBeGreaterThanOrEqual(0)
        expect(percent).toBeLessThanOrEqual(100)
        // A part is not all, and not nothing.
        if (value > 0 && value < 1) expect(text).not.toMatch(/^(?:0|100)(?:\.0)? %$/)
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
