import { expect, it } from 'vitest'
import { counted, exactly, listed, number, percent, powerOfTen } from './numbers.ts'

it.each([
  [0, '0'],
  [1.23456, '1.23'],
  [0.0123456, '0.0123'],
  [0.999999, '1.00'],
  [-0.5, '−0.500'],
  [123456, '123456'],
  [1.5e-7, '1.50·10⁻⁷'],
  [9.996e9, '1.00·10¹⁰'],
  [Infinity, '∞'],
  [Number.NaN, '–'],
])('writes %f as %s', (value, text) => {
  expect(number(value)).toBe(text)
})

it('writes settings as they were typed, and lists', () => {
  expect(exactly(-0.05)).toBe('−0.05')
  expect(exactly(0.1 + 0.2)).toBe('0.3')
  expect(percent(0.956)).toBe('95.6 %')
  expect(powerOfTen(-12)).toBe('10⁻¹²')
  expect(listed([])).toBe('')
  expect(listed([1, 2, 3])).toBe('1, 2 and 3')
  expect(counted(1, 'step')).toBe('1 step')
})
