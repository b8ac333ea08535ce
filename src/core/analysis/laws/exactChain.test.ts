import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quadraticEnergy } from '../../fields/analytic.ts'
import type { EnergyField } from '../../fields/energyField.ts'
import type { EnergyFunction } from '../../fields/energyGrid.ts'
import { gibbs } from '../../fields/gibbs.ts'
import { createTransition, type TransitionParameters } from '../../fields/transition.ts'
import { type Box, centreCoordinate, spacing } from '../../maths/grid.ts'
import { type ChainStart, createExactChain, type ExactChain } from './exactChain.ts'
import {
  chainMismatch,
  chainStep,
  gaussianFisher,
  gaussianKl,
  type GaussianLaw,
  gaussianLogDensity,
  quadraticGibbs,
  type QuadraticProblem,
} from './gaussian.testing.ts'
import { initialLaw } from './initialLaw.ts'
import { tabulateDensity } from '../estimators/kl.ts'
import {
  fieldOf,
  landscapeField,
  landscapes,
  ringOfEight,
  roughDensity,
  twoWells,
} from '../landscapes.testing.ts'
import { OU_A, START } from '../ouA.testing.ts'

const IDENTITY = [
  [1, 0],
  [0, 1],
] as const

function quadraticField(
  { hessian: [xx, xy, yy], center }: QuadraticProblem,
  box: Box,
): EnergyField {
  return fieldOf(
    quadraticEnergy(center, [
      [xx, xy],
      [xy, yy],
    ]),
    box,
  )
}

function chainOf(
  field: EnergyField,
  parameters: Partial<TransitionParameters> & { stepSize: number; epsilon: number },
  start: GaussianLaw | ChainStart,
): ExactChain {
  return createExactChain({
    field,
    transition: createTransition({ skew: 0, preconditioner: IDENTITY, ...parameters }),
    gibbs: gibbs(field, parameters.epsilon),
    start:
      'mean' in start
        ? { density: tabulateDensity(gaussianLogDensity(start), field.grid.box).density }
        : start,
  })
}

interface Errors {
  kl: number
  fisher: number
  mismatch: number
}

/** Largest |KL − closed form|, and relative errors of I and M, over the steps of a chain. */
function errorsAgainst(
  problem: QuadraticProblem,
  eta: number,
  start: GaussianLaw,
  chain: ExactChain,
  steps: number,
): Errors {
  const pi = quadraticGibbs(problem)
  const worst = { kl: 0, fisher: 0, mismatch: 0 }
  let law = start
  for (let k = 0; k < steps; k++) {
    const mismatch = chainMismatch(problem, eta, law)
    law = chainStep(problem, eta, law)
    const fisher = gaussianFisher(law, pi, problem.preconditioner)
    chain.advance()
    const r = chain.reading()
    worst.kl = Math.max(worst.kl, Math.abs(r.kl! - gaussianKl(law, pi)))
    worst.fisher = Math.max(worst.fisher, Math.abs(r.fisher! / fisher - 1))
    worst.mismatch = Math.max(worst.mismatch, Math.abs(r.mismatch! / mismatch - 1))
  }
  return worst
}

/** The quadrature of a Gaussian start. */
function pointsOf({ mean, covariance: [xx, xy, yy] }: GaussianLaw, box: Box): ChainStart {
  const field = fieldOf(quadraticEnergy([0, 0], IDENTITY), box)
  const law = initialLaw(
    {
      kind: 'gaussian',
      mean,
      covariance: [
        [xx, xy],
        [xy, yy],
      ],
    },
    { field, gibbs: gibbs(field, 1), target: null },
  )
  const xy0: number[] = []
  const mass: number[] = []
  law.visit!(box, (x, y, m) => {
    xy0.push(x, y)
    mass.push(m)
  })
  return { xy: Float64Array.from(xy0), mass: Float64Array.from(mass) }
}

function totalMass(chain: ExactChain): number {
  return chain.mass.reduce((a, b) => a + b)
}

