import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quadraticEnergy } from '../../fields/analytic.ts'
import type { EnergyField } from '../../fields/energyField.ts'
import { gibbs } from '../../fields/gibbs.ts'
import {
  createTransition,
  langevinStep,
  type Transition,
  type TransitionParameters,
} from '../../fields/transition.ts'
import { finish } from '../../maths/pieces.ts'
import { Purpose, Rng } from '../../maths/rng.ts'
import { erf } from '../../maths/special.ts'
import { mean, standardError } from '../../maths/statistics.ts'
import { fieldOf, landscapeField, landscapes, mixture } from '../landscapes.testing.ts'
import { createExactChain } from '../laws/exactChain.ts'
import {
  chainStationary,
  chainStep,
  type GaussianLaw,
  type QuadraticProblem,
} from '../laws/gaussian.testing.ts'
import { type InitialLaw, initialLaw, type InitialLawKind } from '../laws/initialLaw.ts'
import { type Coupling, couple, coupledStep, limits, PAIRS, type Pairs, PILOT } from './coupling.ts'
import { tabulateDensity } from './kl.ts'

const IDENTITY = [
  [1, 0],
  [0, 1],
] as const
const plain = (stepSize: number, more: Partial<TransitionParameters> = {}): Transition =>
  createTransition({ stepSize, epsilon: 1, skew: 0, preconditioner: IDENTITY, ...more })

const gaussian = (x: number, y: number, s: number): InitialLawKind => ({
  kind: 'gaussian',
  mean: [x, y],
  covariance: [
    [s * s, 0],
    [0, s * s],
  ],
})

interface Exact {
  readonly field: EnergyField
  readonly transition: Transition
  readonly law: InitialLaw
  /** TV(ρ_k, rest law) at steps 0 … of the exact chain on the cells, to where it is at rest. */
  readonly exact: readonly number[]
}

/** Null where the chain does not come to rest in so many steps, or the cells do not resolve it. */
function exactly(
  field: EnergyField,
  transition: Transition,
  start: InitialLawKind,
  most: number,
): Exact | null {
  const pi = gibbs(field, transition.epsilon)
  const law = initialLaw(start, { field, gibbs: pi, target: null })
  const { density } = tabulateDensity(law.logDensity!, field.grid.box)
  const chain = createExactChain({ field, transition, gibbs: pi, start: { density } })
  const laws = [chain.mass.slice()]
  for (let k = 1; k <= most; k++) {
    chain.advance(false)
    if (k === 1 && !chain.reading().resolved) return null
    const now = chain.mass.slice()
    laws.push(now)
    if (distance(now, laws[k - 1]!) < 1e-7)
      return { field, transition, law, exact: laws.map((before) => distance(before, now)) }
  }
  return null
}

function distance(p: Float64Array, q: Float64Array): number {
  let sum = 0
  for (let i = 0; i < p.length; i++) sum += Math.abs(p[i]! - q[i]!)
  return sum / 2
}

/** The rate at which the distances die out, per unit of time. */
function rateOf(distances: readonly number[], stepSize: number): number {
  const late = distances.findIndex((tv) => tv < 1e-4)
  const early = Math.floor(late / 2)
  return Math.log(distances[early]! / distances[late]!) / ((late - early) * stepSize)
}

const scenes = fc.record({
  landscape: landscapes,
  width: fc.double({ min: 1.3, max: 3, noNaN: true }),
  skew: fc.constantFrom(0, 0, 1, -2),
  metric: fc.constantFrom(IDENTITY, IDENTITY, [
    [1.5, 0.4],
    [0.4, 0.8],
  ] as const),
  at: fc.tuple(
    fc.double({ min: -1, max: 1, noNaN: true }),
    fc.double({ min: -1, max: 1, noNaN: true }),
  ),
  spread: fc.double({ min: 0.2, max: 0.6, noNaN: true }),
  seed: fc.nat(),
})

