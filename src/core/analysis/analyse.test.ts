import { describe, expect, it } from 'vitest'
import { quadraticEnergy } from '../fields/analytic.ts'
import type { EnergyField } from '../fields/energyField.ts'
import { gibbs } from '../fields/gibbs.ts'
import { createTransition } from '../fields/transition.ts'
import {
  analyse,
  type AnalysisInput,
  type AnalysisReport,
  NOT_RESOLVED,
  UNSTABLE,
} from './analyse.ts'
import {
  chainStep,
  langevinLaw,
  gaussianFisher,
  gaussianKl,
  type GaussianLaw,
  gaussianLogDensity,
  quadraticGibbs,
  type QuadraticProblem,
} from './laws/gaussian.testing.ts'
import { initialLaw } from './laws/initialLaw.ts'
import { erf } from '../maths/special.ts'
import { tabulateDensity } from './estimators/kl.ts'
import { fieldOf, mixture, ringOfEight } from './landscapes.testing.ts'
import { convexity } from './constants/logSobolev.ts'
import { isQuadratic, smoothness } from './constants/smoothness.ts'

const IDENTITY = [
  [1, 0],
  [0, 1],
] as const

const PROBLEM: QuadraticProblem = { hessian: [2, 0.8, 1], center: [0.3, -0.2], epsilon: 0.5 }
const START: GaussianLaw = { mean: [-1, 1], covariance: [0.3, 0.05, 0.2] }

function ouA(cells: number, halfWidth = 6): EnergyField {
  return fieldOf(
    quadraticEnergy(PROBLEM.center, [
      [2, 0.8],
      [0.8, 1],
    ]),
    { halfWidth, cells },
  )
}

function inputOf(
  field: EnergyField,
  stepSize: number,
  epsilon: number,
  steps: number,
  rest: Partial<AnalysisInput> = {},
): AnalysisInput {
  const { grid, barriers } = field
  const { halfWidth, cells } = grid.box
  const density = tabulateDensity(gaussianLogDensity(START), grid.box).density
  const half = { halfWidth, cells: cells / 2 }
  return {
    grid: { halfWidth, cells, v: grid.v, vx: grid.vx, vy: grid.vy, vxy: grid.vxy },
    barriers,
    terms: [],
    transition: { stepSize, epsilon, skew: 0, preconditioner: IDENTITY },
    departure: null,
    jumpEvery: 0,
    steps,
    cells,
    kl0: gaussianKl(START, quadraticGibbs(PROBLEM)),
    startResolved: true,
    start: { density },
    fokkerPlanckStart: { cells, density },
    infiniteFisher: false,
    coarseStart: {
      cells: half.cells,
      density: tabulateDensity(gaussianLogDensity(START), half).density,
    },
    data: null,
    pairs: null,
    patches: [{ weight: 1, centre: START.mean, halfWidth: 0, covariance: START.covariance }],
    constants: {
      convexity: convexity(field),
      smoothness: smoothness(field).value,
      quadratic: isQuadratic(field),
    },
    ...rest,
  }
}

/** Largest error bar of the continuous curve. */
function largestBar({ curves }: AnalysisReport): number {
  return Math.max(...curves.fokkerPlanckError.map((error) => error!))
}

function run(input: AnalysisInput, progressive: boolean): [AnalysisReport[], AnalysisReport] {
  const told: AnalysisReport[] = []
  const work = analyse(input, progressive)
  for (;;) {
    const next = work.next()
    if (next.done === true) return [told, next.value]
    told.push(next.value.report())
  }
}

/** The last report alone: those of each of thousands of steps would be gigabytes. */
function lastOf(input: AnalysisInput): AnalysisReport {
  const work = analyse(input, false)
  for (;;) {
    const next = work.next()
    if (next.done === true) return next.value
  }
}

