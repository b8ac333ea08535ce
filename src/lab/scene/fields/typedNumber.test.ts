import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readNumber } from './typedNumber.ts'
import { RANGES } from '../sceneSpec.ts'

const any = { ...RANGES['dynamics.epsilon'], min: -1e9, max: 1e9 }
const whole = { ...any, integer: true } as const

test.each([
  ['0.5', 0.5],
  ['0,5', 0.5],
  [',5', 0.5],
  ['.5', 0.5],
  ['5.', 5],
  ['−3', -3],
  ['–3', -3],
  ['- 3', -3],
  ['+3', 3],
  ['1e4', 1e4],
  ['1E−4', 1e-4],
  ['1.5·10⁻⁴', 1.5e-4],
  ['−2 × 10³', -2000],
  ['1,5e3', 1500],
  ['1 000', 1000],
  ['1 000', 1000],
  ['1 234 567,5', 1234567.5],
  ["1'000.25", 1000.25],
  ['1’000', 1000],
  ['1.000,5', 1000.5],
  ['1,000.5', 1000.5],
  ['1,000,000', 1e6],
  ['1.000.000', 1e6],
  ['1.234.567,89', 1234567.89],
  ['0,125', 0.125],
  ['1.000', 1],
  ['1234,567', 1234.567],
  ['10,00', 10],
  ['٣', 3],
  ['٠٫٥', 0.5],
  ['۱۲', 12],
  ['०.५', 0.5],
  ['３．５', 3.5],
  ['١٬٠٠٠', 1000],
  ['\u200e−0.5\u200f', -0.5],
  ['  7 ', 7],
])('%s is read as %f', (text, value) => {
  expect(readNumber(text, any)).toEqual({ value })
})

test.each([
  ['10,000', 10_000],
  ['1,000,000', 1e6],
  ['10 000', 10_000],
  ['1e4', 10_000],
  ['10,0', 10],
])('%s particles are %i', (text, value) => {
  expect(readNumber(text, whole)).toEqual({ value })
})

test('what may be two numbers is refused with both of them, whatever the range', () => {
  const found = (first: string, second: string) =>
    expect.stringMatching(new RegExp(`may be ${first} or ${second}\\b`)) as string
  expect(readNumber('10,000', RANGES['dynamics.epsilon'])).toEqual({ found: found('10', '10000') })
  expect(readNumber('-1,250', any)).toEqual({ found: found('-1.25', '-1250') })
  expect(readNumber('10.000', RANGES['dynamics.particles'])).toEqual({
    found: found('10', '10000'),
  })
})

test.each([
  ...[
    '',
    ' ',
    '-',
    '.',
    ',',
    'e4',
    '1e',
    '1e4e4',
    '1,2,3',
    '1.2.3',
    '1,00,000',
    '10 00',
    '1 000 00',
  ],
  ...[
    '1..5',
    '1,,5',
    '1,000.000.5',
    "1'00",
    '1.000 000',
    '0,000,000',
    'NaN',
    'Infinity',
    '0x10',
    '1_000',
  ],
  ...['½', '5 %', 'five', '--3', '3-', '1e400', '1e99999', '[1]', '1/2', '²', '𝟏𝟎', '١0x'],
])('%j is refused as it stands', (text) => {
  expect(readNumber(text, any)).toEqual({ found: text.trim() })
})

test('reads whatever the page itself writes', () => {
  fc.assert(
    fc.property(fc.double({ min: -1e9, max: 1e9, noNaN: true }), (value) => {
      expect(readNumber(String(value), any)).toEqual({ value: value + 0 })
    }),
  )
})

test('never throws, never reads a number outside its range, and never less than the digits say', () => {
  const alphabet = fc.constantFrom(..."0123456789.,' -+e−٣".split(''), ' ')
  fc.assert(
    fc.property(fc.string({ unit: alphabet, maxLength: 12 }), (text) => {
      const read = readNumber(text, whole)
      if ('found' in read) return
      expect(Number.isInteger(read.value)).toBe(true)
      const digits = text.replace(/[^\d٣]/gu, '')
      if (!/[.,e]/u.test(text))
        expect(String(Math.abs(read.value)).length).toBe(digits.replace(/^0+(?=.)/u, '').length)
    }),
    { numRuns: 500 },
  )
})
