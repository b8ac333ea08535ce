import { expect, it } from 'vitest'
import type { Density } from '../target.ts'
import { mixtureDensity, productDensity } from './composed.ts'
import { gaussianMixture, type GaussianComponent } from './gaussianMixture.ts'

const PLACES = [
  [0, 0],
  [1.3, -0.4],
  [-2.5, 3.1],
  [30, -40],
] as const

const NARROW: GaussianComponent = {
  weight: 1,
  mean: [0.4, -1],
  covariance: [
    [0.3, 0.1],
    [0.1, 0.5],
  ],
}
const WIDE: GaussianComponent = {
  weight: 1,
  mean: [-1, 2],
  covariance: [
    [2, -0.4],
    [-0.4, 1],
  ],
}
const one = (component: GaussianComponent): Density => gaussianMixture([component]).density!

function at(density: Density, [x, y]: readonly [number, number]) {
  const score = new Float64Array(2)
  density.score(x, y, score)
  return { value: density.logDensity(x, y), score: [...score] }
}

it('the product of Gaussians to powers is a Gaussian: precisions add up', () => {
  const precision = ({ covariance: [[a, b], [, c]] }: GaussianComponent, w: number) =>
    [c, -b, a].map((p) => (w * p) / (a * c - b * b)) as [number, number, number]
  const weights = [0.7, 1.6]
  const [p, q] = [precision(NARROW, weights[0]!), precision(WIDE, weights[1]!)]
  const [xx, xy, yy] = p.map((value, i) => value + q[i]!) as [number, number, number]
  const determinant = xx * yy - xy * xy
  const rhs = [0, 1].map((i) => {
    const row = ([a, b, c]: readonly number[], [x, y]: readonly [number, number]) =>
      i === 0 ? a! * x + b! * y : b! * x + c! * y
    return row(p, NARROW.mean) + row(q, WIDE.mean)
  }) as [number, number]
  const expected = one({
    weight: 1,
    mean: [(yy * rhs[0] - xy * rhs[1]) / determinant, (xx * rhs[1] - xy * rhs[0]) / determinant],
    covariance: [
      [yy / determinant, -xy / determinant],
      [-xy / determinant, xx / determinant],
    ],
  })
  const product = productDensity(weights, [one(NARROW), one(WIDE)])
  const origin = product.logDensity(0, 0) - expected.logDensity(0, 0)
  for (const place of PLACES) {
    const [found, known] = [at(product, place), at(expected, place)]
    expect(found.value - known.value).toBeCloseTo(origin, 9)
    found.score.forEach((s, i) => {
      expect(s).toBeCloseTo(known.score[i]!, 9)
    })
  }
})

it('the mixture of Gaussians is the mixture, each term normalised by its own constant', () => {
  const known = gaussianMixture([
    { ...NARROW, weight: 3 },
    { ...WIDE, weight: 1 },
  ]).density!
  // A term that is not normalised: its constant takes that away again.
  const doubled: Density = {
    ...one(NARROW),
    logDensity: (x, y) => one(NARROW).logDensity(x, y) + Math.log(2),
  }
  const mixture = mixtureDensity([6, 2], [doubled, one(WIDE)], [Math.log(2), 0])
  for (const place of PLACES) {
    const [found, expected] = [at(mixture, place), at(known, place)]
    expect(found.value).toBeCloseTo(expected.value, 10)
    found.score.forEach((s, i) => {
      expect(s).toBeCloseTo(expected.score[i]!, 9)
    })
  }
})
