import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { EnergyField, EnergyGrid } from '../../fields/energyField.ts'
import type { Barrier } from '../../fields/barriers/registry.ts'
import { stepKernel, setStepKernel } from '../../fields/stepKernel.ts'
import { createTransition, type Transition } from '../../fields/transition.ts'
import { nodeCoordinate, type Box } from '../../maths/grid.ts'
import { Purpose } from '../../maths/rng.ts'
import { gradientFlow } from '../gradientFlow.ts'
import { langevin } from '../langevin.ts'
import { createCloud, type Cloud, type Sampler } from '../sampler.ts'
import { readSamplerModule } from './module.testing.ts'
import { createStepKernel } from './stepKernel.ts'
import { pointsOn, tableOf } from './tables.testing.ts'

const kernel = createStepKernel(await readSamplerModule())

afterEach(() => {
  setStepKernel(null)
})

interface Case {
  readonly field: EnergyField
  readonly transition: Transition
  readonly xy: Float64Array
  readonly seed: number
  readonly step: number
  readonly first: number
}

/** A cloud after some steps, and how many the walls folded in each. */
function run(sampler: Sampler, dense: boolean, { field, transition, xy, ...at }: Case) {
  const cloud = createCloud(xy, dense ? new Float64Array(xy.length / 2) : null)
  const counts: number[] = []
  for (let k = 0; k < 3; k++) {
    const key = { seed: at.seed, purpose: Purpose.dynamics }
    const folded = sampler.step(cloud, field, transition, key, at.step + k, at.first)
    counts.push(folded, cloud.refused)
  }
  return { cloud, counts }
}

/** toEqual takes −0 for another number than 0, and NaN for itself: equal bits, but for the payload of a NaN. */
function expectSameBits(sampler: Sampler, dense: boolean, one: Case): Cloud {
  setStepKernel(null)
  const expected = run(sampler, dense, one)
  setStepKernel(kernel)
  const found = run(sampler, dense, one)
  expect(found).toEqual(expected)
  return found.cloud
}

const IDENTITY = [
  [1, 0],
  [0, 1],
] as const
const TILTED = [
  [1.3, 0.4],
  [0.4, 0.7],
] as const

const CLOUDS = [
  ['langevin', langevin, false],
  ['the flow with its density', gradientFlow, true],
  ['the flow without', gradientFlow, false],
] as const

describe.each(CLOUDS)('%s: the same bits in SIMD as in TypeScript', (_, sampler, dense) => {
  it('at any points of any box, in any number, from any index, for any step and seed', () => {
    const words = fc.integer({ min: 0, max: 2 ** 32 - 1 })
    fc.assert(
      fc.property(
        fc.record({
          halfWidth: fc.constantFrom(1, 3, 4, 5.7, 20),
          cells: fc.constantFrom(32, 33, 128),
          n: fc.constantFrom(1, 2, 3, 4, 5, 63, 511, 512, 513, 1030),
          epsilon: fc.constantFrom(0.005, 1, 10),
          stepSize: fc.constantFrom(1e-4, 0.02, 0.3, 1),
          skew: fc.constantFrom(0, 1.7),
          preconditioner: fc.constantFrom(IDENTITY, TILTED),
          seed: words,
          step: fc.integer({ min: 1, max: 100_000 }),
          first: fc.integer({ min: 0, max: 2_000_000 }),
        }),
        ({ halfWidth, cells, n, seed, step, first, ...rest }) => {
          const box = { halfWidth, cells }
          expectSameBits(sampler, dense, {
            field: { grid: tableOf(box, seed), barriers: [] },
            transition: createTransition(rest),
            xy: pointsOn(box, n, seed),
            ...{ seed, step, first },
          })
        },
      ),
      { numRuns: 150 },
    )
  })

  it('where every step goes over walls, many times', () => {
    const box = { halfWidth: 2, cells: 32 }
    const transition = createTransition({
      stepSize: 1,
      epsilon: 10,
      skew: 0.3,
      preconditioner: TILTED,
    })
    const field = { grid: tableOf(box, 5, 40), barriers: [] }
    const xy = pointsOn(box, 700, 6)
    expectSameBits(sampler, dense, { field, transition, xy, seed: 7, step: 1, first: 3 })
    setStepKernel(kernel)
    const { counts } = run(sampler, dense, { field, transition, xy, seed: 7, step: 1, first: 3 })
    expect(counts[0]).toBeGreaterThan(100)
  })

  it('with barriers, moves refused by them included', () => {
    const barriers: Barrier[] = [
      { kind: 'disc', center: [0.3, -0.2], radius: 0.5, strength: 0.1 },
      { kind: 'half-plane', normal: [1, 0.2], offset: -1.6, strength: 0 },
    ]
    const box = { halfWidth: 2, cells: 32 }
    const field = { grid: tableOf(box, 8), barriers }
    const transition = createTransition({
      stepSize: 0.2,
      epsilon: 2,
      skew: 0,
      preconditioner: IDENTITY,
    })
    const xy = Float64Array.from({ length: 1200 }, (_, i) => 1 + 0.7 * Math.sin(i))
    const one = { field, transition, xy, seed: 9, step: 4, first: 0 }
    expectSameBits(sampler, dense, one)
    setStepKernel(kernel)
    expect(run(sampler, dense, one).counts[1]).toBeGreaterThan(0)
  })

  it('at points beyond the box, at NaN and at infinity', () => {
    const box = { halfWidth: 2, cells: 32 }
    const odd = [2.5, -7, NaN, 0.3, 0.2, NaN, Infinity, -Infinity, 1e300, -1e300, 2.0000001, 0]
    const field = { grid: tableOf(box, 10), barriers: [] }
    const transition = createTransition({
      stepSize: 0.1,
      epsilon: 1,
      skew: 0,
      preconditioner: IDENTITY,
    })
    for (let k = 0; k < odd.length; k += 2) {
      const xy = Float64Array.from([0.1, 0.2, odd[k]!, odd[k + 1]!, -0.3, 0.4])
      expectSameBits(sampler, dense, { field, transition, xy, seed: 1, step: 1, first: 0 })
    }
  })
})

