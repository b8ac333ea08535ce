import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quadraticEnergy } from '../../fields/analytic.ts'
import { gibbs } from '../../fields/gibbs.ts'
import { eigenvalues2, type Symmetric2 } from '../../maths/linalg2.ts'
import { curvatureRange } from './curvature.ts'
import {
  chainStationary,
  langevinLaw,
  mapStep,
  quadraticGibbs,
  type QuadraticProblem,
  relaxationRate,
} from '../laws/gaussian.testing.ts'
import { fieldOf, landscapeField, landscapes, ringOfEight } from '../landscapes.testing.ts'
import { suggestedMetric } from './metric.ts'

const real = (min: number, max: number): fc.Arbitrary<number> =>
  fc.double({ min, max, noNaN: true })

describe('the suggested metric', () => {
  it('makes every direction of a random anisotropic quadratic contract at the highest of its rates', () => {
    const hessians = fc
      .tuple(real(0.3, 1), real(2, 12), real(0, Math.PI))
      .map(([low, high, angle]): Symmetric2 => {
        const [c, s] = [Math.cos(angle), Math.sin(angle)]
        return [low * c * c + high * s * s, (low - high) * c * s, low * s * s + high * c * c]
      })
    fc.assert(
      fc.property(hessians, real(0.3, 2), real(-1, 1), (hessian, epsilon, cx) => {
        const [xx, xy, yy] = hessian
        const matrix = [
          [xx, xy],
          [xy, yy],
        ] as const
        const center = [cx, 0.4] as const
        const field = fieldOf(quadraticEnergy(center, matrix), { halfWidth: 6, cells: 48 })
        const metric = suggestedMetric(field, gibbs(field, epsilon))!
        const [low, high] = eigenvalues2(...hessian)
        expect(metric.rateBefore).toBeCloseTo(low, 7)
        expect(metric.rateAfter).toBeCloseTo(high, 7)
        const [[pxx, pxy], [pyx, pyy]] = metric.preconditioner
        expect(pyx).toBe(pxy)

        const plain: QuadraticProblem = { hessian, center, epsilon }
        const even: QuadraticProblem = { ...plain, preconditioner: [pxx, pxy, pyy] }
        expect(relaxationRate(plain)).toBeCloseTo(low, 7)
        expect(relaxationRate(even)).toBeCloseTo(high, 7)
        // Whatever the direction, one step of the map shortens the way to the minimum by 1 − ηλmax.
        const eta = 0.5 / high
        for (const [dx, dy] of [
          [1, 0],
          [0.3, -0.8],
        ] as const) {
          const { mean } = mapStep(even, eta, { mean: [cx + dx, 0.4 + dy], covariance: [1, 0, 1] })
          expect(mean[0] - cx).toBeCloseTo(0.5 * dx, 7)
          expect(mean[1] - 0.4).toBeCloseTo(0.5 * dy, 7)
        }
        // The Gibbs measure stays where Langevin settles, and the chain keeps its mean.
        const pi = quadraticGibbs(plain)
        const settled = langevinLaw(even, { mean: [2, 1], covariance: [1, 0.2, 0.5] }, 60 / high)
        settled.mean.forEach((m, k) => expect(m).toBeCloseTo(pi.mean[k]!, 8))
        settled.covariance.forEach((c, k) => expect(c).toBeCloseTo(pi.covariance[k]!, 8))
        chainStationary(even, eta)!.mean.forEach((m, k) => expect(m).toBeCloseTo(center[k]!, 12))
      }),
      { numRuns: 30 },
    )
  })

  it('makes no place of the box steeper, whatever the landscape, and never lowers the rate', () => {
    fc.assert(
      fc.property(landscapes, (landscape) => {
        const field = landscapeField(landscape, 16)
        const metric = suggestedMetric(field, gibbs(field, landscape.epsilon))
        if (metric === null) return
        const [[xx, xy], [, yy]] = metric.preconditioner
        const before = curvatureRange(field).most
        expect(curvatureRange(field, [xx, xy, yy]).most).toBeLessThanOrEqual(before * (1 + 1e-9))
        expect(metric.rateAfter).toBeGreaterThan(metric.rateBefore)
      }),
      { numRuns: 40 },
    )
  })

  it('is none where V curves evenly on the whole', () => {
    const ring = fieldOf(ringOfEight, { halfWidth: 4, cells: 96 })
    expect(suggestedMetric(ring, gibbs(ring, 1))).toBeNull()
  })
})
