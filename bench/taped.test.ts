import { expect, it } from 'vitest'
import { referenceKernel } from '../src/learning/kernels/reference.ts'
import { batchOf, parametersOf } from './batch.ts'
import { tapedStep } from './taped.ts'

it.each([true, false])('the rival on the tape has the loss of the reference', async (second) => {
  const shape = { widths: [8, 6, 5], activations: ['sin', 'silu', 'tanh'] as const }
  const tuples = batchOf(20, second)
  const theta = parametersOf(shape)
  const expected = await referenceKernel(shape).accumulate(
    theta,
    tuples,
    new Float32Array(theta.length),
  )
  const step = await tapedStep('tape', 'tfjs cpu', shape, tuples)
  const found = await step.run()
  step.dispose()
  expect(Math.abs(found! - expected)).toBeLessThan(1e-4 * Math.max(1, Math.abs(expected)))
})
