import { beforeAll, describe, expect, it } from 'vitest'
import { Purpose, Rng } from '../../core/maths/rng.ts'
import { parameterLayout } from './kernel.ts'
import type { EnergyKernel, NetworkShape, Tuples } from './kernel.ts'
import { referenceKernel } from './reference.ts'

/** The networks of the two recipes, the one of the benchmark, and widths at which blocked and padded products may fail. */
export const SHAPES: readonly NetworkShape[] = [
  { widths: [64, 32, 32], activations: ['sin', 'silu', 'silu'] },
  { widths: [48, 24, 24], activations: ['sin', 'silu', 'silu'] },
  { widths: [64, 64, 64], activations: ['sin', 'silu', 'tanh'] },
  { widths: [5, 5, 5], activations: ['silu', 'tanh', 'sin'] },
  { widths: [9, 3, 17, 6], activations: ['tanh', 'sin', 'silu', 'silu'] },
  { widths: [7], activations: ['tanh'] },
  { widths: [1, 1], activations: ['silu', 'sin'] },
]
/** Counts of points: one, fewer than a vector, one more than a block; MANY is more than any kernel takes at once. */
const COUNTS = [1, 3, 37, 64, 65, 256]
const MANY = 2501

export interface ConformanceOptions {
  /** Largest error relative to the largest entry of an array; default 2e-5, for float32 sums in any order. */
  readonly tolerance?: number
  /** Counts of points to try; default from one to a few hundred, and 2,501 with the first network. */
  readonly counts?: readonly number[]
  readonly many?: number
  /** Networks to test; default all. Fewer for kernels that compile for seconds. */
  readonly shapes?: readonly NetworkShape[]
  /** How often the same call must give the same bits; 0 for devices that do not promise it. */
  readonly repeats?: number
}

export const draws = (seed: number, length: number, scale = 1): Float32Array => {
  const rng = new Rng({ seed, purpose: Purpose.probe })
  return Float32Array.from({ length }, () => scale * rng.normal())
}

/** Largest deviation relative to the largest entry. */
export function deviation(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let scale = 0
  let worst = 0
  for (let i = 0; i < expected.length; i++) {
    scale = Math.max(scale, Math.abs(expected[i]!))
    worst = Math.max(worst, Math.abs(found[i]! - expected[i]!))
  }
  return worst / scale
}

function problem(shape: NetworkShape, n: number) {
  const { length } = parameterLayout(shape)
  const [xy, c, w, u] = [draws(2, 2 * n, 1.5), draws(3, n), draws(4, n), draws(5, 2 * n)]
  return {
    theta: draws(1, length, 0.4),
    xy,
    values: { xy, c, w: null, u: null } satisfies Tuples,
    both: { xy, c, w, u } satisfies Tuples,
  }
}

/** All results of a kernel for a problem. */
async function run(kernel: EnergyKernel, { theta, xy, values, both }: ReturnType<typeof problem>) {
  const n = xy.length / 2
  const value = new Float32Array(n)
  const alone = new Float32Array(n)
  const gradient = new Float32Array(2 * n)
  await kernel.evaluate(theta, xy, value, gradient)
  await kernel.evaluate(theta, xy, alone, null)
  const first = new Float32Array(theta.length)
  const second = new Float32Array(theta.length)
  const firstLoss = await kernel.accumulate(theta, values, first)
  const secondLoss = await kernel.accumulate(theta, both, second)
  return {
    value,
    alone,
    gradient,
    first,
    second,
    losses: Float32Array.of(firstLoss, secondLoss),
  }
}

/**
 * The suite of every kernel: both primitives against the float64 reference and against finite differences of
 * the kernel itself.
 * @param open the suite calls it once, before the tests
 */