describe('the laws of a run', () => {
  const STEPS = 30
  const eta = 0.1
  const input = inputOf(ouA(96), eta, PROBLEM.epsilon, STEPS)
  const [told, report] = run(input, true)
  const pi = quadraticGibbs(PROBLEM)

  it('are those of the closed forms: chain and continuous time, KL and Fisher information', () => {
    let law = START
    for (let k = 0; k <= STEPS; k++) {
      const { klExact, fisher, fokkerPlanck, fokkerPlanckFisher } = report.curves
      expect(Math.abs(klExact[k]! - gaussianKl(law, pi))).toBeLessThan(2e-5)
      expect(Math.abs(fisher[k]! / gaussianFisher(law, pi) - 1)).toBeLessThan(2e-3)
      const flow = langevinLaw(PROBLEM, START, k * eta)
      const off = Math.abs(fokkerPlanck[k]! - gaussianKl(flow, pi))
      expect(off).toBeLessThan(3e-4)
      expect(off).toBeLessThan(largestBar(report))
      expect(Math.abs(fokkerPlanckFisher[k]! / gaussianFisher(flow, pi) - 1)).toBeLessThan(5e-3)
      law = chainStep(PROBLEM, eta, law)
    }
    expect(report.unresolved).toBeNull()
    expect(report.exactTo).toBe(STEPS)
    expect(report.dissipationError).toBeLessThan(0.02)
    expect(report.fokkerPlanckRise!).toBeLessThan(1e-12)
    expect(report.curves.mismatch[0]).toBeNull()
  })

  it('fall in continuous time at every step, in the waves of a skew drift too', () => {
    const valley = fieldOf(
      quadraticEnergy(
        [0, 0],
        [
          [5, 4],
          [4, 5],
        ],
      ),
      { halfWidth: 6, cells: 128 },
    )
    const start: GaussianLaw = { mean: [1.8, -1.8], covariance: [0.1, 0, 0.1] }
    const onCells = (cells: number) => ({
      cells,
      density: tabulateDensity(gaussianLogDensity(start), { halfWidth: 6, cells }).density,
    })
    const skewed = inputOf(valley, 0.01, 1, 70, {
      transition: { stepSize: 0.01, epsilon: 1, skew: 2, preconditioner: IDENTITY },
      departure: 'MALA leaves refused particles where they are',
      kl0: null,
      fokkerPlanckStart: onCells(128),
      coarseStart: onCells(64),
    })
    const last = lastOf(skewed)
    const { curves, fokkerPlanckRise } = last
    const bar = largestBar(last)
    const { fokkerPlanck } = curves
    expect(fokkerPlanckRise!).toBeLessThan(1e-12)
    expect(bar).toBeLessThan(0.05)
    for (let k = 1; k < fokkerPlanck.length - 1; k++)
      expect(fokkerPlanck[k + 1]! - fokkerPlanck[k]!).toBeLessThanOrEqual(bar)
  })

  it('come coarse first, then fine, and end the same without the coarse ones', () => {
    const stages = told.map(({ stage }) => stage)
    expect(stages[0]).toBe('coarse')
    expect(stages.lastIndexOf('coarse')).toBeLessThan(stages.indexOf('done') + stages.length)
    const firstCurve = told.find(({ curves }) => curves.fokkerPlanck[STEPS] !== null)!
    expect(firstCurve.stage).toBe('coarse')
    const preview = told.find(({ exactTo }) => exactTo === STEPS)!
    expect(preview.cells).toBe(48)
    // The preview never gives way to a curve that is shorter.
    const reach = told.map(({ curves }) => curves.klExact.filter((kl) => kl !== null).length)
    expect(reach).toEqual([...reach].sort((a, b) => a - b))
    const fine = told.filter(({ stage }) => stage === 'fine').map(({ exactTo }) => exactTo)
    expect(fine[0]).toBe(-1)
    expect(fine).toEqual([...fine].sort((a, b) => a - b))
    expect(report.cells).toBe(96)
    expect(lastOf(input)).toEqual(report)
  })

  it('bring the constants and the envelope, which no exact KL exceeds', () => {
    const { constants, curves } = report
    expect(input.constants.quadratic).toBe(true)
    expect(constants!.spectralGap).toBeGreaterThan(0.54)
    expect(constants!.logSobolevBound!.method).toBe('bakry-emery')
    for (let k = 0; k <= STEPS; k++) {
      expect(curves.envelope[k]!).toBeGreaterThanOrEqual(curves.klExact[k]!)
    }
  })

  it('bring no envelope from where the walls have a part in the law', () => {
    const leaning = lastOf(inputOf(ouA(64, 2.5), 0.1, PROBLEM.epsilon, 5))
    expect(Math.max(...leaning.foldedMass.map((mass) => mass ?? 0))).toBeGreaterThan(1e-6)
    const { envelope, klExact } = leaning.curves
    expect(envelope.at(-1)).toBeNull()
    for (const [k, bound] of envelope.entries()) {
      if (bound !== null) expect(bound).toBeGreaterThanOrEqual(klExact[k]!)
    }
  })

  it('are flat once the chain is at rest, without being followed further', () => {
    const long = lastOf(inputOf(ouA(64), 0.4, PROBLEM.epsilon, 3000))
    expect(long.exactTo).toBe(3000)
    expect(long.curves.klExact[3000]).toBe(long.curves.klExact[2000])
    expect(long.curves.klExact[3000]! / long.curves.klExact[100]!).toBeCloseTo(1, 6)
  })
})

