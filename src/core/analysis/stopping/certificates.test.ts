import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quadraticEnergy } from '../../fields/analytic.ts'
import type { EnergyField } from '../../fields/energyField.ts'
import { gibbs } from '../../fields/gibbs.ts'
import { createTransition } from '../../fields/transition.ts'
import { eigenvalues2 } from '../../maths/linalg2.ts'
import { driftError, meanOver } from '../laws/dataDrift.ts'
import { createExactChain } from '../laws/exactChain.ts'
import { relativeFisher } from '../laws/fisher.ts'
import {
  chainDriftError,
  chainMismatch,
  chainStationary,
  chainStep,
  gaussianFisher,
  gaussianKl,
  type GaussianLaw,
  gaussianLogDensity,
  quadraticGibbs,
  type QuadraticProblem,
} from '../laws/gaussian.testing.ts'
import { tabulateDensity } from '../estimators/kl.ts'
import { fieldOf, ringOfEight } from '../landscapes.testing.ts'
import {
  type APrioriInput,
  aPrioriReport,
  sharperBound,
  sharperSchedule,
  vempalaWibisono,
  vempalaWibisonoSchedule,
} from './aPriori.ts'
import {
  certifiedDecreaseReport,
  certifiedDecreaseStep,
  type DecreaseInput,
} from './certifiedDecrease.ts'
import { aPrioriInput } from './certificates.ts'
import { dataMismatchReport, dataMismatchStep } from './dataMismatch.ts'
import { certifiedFloor, floorReport, predictedFloorStep } from './floor.ts'

const IDENTITY = [
  [1, 0],
  [0, 1],
] as const

interface Curves {
  fisher: number[]
  mismatch: (number | null)[]
  kl: number[]
}

/** I, M and KL of the chain in closed form, steps 0 … steps. */
function closedForm(
  problem: QuadraticProblem,
  eta: number,
  start: GaussianLaw,
  steps: number,
): Curves {
  const pi = quadraticGibbs(problem)
  const curves: Curves = { fisher: [], mismatch: [], kl: [] }
  let law = start
  let mismatch: number | null = null
  for (let k = 0; k <= steps; k++) {
    curves.fisher.push(gaussianFisher(law, pi))
    curves.mismatch.push(mismatch)
    curves.kl.push(gaussianKl(law, pi))
    mismatch = chainMismatch(problem, eta, law)
    law = chainStep(problem, eta, law)
  }
  return curves
}

/** The same from the grid. */
function onGrid(
  field: EnergyField,
  epsilon: number,
  eta: number,
  start: GaussianLaw,
  steps: number,
): Curves {
  const chain = createExactChain({
    field,
    transition: createTransition({
      stepSize: eta,
      epsilon,
      skew: 0,
      preconditioner: IDENTITY,
    }),
    gibbs: gibbs(field, epsilon),
    start: { density: tabulateDensity(gaussianLogDensity(start), field.grid.box).density },
  })
  const curves: Curves = { fisher: [], mismatch: [], kl: [] }
  for (let k = 0; k <= steps; k++) {
    const r = chain.reading()
    curves.fisher.push(r.fisher!)
    curves.mismatch.push(r.mismatch)
    curves.kl.push(r.kl!)
    if (k < steps) chain.advance()
  }
  return curves
}

function stops(
  curves: Curves,
  epsilon: number,
  stepSize: number,
): [strict: number | null, integrated: number | null] {
  const input: DecreaseInput = { ...curves, epsilon, stepSize, computed: curves.kl.length - 1 }
  return [
    certifiedDecreaseStep({ ...input, variant: 'strict' })?.step ?? null,
    certifiedDecreaseStep({ ...input, variant: 'integrated' })?.step ?? null,
  ]
}

/**
 * One-dimensional problems V = mx²/2 from N(3, .25), closed forms by an independent program. Here both axes are the
 * same problem, so KL, I and M are twice the one-dimensional ones, and every stop is the same.
 */