describe('the flow with its density', () => {
  const box = { halfWidth: 2, cells: 32 }
  const gentle = { stepSize: 0.02, epsilon: 1, skew: 0, preconditioner: IDENTITY }
  const step = (grid: EnergyGrid, xy: Float64Array, stepSize = 0.02) =>
    expectSameBits(gradientFlow, true, {
      field: { grid, barriers: [] },
      transition: createTransition({ ...gentle, stepSize }),
      ...{ xy, seed: 1, step: 1, first: 0 },
    })

  it('says by itself where the map is injective, of odd numbers of points too', () => {
    const flat = tableOf(box, 1, 1e-3)
    for (const n of [1, 2, 3, 5]) {
      expect(
        step(
          flat,
          pointsOn(box, n, n).map((x) => 0.5 * x),
        ).injective,
      ).toBe(true)
    }
    expect(step(tableOf(box, 2, 40), pointsOn(box, 5, 3)).injective).toBe(false)
  })

  it('keeps the logarithm finite where the map crushes an area, and not where it is NaN', () => {
    const nodes = 33 * 33
    const zero = () => new Float64Array(nodes)
    // V = x²/2 on η = 1: the determinant is 0 up to rounding.
    const at = (i: number) => nodeCoordinate(box, i % 33)
    const bowl = {
      box,
      v: zero().map((_, i) => 0.5 * at(i) ** 2),
      vx: zero().map((_, i) => at(i)),
      vy: zero(),
      vxy: zero(),
    }
    const crushed = step(bowl, Float64Array.of(0.0625, 0.0625, 0.3, 0.1), 1)
    expect(crushed.logDensity!.every(Number.isFinite)).toBe(true)
    const endless = { ...bowl, v: zero().fill(Infinity) }
    expect(step(endless, Float64Array.of(0.1, 0.1, 0.3, 0.1)).logDensity![0]).toBeNaN()
  })
})

it('reads the table of whichever grid it is given, smaller and larger in turn', () => {
  const boxes: Box[] = [32, 256, 33, 128, 32].map((cells) => ({ halfWidth: 3, cells }))
  const transition = createTransition({
    stepSize: 0.05,
    epsilon: 1,
    skew: 0,
    preconditioner: IDENTITY,
  })
  for (const [i, box] of boxes.entries()) {
    const field = { grid: tableOf(box, i), barriers: [] }
    const xy = pointsOn(box, 50, i)
    expectSameBits(langevin, false, { field, transition, xy, seed: 1, step: 1, first: 0 })
  }
})

it('is what the samplers use once it is given to them, and not before', () => {
  expect(stepKernel()).toBeNull()
  setStepKernel(kernel)
  expect(stepKernel()).toBe(kernel)
})
