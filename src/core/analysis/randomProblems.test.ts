import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quadraticEnergy } from '../fields/analytic.ts'
import type { EnergyFunction } from '../fields/energyGrid.ts'
import { gibbs } from '../fields/gibbs.ts'
import { createTransition } from '../fields/transition.ts'
import { createExactChain } from './laws/exactChain.ts'
import { createFokkerPlanck, fokkerPlanckCurve } from './laws/fokkerPlanck.ts'
import {
  gaussianKl,
  type GaussianLaw,
  gaussianLogDensity,
  langevinLaw,
  quadraticGibbs,
  type QuadraticProblem,
} from './laws/gaussian.testing.ts'
import { tabulateDensity } from './estimators/kl.ts'
import { fieldOf } from './landscapes.testing.ts'

const number = (min: number, max: number): fc.Arbitrary<number> =>
  fc.double({ min, max, noNaN: true })
const starts = fc.record({
  mean: fc.tuple(number(-1, 1), number(-1, 1)),
  spread: fc.tuple(number(0.2, 0.5), number(0.2, 0.5), number(-0.6, 0.6)),
})

interface Start {
  readonly mean: readonly [number, number]
  readonly spread: readonly [number, number, number]
}

function lawOf({ mean, spread: [a, b, r] }: Start): GaussianLaw {
  return { mean, covariance: [a, r * Math.sqrt(a * b), b] }
}

describe('Fokker–Planck on random anisotropic quadratics, skew drifts and metrics', () => {
  it('errs by at most 5e-3 of the KL at the start, extrapolated by 5e-4 of it', () => {
    fc.assert(
      fc.property(
        fc.record({
          hessian: fc.tuple(number(0.6, 2.5), number(0.6, 2.5), number(-0.6, 0.6)),
          metric: fc.tuple(number(0.6, 1.5), number(0.6, 1.5), number(-0.5, 0.5)),
          skew: fc.oneof(fc.constant(0), number(-1, 1)),
          epsilon: number(0.4, 0.7),
          eta: number(0.01, 0.2),
        }),
        starts,
        ({ hessian: [a, b, r], metric: [p, q, s], skew, epsilon, eta }, start) => {
          const xy = r * Math.sqrt(a * b)
          const pxy = s * Math.sqrt(p * q)
          const problem: QuadraticProblem = {
            hessian: [a, xy, b],
            center: [0.2, -0.1],
            epsilon,
            skew,
            preconditioner: [p, pxy, q],
          }
          const law = lawOf(start)
          const pi = quadraticGibbs(problem)
          const curves = [64, 128].map((cells) => {
            const box = { halfWidth: 6, cells }
            const energy = quadraticEnergy(problem.center, [
              [a, xy],
              [xy, b],
            ])
            const solver = createFokkerPlanck(fieldOf(energy, box), epsilon, box, {
              skew,
              preconditioner: [
                [p, pxy],
                [pxy, q],
              ],
            })
            const density = tabulateDensity(gaussianLogDensity(law), box).density
            return Array.from(fokkerPlanckCurve(solver, density, eta, 8), (point) => point.kl)
          })
          const scale = Math.max(1, gaussianKl(law, pi))
          curves[1]!.forEach((fine, k) => {
            const exact = gaussianKl(langevinLaw(problem, law, k * eta), pi)
            expect(Math.abs(fine - exact)).toBeLessThan(5e-3 * scale)
            const extrapolated = (4 * fine - curves[0]![k]!) / 3
            expect(Math.abs(extrapolated - exact)).toBeLessThan(5e-4 * scale)
          })
        },
      ),
      { numRuns: 6, seed: 1, endOnFailure: true },
    )
  })
})

describe('the exact chain on random asymmetric mixtures', () => {
  it('does not depend on the cells while they resolve the step: KL to 1e-4, I and M to 1 %', () => {
    fc.assert(
      fc.property(
        fc.record({
          weight: number(0.1, 0.9),
          centre: fc.tuple(number(0.5, 1.2), number(-0.8, 0.8)),
          shapes: fc.tuple(number(0.25, 0.6), number(0.25, 0.6), number(-0.6, 0.6)),
          eta: number(0.02, 0.08),
        }),
        starts,
        ({ weight, centre: [x, y], shapes: [u, v, r], eta }, start) => {
          const xy = r * u * v
          const parts = [
            gaussianLogDensity({ mean: [x, y], covariance: [u * u, xy, v * v] }),
            gaussianLogDensity({ mean: [-x, -y], covariance: [v * v, -xy, u * u] }),
          ] as const
          const value = (a: number, b: number): number => {
            const one = parts[0](a, b) + Math.log(weight)
            const two = parts[1](a, b) + Math.log(1 - weight)
            const top = Math.max(one, two)
            return -top - Math.log(Math.exp(one - top) + Math.exp(two - top))
          }
          const d = 1e-5
          const energy: EnergyFunction = (a, b, out) => {
            out[0] = value(a, b)
            out[1] = (value(a + d, b) - value(a - d, b)) / (2 * d)
            out[2] = (value(a, b + d) - value(a, b - d)) / (2 * d)
          }
          // One table: the laws of two energies would differ by more than the quadrature.
          const field = fieldOf(energy, { halfWidth: 3.5, cells: 192 })
          const readings = [96, 128].map((cells) => {
            const box = { halfWidth: 3.5, cells }
            const chain = createExactChain({
              field,
              transition: createTransition({
                stepSize: eta,
                epsilon: 1,
                skew: 0,
                preconditioner: [
                  [1, 0],
                  [0, 1],
                ],
              }),
              gibbs: gibbs(field, 1, box),
              start: { density: tabulateDensity(gaussianLogDensity(lawOf(start)), box).density },
            })
            let resolved = true
            while (chain.step < 6) {
              chain.advance()
              resolved &&= chain.reading().resolved
            }
            return { ...chain.reading(), resolved }
          })
          const [coarse, fine] = readings as [(typeof readings)[0], (typeof readings)[0]]
          fc.pre(coarse.resolved)
          expect(Math.abs(coarse.kl! - fine.kl!)).toBeLessThan(1e-4)
          expect(Math.abs(coarse.fisher! / fine.fisher! - 1)).toBeLessThan(0.01)
          expect(Math.abs(coarse.mismatch! / fine.mismatch! - 1)).toBeLessThan(0.01)
        },
      ),
      { numRuns: 6, seed: 2, endOnFailure: true },
    )
  })
})
