import { expect, test } from 'vitest'
import { Purpose, Rng } from '../../../core/maths/rng.ts'
import { gaussianCrossEntropy } from './gaussianBaseline.ts'

test('on its own large sample it is the entropy of the Gaussian', () => {
  const rng = new Rng({ seed: 3, purpose: Purpose.probe })
  const draw = () =>
    Float64Array.from({ length: 20_000 }, (_, i) => (i % 2 === 0 ? 2 : 0.5) * rng.normal() + 1)
  // h = log 2πe + log(2 · ½); the standard error at 10,000 draws is 0.01.
  const entropy = Math.log(2 * Math.PI * Math.E)
  expect(Math.abs(gaussianCrossEntropy(draw(), draw()) - entropy)).toBeLessThan(0.05)
})

test('a square of four points, by hand', () => {
  // Mean 0, covariance I: every point has ½|x|² = 1.
  const square = [1, 1, 1, -1, -1, 1, -1, -1]
  expect(gaussianCrossEntropy(square, square)).toBeCloseTo(1 + Math.log(2 * Math.PI), 12)
})
