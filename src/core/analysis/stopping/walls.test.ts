import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quadraticEnergy } from '../../fields/analytic.ts'
import { gibbs } from '../../fields/gibbs.ts'
import { createTransition } from '../../fields/transition.ts'
import type { Box } from '../../maths/grid.ts'
import { eigenvalues2 } from '../../maths/linalg2.ts'
import { Purpose, Rng } from '../../maths/rng.ts'
import { erfc } from '../../maths/special.ts'
import type { Distribution } from '../../targets/target.ts'
import { type ChainStart, createExactChain } from '../laws/exactChain.ts'
import { chainStep, type GaussianLaw, type QuadraticProblem } from '../laws/gaussian.testing.ts'
import { type InitialLaw, initialLaw, type InitialLawKind } from '../laws/initialLaw.ts'
import { fieldOf } from '../landscapes.testing.ts'
import { aPrioriReport } from './aPriori.ts'
import { patchesOf, quadraticWalls, type Walls } from './walls.ts'

const IDENTITY = [
  [1, 0],
  [0, 1],
] as const

interface Case {
  readonly problem: QuadraticProblem
  readonly halfWidth: number
  readonly stepSize: number
  readonly start: InitialLawKind
}

function pointsOf({ visit }: InitialLaw, box: Box): ChainStart {
  const xy: number[] = []
  const mass: number[] = []
  visit!(box, (x, y, m) => {
    xy.push(x, y)
    mass.push(m)
  })
  return { xy: Float64Array.from(xy), mass: Float64Array.from(mass) }
}

/** The uniform law of a disc, as data. */
const disc = (x: number, y: number, radius: number): Distribution => ({
  density: {
    logDensity: (a, b) =>
      (a - x) ** 2 + (b - y) ** 2 < radius * radius ? -Math.log(Math.PI * radius * radius) : -1e3,
    score: (_x, _y, out) => void out.fill(0),
  },
  sample: (rng, n) => Float64Array.from({ length: 2 * n }, () => rng.uniform()),
})

function ofCase({ problem, halfWidth, stepSize, start }: Case, cells = 64) {
  const [xx, xy, yy] = problem.hessian
  const energy = quadraticEnergy(problem.center, [
    [xx, xy],
    [xy, yy],
  ])
  const field = fieldOf(energy, { halfWidth, cells })
  const pi = gibbs(field, problem.epsilon)
  const law = initialLaw(start, { field, gibbs: pi, target: disc(1, 1, 0.8) })
  const walls = quadraticWalls(
    field,
    { stepSize, epsilon: problem.epsilon },
    patchesOf(start, law, field.grid.box),
  )!
  return { field, pi, law, walls }
}

/** Σ over the steps and both axes of what Gaussians on the plane have beyond the walls. */
function beyondInClosedForm({ problem, halfWidth, stepSize }: Case, start: GaussianLaw, k: number) {
  let law = start
  let sum = 0
  for (let j = 1; j <= k; j++) {
    law = chainStep(problem, stepSize, law)
    for (const axis of [0, 1] as const) {
      const scale = 1 / Math.sqrt(2 * law.covariance[2 * axis]!)
      for (const sign of [-1, 1]) sum += 0.5 * erfc((halfWidth + sign * law.mean[axis]) * scale)
    }
  }
  return sum
}

const gaussian = (mean: readonly [number, number], variance: number): InitialLawKind => ({
  kind: 'gaussian',
  mean,
  covariance: [
    [variance, 0.3 * variance],
    [0.3 * variance, 0.8 * variance],
  ],
})

describe('what the walls fold of the chain of a quadratic', () => {
  const problem: QuadraticProblem = {
    hessian: [0.189124, -0.335876, 0.860876],
    center: [0, 0],
    epsilon: 0.2,
  }

  it('is bounded as closely as a Gaussian on the plane allows, for each number of steps', () => {
    for (const [mean, halfWidth] of [
      [[10.5, 10.5], 12],
      [[-6, 2], 9],
      [[0, 0], 4],
    ] as const) {
      const at: Case = { problem, halfWidth, stepSize: 0.05, start: gaussian(mean, 0.02) }
      const { walls } = ofCase(at)
      const law: GaussianLaw = { mean, covariance: [0.02, 0.006, 0.016] }
      for (const k of [0, 1, 2, 7, 33, 60, 400, 3287, 20_000]) {
        const sum = beyondInClosedForm(at, law, k)
        expect(walls.passed(k)).toBeGreaterThanOrEqual(sum * (1 - 1e-9))
        expect(walls.passed(k)).toBeLessThanOrEqual(1.35 * sum + 1e-250)
      }
    }
  })

  it('with overshooting modes, too', () => {
    const steep: QuadraticProblem = { hessian: [1, 0.4, 15], center: [0.3, -0.2], epsilon: 1 }
    const at: Case = { problem: steep, halfWidth: 5, stepSize: 0.12, start: gaussian([-2, 3], 0.1) }
    const { walls } = ofCase(at)
    const law: GaussianLaw = { mean: [-2, 3], covariance: [0.1, 0.03, 0.08] }
    for (const k of [1, 2, 3, 40, 300]) {
      const sum = beyondInClosedForm(at, law, k)
      expect(walls.passed(k)).toBeGreaterThanOrEqual(sum * (1 - 1e-9))
      expect(walls.passed(k)).toBeLessThanOrEqual(1.5 * sum)
    }
  })

  it('has no bound where V is not convex or the chain does not contract', () => {
    const walls = (a: number, c: number): Walls | null => {
      const field = fieldOf(
        (x, y, out) => {
          out[0] = 0.5 * (a * x * x + c * y * y)
          out[1] = a * x
          out[2] = c * y
        },
        { halfWidth: 4, cells: 16 },
      )
      return quadraticWalls(field, { stepSize: 0.1, epsilon: 1 }, [])
    }
    expect(walls(1, -1)).toBeNull()
    expect(walls(1, 25)).toBeNull()
    expect(walls(1, 15)).not.toBeNull()
  })

  it('forbids a certificate that only later steps spoil', () => {
    const at: Case = { problem, halfWidth: 12, stepSize: 0.05, start: gaussian([10.5, 10.5], 0.02) }
    const { law, walls } = ofCase(at)
    const [low, high] = eigenvalues2(...problem.hessian)
    const bounds = {
      kl0: law.kl!,
      rate: { value: low, proved: true },
      smoothness: high,
      stepSize: at.stepSize,
      delta: 9.9,
    }
    expect(aPrioriReport(bounds).step).toBe(3288)
    expect(walls.passed(1)).toBeLessThan(1e-6)
    const report = aPrioriReport({ ...bounds, walls })
    expect(report).toMatchObject({ step: null, status: 'none', outcome: 'unfired' })
    expect(report.reason).toMatch(
      /^No certificate: the walls may fold up to .* on the way to step 3/,
    )
  })
})