export function describeConformance(
  name: string,
  open: () => Promise<(shape: NetworkShape) => EnergyKernel>,
  options: ConformanceOptions = {},
): void {
  const { tolerance = 2e-5, counts = COUNTS, many = MANY, shapes = SHAPES, repeats = 2 } = options
  describe(`kernel: ${name}`, () => {
    let kernelOf: (shape: NetworkShape) => EnergyKernel
    beforeAll(async () => {
      kernelOf = await open()
    })

    const agrees = async (shape: NetworkShape, n: number, kernel: EnergyKernel) => {
      const given = problem(shape, n)
      const copy = structuredClone(given)
      const found = await run(kernel, given)
      expect(given).toEqual(copy)
      const expected = await run(referenceKernel(shape), given)
      for (const key of ['value', 'alone', 'gradient', 'first', 'second', 'losses'] as const)
        expect(deviation(found[key], expected[key]), `${key} at ${n} points`).toBeLessThan(
          tolerance,
        )
    }

    it.each(shapes)('agrees with the float64 reference: $widths', async (shape) => {
      const kernel = kernelOf(shape)
      for (const n of counts) await agrees(shape, n, kernel)
      kernel.dispose()
    })

    it(`agrees with it at ${many} points`, async () => {
      const kernel = kernelOf(SHAPES[0]!)
      await agrees(SHAPES[0]!, many, kernel)
      kernel.dispose()
    })

    it('differentiates what it evaluates', async () => {
      const shape = SHAPES[3]!
      const kernel = kernelOf(shape)
      const n = 21
      const { theta, xy, values, both } = problem(shape, n)
      const scratch = new Float32Array(theta.length)
      const h = 2e-2
      const moved = (from: Float32Array, along: Float32Array, by: number) =>
        from.map((x, i) => x + by * along[i]!)

      const along = draws(6, 2 * n)
      const gradient = new Float32Array(2 * n)
      await kernel.evaluate(theta, xy, new Float32Array(n), gradient)
      const at = async (by: number) => {
        const value = new Float32Array(n)
        await kernel.evaluate(theta, moved(xy, along, by), value, null)
        return value
      }
      const [ahead, behind] = [await at(h), await at(-h)]
      const slopes = ahead.map((v, i) => (v - behind[i]!) / (2 * h))
      const expected = slopes.map(
        (_, i) => gradient[2 * i]! * along[2 * i]! + gradient[2 * i + 1]! * along[2 * i + 1]!,
      )
      expect(deviation(expected, slopes)).toBeLessThan(1e-2)

      const direction = draws(7, theta.length, 0.1)
      for (const tuples of [values, both]) {
        const out = new Float32Array(theta.length)
        await kernel.accumulate(theta, tuples, out)
        const ahead = await kernel.accumulate(moved(theta, direction, h), tuples, scratch)
        const behind = await kernel.accumulate(moved(theta, direction, -h), tuples, scratch)
        const slope = (ahead - behind) / (2 * h)
        const expected = out.reduce((sum, g, k) => sum + g * direction[k]!, 0)
        expect(Math.abs(expected - slope)).toBeLessThan(1e-2 * (1 + Math.abs(slope)))
      }
      kernel.dispose()
    })

    it('takes coefficients of 0 like none', async () => {
      const shape = SHAPES[4]!
      const kernel = kernelOf(shape)
      const { theta, values, both } = problem(shape, 50)
      const without = new Float32Array(theta.length)
      const zero = new Float32Array(theta.length)
      const loss = await kernel.accumulate(theta, values, without)
      const same = await kernel.accumulate(theta, { ...both, w: new Float32Array(50) }, zero)
      expect(deviation([same], [loss])).toBeLessThan(tolerance)
      expect(deviation(zero, without)).toBeLessThan(tolerance)
      kernel.dispose()
    })

    it('makes the second-order pass for the first points alone, however many', async () => {
      const shape = SHAPES[0]!
      const kernel = kernelOf(shape)
      const { theta, both } = problem(shape, 100)
      for (const m of [0, 1, 33, 64, 99, 100]) {
        const part = { ...both, w: both.w.slice(0, m), u: both.u.slice(0, 2 * m) }
        const padded = { ...both, w: new Float32Array(100) }
        padded.w.set(part.w)
        const [found, expected] = [new Float32Array(theta.length), new Float32Array(theta.length)]
        const loss = await kernel.accumulate(theta, part, found)
        const whole = await referenceKernel(shape).accumulate(theta, padded, expected)
        expect(deviation([loss], [whole]), `${m} of 100`).toBeLessThan(tolerance)
        expect(deviation(found, expected), `${m} of 100`).toBeLessThan(tolerance)
      }
      kernel.dispose()
    })

    it('is not led astray by the calls before', async () => {
      const shape = SHAPES[0]!
      const kernel = kernelOf(shape)
      const given = problem(shape, 33)
      const first = await run(kernel, given)
      const poisoned = new Float32Array(2 * 500).fill(Number.NaN)
      const c = new Float32Array(500).fill(Number.NaN)
      const both = { xy: poisoned, c, w: c, u: poisoned }
      await kernel.evaluate(given.theta, poisoned, new Float32Array(500), new Float32Array(1000))
      await kernel.accumulate(given.theta, both, new Float32Array(given.theta.length))
      const again = await run(kernel, given)
      expect(again.second.every(Number.isFinite)).toBe(true)
      if (repeats > 0) expect(again).toEqual(first)
      kernel.dispose()
    })

    if (repeats > 0)
      it('gives the same bits every time, from every instance', async () => {
        const shape = SHAPES[0]!
        const given = problem(shape, 100)
        const first = await run(kernelOf(shape), given)
        for (let k = 1; k < repeats; k++) expect(await run(kernelOf(shape), given)).toEqual(first)
      })

    it('holds nothing more after a hundred calls', async () => {
      const shape = SHAPES[5]!
      const kernel = kernelOf(shape)
      const given = problem(shape, 16)
      await run(kernel, given)
      const before = kernel.liveTensors()
      for (let k = 0; k < 25; k++) await run(kernel, given)
      expect(kernel.liveTensors()).toBe(before)
      kernel.dispose()
    })
  })
}