const OU_1D = [
  {
    m: 1,
    epsilon: 1,
    eta: 0.01,
    strict: 582,
    strictKl: 4.3651047586895815e-5,
    integrated: 691,
    integratedKl: 1.046894825553358e-5,
    floor: 6.291902298188705e-6,
    at10: [3.8483629180757193, 8.329393420302223, 0.0014357342979424274],
  },
  {
    m: 1,
    epsilon: 1,
    eta: 0.05,
    strict: 83,
    strictKl: 0.0010619291280350822,
    integrated: 104,
    integratedKl: 0.00026602938720610494,
    floor: 0.0001616088283678714,
    at10: [1.6324328460060635, 3.311599123961611, 0.014749370303316463],
  },
  {
    m: 1,
    epsilon: 1,
    eta: 0.2,
    strict: 13,
    strictKl: 0.01634695949590692,
    integrated: 18,
    integratedKl: 0.00432167470744016,
    floor: 0.002875297726642405,
    at10: [0.05428044755874473, 0.11306023972834028, 0.05233766405449094],
  },
  {
    m: 4,
    epsilon: 0.3,
    eta: 0.02,
    strict: 61,
    strictKl: 0.002716361075725402,
    integrated: 74,
    integratedKl: 0.0006848070949454742,
    floor: 0.00042233607320578057,
    at10: [11.364624144431923, 27.354808230147952, 0.2071606408821973],
  },
] as const

/** The problem in both coordinates, moved so that its path is about the middle of a box. */
function doubled({ m, epsilon }: { m: number; epsilon: number }): [QuadraticProblem, GaussianLaw] {
  return [
    { hessian: [m, 0, m], center: [-1.5, -1.5], epsilon },
    { mean: [1.5, 1.5], covariance: [0.25, 0, 0.25] },
  ]
}

