import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDawn } from '../../../../scripts/openDawn.ts'
import { Purpose, Rng } from '../../../core/maths/rng.ts'
import { parameterLayout } from '../kernel.ts'
import type { NetworkShape } from '../kernel.ts'
import { accumulateReference, evaluateReference } from '../reference.ts'
import { createWgslKernel } from './wgslKernel.ts'

const dawn = await openDawn()
if (dawn.open === null) console.warn(`The WGSL kernel is not tested here: ${dawn.reason}.`)

const draws = (seed: number, length: number, scale = 1): Float32Array => {
  const rng = new Rng({ seed, purpose: Purpose.probe })
  return Float32Array.from({ length }, () => scale * rng.normal())
}

/** Largest deviation relative to the largest entry. */
function deviation(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let scale = 0
  let worst = 0
  for (let i = 0; i < expected.length; i++) {
    scale = Math.max(scale, Math.abs(expected[i]!))
    worst = Math.max(worst, Math.abs(found[i]! - expected[i]!))
  }
  return worst / scale
}

const SHAPES: readonly [string, NetworkShape][] = [
  ['the default network', { widths: [64, 32, 32], activations: ['sin', 'silu', 'silu'] }],
  ['64 × 3', { widths: [64, 64, 64], activations: ['sin', 'silu', 'tanh'] }],
  ['one hidden layer', { widths: [7], activations: ['tanh'] }],
  ['odd widths', { widths: [5, 13, 9, 3], activations: ['silu', 'tanh', 'sin', 'silu'] }],
  ['a width beyond the register blocks', { widths: [136, 72], activations: ['sin', 'silu'] }],
]

// A software adapter compiles for seconds.
describe.skipIf(dawn.open === null)('WGSL kernel', { timeout: 180_000 }, () => {
  let device: GPUDevice
  beforeAll(async () => {
    device = await dawn.open!()
  })
  afterAll(() => device.destroy())

  it.each(SHAPES)('agrees with the float64 reference: %s', async (_, shape) => {
    const { length } = parameterLayout(shape)
    const theta = draws(1, length, 0.4)
    const kernel = createWgslKernel(device, shape)
    for (const n of [37, 1, 70]) {
      const xy = draws(2, 2 * n, 1.5)
      const value = new Float32Array(n)
      const gradient = new Float32Array(2 * n)
      const value64 = new Float64Array(n)
      const gradient64 = new Float64Array(2 * n)
      await kernel.evaluate(theta, xy, value, gradient)
      evaluateReference(shape, theta, xy, value64, gradient64)
      expect(deviation(value, value64)).toBeLessThan(1e-5)
      expect(deviation(gradient, gradient64)).toBeLessThan(1e-5)
      const c = draws(3, n)
      const kinds = [
        { xy, c, w: null, u: null },
        { xy, c, w: draws(4, n), u: draws(5, 2 * n) },
      ]
      for (const tuples of kinds) {
        const out = new Float32Array(length)
        const out64 = new Float64Array(length)
        const loss = await kernel.accumulate(theta, tuples, out)
        const loss64 = accumulateReference(shape, theta, tuples, out64)
        expect(deviation(out, out64)).toBeLessThan(2e-5)
        expect(Math.abs(loss - loss64)).toBeLessThan(1e-4 * (1 + Math.abs(loss64)))
      }
    }
    kernel.dispose()
    expect(kernel.liveTensors()).toBe(0)
  })

  it('agrees as a GPU would run it too, in workgroup memory', async () => {
    const shape: NetworkShape = { widths: [12, 8], activations: ['sin', 'tanh'] }
    const { length } = parameterLayout(shape)
    const theta = draws(6, length, 0.5)
    const kernel = createWgslKernel(device, shape, false)
    const n = 41
    const tuples = { xy: draws(7, 2 * n), c: draws(8, n), w: draws(9, n), u: draws(10, 2 * n) }
    const out = new Float32Array(length)
    const out64 = new Float64Array(length)
    const loss = await kernel.accumulate(theta, tuples, out)
    const loss64 = accumulateReference(shape, theta, tuples, out64)
    expect(deviation(out, out64)).toBeLessThan(1e-5)
    expect(Math.abs(loss - loss64)).toBeLessThan(1e-4 * (1 + Math.abs(loss64)))
    kernel.dispose()
  })

  it('gives the derivative of its own loss', async () => {
    const shape: NetworkShape = { widths: [16, 8], activations: ['sin', 'silu'] }
    const { length } = parameterLayout(shape)
    const theta = draws(11, length, 0.5)
    const kernel = createWgslKernel(device, shape)
    const n = 20
    const tuples = { xy: draws(12, 2 * n), c: draws(13, n), w: draws(14, n), u: draws(15, 2 * n) }
    const out = new Float32Array(length)
    await kernel.accumulate(theta, tuples, out)
    const h = 1e-2
    for (const seed of [16, 17, 18]) {
      const way = draws(seed, length)
      const scratch = new Float32Array(length)
      const lossAt = (t: number) =>
        kernel.accumulate(
          theta.map((x, k) => x + t * way[k]!),
          tuples,
          scratch,
        )
      // Five points: error O(h⁴) beside that of float32 divided by h.
      const near = (await lossAt(h)) - (await lossAt(-h))
      const far = (await lossAt(2 * h)) - (await lossAt(-2 * h))
      const slope = (8 * near - far) / (12 * h)
      const expected = out.reduce((sum, g, k) => sum + g * way[k]!, 0)
      expect(Math.abs(slope - expected)).toBeLessThan(2e-3 * (1 + Math.abs(expected)))
    }
    kernel.dispose()
  })

  it('holds as many buffers after many calls as after the first', async () => {
    const shape: NetworkShape = { widths: [8], activations: ['silu'] }
    const theta = draws(19, parameterLayout(shape).length)
    const kernel = createWgslKernel(device, shape)
    const call = () =>
      kernel.evaluate(theta, draws(20, 40), new Float32Array(20), new Float32Array(40))
    await call()
    const held = kernel.liveTensors()
    for (let k = 0; k < 5; k++) await call()
    expect(kernel.liveTensors()).toBe(held)
    // Two at once: one more to read from, and both right.
    await Promise.all([call(), call()])
    expect(kernel.liveTensors()).toBe(held + 1)
    kernel.dispose()
  })

  it('rejects when its device is lost', async () => {
    const other = await dawn.open!()
    const shape: NetworkShape = { widths: [8], activations: ['silu'] }
    const theta = draws(21, parameterLayout(shape).length)
    const kernel = createWgslKernel(other, shape)
    const call = () =>
      kernel.evaluate(theta, draws(22, 2), new Float32Array(1), new Float32Array(2))
    await call()
    other.destroy()
    await expect(call()).rejects.toThrow()
  })
})
