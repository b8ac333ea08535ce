import { expect, it } from 'vitest'
import { trend } from './trend.ts'

const points = (value: (i: number) => number) =>
  Array.from({ length: 40 }, (_, i) => [0.5 * i, value(i)] as const)

it('tells a leak from noise and from what is given back', () => {
  expect(trend(points(() => 7))).toEqual({ mean: 7, drift: 0, error: 0, isFlat: true })
  const noise = (i: number) => 3 * (-1) ** i
  expect(trend(points((i) => 100 + noise(i))).isFlat).toBe(true)
  expect(trend(points((i) => 100 + i / 4 + noise(i))).isFlat).toBe(false)
  expect(trend(points((i) => 100 - i + noise(i))).isFlat).toBe(true)
  expect(trend(points((i) => 100 + 0.1 * i)).drift).toBeCloseTo(3.9 / 101.95, 10)
})
