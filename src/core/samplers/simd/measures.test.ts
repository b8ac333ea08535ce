import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { energyBalance } from '../../analysis/estimators/energyBalance.ts'
import { addEntropies } from '../../analysis/estimators/entropies.ts'
import { createKlEstimator } from '../../analysis/estimators/nativeKl.ts'
import { SplineKernel } from '../../analysis/estimators/splineKernel.ts'
import { transportKl } from '../../analysis/estimators/transportKl.ts'
import { fieldDerivatives, fieldValues } from '../../fields/blocks.ts'
import type { EnergyField } from '../../fields/energyField.ts'
import type { Barrier } from '../../fields/barriers/registry.ts'
import { setStepKernel } from '../../fields/stepKernel.ts'
import { createTransition } from '../../fields/transition.ts'
import type { Box } from '../../maths/grid.ts'
import type { Symmetric2 } from '../../maths/linalg2.ts'
import { Purpose, Rng } from '../../maths/rng.ts'
import { readSamplerModule } from './module.testing.ts'
import { createStepKernel } from './stepKernel.ts'
import { pointsOn, tableOf } from './tables.testing.ts'

const kernel = createStepKernel(await readSamplerModule())

afterEach(() => {
  setStepKernel(null)
})

/** toEqual takes −0 for another number than 0, and NaN for itself: equal bits, but for the payload of a NaN. */
function expectSameBits<Result>(measure: () => Result): Result {
  setStepKernel(null)
  const expected = measure()
  setStepKernel(kernel)
  const found = measure()
  expect(found).toEqual(expected)
  return found
}

const ODD_PLACES = [2.5, -7, NaN, 0.3, 0.2, NaN, Infinity, -Infinity, 1e300, -1e300, 2.0000001, 0]
const TRANSITION = createTransition({
  stepSize: 0.05,
  epsilon: 0.7,
  skew: 0.4,
  preconditioner: [
    [1.3, 0.4],
    [0.4, 0.7],
  ],
})

describe('values and derivatives: the same bits in SIMD as in TypeScript', () => {
  const read = (field: EnergyField, xy: Float64Array, first: number, n: number) => () => {
    const values = new Float64Array(n)
    const derivatives = new Float64Array(6 * n)
    fieldValues(field, xy, first, n, values)
    fieldDerivatives(field, xy, first, n, derivatives)
    // The sixth number of a point means nothing.
    return [values, derivatives.filter((_, k) => k % 6 !== 5)]
  }

  it('at any points of any box, in any number, from any index', () => {
    fc.assert(
      fc.property(
        fc.record({
          halfWidth: fc.constantFrom(1, 3, 4, 5.7, 20),
          cells: fc.constantFrom(32, 33, 128),
          n: fc.constantFrom(1, 2, 3, 4, 5, 63, 511, 512),
          first: fc.constantFrom(0, 1, 7),
          seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        }),
        ({ n, first, seed, ...box }) => {
          const field = { grid: tableOf(box, seed), barriers: [] }
          expectSameBits(read(field, pointsOn(box, first + n, seed), first, n))
        },
      ),
      { numRuns: 100 },
    )
  })

  it('at points beyond the box, at NaN and at infinity', () => {
    const grid = tableOf({ halfWidth: 2, cells: 32 }, 10)
    const field = { grid, barriers: [] }
    const xy = Float64Array.from(ODD_PLACES)
    expectSameBits(read(field, xy, 0, xy.length / 2))
    const endless = { ...field, grid: { ...grid, v: grid.v.map(() => Infinity) } }
    expectSameBits(read(endless, xy, 0, xy.length / 2))
  })
})

describe('the measurements of the flow: the same bits in SIMD as in TypeScript', () => {
  const box = { halfWidth: 2, cells: 32 }
  const barriers: Barrier[] = [{ kind: 'disc', center: [0.3, -0.2], radius: 0.5, strength: 0.1 }]
  const grid = tableOf(box, 3)
  const logDensity = (n: number) => Float64Array.from({ length: n }, (_, i) => Math.sin(i))

  it.each([1, 2, 511, 513, 16_384, 17_001])('of %i particles, with barriers and without', (n) => {
    const xy = pointsOn(box, n, n)
    for (const field of [
      { grid, barriers: [] },
      { grid, barriers },
    ]) {
      expectSameBits(() => transportKl(xy, logDensity(n), field, 0.7, 0.3))
      expectSameBits(() => energyBalance(xy, field, TRANSITION))
    }
  })
})