describe('certified decrease', () => {
  it.each(OU_1D)('closed form, m = $m, η = $eta: the exact steps and values', (row) => {
    const [problem, start] = doubled(row)
    const close = (found: number, wanted: number): void => {
      expect(Math.abs(found - wanted)).toBeLessThanOrEqual(1e-10 * wanted)
    }
    const curves = closedForm(problem, row.eta, start, row.integrated + 5)
    expect(stops(curves, row.epsilon, row.eta)).toEqual([row.strict, row.integrated])
    close(curves.kl[row.strict]! / 2, row.strictKl)
    close(curves.kl[row.integrated]! / 2, row.integratedKl)
    close(curves.kl[10]! / 2, row.at10[0])
    close((row.epsilon * row.epsilon * curves.fisher[10]!) / 2, row.at10[1])
    close(curves.mismatch[10]! / 2, row.at10[2])
    const stationary = chainStationary(problem, row.eta)!
    close(gaussianKl(stationary, quadraticGibbs(problem)) / 2, row.floor)
  })

  // The first problem takes seven hundred steps, and shows nothing that these do not.
  it.each([
    [OU_1D[1], 7, 64],
    [OU_1D[2], 7, 64],
    [OU_1D[3], 4.5, 96],
  ] as const)('from the grid, within two steps (%#)', (row, halfWidth, cells) => {
    const [problem, start] = doubled(row)
    const field = fieldOf(
      quadraticEnergy(problem.center, [
        [row.m, 0],
        [0, row.m],
      ]),
      { halfWidth, cells },
    )
    const curves = onGrid(field, row.epsilon, row.eta, start, row.integrated + 3)
    const found = stops(curves, row.epsilon, row.eta)
    expect(Math.abs(found[0]! - row.strict)).toBeLessThanOrEqual(2)
    expect(Math.abs(found[1]! - row.integrated)).toBeLessThanOrEqual(2)
  })

  it('the ring of eight from N(0, I): as found by an independent propagation, within two steps', () => {
    const field = fieldOf(ringOfEight, { halfWidth: 4.5, cells: 96 })
    const start: GaussianLaw = { mean: [0, 0], covariance: [1, 0, 1] }
    for (const [eta, strict, integrated, kl] of [
      [0.02, 13, 23, 6.19e-3],
      [0.05, 3, 9, 3.32e-2],
    ] as const) {
      const curves = onGrid(field, 1, eta, start, integrated + 3)
      const found = stops(curves, 1, eta)
      expect(Math.abs(found[0]! - strict)).toBeLessThanOrEqual(1)
      // ε²I is within a few per cent of M/3 for many steps here.
      expect(Math.abs(found[1]! - integrated)).toBeLessThanOrEqual(2)
      expect(curves.kl[found[1]!]! / kl).toBeGreaterThan(0.95)
      expect(curves.kl[found[1]!]! / kl).toBeLessThan(1.05)
    }
  })

  it('stops where the fall of KL refutes it, and never before ε²I ≤ M/3 on quadratics', () => {
    // η·λmax = .4: at rest ε²I stays one per cent above M/3.
    const field = fieldOf(ringOfEight, { halfWidth: 4, cells: 96 })
    const start: GaussianLaw = { mean: [0, 0], covariance: [1, 0, 1] }
    const curves = onGrid(field, 1, 0.05, start, 14)
    const input: DecreaseInput = { ...curves, epsilon: 1, computed: 14 }
    expect(certifiedDecreaseStep(input)).toBeNull()
    expect(certifiedDecreaseStep({ ...input, stepSize: 0.05 })!.refuted).toBe(true)
    const report = certifiedDecreaseReport({ ...input, stepSize: 0.05 })
    expect(report.reason).toMatch(/took less off it than the ½η\(εI − M\/3ε\) that ε²I = /)
    for (const row of OU_1D) {
      const [problem, from] = doubled(row)
      const stop = certifiedDecreaseStep({
        ...closedForm(problem, row.eta, from, row.integrated + 5),
        epsilon: row.epsilon,
        stepSize: row.eta,
        computed: row.integrated + 5,
      })
      expect(stop).toEqual({ step: row.integrated, refuted: false })
    }
  })

  it('reports the numbers that decided, skips what was not evaluated, and is causal', () => {
    const [problem, start] = doubled(OU_1D[1])
    const curves = closedForm(problem, 0.05, start, 120)
    const mismatch = curves.mismatch.map((m, k) => (k % 5 === 0 ? m : null))
    const input = { ...curves, mismatch, epsilon: 1 }
    const report = certifiedDecreaseReport({ ...input, computed: 120 })
    expect(report).toMatchObject({ step: 105, outcome: 'stopped', status: 'estimate' })
    expect(report.reason).toMatch(/no longer certified: ε²I = .* against M\/3 = /)
    expect(certifiedDecreaseReport({ ...input, computed: 105 })).toEqual(report)
    const before = certifiedDecreaseReport({ ...input, computed: 104 })
    expect(before).toMatchObject({ step: null, kl: null, outcome: 'unfired' })
    expect(before.reason).toMatch(/outweighs the error of the drift at step 100/)
    expect(certifiedDecreaseReport({ ...input, computed: 120, variant: 'strict' })).toMatchObject({
      step: 85,
      status: 'certificate-if',
    })
    expect(certifiedDecreaseReport({ ...input, mismatch: [], computed: 120 }).reason).toMatch(
      /not been evaluated/,
    )
  })

  it('while it certifies, KL falls: random problems', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.2, max: 4, noNaN: true }),
        fc.double({ min: 0.2, max: 4, noNaN: true }),
        fc.double({ min: -0.9, max: 0.9, noNaN: true }),
        fc.double({ min: 0.005, max: 0.1, noNaN: true }),
        fc.double({ min: -3, max: 3, noNaN: true }),
        (a, c, r, eta, x) => {
          const problem: QuadraticProblem = {
            hessian: [a, r * Math.sqrt(a * c), c],
            center: [0, 0],
            epsilon: 0.7,
          }
          const start: GaussianLaw = { mean: [x, 1], covariance: [0.3, 0.1, 0.5] }
          const curves = closedForm(problem, eta, start, 60)
          const step = stops(curves, 0.7, eta)[1] ?? 61
          for (let k = 1; k < step; k++) {
            expect(curves.kl[k]!).toBeLessThan(curves.kl[k - 1]!)
          }
        },
      ),
      { numRuns: 40, seed: 9 },
    )
  })
})