describe('OU_A on halfWidth 4, walls that fold', () => {
  it.each([
    [0.01, 96, 30],
    [0.05, 64, 60],
    [0.2, 64, 60],
  ])('KL at every step within 1e-4 of the closed form, η = %d, %d² cells', (eta, cells, steps) => {
    const chain = chainOf(
      quadraticField(OU_A, { halfWidth: 4, cells }),
      { stepSize: eta, epsilon: OU_A.epsilon },
      START,
    )
    expect(Math.abs(chain.reading().kl! - gaussianKl(START, quadraticGibbs(OU_A)))).toBeLessThan(
      1e-4,
    )
    const worst = errorsAgainst(OU_A, eta, START, chain, steps)
    expect(worst.kl).toBeLessThan(1e-4)
    // Observed 5e-6; dropping the mass outside would cost up to 1.6e-3 over 200 steps.
    expect(worst.kl).toBeLessThan(2e-5)
    expect(worst.fisher).toBeLessThan(2e-3)
    expect(worst.mismatch).toBeLessThan(1e-2)
    expect(Math.abs(totalMass(chain) - 1)).toBeLessThan(1e-12)
    const { foldedMass, resolved } = chain.reading()
    expect(foldedMass).toBeGreaterThan(1e-8)
    expect(foldedMass).toBeLessThan(1e-4)
    expect(resolved).toBe(true)
  })
})

describe('two wells, rows of the reference', () => {
  // Sums of one-dimensional quadratures by an independent program, absolute accuracy 1e-7.
  it.each([
    [
      0.01,
      [
        [1, 0.9835876610536743],
        [2, 0.9176087392359285],
        [5, 0.789056285178296],
        [10, 0.6781029243530601],
        [20, 0.5662265288493601],
        [50, 0.3828910867282768],
      ],
    ],
    [
      0.02,
      [
        [1, 0.9121102181560337],
        [2, 0.8169124382653609],
        [5, 0.6734983955279167],
        [10, 0.5653412142598785],
        [20, 0.4339391458125249],
        [50, 0.21886920582814207],
        [100, 0.0794837893742264],
      ],
    ],
  ] as const)('η = %d: within 1e-4', (eta, rows) => {
    const chain = chainOf(
      fieldOf(twoWells, { halfWidth: 4, cells: 96 }),
      { stepSize: eta, epsilon: 1 },
      { mean: [-1, 0], covariance: [0.09, 0, 0.09] },
    )
    let worst = 0
    for (const [k, kl] of rows) {
      while (chain.step < k) chain.advance(false)
      worst = Math.max(worst, Math.abs(chain.reading().kl! - kl))
    }
    expect(worst).toBeLessThan(1e-4)
    // Observed 2e-7 and less.
    expect(worst).toBeLessThan(2e-6)
  })
})

describe('KL, Fisher information and mismatch on other Gaussian problems', () => {
  it.each([
    ['skew drift', 0.05, 1, [1, 0, 1]],
    ['diagonal preconditioner', 0.04, 0, [1.5, 0, 0.6]],
    ['correlated preconditioner and skew drift', 0.04, -0.5, [1, 0.4, 0.8]],
  ] as const)('%s', (_, eta, skew, preconditioner) => {
    const problem: QuadraticProblem = {
      hessian: [1, 0.3, 3],
      center: [0.5, -0.2],
      epsilon: 0.4,
      skew,
      preconditioner,
    }
    const start: GaussianLaw = { mean: [-0.5, 0.3], covariance: [0.2, -0.03, 0.1] }
    const [a, b, c] = preconditioner
    const chain = chainOf(
      quadraticField(problem, { halfWidth: 4.5, cells: 72 }),
      {
        stepSize: eta,
        epsilon: problem.epsilon,
        skew,
        preconditioner: [
          [a, b],
          [b, c],
        ],
      },
      start,
    )
    const worst = errorsAgainst(problem, eta, start, chain, 20)
    expect(worst.kl).toBeLessThan(1e-6)
    expect(worst.fisher).toBeLessThan(1e-3)
    expect(worst.mismatch).toBeLessThan(1e-3)
  })

  it('holds on random anisotropic problems that the box contains', () => {
    const number = (min: number, max: number): fc.Arbitrary<number> =>
      fc.double({ min, max, noNaN: true })
    fc.assert(
      fc.property(
        fc.record({
          m: fc.tuple(number(0.6, 3), number(0.6, 3), number(-0.7, 0.7)),
          mean: fc.tuple(number(-1, 1), number(-1, 1)),
          eta: number(0.02, 0.2),
        }),
        ({ m, mean, eta }) => {
          const problem: QuadraticProblem = {
            hessian: [m[0], m[2] * Math.sqrt(m[0] * m[1]), m[1]],
            center: [0.2, 0.1],
            epsilon: 0.3,
          }
          const start: GaussianLaw = { mean, covariance: [0.15, 0.05, 0.2] }
          const chain = chainOf(
            quadraticField(problem, { halfWidth: 6, cells: 96 }),
            { stepSize: eta, epsilon: 0.3 },
            start,
          )
          const worst = errorsAgainst(problem, eta, start, chain, 5)
          if (!chain.reading().resolved) return
          expect(worst.kl).toBeLessThan(1e-4)
          expect(worst.fisher).toBeLessThan(2e-3)
          expect(worst.mismatch).toBeLessThan(2e-3)
        },
      ),
      { numRuns: 6, seed: 4, endOnFailure: true },
    )
  })
})