describe('a certificate', () => {
  it('at step 0 says that it means the start, and what is allowed after it', () => {
    const proved = (value: number) => ({ value, proved: true })
    const base = { kl0: 0, rate: proved(1), smoothness: 1, delta: 0.01 }
    const above = aPrioriReport({ ...base, stepSize: 0.5 })
    expect(above).toMatchObject({ step: 0, kl: 0, status: 'estimate', outcome: 'stopped' })
    expect(above.reason).toMatch(
      /^At step 0, before any step, KL₀ = 0 nats .* nothing but the start is meant/,
    )
    expect(above.reason).toMatch(/After it the sharper bound allows up to 1\.\d+ nats, since/)
    const within = aPrioriReport({ ...base, stepSize: 1e-3 })
    expect(within).toMatchObject({ step: 0, status: 'certificate' })
    const none = aPrioriReport({ ...base, stepSize: 3 })
    expect(none).toMatchObject({ step: 0, status: 'estimate' })
    expect(none.reason).toMatch(/Of later steps nothing is certified: the step is too large/)
  })

  it('of a quadratic is true of the folded chain in its box: random starts, boxes and steps', () => {
    const rng = new Rng({ seed: 12, purpose: Purpose.probe })
    let certified = 0
    let refused = 0
    fc.assert(
      fc.property(
        fc.record({
          a: fc.double({ min: 0.7, max: 2, noNaN: true }),
          c: fc.double({ min: 0.7, max: 2, noNaN: true }),
          r: fc.double({ min: -0.5, max: 0.5, noNaN: true }),
          epsilon: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
          mean: fc.tuple(
            fc.double({ min: -3.95, max: 3.95, noNaN: true }),
            fc.double({ min: -3.95, max: 3.95, noNaN: true }),
          ),
          kind: fc.constantFrom('gaussian', 'uniform', 'data', 'gibbs'),
          share: fc.double({ min: 0.3, max: 0.9, noNaN: true }),
        }),
        ({ a, c, r, epsilon, mean, kind, share }) => {
          const problem: QuadraticProblem = {
            hessian: [a, r * Math.sqrt(a * c), c],
            center: [0.2 * rng.normal(), 0],
            epsilon,
          }
          const start: InitialLawKind =
            kind === 'gaussian'
              ? gaussian(mean, 0.04)
              : kind === 'uniform'
                ? { kind, halfWidth: 3.9 * share }
                : { kind: kind }
          const at: Case = { problem, halfWidth: 4, stepSize: 0.08, start }
          const { field, pi, law, walls } = ofCase(at)
          const [low, high] = eigenvalues2(...problem.hessian)
          const base = {
            kl0: law.kl!,
            rate: { value: low, proved: true },
            smoothness: high,
            stepSize: at.stepSize,
            walls,
          }
          const report = aPrioriReport({ ...base, delta: 0.4 + share * law.kl! })
          if (report.step === null) {
            refused++
            return
          }
          if (report.step === 0) return
          certified++
          const chain = createExactChain({
            field,
            transition: createTransition({
              stepSize: at.stepSize,
              epsilon,
              skew: 0,
              preconditioner: IDENTITY,
            }),
            gibbs: pi,
            start: pointsOf(law, field.grid.box),
          })
          while (chain.step < report.step) chain.advance(false)
          expect(chain.reading().resolved).toBe(true)
          expect(chain.reading().kl!).toBeLessThanOrEqual(0.4 + share * law.kl!)
        },
      ),
      { numRuns: 40, seed: 3 },
    )
    expect(certified).toBeGreaterThan(8)
    expect(refused).toBeGreaterThan(0)
  })
})
