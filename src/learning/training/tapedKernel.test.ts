import { expect, it } from 'vitest'
import { Purpose, Rng } from '../../core/maths/rng.ts'
import type { EnergyKernel, NetworkShape } from '../kernels/kernel.ts'
import { activateCpu, tapedKernel } from './tensorLibrary.ts'
import { createTrainer } from './trainer.ts'

const SHAPE: NetworkShape = { widths: [8, 8], activations: ['sin', 'silu'] }

// `e2e/backends.spec.ts` holds tfjs on WebGPU to this.
function trainerOn(kernel: EnergyKernel, steps: number) {
  return createTrainer({
    seed: 1,
    objective: 'persistent',
    steps,
    kernel,
    problem: {
      halfWidth: 4,
      batch: (step, n, out) => {
        const rng = new Rng({ seed: 1, purpose: Purpose.batches }, step)
        for (let i = 0; i < 2 * n; i++) out[i] = Math.max(-4, Math.min(4, rng.normal()))
      },
    },
  })
}

it('holds no tensor after ten training steps, warm-up and chains', async () => {
  await activateCpu()
  const kernel = tapedKernel('cpu', SHAPE)
  const before = kernel.liveTensors()
  const trainer = trainerOn(kernel, 10)
  while (trainer.step < trainer.steps) await trainer.advance()
  expect(kernel.liveTensors()).toBe(before)
})
