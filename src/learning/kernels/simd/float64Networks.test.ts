import { describe, expect, it, test } from 'vitest'
import { Purpose, Rng } from '../../../core/maths/rng.ts'
import { parameterLayout, type Activation, type NetworkShape } from '../kernel.ts'
import { evaluateReference } from '../reference.ts'
import { createFloat64Networks } from './float64Networks.ts'
import { readKernelModule } from './module.testing.ts'

const networks = createFloat64Networks(await readKernelModule())

function evaluated(shape: NetworkShape, theta: ArrayLike<number>, xy: Float64Array) {
  const n = xy.length / 2
  const value = new Float64Array(n)
  const gradient = new Float64Array(2 * n)
  const expected = { value: new Float64Array(n), gradient: new Float64Array(2 * n) }
  networks(shape, theta).evaluate(xy, value, gradient)
  evaluateReference(shape, theta, xy, expected.value, expected.gradient)
  return { found: { value, gradient }, expected }
}

function random(shape: NetworkShape, seed: number): Float32Array {
  const rng = new Rng({ seed, purpose: Purpose.probe })
  return Float32Array.from({ length: parameterLayout(shape).length }, () => rng.normal())
}

const SHAPES: NetworkShape[] = [
  { widths: [64, 32, 32], activations: ['sin', 'silu', 'silu'] },
  { widths: [7, 5], activations: ['tanh', 'sin'] },
  { widths: [1, 9, 3], activations: ['silu', 'tanh', 'tanh'] },
  { widths: [33], activations: ['silu'] },
  { widths: [1], activations: ['sin'] },
  { widths: [2, 130], activations: ['tanh', 'silu'] },
]

describe('the bits of the reference kernel', () => {
  test.each(SHAPES)('at any number of points: $widths', (shape) => {
    const rng = new Rng({ seed: 5, purpose: Purpose.probe })
    for (const n of [0, 1, 8, 131, 256, 601]) {
      const xy = Float64Array.from({ length: 2 * n }, () => 3 * rng.normal())
      const { found, expected } = evaluated(shape, random(shape, n), xy)
      expect(found).toEqual(expected)
    }
  })

  /** V(x, y) = f(x): value and slope of an activation at any number whatever. */
  test.each<Activation>(['sin', 'silu', 'tanh'])('of %s, wherever it branches', (activation) => {
    const rng = new Rng({ seed: 6, purpose: Purpose.probe })
    const xs = [0, -0, NaN, Infinity, -Infinity, Number.MIN_VALUE, Number.MAX_VALUE]
    for (const border of [
      354.89, 372.56, 708.4, 709.09, 709.782712893384, 710, 745.1332191019412, 746,
    ])
      for (const sign of [-1, 1])
        for (let ulps = -2; ulps <= 2; ulps++) xs.push(sign * border * (1 + ulps * 2 ** -52))
    for (let k = -40; k <= 40; k++)
      for (let ulps = -2; ulps <= 2; ulps++) xs.push(k * (Math.PI / 4) * (1 + ulps * 2 ** -52))
    for (let e = -1074; e <= 1023; e += 1)
      xs.push(2 ** e * (1 + rng.uniform()), -(2 ** e) * (1 + rng.uniform()))
    for (let i = 0; i < 20_000; i++) xs.push(800 * (2 * rng.uniform() - 1))
    const xy = Float64Array.from({ length: 2 * xs.length }, (_, i) =>
      i % 2 === 0 ? xs[i / 2]! : 0,
    )
    const shape: NetworkShape = { widths: [2], activations: [activation] }
    const { found, expected } = evaluated(shape, [1, 1, 0, 0, 0, 0, 1, 0, 0], xy)
    expect(found).toEqual(expected)
  })

  it('at the ends of the numbers', () => {
    const rng = new Rng({ seed: 7, purpose: Purpose.probe })
    const ends = [0, -0, 1e-310, 1e9, -1e9, 1e200, -1e308, Infinity, -Infinity, NaN]
    const n = 300
    const xy = Float64Array.from({ length: 2 * n }, (_, i) =>
      rng.uniform() < 0.2 ? ends[i % ends.length]! : 10 ** (6 * rng.uniform() - 3) * rng.normal(),
    )
    for (const shape of SHAPES.slice(0, 4)) {
      const { found, expected } = evaluated(shape, random(shape, 7), xy)
      expect(found).toEqual(expected)
      expect(expected.value.filter(Number.isFinite).length).toBeGreaterThan(n / 2)
    }
  })
})

it('keeps networks apart that are asked in turn', () => {
  const xy = Float64Array.from({ length: 18 }, (_, i) => Math.sin(i))
  const made = SHAPES.map((shape, seed) => ({ shape, theta: random(shape, seed) }))
  const evaluators = made.map(({ shape, theta }) => networks(shape, theta))
  for (const order of [
    [0, 3, 0],
    [5, 1, 5],
  ])
    for (const i of order) {
      const value = new Float64Array(9)
      const gradient = new Float64Array(18)
      evaluators[i]!.evaluate(xy, value, gradient)
      const { expected } = evaluated(made[i]!.shape, made[i]!.theta, xy)
      expect({ value, gradient }).toEqual(expected)
    }
})

it('refuses a network without a hidden layer, and parameters of another network', () => {
  expect(() => networks({ widths: [], activations: [] }, [1, 2, 0])).toThrow(/hidden layer/)
  expect(() => networks(SHAPES[0]!, [1, 2, 3])).toThrow(/found 3 parameters/)
})
