import { expect, test } from 'vitest'
import { Purpose, Rng } from '../../../core/maths/rng.ts'
import { parameterLayout } from '../../../learning/kernels/kernel.ts'
import { readKernelModule } from '../../../learning/kernels/simd/module.testing.ts'
import { createSimdKernel } from '../../../learning/kernels/simd/simdKernel.ts'
import { DEFAULT_SHAPE } from '../../../learning/training/model.ts'
import { Slicer } from '../environment.ts'
import { kernelEnergy, modelEnergy, tabulate } from './tabulate.ts'

const rng = new Rng({ seed: 8, purpose: Purpose.probe })
const { length } = parameterLayout(DEFAULT_SHAPE)
const model = {
  shape: DEFAULT_SHAPE,
  theta: Float32Array.from({ length }, () => 0.3 * rng.normal()),
  halfWidth: 4,
  penaltyStart: 3.2,
  transform: null,
}
const slicer = () => new Slicer({ clock: () => 0, pause: () => Promise.resolve() })

test('the kernel and float64 tabulate the same energy, confinement included', async () => {
  const kernel = createSimdKernel(await readKernelModule(), DEFAULT_SHAPE)
  const box = { halfWidth: 4, cells: 24 }
  const fast = await tabulate(box, kernelEnergy(kernel, model), slicer())
  const exact = await tabulate(box, modelEnergy(model), slicer())
  for (const key of ['v', 'vx', 'vy'] as const)
    for (const [i, x] of exact[key].entries())
      expect(Math.abs(fast[key][i]! - x)).toBeLessThan(2e-5 * (1 + Math.abs(x)))
})

test('an energy that is not finite names the place', async () => {
  const kernel = createSimdKernel(await readKernelModule(), DEFAULT_SHAPE)
  const broken = { ...model, theta: model.theta.map((x, i) => (i === length - 1 ? Infinity : x)) }
  const table = tabulate({ halfWidth: 4, cells: 4 }, kernelEnergy(kernel, broken), slicer())
  await expect(table).rejects.toThrow('not finite at (-4, -4)')
})