describe('sums of spline kernels: the same bits in SIMD as in TypeScript', () => {
  const gather = (
    spline: SplineKernel,
    { cells }: Box,
    ...places: [Float64Array, number, number]
  ) => {
    const out = new Float64Array(cells * cells).fill(7)
    return { outside: spline.gather(...places, out), out }
  }

  it('of any places of any box, every so many of them', () => {
    fc.assert(
      fc.property(
        fc.record({
          halfWidth: fc.constantFrom(1, 3, 4, 5.7),
          cells: fc.constantFrom(32, 33, 47, 80),
          n: fc.constantFrom(0, 1, 2, 511, 512, 513, 1500),
          at: fc.constantFrom([0, 1], [0, 16], [5, 16], [15, 16]),
          deviations: fc.constantFrom([1.1, 1.1], [2, 1.5], [9, 3], [40, 2]),
          tilt: fc.constantFrom(0, 0, 0.5),
          seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        }),
        ({ n, at, deviations, tilt, seed, ...box }) => {
          const [a, b] = deviations.map((d) => (d * 2 * box.halfWidth) / box.cells) as [
            number,
            number,
          ]
          // A kernel off the axes as wide as the box takes the reference long.
          const covariance: Symmetric2 = [a * a, a < box.halfWidth ? tilt * a * b : 0, b * b]
          const spline = new SplineKernel(box, covariance, 5)
          const places = pointsOn(box, n, seed).map((x, k) => (k % 41 === 0 ? 1.2 * x : x))
          expectSameBits(() => gather(spline, box, places, at[0], at[1]))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('where places are outside or no numbers, which it counts', () => {
    const box = { halfWidth: 2, cells: 32 }
    const spline = new SplineKernel(box, [0.05, 0, 0.03], 5)
    const places = Float64Array.from([...ODD_PLACES, 0.1, 0.2, 2, -2])
    const { outside } = expectSameBits(() => gather(spline, box, places, 0, 1))
    expect(outside).toBe(ODD_PLACES.length / 2)
  })

  it('whichever box comes in turn, and with logarithms in between', () => {
    const boxes: Box[] = [32, 96, 33, 48, 32].map((cells) => ({ halfWidth: 3, cells }))
    const splines = boxes.map((box) => new SplineKernel(box, [0.2, 0, 0.1], 5))
    const grids = [Float64Array.of(1, 2), Float64Array.of(3, 0)]
    expectSameBits(() =>
      [0, 1, 2, 3, 4, 4, 1].map((i) => {
        const sums = new Float64Array(3)
        addEntropies(grids, Float64Array.of(-1, -2), 0, 2, sums)
        return [gather(splines[i]!, boxes[i]!, pointsOn(boxes[i]!, 100, i), 0, 1), sums]
      }),
    )
  })
})

describe('entropies: the same bits in SIMD as in TypeScript', () => {
  const add = (
    grids: readonly Float64Array[],
    reference: Float64Array,
    first: number,
    n: number,
  ) => {
    const sums = Float64Array.from({ length: 1 + grids.length }, (_, i) => 0.1 * i)
    addEntropies(grids, reference, first, n, sums)
    return sums
  }

  it('of any number of groups and cells, the empty and the nearly empty', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 16 }),
        fc.constantFrom(1, 2, 3, 64, 511, 512),
        fc.constantFrom(0, 1, 5),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        (groups, n, first, seed) => {
          const rng = new Rng({ seed, purpose: Purpose.probe })
          const sizes = [0, 0, 1, 1e-9, -1e-12, 1e-200, 300]
          const grids = Array.from({ length: groups }, () =>
            Float64Array.from(
              { length: first + n },
              () => sizes[rng.integer(sizes.length)]! * rng.uniform(),
            ),
          )
          const reference = Float64Array.from({ length: first + n }, () =>
            rng.integer(20) === 0 ? -Infinity : 5 * rng.normal(),
          )
          expectSameBits(() => add(grids, reference, first, n))
        },
      ),
      { numRuns: 150 },
    )
  })

  it.each([1e-310, 5e-324, Infinity, NaN])('where a mass is %f', (mass) => {
    const reference = Float64Array.of(-1, -2, -3)
    for (const grids of [
      [Float64Array.of(1, mass, 2), Float64Array.of(0, 0, 1)],
      [Float64Array.of(1, mass, 2), Float64Array.of(0, 1, 1)],
      [Float64Array.of(mass, mass, 2)],
    ]) {
      expectSameBits(() => add(grids, reference, 0, 3))
    }
  })

  it('leaves the sums alone where it gives up', () => {
    const sums = Float64Array.of(1, 2)
    const grids = [Float64Array.of(1, 1e-310)]
    expect(kernel.entropies(grids, Float64Array.of(-1, -2), 0, 2, sums)).toBe(false)
    expect(sums).toEqual(Float64Array.of(1, 2))
  })
})

it('reads the KL of many particles to the same bits, those beyond the walls included', () => {
  const box = { halfWidth: 3, cells: 64 }
  const field = { grid: tableOf(box, 1, 0.1), barriers: [] }
  const particles = 20_011
  const transition = createTransition({
    stepSize: 0.05,
    epsilon: 1,
    skew: 0,
    preconditioner: [
      [1, 0],
      [0, 1],
    ],
  })
  const rng = new Rng({ seed: 4, purpose: Purpose.initial })
  const places = Float64Array.from({ length: 2 * particles }, () => 1.2 * rng.normal())
  const estimator = createKlEstimator({ field, transition, particles })
  expect(estimator.estimator).toBe('native')
  expect(places.some((x) => Math.abs(x) > box.halfWidth)).toBe(true)
  expectSameBits(() => estimator.read(places))
})
