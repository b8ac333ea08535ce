import { describe, expect, it } from 'vitest'
import type { EnergyFunction } from '../fields/energyGrid.ts'
import { type Gibbs, gibbs } from '../fields/gibbs.ts'
import { createTransition } from '../fields/transition.ts'
import { createExactChain, type ExactChain } from './laws/exactChain.ts'
import { createFokkerPlanck } from './laws/fokkerPlanck.ts'
import {
  chainStationary,
  chainStep,
  gaussianKl,
  type GaussianLaw,
  gaussianLogDensity,
  quadraticGibbs,
  type QuadraticProblem,
} from './laws/gaussian.testing.ts'
import { tabulateDensity } from './estimators/kl.ts'
import { fieldOf, quarticWell, twoWells } from './landscapes.testing.ts'

/**
 * Solvers in the plane against one-dimensional references of an independent program: spectral Fokker–Planck and the
 * quadrature of the chain, absolute accuracy 1e-8 and better (1e-7 for the quartic at ε = .25). Both energies are a sum of
 * a function of x and a quadratic in y, so the laws are products and KL is a sum, whose part in y is in closed
 * form: 0 where y starts at equilibrium.
 */
interface Problem {
  readonly energy: EnergyFunction
  readonly epsilon: number
  /** ∂²V/∂y². */
  readonly stiffness: number
  readonly halfWidth: number
  /** Start in x: N(mean, deviation²). */
  readonly mean: number
  readonly deviation: number
}

const WELLS = { energy: twoWells, epsilon: 1, stiffness: 4, halfWidth: 4, deviation: 0.3 }
const QUARTIC = { energy: quarticWell, stiffness: 2, halfWidth: 2, deviation: 0.2 }

describe('Fokker–Planck at 128² from y at equilibrium: within 1e-3', () => {
  const times = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8]
  it.each<[string, Problem, number[]]>([
    [
      'quartic, ε = .25, from a well',
      { ...QUARTIC, epsilon: 0.25, mean: -1 },
      [
        0.7264853120929098, 0.7119154055390123, 0.6949617598733706, 0.6784584285600317,
        0.6449315367575607, 0.5839076384419989, 0.4919262660674189, 0.36447716545905756,
      ],
    ],
    [
      'quartic, ε = .25, from a slope',
      { ...QUARTIC, epsilon: 0.25, mean: 0.5 },
      [
        1.7570042604366618, 1.3818954362923315, 0.8272906946130162, 0.5447963690042066,
        0.4299682120238195, 0.38965698161537377, 0.3377939073178733, 0.25733387467756447,
      ],
    ],
    [
      'quartic, ε = .5, from a well',
      { ...QUARTIC, epsilon: 0.5, mean: -1 },
      [
        0.7852016827330851, 0.7441651039365177, 0.6685899272740585, 0.5738838029837754,
        0.42559920260590034, 0.24845962588004714, 0.09395307434318745, 0.014806478694834849,
      ],
    ],
    [
      'two wells, from one of them',
      { ...WELLS, mean: -1 },
      [
        0.7297485652829507, 0.6568689440570098, 0.5250459959622589, 0.3819340519995144,
        0.2179611287283599, 0.07909428775387645, 0.011458404796313177, 0.0002526746235954685,
      ],
    ],
    [
      'two wells, from the saddle',
      { ...WELLS, mean: 0 },
      [
        0.9439655731744117, 0.571064632344485, 0.14474641090677065, 0.016786023508460066,
        0.0002501399451694773, 5.8170060976303665e-8, 0, 0,
      ],
    ],
  ])('%s', (_, { energy, epsilon, stiffness, halfWidth, mean, deviation }, rows) => {
    const box = { halfWidth, cells: 128 }
    const solver = createFokkerPlanck(fieldOf(energy, box), epsilon)
    const start: GaussianLaw = {
      mean: [mean, 0],
      covariance: [deviation * deviation, 0, epsilon / stiffness],
    }
    const density = tabulateDensity(gaussianLogDensity(start), box).density
    let now = 0
    rows.forEach((wanted, i) => {
      const kl = solver.advance(density, times[i]! - now)
      now = times[i]!
      expect(Math.abs(kl - wanted)).toBeLessThan(1e-3)
    })
  })
})

describe('Fokker–Planck is of second order over 64², 128², 256²', () => {
  it.each<[string, Problem, number, number]>([
    ['two wells', { ...WELLS, mean: -1 }, 0.25, 0.5250459959622589],
    ['quartic, ε = .25', { ...QUARTIC, epsilon: 0.25, mean: 0.5 }, 0.25, 0.8272906946130162],
  ])('%s', (_, { energy, epsilon, stiffness, halfWidth, mean, deviation }, t, wanted) => {
    const [coarse, middle, fine] = [64, 128, 256].map((cells) => {
      const box = { halfWidth, cells }
      const solver = createFokkerPlanck(fieldOf(energy, box), epsilon)
      const start: GaussianLaw = {
        mean: [mean, 0],
        covariance: [deviation * deviation, 0, epsilon / stiffness],
      }
      return solver.advance(tabulateDensity(gaussianLogDensity(start), box).density, t) - wanted
    })
    for (const ratio of [coarse! / middle!, middle! / fine!]) {
      expect(ratio).toBeGreaterThan(3.7)
      expect(ratio).toBeLessThan(4.3)
    }
  })
})

