import { expect, test } from 'vitest'
import { Purpose, Rng } from '../../../core/maths/rng.ts'
import { parameterLayout, type NetworkShape } from '../../../learning/kernels/kernel.ts'
import { evaluateReference } from '../../../learning/kernels/reference.ts'
import { createFloat64Networks } from '../../../learning/kernels/simd/float64Networks.ts'
import { readKernelModule } from '../../../learning/kernels/simd/module.testing.ts'
import { NetworkEvaluator } from './networkEvaluator.ts'

const shapes: NetworkShape[] = [
  { widths: [64, 32, 32], activations: ['sin', 'silu', 'silu'] },
  { widths: [7, 5], activations: ['tanh', 'sin'] },
  { widths: [3], activations: ['silu'] },
  { widths: [], activations: [] },
]

test.each(shapes)('gives the bits of the reference kernel: $widths', (shape) => {
  const rng = new Rng({ seed: 5, purpose: Purpose.probe })
  const { length } = parameterLayout(shape)
  const theta = Float32Array.from({ length }, () => rng.normal())
  const n = 131
  const xy = Float64Array.from({ length: 2 * n }, () => 3 * rng.normal())
  const expected = { value: new Float64Array(n), gradient: new Float64Array(2 * n) }
  evaluateReference(shape, theta, xy, expected.value, expected.gradient)
  const value = new Float64Array(n)
  const gradient = new Float64Array(2 * n)
  new NetworkEvaluator(shape, theta).evaluate(xy, value, gradient)
  expect(value).toEqual(expected.value)
  expect(gradient).toEqual(expected.gradient)
})

test('refuses parameters of another network', () => {
  expect(() => new NetworkEvaluator(shapes[0]!, new Float32Array(3))).toThrow(/found 3 parameters/)
})

test('gives the bits of the compiled one, at the ends of the numbers too', async () => {
  const networks = createFloat64Networks(await readKernelModule())
  const rng = new Rng({ seed: 7, purpose: Purpose.probe })
  const ends = [0, -0, 1e-310, 1e9, -1e9, 1e200, -1e308, Infinity, -Infinity, NaN]
  const n = 300
  const xy = Float64Array.from({ length: 2 * n }, (_, i) =>
    rng.uniform() < 0.2 ? ends[i % ends.length]! : 10 ** (6 * rng.uniform() - 3) * rng.normal(),
  )
  for (const shape of shapes.slice(0, 3)) {
    const theta = Float32Array.from({ length: parameterLayout(shape).length }, () => rng.normal())
    const [plain, compiled] = [new NetworkEvaluator(shape, theta), networks(shape, theta)].map(
      (e) => {
        const found = { value: new Float64Array(n), gradient: new Float64Array(2 * n) }
        e.evaluate(xy, found.value, found.gradient)
        return found
      },
    )
    expect(compiled).toEqual(plain)
    expect(plain!.value.filter(Number.isFinite).length).toBeGreaterThan(n / 2)
  }
})