/**
 * Random scenes: `COUPLING_SCENES=100 npx vitest run src/core/analysis/estimators/coupling.test.ts -t 'lies above'` takes other ones. Steps within which the exact chain must
 * come to rest for a scene to count.
 */
const SCENES = Number(process.env['COUPLING_SCENES'] ?? 2)
const MOST_STEPS = SCENES > 2 ? 2000 : 150
const CELLS = 32

interface Compared {
  readonly coupling: Coupling
  /** The least ratio of the bound to the distance, where that is above 0.05; Infinity: nowhere. */
  readonly nearest: number
  /** Most (TV − bound)/SE. */
  readonly excess: number
}

/** Holds the bound to the exact distances at every step. @param gap default: that at which they die out */
function compared(
  { field, transition, law, exact }: Exact,
  seed: number,
  gap = rateOf(exact, transition.stepSize),
): Compared {
  const starts = law.sample(2 * (PILOT + PAIRS), seed)
  const steps = exact.length - 1
  const coupling = finish(couple({ field, transition, starts, seed, steps, gap }))
  let nearest = Infinity
  let excess = -Infinity
  exact.forEach((tv, k) => {
    const { bound, standardError } = coupling.curves!
    // Cells give the law to about 1e-3; of what one in a thousand pairs shows there may be no pair: the rule of three.
    excess = Math.max(
      excess,
      (tv - CELL_ERROR - bound[k]!) / Math.max(standardError[k]!, 1 / PAIRS),
    )
    if (tv > 0.05) nearest = Math.min(nearest, bound[k]! / tv)
  })
  return { coupling, nearest, excess }
}

const CELL_ERROR = 2e-3