describe('walls', () => {
  const flat: EnergyFunction = (_x, _y, out) => out.fill(0)

  it('a flat energy keeps the uniform law in every cell, whatever the kernel', () => {
    const box = { halfWidth: 1, cells: 32 }
    for (const stepSize of [0.001, 0.004, 0.02, 0.5]) {
      const chain = chainOf(
        fieldOf(flat, box),
        { stepSize, epsilon: 1 },
        { density: new Float64Array(1024).fill(0.25) },
      )
      for (let k = 0; k < 3; k++) chain.advance()
      const off = Math.max(...chain.mass.map((m) => Math.abs(1024 * m - 1)))
      expect(off).toBeLessThan(1e-12)
      // b̄ = 0 = ∇V.
      expect(chain.reading().mismatch).toBe(0)
    }
  })

  it('reflects diffusion from a point like the cosine series of the Neumann problem', () => {
    const box = { halfWidth: 1, cells: 64 }
    const chain = chainOf(
      fieldOf(flat, box),
      { stepSize: 0.02, epsilon: 1 },
      { xy: Float64Array.of(0.7, -0.2) },
    )
    expect(chain.reading().kl).toBeNull()
    for (let k = 0; k < 3; k++) chain.advance(false)
    const series = (x: number, at: number): number => {
      let sum = 0.5
      for (let n = 1; n < 40; n++) {
        const q = (n * Math.PI) / 2
        sum += Math.exp(-q * q * 0.06) * Math.cos(q * (x + 1)) * Math.cos(q * (at + 1))
      }
      return sum
    }
    const area = spacing(box) ** 2
    const off = Math.max(
      ...chain.mass.map((m, k) => {
        const x = centreCoordinate(box, k % 64)
        const y = centreCoordinate(box, Math.floor(k / 64))
        return Math.abs(m / area - series(x, 0.7) * series(y, -0.2))
      }),
    )
    expect(off).toBeLessThan(2e-5)
  })

  it('keeps mass and sign on random landscapes, also where the drift overshoots the walls', () => {
    fc.assert(
      fc.property(
        landscapes,
        fc.nat(),
        fc.double({ min: 0.002, max: 0.5, noNaN: true }),
        fc.boolean(),
        (landscape, seed, stepSize, correlated) => {
          const field = landscapeField(landscape)
          const chain = chainOf(
            field,
            {
              // Correlated kernels cost their area: narrow ones here.
              stepSize: correlated ? 0.02 / landscape.epsilon : stepSize,
              epsilon: landscape.epsilon,
              skew: 1,
              preconditioner: correlated
                ? [
                    [1, 0.5],
                    [0.5, 1],
                  ]
                : IDENTITY,
            },
            { density: roughDensity(seed, 1024, 1) },
          )
          for (let k = 0; k < 2; k++) chain.advance()
          expect(Math.abs(totalMass(chain) - 1)).toBeLessThan(1e-12)
          expect(Math.min(...chain.mass)).toBeGreaterThanOrEqual(0)
          const r = chain.reading()
          expect(r.kl).toBeGreaterThan(-1e-9)
          expect(r.fisher).toBeGreaterThanOrEqual(0)
          expect(r.mismatch).toBeGreaterThanOrEqual(0)
          expect(r.foldedMass).toBeGreaterThanOrEqual(0)
          expect(r.foldedMass).toBeLessThanOrEqual(1)
        },
      ),
      { numRuns: 15, seed: 5, endOnFailure: true },
    )
  })
})