const proved = (value: number): APrioriInput['rate'] => ({ value, proved: true })

describe('a-priori certificates', () => {
  // V = |x|²/2, ε = 1, from N((3, 0), .25 I): KL₀ in closed form; k of an independent program.
  const kl0 = 5.136294361119891
  const iso = { kl0, rate: proved(1), smoothness: 1 }

  it('the schedules for V = |x|²/2', () => {
    const start: GaussianLaw = { mean: [3, 0], covariance: [0.25, 0, 0.25] }
    const problem: QuadraticProblem = { hessian: [1, 0, 1], center: [0, 0], epsilon: 1 }
    expect(gaussianKl(start, quadraticGibbs(problem))).toBeCloseTo(kl0, 12)
    const coarse = vempalaWibisonoSchedule({ ...iso, delta: 0.1 })
    const fine = vempalaWibisonoSchedule({ ...iso, delta: 0.01 })
    expect(coarse.stepSize).toBeCloseTo(0.003125, 15)
    expect(fine.stepSize).toBeCloseTo(0.0003125, 15)
    expect(Math.abs(coarse.steps - 1483)).toBeLessThanOrEqual(1)
    expect(Math.abs(fine.steps - 22191)).toBeLessThanOrEqual(1)
    expect(Math.abs(sharperSchedule({ ...iso, delta: 0.1 })!.steps - 76)).toBeLessThanOrEqual(1)
    expect(Math.abs(sharperSchedule({ ...iso, delta: 0.01 })!.steps - 959)).toBeLessThanOrEqual(1)
  })

  it('both envelopes lie above the true KL on random anisotropic problems', () => {
    let tightest = 0
    fc.assert(
      fc.property(
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.double({ min: -0.9, max: 0.9, noNaN: true }),
        fc.double({ min: -1.5, max: 1, noNaN: true }),
        fc.double({ min: 0.05, max: 1, noNaN: true }),
        fc.double({ min: -3, max: 3, noNaN: true }),
        (logA, logC, r, logEpsilon, share, x) => {
          const a = 10 ** logA
          const c = 10 ** logC
          const hessian = [a, r * Math.sqrt(a * c), c] as const
          const epsilon = 10 ** logEpsilon
          const [lambda, l] = eigenvalues2(...hessian)
          const stepSize = (share * lambda) / (4 * l * l)
          const problem: QuadraticProblem = { hessian, center: [0, 0], epsilon }
          const pi = quadraticGibbs(problem)
          let law: GaussianLaw = { mean: [x, 0.5], covariance: [0.3, 0.1, 0.5] }
          const input = {
            kl0: gaussianKl(law, pi),
            rate: proved(lambda),
            smoothness: l,
            stepSize,
          }
          const bounds = [vempalaWibisono(input), sharperBound(input)]
          for (let k = 0; k <= 200; k++) {
            const kl = gaussianKl(law, pi)
            for (const bound of bounds) {
              if (bound.bound === null) throw new Error(bound.reason)
              expect(kl).toBeLessThanOrEqual(bound.at(k) * (1 + 1e-9))
              if (k > 0) tightest = Math.max(tightest, kl / bound.at(k))
            }
            law = chainStep(problem, stepSize, law)
          }
          // ... and the sharper one has the lower floor.
          const [vw, sharper] = bounds
          if (vw!.bound === null || sharper!.bound === null) return
          expect(sharper!.floor).toBeLessThan(vw!.floor)
        },
      ),
      { numRuns: 60, seed: 10 },
    )
    expect(tightest).toBeGreaterThan(0.9)
  })

  it('the number of steps is the first whose bound is at most δ', () => {
    for (const delta of [3, 0.5, 0.1]) {
      for (const bound of [
        sharperBound({ ...iso, stepSize: 0.01 }),
        vempalaWibisono({ ...iso, stepSize: 0.005 }),
      ]) {
        if (bound.bound === null) throw new Error(bound.reason)
        const k = bound.stepsTo(delta)!
        expect(bound.at(k)).toBeLessThanOrEqual(delta * (1 + 1e-9))
        expect(bound.at(k - 1)).toBeGreaterThan(delta)
      }
    }
  })

  it('reports a certificate, a certificate if, or none with the reason', () => {
    const report = aPrioriReport({ ...iso, stepSize: 0.02, delta: 0.1 })
    expect(report).toMatchObject({ status: 'certificate', outcome: 'stopped', kl: null })
    expect(report.reason).toMatch(/sharper bound, since λ ≥ 1.00 and L ≤ 1.00/)
    const estimated = { value: 1, proved: false }
    const ifReport = aPrioriReport({ ...iso, rate: estimated, stepSize: 0.02, delta: 0.1 })
    expect(ifReport.status).toBe('certificate-if')
    expect(ifReport.step).toBe(report.step)
    expect(ifReport.reason).toMatch(/if λ ≥ 1.00 \(estimated\)/)
    const rough = { ...estimated, resolved: false }
    expect(aPrioriReport({ ...iso, rate: rough, stepSize: 0.02, delta: 0.1 }).reason).toMatch(
      /if λ ≥ 1.00 \(a rough estimate: the cells do not resolve the slowest mode\)/,
    )
    const floor = aPrioriReport({ ...iso, stepSize: 0.2, delta: 0.1 })
    expect(floor).toMatchObject({ step: null, status: 'none', outcome: 'unfired' })
    expect(floor.reason).toMatch(/No certificate: the bound cannot fall below/)
    const large = aPrioriReport({ ...iso, smoothness: 100, stepSize: 0.2, delta: 0.1 })
    expect(large.reason).toMatch(/No certificate: the step is too large/)
    const vacuous = aPrioriReport({ ...iso, rate: proved(0), stepSize: 0.2, delta: 0.1 })
    expect(vacuous.status).toBe('none')
    const refused = vempalaWibisono({ ...iso, stepSize: 0.3 })
    expect(refused.bound === null && refused.reason).toMatch(/step condition/)
  })
})