describe('the bound by coupled pairs', () => {
  it('lies above the exact distance to the rest law at every step, within 3 SE, and somewhere below 20 times it', () => {
    const found: Compared[] = []
    fc.assert(
      fc.property(scenes, ({ landscape, width, skew, metric, at, spread, seed }) => {
        const { epsilon, halfWidth } = landscape
        const deviation = (width * 2 * halfWidth) / CELLS
        const transition = plain(deviation ** 2 / (2 * epsilon), {
          epsilon,
          skew,
          preconditioner: metric,
        })
        const field = landscapeField(landscape, CELLS)
        const known = exactly(field, transition, gaussian(...at, spread), MOST_STEPS)
        fc.pre(known !== null)
        const result = compared(known, seed)
        const { nearest, excess } = result
        // Of a hundred scenes and their many steps one is above 3 by chance; the two of the suite are always the same.
        expect(excess).toBeLessThan(SCENES > 2 ? 4.5 : 3)
        // Draws of a law that is at rest from the start must meet, too: there the bound is loose.
        expect(nearest === Infinity || nearest < 20).toBe(true)
        found.push(result)
      }),
      { numRuns: SCENES, endOnFailure: true, ...(SCENES > 2 ? {} : { seed: 1 }) },
    )
    if (SCENES > 2) report(found)
  })

  /** Two equal wells; the start is in the left one. */
  const wells = (apart: number, halfWidth: number) =>
    fieldOf(
      mixture(
        [
          [0.5, -apart, 0],
          [0.5, apart, 0],
        ],
        0.12,
      ),
      { halfWidth, cells: 32 },
    )

  it('is tight where one of two wells has to fill', () => {
    const known = exactly(wells(1, 2), plain(0.04), gaussian(-1, 0, 0.3), 3000)!
    const { excess, nearest } = compared(known, 1)
    expect(excess).toBeLessThan(3)
    expect(nearest).toBeLessThan(1.3)
  })

  it('is not claimed where X cannot reach the other well, since pairs may meet before they have seen it', () => {
    const field = wells(2, 3.5)
    const transition = plain(0.04)
    const law = initialLaw(gaussian(-2, 0, 0.3), { field, gibbs: gibbs(field, 1), target: null })
    const starts = law.sample(2 * (PILOT + PAIRS), 1)
    const options = { field, transition, starts, seed: 1, steps: 100 }
    expect(finish(couple({ ...options, gap: 1e-7 })).curves).toBeNull()
    // With few steps between the starts the pairs would claim half of what is true: the other well stays empty.
    const { curves } = finish(couple({ ...options, gap: 10 }))
    expect(curves!.upper[50]).toBeLessThan(0.1)
  })

  it('is tight for an Ornstein–Uhlenbeck chain, whose distance is that of two Gaussians', () => {
    const problem: QuadraticProblem = { hessian: [1, 0, 1], center: [0, 0], epsilon: 1 }
    const eta = 0.1
    const [s2] = chainStationary(problem, eta)!.covariance
    const field = fieldOf(quadraticEnergy([0, 0], IDENTITY), { halfWidth: 8, cells: 32 })
    const law = initialLaw(gaussian(2, 0, Math.sqrt(s2)), {
      field,
      gibbs: gibbs(field, 1),
      target: null,
    })
    const { curves } = finish(
      couple({
        field,
        transition: plain(eta),
        starts: law.sample(2 * (PILOT + PAIRS), 3),
        seed: 3,
        steps: 60,
        gap: 1,
      }),
    )
    const { bound, standardError, upper } = curves!
    for (let k = 0; k <= 60; k++) {
      // The mean falls by 1 − η a step, the covariance stays.
      const tv = erf((2 * (1 - eta) ** k) / Math.sqrt(8 * s2))
      expect(bound[k]! + 3 * Math.max(standardError[k]!, 1 / PAIRS), `step ${k}`).toBeGreaterThan(
        tv,
      )
      expect(upper[k]).toBeGreaterThan(tv)
      if (tv > 0.1) expect(bound[k]! / tv).toBeLessThan(5)
    }
  })

  it('is the same whatever else is done between its pieces, and another for another seed', () => {
    const field = fieldOf(quadraticEnergy([0, 0], IDENTITY), { halfWidth: 4, cells: 32 })
    const starts = Float64Array.from(
      { length: 4 * (PILOT + PAIRS) },
      (_, i) => ((i * 37) % 100) / 25 - 2,
    )
    const options = { field, transition: plain(0.05), starts, steps: 40, gap: 0.3 }
    const whole = finish(couple({ ...options, seed: 1 }))
    const one = couple({ ...options, seed: 1 })
    const other = couple({ ...options, seed: 2 })
    let pieces = 0
    let ends = [one.next(), other.next()]
    while (ends.some(({ done }) => done !== true)) {
      pieces++
      ends = ends.map((end, i) => (end.done === true ? end : [one, other][i]!.next()))
    }
    expect(pieces).toBeGreaterThan(3)
    expect(ends[0]!.value).toEqual(whole)
    expect(ends[1]!.value).not.toEqual(whole)
  })

  it('claims nothing where the budget ends before all pairs have met', () => {
    const field = fieldOf(quadraticEnergy([0, 0], IDENTITY), { halfWidth: 4, cells: 32 })
    const starts = new Float64Array(4 * (PILOT + PAIRS)).map((_, i) => (i % 4 < 2 ? -2 : 2))
    const run = (budget: number) =>
      finish(couple({ field, transition: plain(0.05), starts, seed: 1, steps: 9, gap: 1, budget }))
    const all = PILOT + PAIRS
    expect(run(59 * all)).toEqual({ lag: 60, pairs: PAIRS, unmet: PAIRS, curves: null })
    const some = run(85 * all)
    expect(some.curves).toBeNull()
    expect(some.unmet).toBeGreaterThan(0)
    expect(some.unmet).toBeLessThan(PAIRS)
    expect(run(1e6).unmet).toBe(0)
  })
})