describe('what cannot be followed', () => {
  it('is said: a step below the cells, and samplers without a density', () => {
    const field = ouA(64)
    const fine = lastOf(inputOf(field, 0.001, 0.5, 3))
    expect(fine.unresolved).toBe(NOT_RESOLVED)
    expect(fine.exactTo).toBe(-1)
    expect(fine.curves.klExact.every((kl) => kl === null)).toBe(true)
    expect(fine.curves.fokkerPlanck.every((kl) => kl !== null)).toBe(true)
    const mala = lastOf(
      inputOf(field, 0.1, 0.5, 3, { departure: 'MALA leaves refused particles where they are' }),
    )
    expect(mala.unresolved).toMatch(/MALA/)
    expect(mala.curves.klExact.every((kl) => kl === null)).toBe(true)
  })
})

describe('against the law of the data', () => {
  it('have no continuous curve where η is unstable and it would take minutes', () => {
    const field = ouA(96)
    const { constants } = inputOf(field, 1, 1, 1)
    const rest = { constants: { ...constants, curvature95: 2.4 }, startResolved: false }
    const long = lastOf(inputOf(field, 1, PROBLEM.epsilon, 1500, rest))
    expect(long.withoutContinuous).toBe(UNSTABLE)
    expect(long.curves.fokkerPlanck.every((kl) => kl === null)).toBe(true)
    expect(long.constants!.spectralGap).toBeGreaterThan(0.5)
    // Few steps are followed all the same.
    const short = lastOf(inputOf(field, 1, PROBLEM.epsilon, 2, rest))
    expect(short.withoutContinuous).toBeNull()
    expect(short.curves.fokkerPlanck[2]).toBeGreaterThan(0)
  })

  it('is Gaussian theory: data N(0, .8 I), π = N((.25, 0), I), start N((−2.5, 0), .3 I), η = .01', () => {
    // KL to the data 4.2621 at the start, least .026601 at k = 235, by an independent closed form.
    const field = fieldOf(quadraticEnergy([0.25, 0], IDENTITY), { halfWidth: 5, cells: 80 })
    const start = initialLaw(
      {
        kind: 'gaussian',
        mean: [-2.5, 0],
        covariance: [
          [0.3, 0],
          [0, 0.3],
        ],
      },
      // The law itself asks for nothing but the box.
      { field, gibbs: gibbs(field, 1), target: null },
    )
    const box = field.grid.box
    const density = tabulateDensity((x, y) => start.logDensity!(x, y), box).density
    const size = box.cells * box.cells
    const logDensity = new Float64Array(size)
    const scoreX = new Float64Array(size)
    const scoreY = new Float64Array(size)
    const h = (2 * box.halfWidth) / box.cells
    for (let k = 0; k < size; k++) {
      const x = -box.halfWidth + ((k % box.cells) + 0.5) * h
      const y = -box.halfWidth + (Math.floor(k / box.cells) + 0.5) * h
      logDensity[k] = -(x * x + y * y) / 1.6 - Math.log(2 * Math.PI * 0.8)
      scoreX[k] = -x / 0.8
      scoreY[k] = -y / 0.8
    }
    const { curves } = lastOf(
      inputOf(field, 0.01, 1, 240, {
        start: { density },
        fokkerPlanckStart: { cells: box.cells, density },
        coarseStart: null,
        kl0: start.kl,
        data: { logDensity, scoreX, scoreY, smoothed: false, outside: 0 },
      }),
    )
    expect(curves.dataKl[0]!).toBeCloseTo(4.2621, 3)
    const least = Math.min(...curves.dataKl.map((kl) => kl!))
    expect(Math.abs(least - 0.026601)).toBeLessThan(2e-5)
    expect(Math.abs(curves.dataKl.indexOf(least) - 235)).toBeLessThanOrEqual(1)
    const stop = curves.dataFisher.findIndex((i, k) => i! <= curves.residual[k]!)
    // 184 with ∇V in place of the chain's own drift.
    expect(Math.abs(stop - 180)).toBeLessThanOrEqual(1)
  })
})