function chainOf(
  { energy, epsilon, halfWidth }: Problem,
  eta: number,
  cells: number,
  start: (pi: Gibbs) => Float64Array,
): ExactChain {
  const field = fieldOf(energy, { halfWidth, cells })
  const pi = gibbs(field, epsilon)
  return createExactChain({
    field,
    transition: createTransition({
      stepSize: eta,
      epsilon,
      skew: 0,
      preconditioner: [
        [1, 0],
        [0, 1],
      ],
    }),
    gibbs: pi,
    start: { density: start(pi) },
  })
}

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 400]

describe('the exact chain, to 1e-4, and its bias from π', () => {
  const quartic = { ...QUARTIC, mean: -1, halfWidth: 2.25, epsilon: 0.25 }
  const wells = { ...WELLS, mean: -1, halfWidth: 3.5 }
  it.each<[string, Problem, number, number, number[], number]>([
    [
      'quartic, ε = .25',
      quartic,
      0.01,
      72,
      [
        0.7676528203206284, 0.750570711263967, 0.7265019669019003, 0.7114778863374424,
        0.6986284474800496, 0.6787373345409943, 0.6454260678427283, 0.5838790191882179,
        0.49109637035823844,
      ],
      0.0005091320108487434,
    ],
    [
      'quartic, ε = .25',
      quartic,
      0.02,
      56,
      [
        0.750553840163931, 0.7324258394169667, 0.711772897271848, 0.6991230256975951,
        0.6860531241529642, 0.6469358275839354, 0.5847399751600417, 0.490988332765912,
        0.3618265332638135,
      ],
      0.002193170325088531,
    ],
    [
      'quartic, ε = .5',
      { ...quartic, epsilon: 0.5, halfWidth: 2.5 },
      0.01,
      64,
      [
        0.8404978276653295, 0.8221189099351631, 0.7834013222410932, 0.7422905170617398,
        0.6888588029610062, 0.5732186062775504, 0.424306784153712, 0.2463766361579312,
        0.09238006288020652,
      ],
      0.0005875039967710181,
    ],
    [
      'two wells',
      wells,
      0.01,
      72,
      [
        0.8340617776508591, 0.799046313393315, 0.727179152825878, 0.6554702432442743,
        0.563044713158235, 0.38286974974064597, 0.21826721217974926, 0.07906009743767212,
        0.011520221109826414,
      ],
      0.00016012321784192218,
    ],
    [
      'two wells',
      wells,
      0.02,
      64,
      [
        0.7965809005438559, 0.7443452528673976, 0.6539083133324035, 0.5633334543906297,
        0.4338643583630634, 0.21845012488330884, 0.07906145408115124, 0.011817496401967458,
        0.0008669539942471528,
      ],
      0.0006277312255786503,
    ],
    [
      'two wells',
      wells,
      0.05,
      48,
      [
        0.7147450294143185, 0.6484521577768619, 0.5280849775112573, 0.3852970562566569,
        0.21844695492866542, 0.049489363874270054, 0.0076408875383417695, 0.003816198757284537,
        0.003787946612713851,
      ],
      0.00378794508909604,
    ],
    [
      'two wells',
      wells,
      0.1,
      48,
      [
        0.6386365043019393, 0.5647114798124815, 0.3869377342008885, 0.21781261760143478,
        0.08206601897735924, 0.017788828213013277, 0.014977142419716313, 0.014962116222072653,
        0.014962115793668686,
      ],
      0.014962115799316455,
    ],
  ])('%s (%#)', (_, problem, eta, cells, rows, bias) => {
    const { epsilon, stiffness, mean, deviation } = problem
    const square = deviation * deviation
    // Both coordinates as the one in y.
    const inY: QuadraticProblem = { hessian: [stiffness, 0, stiffness], center: [0, 0], epsilon }
    const piY = quadraticGibbs(inY)
    let y: GaussianLaw = { mean: [0, 0], covariance: [square, 0, square] }
    const chain = chainOf(
      problem,
      eta,
      cells,
      (pi) =>
        tabulateDensity(
          gaussianLogDensity({ mean: [mean, 0], covariance: [square, 0, square] }),
          pi.box,
        ).density,
    )
    let worst = 0
    for (const [i, wanted] of rows.entries()) {
      while (chain.step < STEPS[i]!) {
        chain.advance(false)
        y = chainStep(inY, eta, y)
      }
      worst = Math.max(worst, Math.abs(chain.reading().kl! - wanted - 0.5 * gaussianKl(y, piY)))
    }
    const fromPi = chainOf(problem, eta, cells, (pi) => pi.density)
    while (fromPi.step * eta < 2.5) fromPi.advance(false)
    const whole = bias + 0.5 * gaussianKl(chainStationary(inY, eta)!, piY)
    expect(worst).toBeLessThan(1e-4)
    // Observed 1e-6 and less.
    expect(worst).toBeLessThan(1e-5)
    expect(Math.abs(fromPi.reading().kl! - whole)).toBeLessThan(1e-5)
  })
})