function report(found: readonly Compared[]): void {
  const ratios = found.map(({ nearest }) => nearest).filter((ratio) => ratio < Infinity)
  ratios.sort((a, b) => a - b)
  const excesses = found.map(({ excess }) => excess)
  const above = excesses.filter((excess) => excess > 3).length
  console.log(
    `${found.length} scenes, ${ratios.length} with TV above 0.05 at the start; least bound/TV: median ${ratios[ratios.length >> 1]!.toFixed(2)}, most ${ratios.at(-1)!.toFixed(2)}; most (TV − bound)/SE ${Math.max(...excesses).toFixed(2)}, above 3 in ${above} scenes`,
  )
}

describe('a coupled step', () => {
  /** Pairs of draws of two Gaussians, moved k steps; those that have met are moved on as one. */
  function moved(field: EnergyField, transition: Transition, count: number, steps: number) {
    const key = { seed: 5, purpose: Purpose.coupling }
    const draws = (x: number, y: number, seed: number) =>
      initialLaw(gaussian(x, y, 0.4), {
        field,
        gibbs: gibbs(field, transition.epsilon),
        target: null,
      }).sample(count, seed)
    const x = draws(-0.5, 0.2, 1)
    const y = draws(0.6, -0.3, 2)
    const alone = [x.slice(), y.slice()] as const
    const c = new Float64Array(2 * count)
    const pairs: Pairs = {
      x,
      y,
      numbers: Int32Array.from({ length: count }, (_, i) => i),
      apart: count,
    }
    const goals = [new Float64Array(2 * count), new Float64Array(2 * count)] as const
    for (let step = 1; step <= steps; step++) {
      coupledStep(field, transition, pairs, goals, key, step, () => undefined)
      langevinStep(field, transition, alone[0], c, key, step)
      langevinStep(field, transition, alone[1], c, { ...key, seed: 6 }, step)
    }
    // Y of a pair that has met is X from then on.
    const all = alone[0].slice()
    for (let i = 0; i < pairs.apart; i++) {
      const at = 2 * pairs.numbers[i]!
      expect([pairs.x[2 * i], pairs.x[2 * i + 1]]).toEqual([alone[0][at], alone[0][at + 1]])
      all.set(pairs.y.subarray(2 * i, 2 * i + 2), at)
    }
    return { y: all, alone: alone[1], met: count - pairs.apart }
  }

  it.each([
    ['plain', 0.03, {}, 2],
    [
      'with a skew drift and a correlated metric',
      0.03,
      {
        skew: 2,
        preconditioner: [
          [1.5, 0.5],
          [0.5, 0.8],
        ],
      },
      2,
    ],
    ['between walls that fold much', 0.2, { epsilon: 2 }, 1],
  ] as const)(
    'moves X as the sampler does, bit for bit, and Y by the same law: %s',
    (_name, eta, more, halfWidth) => {
      const field = fieldOf(
        mixture(
          [
            [0.6, -0.7, 0],
            [0.4, 0.7, 0.2],
          ],
          0.2,
        ),
        { halfWidth, cells: 32 },
      )
      const { y, alone, met } = moved(field, plain(eta, more), 4096, 6)
      expect(met).toBeGreaterThan(400)
      expect(met).toBeLessThan(4096)
      for (const axis of [0, 1]) {
        const [p, q] = [y, alone].map((xy) => xy.filter((_, i) => i % 2 === axis).sort())
        // Kolmogorov and Smirnov: exceeded by one in 10⁵.
        expect(largestGap(p!, q!)).toBeLessThan(2.47 * Math.sqrt(2 / 4096))
      }
    },
  )

  it('gives Y the mean and the covariance of the chain in closed form', () => {
    const problem: QuadraticProblem = {
      hessian: [2, 0.5, 1],
      center: [0, 0],
      epsilon: 1,
      skew: 1,
      preconditioner: [1.5, 0.4, 0.8],
    }
    const field = fieldOf(
      quadraticEnergy(
        [0, 0],
        [
          [2, 0.5],
          [0.5, 1],
        ],
      ),
      { halfWidth: 8, cells: 32 },
    )
    const transition = plain(0.05, {
      skew: 1,
      preconditioner: [
        [1.5, 0.4],
        [0.4, 0.8],
      ],
    })
    const { y } = moved(field, transition, 4096, 8)
    let law: GaussianLaw = { mean: [0.6, -0.3], covariance: [0.16, 0, 0.16] }
    for (let k = 0; k < 8; k++) law = chainStep(problem, 0.05, law)
    const [mx, my] = law.mean
    const parts = (f: (a: number, b: number) => number) =>
      Float64Array.from({ length: 4096 }, (_, i) => f(y[2 * i]! - mx, y[2 * i + 1]! - my))
    const [xx, xy, yy] = law.covariance
    for (const [values, expected] of [
      [parts((a) => a), 0],
      [parts((_, b) => b), 0],
      [parts((a) => a * a), xx],
      [parts((a, b) => a * b), xy],
      [parts((_, b) => b * b), yy],
    ] as const) {
      expect(Math.abs(mean(values) - expected)).toBeLessThan(4.5 * standardError(values))
    }
  })
})