describe('the estimate of λ', () => {
  /** A Gaussian start on the cells of a field; coarse cells half as many. */
  function startAt(field: EnergyField, law: GaussianLaw): Partial<AnalysisInput> {
    const { box } = field.grid
    const [density, coarse] = [box.cells, box.cells / 2].map(
      (cells) => tabulateDensity(gaussianLogDensity(law), { ...box, cells }).density,
    )
    const pi = gibbs(field, 1)
    let kl0 = 0
    for (let k = 0; k < density!.length; k++) {
      const p = density![k]!
      const area = (2 * box.halfWidth) / box.cells
      if (p > 0) kl0 += p * (Math.log(p) - pi.logDensity[k]!) * area * area
    }
    return {
      kl0,
      start: { density: density! },
      fokkerPlanckStart: { cells: box.cells, density: density! },
      coarseStart: { cells: box.cells / 2, density: coarse! },
    }
  }

  it.each([
    // A stray well of mass 1e-4, whose mode is not the slowest one; from that well, and from between the others.
    [[0.02, 2.6], 0.002],
    [[0, 0], 0.03],
  ] as const)(
    'is that of the mode of a stray well, from (%f), and no law of the run shows less',
    ([x, y], eta) => {
      const field = fieldOf(
        mixture(
          [
            [0.55, -0.6, 0],
            [0.45, 0.6, 0],
            [1e-4, 0, 2.5],
          ],
          0.2,
        ),
        { halfWidth: 4, cells: 96 },
      )
      const start: GaussianLaw = { mean: [x, y], covariance: [0.05, 0, 0.05] }
      const [told] = run(inputOf(field, eta, 1, 40, startAt(field, start)), false)
      const { constants, curves, unresolved } = told.at(-1)!
      const { logSobolevEstimate: rate, spectralGap: gap } = constants!
      if (eta > 0.01) expect(unresolved).toBeNull()
      expect(rate!).toBeLessThan(0.4 * gap!)
      for (const [kl, fisher] of [
        [curves.klExact, curves.fisher],
        [curves.fokkerPlanck, curves.fokkerPlanckFisher],
      ] as const) {
        kl.forEach((value, k) => {
          if (value === null || !(value > 1e-3)) return
          expect(rate!).toBeLessThan((fisher[k]! / (2 * value)) * (1 + 1e-9))
        })
      }
    },
  )

  it('is lowered until the bound from it lies above the exact law at every step', () => {
    // The wells in place of a large λ: the constants here are wrong on purpose, L by far too small.
    const field = fieldOf(ringOfEight, { halfWidth: 4, cells: 64 })
    const input = inputOf(field, 0.02, 1, 60, {
      ...startAt(field, { mean: [0, 0], covariance: [1, 0, 1] }),
      constants: { convexity: -1, smoothness: 0.2, quadratic: false },
    })
    for (const report of run(input, false)[0]) {
      const { klExact, envelope } = report.curves
      if (report.stage === 'coarse') continue
      for (let k = 1; k <= report.exactTo; k++) {
        if (envelope[k] !== null) expect(klExact[k]!).toBeLessThan(envelope[k]! * (1 + 2e-5) + 2e-6)
      }
    }
  })
})

