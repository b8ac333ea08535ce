import { describe, expect, it } from 'vitest'
import { draws } from '../conformance.testing.ts'
import { parameterLayout } from '../kernel.ts'
import type { Activation, NetworkShape } from '../kernel.ts'
import { readKernelModule } from './module.testing.ts'
import { createSimdKernel } from './simdKernel.ts'

const module = await readKernelModule()

/** V(x, y) = f(x), so that V and V_x are the activation and its slope. */
function bare(activation: Activation, xs: Float32Array) {
  const shape: NetworkShape = { widths: [1], activations: [activation] }
  const theta = Float32Array.of(1, 0, 0, 1, 0)
  const value = new Float32Array(xs.length)
  const gradient = new Float32Array(2 * xs.length)
  const xy = new Float32Array(2 * xs.length)
  for (let i = 0; i < xs.length; i++) xy[2 * i] = xs[i]!
  createSimdKernel(module, shape).evaluateSync(theta, xy, value, gradient)
  return { value, slope: gradient.filter((_, i) => i % 2 === 0) }
}

describe('the activations, against the library in float64', () => {
  const near = Float32Array.from({ length: 40_001 }, (_, i) => (i - 20_000) / 250)
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
  const cases: [Activation, (x: number) => number, (x: number) => number][] = [
    ['sin', Math.sin, Math.cos],
    ['silu', (x) => x * sigmoid(x), (x) => sigmoid(x) + x * sigmoid(x) * (1 - sigmoid(x))],
    ['tanh', Math.tanh, (x) => 1 - Math.tanh(x) ** 2],
  ]
  it.each(cases)('%s and its slope on [−80, 80]', (activation, f, derivative) => {
    const { value, slope } = bare(activation, near)
    for (const [i, x] of near.entries()) {
      expect(Math.abs(value[i]! - f(x))).toBeLessThan(2e-7 * Math.max(1, Math.abs(x)))
      expect(Math.abs(slope[i]! - derivative(x))).toBeLessThan(4e-7)
    }
  })

  it('sine at thousands of turns', () => {
    const far = Float32Array.from({ length: 4001 }, (_, i) => (i - 2000) * 9.87)
    const { value, slope } = bare('sin', far)
    for (const [i, x] of far.entries()) {
      expect(Math.abs(value[i]! - Math.sin(x))).toBeLessThan(4e-7)
      expect(Math.abs(slope[i]! - Math.cos(x))).toBeLessThan(4e-7)
    }
  })

  it('saturate where the exponential would overflow', () => {
    const far = Float32Array.of(-1e4, -200, 200, 1e4)
    expect([...bare('tanh', far).value]).toEqual([-1, -1, 1, 1])
    expect([...bare('silu', far).value.slice(2)]).toEqual([200, 1e4])
    for (const x of bare('silu', far).value.slice(0, 2)) expect(Math.abs(x)).toBeLessThan(1e-13)
  })

  it('leave numbers whose products are not subnormal, however far a unit is off', () => {
    const off = Float32Array.from({ length: 1000 }, (_, i) => -10 - i)
    const { value, slope } = bare('silu', off)
    for (const x of [...value, ...slope]) expect(x * x).toBeGreaterThan(2 ** -126)
  })
})

it('answers synchronously what it answers with a promise', async () => {
  const shape: NetworkShape = { widths: [12, 8], activations: ['sin', 'silu'] }
  const kernel = createSimdKernel(module, shape)
  const { length } = parameterLayout(shape)
  const theta = draws(1, length)
  const n = 90
  const xy = draws(2, 2 * n)
  const [value, waited] = [new Float32Array(n), new Float32Array(n)]
  const [gradient, waitedGradient] = [new Float32Array(2 * n), new Float32Array(2 * n)]
  kernel.evaluateSync(theta, xy, value, gradient)
  await kernel.evaluate(theta, xy, waited, waitedGradient)
  expect(waited).toEqual(value)
  expect(waitedGradient).toEqual(gradient)
  const tuples = { xy, c: draws(3, n), w: draws(4, n), u: draws(5, 2 * n) }
  const [out, waitedOut] = [new Float32Array(length), new Float32Array(length)]
  expect(await kernel.accumulate(theta, tuples, waitedOut)).toBe(
    kernel.accumulateSync(theta, tuples, out),
  )
  expect(waitedOut).toEqual(out)
})

it('gives every point its own result, wherever it stands in a call', () => {
  const shape: NetworkShape = { widths: [16, 16], activations: ['sin', 'tanh'] }
  const kernel = createSimdKernel(module, shape)
  const theta = draws(6, parameterLayout(shape).length)
  const n = 1100
  const xy = draws(7, 2 * n)
  const value = new Float32Array(n)
  const gradient = new Float32Array(2 * n)
  kernel.evaluateSync(theta, xy, value, gradient)
  for (const i of [0, 63, 64, 700, 1023, 1024, 1099]) {
    const one = new Float32Array(1)
    const slope = new Float32Array(2)
    kernel.evaluateSync(theta, xy.subarray(2 * i, 2 * i + 2), one, slope)
    expect(one[0]).toBe(value[i])
    expect([...slope]).toEqual([...gradient.subarray(2 * i, 2 * i + 2)])
  }
})

it('refuses a network without a hidden layer, and parameters of another network', () => {
  expect(() => createSimdKernel(module, { widths: [], activations: [] })).toThrow(RangeError)
  const kernel = createSimdKernel(module, { widths: [4], activations: ['sin'] })
  expect(() => {
    kernel.evaluateSync(new Float32Array(3), new Float32Array(2), new Float32Array(1), null)
  }).toThrow(/found 3 parameters/)
})
