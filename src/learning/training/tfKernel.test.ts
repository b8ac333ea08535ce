import { describe, expect, it } from 'vitest'
import { Purpose, Rng } from '../../core/maths/rng.ts'
import { draws } from '../kernels/conformance.testing.ts'
import type { NetworkShape } from '../kernels/kernel.ts'
import { referenceKernel } from '../kernels/reference.ts'
import type { EnergyModel } from './api.ts'
import { DEFAULT_SHAPE, initialParameters } from './model.ts'
import { tabulateModel } from './tabulate.ts'
import { sineCosine, tfKernel } from './tfKernel.ts'
import { activateTensorWasm } from './tensorWasm.testing.ts'
import { createTrainer } from './trainer.ts'

describe('memory', () => {
  it('holds no tensor after 500 training steps and 50 tables', async () => {
    await activateTensorWasm()
    const shape: NetworkShape = { widths: [8, 8], activations: ['sin', 'silu'] }
    const kernel = tfKernel('wasm', shape)
    const before = kernel.liveTensors()
    const trainer = createTrainer({
      seed: 1,
      objective: 'persistent',
      steps: 500,
      kernel,
      problem: {
        halfWidth: 4,
        batch: (step, n, out) => {
          const rng = new Rng({ seed: 1, purpose: Purpose.batches }, step)
          for (let i = 0; i < 2 * n; i++) out[i] = Math.max(-4, Math.min(4, rng.normal()))
        },
      },
    })
    while (trainer.step < trainer.steps) {
      await trainer.advance()
      if (trainer.step % 10 === 0) {
        await tabulateModel(kernel, trainer.model(), { halfWidth: 4, cells: 32 })
      }
    }
    expect(kernel.liveTensors()).toBe(before)
  }, 30_000)
})

describe('sineCosine', () => {
  it('is within one float32 unit of the library over the range of the first layer', () => {
    const angles = Float32Array.from({ length: 20_001 }, (_, i) => (i - 10_000) / 100)
    const sine = new Float32Array(angles.length)
    const cosine = new Float32Array(angles.length)
    sineCosine(angles, sine, cosine)
    for (const [i, angle] of angles.entries()) {
      expect(Math.abs(sine[i]! - Math.sin(angle))).toBeLessThan(7e-8)
      expect(Math.abs(cosine[i]! - Math.cos(angle))).toBeLessThan(7e-8)
    }
  })
})

describe('initial parameters', () => {
  it('start from pure confinement: V and ∇V of the network are 0', async () => {
    const model: EnergyModel['theta'] = initialParameters(DEFAULT_SHAPE, 5)
    const value = new Float32Array(3).fill(1)
    const gradient = new Float32Array(6).fill(1)
    await referenceKernel(DEFAULT_SHAPE).evaluate(model, draws(1, 6), value, gradient)
    expect([...value, ...gradient].every((x) => x === 0)).toBe(true)
  })
})