describe('the ring of eight', () => {
  it('has the rate that its trajectory shows: KL falls by the integral of εI', () => {
    const field = fieldOf(ringOfEight, { halfWidth: 4, cells: 64 })
    const eta = 0.02
    const { curves } = lastOf(inputOf(field, eta, 1, 20))
    const { covariance } = createTransition({
      stepSize: eta,
      epsilon: 1,
      skew: 0,
      preconditioner: IDENTITY,
    })
    expect(covariance[0]).toBeCloseTo(0.04, 12)
    for (let k = 6; k < 20; k++) {
      const fall = curves.fokkerPlanck[k]! - curves.fokkerPlanck[k + 1]!
      const rate = 0.5 * (curves.fokkerPlanckFisher[k]! + curves.fokkerPlanckFisher[k + 1]!)
      expect(Math.abs(fall / (eta * rate) - 1)).toBeLessThan(0.03)
    }
  })
})

describe('the basins of a run', () => {
  const box = { halfWidth: 4, cells: 64 }

  it('tell how much of the start goes to stray wells: the mass beyond the ridge', () => {
    const w = 2e-4
    const field = fieldOf(
      mixture(
        [
          [1 - w, -0.5, 0],
          [w, 2.5, 0],
        ],
        0.16,
      ),
      box,
    )
    const start: GaussianLaw = { mean: [0, 0], covariance: [1, 0, 1] }
    const given = {
      fokkerPlanckStart: {
        cells: 64,
        density: tabulateDensity(gaussianLogDensity(start), box).density,
      },
      start: {
        density: tabulateDensity(gaussianLogDensity(start), { ...box, cells: 128 }).density,
      },
      cells: 128,
    }
    const { basins, constants } = lastOf(inputOf(field, 0.02, 1, 2, given))
    expect(basins!.wells.map(({ stray }) => stray)).toEqual([false, true])
    expect(basins!.wellOf).toHaveLength(64 * 64)
    const ridge = 1 + (0.16 * Math.log((1 - w) / w)) / 3
    // A cell is 1/8 wide.
    const beyond = (x: number) => 0.5 - 0.5 * erf(x * Math.SQRT1_2)
    expect(constants!.strayStart!).toBeLessThan(beyond(ridge - 1 / 16))
    expect(constants!.strayStart!).toBeGreaterThan(beyond(ridge + 1 / 16))

    const xy = Float64Array.of(-1, 0, 0.5, 1, 3, 0, -2, 2)
    const points = inputOf(field, 0.02, 1, 2, { ...given, start: { xy }, kl0: null })
    expect(lastOf(points).constants!.strayStart).toBe(1 / 4)
    const unknown = lastOf({ ...points, startResolved: false })
    expect(unknown.constants!.strayStart).toBeNull()
    expect(unknown.basins!.wells).toHaveLength(2)
  })

  it('are one, and nothing is stray, where V is convex', () => {
    const { basins, constants } = lastOf(inputOf(ouA(64), 0.05, PROBLEM.epsilon, 2))
    expect(basins!.wells).toHaveLength(1)
    expect(constants!.strayStart).toBe(0)
  })
})
