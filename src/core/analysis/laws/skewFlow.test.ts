import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quadraticEnergy } from '../../fields/analytic.ts'
import { type Gibbs, gibbs } from '../../fields/gibbs.ts'
import { spacing } from '../../maths/grid.ts'
import {
  createFokkerPlanck,
  dissipationError,
  fokkerPlanckCurve,
  fokkerPlanckOf,
} from './fokkerPlanck.ts'
import {
  gaussianKl,
  type GaussianLaw,
  gaussianLogDensity,
  langevinLaw,
  quadraticGibbs,
  type QuadraticProblem,
} from './gaussian.testing.ts'
import { tabulateDensity } from '../estimators/kl.ts'
import {
  fieldOf,
  landscapeField,
  landscapes,
  ringOfEight,
  roughDensity,
} from '../landscapes.testing.ts'
import { createSkewFlow } from './skewFlow.ts'

function sum(values: Float64Array): number {
  return values.reduce((a, b) => a + b, 0)
}

/** Σ ρ²/π: χ² + 1 up to the area of a cell. */
function square(density: Float64Array, pi: Gibbs): number {
  return density.reduce((s, p, k) => s + (p === 0 ? 0 : (p / pi.density[k]!) * p), 0)
}

const skews = fc.double({ min: 0.1, max: 4, noNaN: true })

describe('the skew flow, on random landscapes', () => {
  it('keeps mass and π, and never raises χ², within its step limit', () => {
    fc.assert(
      fc.property(landscapes, skews, fc.nat(), (landscape, skew, seed) => {
        const pi = gibbs(landscapeField(landscape), landscape.epsilon)
        const flow = createSkewFlow(pi, skew)
        const kept = pi.density.slice()
        // Rough, and no larger than a multiple of π, so that χ² is finite.
        const noise = roughDensity(seed, kept.length, 1)
        const density = pi.density.map((p, k) => p * (0.2 + noise[k]! * noise.length))
        const mass = sum(density)
        let before = square(density, pi)
        for (let i = 0; i < 4; i++) {
          flow.advance(kept, flow.stepLimit)
          flow.advance(density, flow.stepLimit)
          const after = square(density, pi)
          expect(after).toBeLessThanOrEqual(before * (1 + 1e-13))
          before = after
        }
        expect(Math.abs(sum(density) / mass - 1)).toBeLessThan(1e-13)
        const moved = kept.findIndex(
          (p, k) => !(Math.abs(p - pi.density[k]!) <= 1e-11 * pi.density[k]! + 1e-300),
        )
        expect(moved).toBe(-1)
      }),
      { numRuns: 30, seed: 1, endOnFailure: true },
    )
  })

  it('does the opposite for −γ', () => {
    const pi = gibbs(fieldOf(ringOfEight, { halfWidth: 4, cells: 32 }), 1)
    const forth = createSkewFlow(pi, 1)
    const back = createSkewFlow(pi, -1)
    const start = tabulateDensity(
      gaussianLogDensity({ mean: [1.5, 0], covariance: [0.3, 0, 0.3] }),
      pi.box,
    ).density
    const density = start.slice()
    for (let i = 0; i < 20; i++) forth.advance(density, 1e-3)
    const away = Math.max(...density.map((p, k) => Math.abs(p - start[k]!)))
    for (let i = 0; i < 20; i++) back.advance(density, 1e-3)
    const off = Math.max(...density.map((p, k) => Math.abs(p - start[k]!)))
    expect(away).toBeGreaterThan(0.05)
    expect(off).toBeLessThan(1e-4 * away)
  })

  it('lets nothing through cells where π = 0', () => {
    const open = gibbs(fieldOf(ringOfEight, { halfWidth: 4, cells: 32 }), 1)
    const logDensity = open.logDensity.map((l, k) => (k % 32 === 15 ? -Infinity : l))
    const density = open.density.map((_, k) => (k % 32 < 15 ? 1 : 0))
    const solver = fokkerPlanckOf({ ...open, logDensity }, { skew: 2 })
    const mass = sum(density)
    for (let i = 0; i < 20; i++) solver.step(density, solver.stepLimit)
    density.forEach((p, k) => {
      if (k % 32 >= 15) expect(p).toBe(0)
    })
    expect(Math.abs(sum(density) / mass - 1)).toBeLessThan(1e-12)
  })
})