describe('starts', () => {
  const problem: QuadraticProblem = { hessian: [1, 0.2, 2], center: [0, 0], epsilon: 0.5 }
  const box = { halfWidth: 4, cells: 64 }

  it('a law narrower than a cell, laid on finer points, is exact from step 1 on', () => {
    const start: GaussianLaw = { mean: [1, -0.51], covariance: [0.0016, 0.0004, 0.0016] }
    const chain = chainOf(
      quadraticField(problem, box),
      { stepSize: 0.05, epsilon: 0.5 },
      pointsOf(start, box),
    )
    expect(chain.reading().fisher).toBeNull()
    expect(errorsAgainst(problem, 0.05, start, chain, 5).kl).toBeLessThan(1e-5)
  })

  it('two points become two Gaussians', () => {
    const chain = chainOf(
      quadraticField(problem, box),
      { stepSize: 0.05, epsilon: 0.5 },
      { xy: Float64Array.of(1, 0, -1, 0.5), mass: Float64Array.of(3, 1) },
    )
    chain.advance()
    const eta = 0.05
    const parts = [
      [1, 0],
      [-1, 0.5],
    ].map(([x, y]) =>
      gaussianLogDensity({
        mean: [x! - eta * (x! + 0.2 * y!), y! - eta * (0.2 * x! + 2 * y!)],
        covariance: [eta, 0, eta],
      }),
    )
    const off = Math.max(
      ...chain.mass.map((m, k) => {
        const x = centreCoordinate(box, k % 64)
        const y = centreCoordinate(box, Math.floor(k / 64))
        const exact = 0.75 * Math.exp(parts[0]!(x, y)) + 0.25 * Math.exp(parts[1]!(x, y))
        return Math.abs(m / spacing(box) ** 2 - exact)
      }),
    )
    expect(off).toBeLessThan(1e-4)
  })

  it('carrying the momenta or not makes no difference to the law', () => {
    const field = quadraticField(problem, box)
    const a = chainOf(field, { stepSize: 0.05, epsilon: 0.5 }, START)
    const b = chainOf(field, { stepSize: 0.05, epsilon: 0.5 }, START)
    for (let k = 0; k < 3; k++) {
      a.advance()
      b.advance(false)
    }
    expect(b.mass).toEqual(a.mass)
    expect(b.reading().mismatch).toBeNull()
    expect(b.reading().fisher).toBe(a.reading().fisher)
  })

  it('refuses what it cannot do', () => {
    const field = quadraticField(problem, box)
    const parameters = { stepSize: 0.05, epsilon: 0.5 }
    const barriers = [{ kind: 'half-plane', normal: [1, 0], offset: 0, strength: 1 }] as const
    expect(() => chainOf({ ...field, barriers }, parameters, START)).toThrow(/barriers/)
    expect(() => chainOf(field, parameters, { density: new Float64Array(4) })).toThrow(RangeError)
    expect(() => chainOf(field, parameters, { xy: Float64Array.of(9, 0) })).toThrow(RangeError)
  })
})

describe('resolution', () => {
  const start: GaussianLaw = { mean: [0, 0], covariance: [1, 0, 1] }
  const ring = fieldOf(ringOfEight, { halfWidth: 4, cells: 96 })

  it('weighs the steep places by the mass there: the ring of eight is resolved once it has left its centre', () => {
    // |∇²V| = 125 at the origin: the plain maximum of a_i would refuse this for ever.
    const chain = chainOf(ring, { stepSize: 0.02, epsilon: 1 }, start)
    for (let k = 0; k < 3; k++) chain.advance()
    expect(chain.reading().resolved).toBe(true)
    expect(chain.reading().aliasing).toBeGreaterThan(1e-12)
  })

  it('is right where the cells resolve the kernel but not π: a step near the edge of stability', () => {
    // Deviation of π .041, of the kernel .077, cells .0625; ηλ = 1.8, so the chain rests far from π.
    const problem: QuadraticProblem = { hessian: [60, 0, 60], center: [0.03, 0.04], epsilon: 0.1 }
    const start: GaussianLaw = { mean: [0.5, 0.3], covariance: [0.04, 0, 0.04] }
    const field = quadraticField(problem, { halfWidth: 4, cells: 128 })
    expect(gibbs(field, 0.1).refinement).toBeGreaterThan(1)
    const chain = chainOf(field, { stepSize: 0.03, epsilon: 0.1 }, start)
    for (let k = 0; k < 8; k++) chain.advance(false)
    const { kl, fisher, resolved } = chain.reading()
    let law = start
    for (let k = 0; k < 8; k++) law = chainStep(problem, 0.03, law)
    expect(resolved).toBe(true)
    expect(kl).toBeCloseTo(gaussianKl(law, quadraticGibbs(problem)), 6)
    expect(fisher! / gaussianFisher(law, quadraticGibbs(problem))).toBeCloseTo(1, 6)
  })

  it('says so where η is below the resolution of the grid', () => {
    const chain = chainOf(ring, { stepSize: 1e-4, epsilon: 1 }, start)
    chain.advance()
    expect(chain.reading().resolved).toBe(false)
  })
})
