import { expect, it, vi } from 'vitest'
import { openDawn } from '../../../scripts/openDawn.ts'
import { Purpose, Rng } from '../../core/maths/rng.ts'
import type { EnergyKernel, NetworkShape } from '../kernels/kernel.ts'
import { checkGradients } from './selfCheck.ts'
import { activateCpu, activateWebGpu, deactivateWebGpu, tapedKernel } from './tensorLibrary.ts'
import { createTrainer } from './trainer.ts'

const SHAPE: NetworkShape = { widths: [8, 8], activations: ['sin', 'silu'] }

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

it('holds no tensor after 150 training steps, warm-up and chains', async () => {
  await activateCpu()
  const kernel = tapedKernel('cpu', SHAPE)
  const before = kernel.liveTensors()
  const trainer = trainerOn(kernel, 150)
  while (trainer.step < trainer.steps) await trainer.advance()
  expect(kernel.liveTensors()).toBe(before)
})

const dawn = await openDawn()
if (dawn.open === null) console.warn(`tfjs on WebGPU is not tested here: ${dawn.reason}.`)

it.skipIf(dawn.open === null)(
  'on WebGPU derivatives are right, and a training follows that on the processor',
  async () => {
    // The library asks for this object, though it is given its device. Node has none of its own.
    if (!('navigator' in globalThis)) vi.stubGlobal('navigator', { gpu: {} })
    const device = await dawn.open!()
    await activateCpu()
    await activateWebGpu(device, device.adapterInfo)
    try {
      const onDevice = (shape: NetworkShape) => tapedKernel('webgpu', shape)
      expect(await checkGradients('tfjs-webgpu', onDevice)).toBeNull()
      // Side by side: neither may compute on the other's backend.
      const pair = [trainerOn(onDevice(SHAPE), 4), trainerOn(tapedKernel('cpu', SHAPE), 4)]
      for (let step = 0; step < 4; step++) {
        const [found, expected] = await Promise.all(pair.map((trainer) => trainer.advance()))
        expect(Math.abs(found!.loss - expected!.loss)).toBeLessThan(1e-3)
      }
    } finally {
      deactivateWebGpu()
      device.destroy()
    }
  },
)