/** KL at the given times, with the largest rise of KL within η = .05 and the greatest mass below zero. */
function follow(
  problem: QuadraticProblem,
  start: GaussianLaw,
  halfWidth: number,
  cells: number,
  times: readonly number[],
): { errors: number[]; rise: number; negative: number; dissipation: number } {
  const {
    hessian: [xx, xy, yy],
    preconditioner: [pxx, pxy, pyy] = [1, 0, 1],
  } = problem
  const box = { halfWidth, cells }
  const field = fieldOf(
    quadraticEnergy(problem.center, [
      [xx, xy],
      [xy, yy],
    ]),
    box,
  )
  const solver = createFokkerPlanck(field, problem.epsilon, box, {
    skew: problem.skew ?? 0,
    preconditioner: [
      [pxx, pxy],
      [pxy, pyy],
    ],
  })
  const density = tabulateDensity(gaussianLogDensity(start), box).density
  const eta = 0.05
  const steps = Math.round(times[times.length - 1]! / eta)
  const errors: number[] = []
  let rise = 0
  let negative = 0
  let dissipation = 0
  let k = 0
  let before = Infinity
  for (const point of fokkerPlanckCurve(solver, density, eta, steps)) {
    rise = Math.max(rise, point.kl - before)
    before = point.kl
    negative = Math.max(negative, point.negativeMass)
    dissipation = Math.max(dissipation, dissipationError(point) ?? 0)
    if (times.some((t) => Math.abs(t - k * eta) < 1e-9)) {
      errors.push(
        point.kl - gaussianKl(langevinLaw(problem, start, k * eta), quadraticGibbs(problem)),
      )
    }
    k++
  }
  expect(Math.abs(sum(density) * spacing(box) ** 2 - 1)).toBeLessThan(1e-12)
  return { errors, rise, negative, dissipation }
}

describe('skew drift, A = diag(1, 9), ε = 1, from N((3, 0), .25 I)', () => {
  const start: GaussianLaw = { mean: [3, 0], covariance: [0.25, 0, 0.25] }
  it.each([0.5, 4 / 3, 2])('γ = %d at 128²: within 5e-3 of the closed form', (skew) => {
    const problem: QuadraticProblem = { hessian: [1, 0, 9], center: [0, 0], epsilon: 1, skew }
    const { errors, rise, negative, dissipation } = follow(problem, start, 5, 128, [0.5, 1])
    for (const error of errors) expect(Math.abs(error)).toBeLessThan(5e-3)
    expect(rise).toBe(0)
    expect(negative).toBeLessThan(1e-20)
    expect(dissipation).toBeLessThan(0.02)
  })

  it('is of second order over 64², 128² in the mean and the shape', () => {
    const problem: QuadraticProblem = { hessian: [1, 0, 9], center: [0, 0], epsilon: 1, skew: 1 }
    const [coarse, fine] = [64, 128].map(
      (cells) => follow(problem, start, 5, cells, [0.5]).errors[0]!,
    )
    expect(coarse! / fine!).toBeGreaterThan(3)
    expect(coarse! / fine!).toBeLessThan(5)
  })
})

describe('metrics with and without skew drift against the closed form', () => {
  const start: GaussianLaw = { mean: [-0.5, 0.3], covariance: [0.2, -0.03, 0.1] }
  it.each([
    ['diagonal', [1.5, 0, 0.6], 0],
    ['correlated', [1, 0.4, 0.8], 0],
    ['correlated, three directions', [1, 0.9, 1.2], 0],
    ['correlated, with skew drift', [1, 0.9, 1.2], -0.7],
  ] as const)('%s', (_, preconditioner, skew) => {
    const problem: QuadraticProblem = {
      hessian: [1, 0.3, 3],
      center: [0.5, -0.2],
      epsilon: 0.4,
      skew,
      preconditioner,
    }
    const coarse = follow(problem, start, 4.5, 64, [0.25, 0.5, 1])
    const fine = follow(problem, start, 4.5, 128, [0.25, 0.5, 1])
    fine.errors.forEach((error) => expect(Math.abs(error)).toBeLessThan(5e-3))
    expect(Math.max(...coarse.errors) / Math.max(...fine.errors)).toBeGreaterThan(3.5)
    for (const { rise, negative } of [coarse, fine]) {
      expect(rise).toBe(0)
      expect(negative).toBeLessThan(1e-18)
    }
    expect(fine.dissipation).toBeLessThan(0.01)
  })
})

describe('skew drift on random landscapes', () => {
  it('KL falls, and no mass falls below zero where the cells resolve what moves', () => {
    fc.assert(
      fc.property(
        landscapes,
        skews,
        fc.tuple(
          fc.double({ min: -0.5, max: 0.5, noNaN: true }),
          fc.double({ min: -0.5, max: 0.5, noNaN: true }),
        ),
        (landscape, skew, [x, y]) => {
          const pi = gibbs(landscapeField(landscape, 48), landscape.epsilon)
          const solver = fokkerPlanckOf(pi, { skew })
          const w = pi.box.halfWidth
          const start: GaussianLaw = { mean: [x * w, y * w], covariance: [0.1, 0.02, 0.1] }
          const density = tabulateDensity(gaussianLogDensity(start), pi.box).density
          let before = Infinity
          for (const { kl, negativeMass } of fokkerPlanckCurve(solver, density, 0.02, 15)) {
            expect(kl).toBeLessThanOrEqual(before + 1e-12)
            // Colder, π has features narrower than a cell here, and some 1e-6 falls below zero.
            if (landscape.epsilon > 0.3) expect(negativeMass).toBeLessThan(1e-12)
            before = kl
          }
        },
      ),
      { numRuns: 20, seed: 2, endOnFailure: true },
    )
  })
})