describe('the inputs of the a-priori bounds', () => {
  const transition = { stepSize: 0.01, epsilon: 1, skew: 0, preconditioner: IDENTITY }
  const context = { transition, departure: null, jumpEvery: 0, barriers: [], kl0: 1 } as const

  it('take the curvature of a quadratic for λ only where it is convex', () => {
    const input = (convexity: number, estimate: number, bound: number) =>
      aPrioriInput({
        ...context,
        constants: {
          convexity,
          smoothness: 2,
          quadratic: true,
          logSobolevEstimate: estimate,
          logSobolevBound: { value: bound, method: 'holley-stroock', reason: '' },
        },
      })
    expect(input(1, 1.1, 1)).toMatchObject({ rate: { value: 1, proved: true } })
    // A saddle in a box has a rate all the same, which is estimated or, if worth it, bounded.
    expect(input(-1, 0.4, 0.01)).toMatchObject({ rate: { value: 0.4, proved: false } })
    expect(input(-1, 0.4, 0.3)).toMatchObject({ rate: { value: 0.3, proved: true } })
  })
})

describe('floor', () => {
  const problem: QuadraticProblem = { hessian: [1, 0, 1], center: [0, 0], epsilon: 1 }
  const start: GaussianLaw = { mean: [3, 0], covariance: [0.25, 0, 0.25] }
  const input = { kl0: 5.136294361119891, rate: proved(1), smoothness: 1, stepSize: 0.05 }

  it('certified: there the decaying part is at most the floor, one step before it is not', () => {
    const floor = certifiedFloor(input)!
    const bound = sharperBound(input)
    if (bound.bound === null) throw new Error(bound.reason)
    expect(floor.level).toBe(bound.floor)
    const decaying = (k: number): number => bound.factor ** k * input.kl0
    expect(decaying(floor.step)).toBeLessThanOrEqual(floor.level)
    expect(decaying(floor.step - 1)).toBeGreaterThan(floor.level)
    expect(certifiedFloor({ ...input, smoothness: 50 })).toBeNull()
  })

  it('predicted: the first KL within twice the bias', () => {
    const meaning = 'KL of the exact chain'
    const kl = closedForm(problem, 0.05, start, 200).kl.map(
      (value) => ({ kl: value, meaning }) as const,
    )
    // b(η) = (η²/8) Var(2 − |x|²/2) = η²/8.
    const bias = 0.05 ** 2 / 8
    const step = predictedFloorStep({ computed: 200, kl, bias })!
    expect(kl[step]!.kl).toBeLessThanOrEqual(2 * bias)
    expect(kl[step - 1]!.kl).toBeGreaterThan(2 * bias)
    const report = floorReport({ computed: 200, kl, bias }, input)
    expect(report).toMatchObject({ step, status: 'prediction', outcome: 'stopped' })
    expect(report.reason).toMatch(/A priori the floor is .* since λ ≥ 1.00/)
    expect(floorReport({ computed: step - 1, kl, bias }, null)).toMatchObject({
      step: null,
      outcome: 'unfired',
    })
    expect(floorReport({ computed: 5, kl: [null], bias }, null).reason).toMatch(/No KL/)
  })
})

