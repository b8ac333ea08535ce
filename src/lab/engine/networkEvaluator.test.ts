import { expect, test } from 'vitest'
import { Purpose, Rng } from '../../core/maths/rng.ts'
import { parameterLayout, type NetworkShape } from '../../learning/kernels/kernel.ts'
import { evaluateReference } from '../../learning/kernels/reference.ts'
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