/** The largest distance of two empirical distribution functions of equally many values, sorted. */
function largestGap(p: Float64Array, q: Float64Array): number {
  let most = 0
  for (let i = 0, j = 0; i < p.length && j < q.length;) {
    if (p[i]! < q[j]!) i++
    else j++
    most = Math.max(most, Math.abs(i - j))
  }
  return most / p.length
}

describe('the limits', () => {
  const geometric = (n: number, rate: number, seed: number) => {
    const rng = new Rng({ seed, purpose: Purpose.evaluation })
    return Float64Array.from({ length: n }, () =>
      Math.ceil(Math.log(rng.uniform()) / Math.log(1 - rate)),
    )
  }

  it('are sums over the pairs, between 0 and 1, and fall', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 2, maxLength: 40 }),
        fc.integer({ min: 1, max: 30 }),
        (times, lag) => {
          const { bound, standardError: error, upper } = limits(times, lag, 70)
          for (let k = 0; k <= 70; k++) {
            const w = times.map((s) => Math.max(0, Math.ceil((s - k) / lag)))
            expect(bound[k]).toBeCloseTo(Math.min(1, mean(w)), 12)
            expect(error[k]).toBeCloseTo(standardError(w), 7)
            expect(upper[k]).toBeGreaterThanOrEqual(bound[k]!)
            expect(upper[k]).toBeLessThanOrEqual(upper[k - 1] ?? 1)
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  it('follow the rule of three where no pair is left, and the exact Poisson limits where few are', () => {
    // Upper limits of 95 % for the mean of a count.
    const exact = [2.996, 4.744, 6.296, 7.754, 9.154, 10.513]
    for (const [count, limit] of exact.entries()) {
      const times = new Float64Array(512).map((_, i) => (i < count ? 2 : 1))
      const [, upper] = limits(times, 5, 1).upper
      expect(512 * upper!).toBeGreaterThan(limit)
      expect(512 * upper!).toBeLessThan(1.02 * limit)
    }
  })

  it('name a first step too early at most about once in twenty times, though all steps are looked at', () => {
    const rate = 0.02
    const lag = 100
    const bound = (k: number) => (1 - rate) ** k / (1 - (1 - rate) ** lag)
    for (const tolerance of [0.2, 0.05, 0.015]) {
      let early = 0
      for (let seed = 0; seed < 300; seed++) {
        const { upper } = limits(geometric(512, rate, seed), lag, 400)
        const first = upper.findIndex((u) => u <= tolerance)
        if (first >= 0 && bound(first) > tolerance) early++
      }
      expect(early / 300).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / 300))
    }
  })
})