describe('data mismatch: data N(0, .8 I), learned π = N((.25, 0), I), η = .01', () => {
  const problem: QuadraticProblem = { hessian: [1, 0, 1], center: [0.25, 0], epsilon: 1 }
  const data: GaussianLaw = { mean: [0, 0], covariance: [0.8, 0, 0.8] }
  const start: GaussianLaw = { mean: [-2.5, 0], covariance: [0.3, 0, 0.3] }
  const eta = 0.01

  it.each([
    // [η, stop, turn]; with ∇V in place of b̄: 184, 38, and never.
    [0.01, 180, 235],
    [0.05, 34, 46],
    [0.2, 6, 11],
    [0.4, 2, 5],
  ])('with the drift of the chain itself, η = %f: before KL to the data turns', (...row) => {
    const [stepSize, stop, turn] = row
    const laws = [start]
    while (laws.length <= 300) laws.push(chainStep(problem, stepSize, laws.at(-1)!))
    const dataKl = laws.map((law) => gaussianKl(law, data))
    const curves = {
      dataKl,
      dataFisher: laws.map((law) => gaussianFisher(law, data)),
      residual: laws.map((law, k) =>
        k === 0
          ? chainDriftError(problem, 0, law, data)
          : chainDriftError(problem, stepSize, laws[k - 1]!, data),
      ),
    }
    expect(dataKl.indexOf(Math.min(...dataKl))).toBe(turn)
    expect(dataMismatchStep({ epsilon: 1, computed: 300, ...curves })).toBe(stop)
    for (let k = 1; k <= stop; k++) expect(dataKl[k]!).toBeLessThan(dataKl[k - 1]!)
    // Even where the inequality would go on, a rise is one.
    const blind = { ...curves, residual: curves.residual.map(() => 0) }
    const risen = dataMismatchReport({
      epsilon: 1,
      computed: 300,
      meaning: 'KL of the exact chain to the data',
      ...blind,
    })!
    expect(risen.step).toBe(turn + 1)
    expect(risen.reason).toMatch(/This step has taken it up\.$/)
  })

  it('with ∇V in closed form stops at 184, on the safe side of the turn at 235', () => {
    // Steps and KL by an independent program.
    const dataFisher: number[] = []
    const residual: number[] = []
    const dataKl: number[] = []
    let law = start
    for (let k = 0; k <= 600; k++) {
      dataFisher.push(gaussianFisher(law, data))
      dataKl.push(gaussianKl(law, data))
      // e = (x − b) − x/.8 = −x/4 − b.
      const [mx, my] = law.mean
      const [xx, , yy] = law.covariance
      residual.push((xx + yy) / 16 + (0.25 * mx + 0.25) ** 2 + (0.25 * my) ** 2)
      law = chainStep(problem, eta, law)
    }
    const lowest = dataKl.indexOf(Math.min(...dataKl))
    expect(lowest).toBe(235)
    expect(dataKl[0]).toBeCloseTo(4.2621, 4)
    expect(dataKl[235]).toBeCloseTo(0.026601, 6)
    expect(dataKl[600]).toBeCloseTo(0.065147, 6)
    const meaning = 'KL of the exact chain to the data' as const
    const input = { epsilon: 1, computed: 600, dataFisher, residual, dataKl, meaning }
    expect(dataMismatchStep(input)).toBe(184)
    const report = dataMismatchReport(input)!
    expect(report.kl).toBeCloseTo(0.0447, 4)
    expect(report).toMatchObject({ status: 'estimate', outcome: 'stopped' })
    for (let k = 1; k <= 184; k++) expect(dataKl[k]!).toBeLessThan(dataKl[k - 1]!)
    expect(dataMismatchReport({ ...input, computed: 183 })).toMatchObject({ step: null })
    expect(dataMismatchReport({ ...input, residual: [] })).toBeNull()
  })

  it('reads the drift of the chain off the grid', () => {
    const box = { halfWidth: 7, cells: 80 }
    const tilted: QuadraticProblem = { hessian: [1.4, 0.5, 0.9], center: [0.3, -0.1], epsilon: 0.7 }
    const [xx, xy, yy] = tilted.hessian
    const field = fieldOf(
      quadraticEnergy(tilted.center, [
        [xx, xy],
        [xy, yy],
      ]),
      box,
    )
    for (const [skew, stepSize] of [
      [0, 0.3],
      [0.8, 0.05],
    ] as const) {
      const chain = createExactChain({
        field,
        transition: createTransition({
          stepSize,
          epsilon: 0.7,
          skew,
          preconditioner: IDENTITY,
        }),
        gibbs: gibbs(field, 0.7),
        start: { density: tabulateDensity(gaussianLogDensity(start), box).density },
      })
      const scores = [0, 1].map((axis) =>
        Float64Array.from({ length: 80 * 80 }, (_, k) => {
          const place = axis === 0 ? k % 80 : Math.floor(k / 80)
          return -(-7 + ((place + 0.5) * 14) / 80) / 0.8
        }),
      ) as [Float64Array, Float64Array]
      let law: GaussianLaw = start
      const close = (exact: number) =>
        expect(Math.abs(chain.driftError(...scores)! / exact - 1)).toBeLessThan(1e-4)
      close(chainDriftError(tilted, 0, law, data))
      if (skew !== 0) continue
      for (let k = 1; k <= 8; k++) {
        chain.advance()
        close(chainDriftError(tilted, stepSize, law, data))
        law = chainStep(tilted, stepSize, law)
      }
      chain.advance(false)
      expect(chain.driftError(...scores)).toBeNull()
    }
  })

  it('from the grid stops within two steps of that', () => {
    const box = { halfWidth: 5, cells: 72 }
    const field = fieldOf(quadraticEnergy([0.25, 0], IDENTITY), box)
    const chain = createExactChain({
      field,
      transition: createTransition({
        stepSize: eta,
        epsilon: 1,
        skew: 0,
        preconditioner: IDENTITY,
      }),
      gibbs: gibbs(field, 1),
      start: { density: tabulateDensity(gaussianLogDensity(start), box).density },
    })
    const error = driftError(field, 1, (x, y, out) => {
      out[0] = -x / 0.8
      out[1] = -y / 0.8
    })
    const reference = tabulateDensity(gaussianLogDensity(data), box).logDensity
    while (chain.step < 150) chain.advance(false)
    const dataFisher: (number | null)[] = new Array<null>(150).fill(null)
    const residual: (number | null)[] = new Array<null>(150).fill(null)
    for (let k = 150; k <= 190; k++) {
      dataFisher.push(relativeFisher(chain.mass, reference, box))
      residual.push(meanOver(chain.mass, error))
      chain.advance(false)
    }
    const step = dataMismatchStep({ epsilon: 1, computed: 190, dataFisher, residual, dataKl: [] })!
    expect(Math.abs(step - 184)).toBeLessThanOrEqual(2)
  })
})
