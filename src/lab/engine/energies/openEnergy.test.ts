import { expect, it, vi } from 'vitest'
import { Purpose, Rng } from '../../../core/maths/rng.ts'
import { parameterLayout } from '../../../learning/kernels/kernel.ts'
import { readKernelModule } from '../../../learning/kernels/simd/module.testing.ts'
import { isSynchronous } from '../../../learning/kernels/simd/simdKernel.ts'
import { DEFAULT_SHAPE } from '../../../learning/training/model.ts'
import { Slicer } from '../environment.ts'
import { openEnergy, trustedKernel } from './openEnergy.ts'
import { createBench } from '../session.testing.ts'
import { modelEnergy, tabulate, type BatchEnergy } from './tabulate.ts'

/** For answers on their way: only a broken program takes as long. */
const PATIENCE = { timeout: 60_000 }

const rng = new Rng({ seed: 3, purpose: Purpose.probe })
const { length } = parameterLayout(DEFAULT_SHAPE)
const model = {
  shape: DEFAULT_SHAPE,
  theta: Float32Array.from({ length }, () => 0.3 * rng.normal()),
  halfWidth: 4,
  penaltyStart: 3,
  transform: null,
}
const n = 77
const xy = Float64Array.from({ length: 2 * n }, () => 2 * rng.normal())

function at(energy: BatchEnergy) {
  const found = { value: new Float64Array(n), gradient: new Float64Array(2 * n) }
  energy(xy, found.value, found.gradient)
  return found
}

it('is the same energy with the compiled kernel, without one, and with one that is refused', async () => {
  const plain = at(modelEnergy(model))
  let asked = 0
  const environment = {
    kernelModule: () => {
      asked++
      return readKernelModule()
    },
  }
  const energy = openEnergy(environment, model)
  expect(at(energy)).toEqual(plain)
  await vi.waitFor(async () => {
    expect(trustedKernel(environment, DEFAULT_SHAPE)).toSatisfy(isSynchronous)
  }, PATIENCE)
  expect(at(energy)).toEqual(plain)
  expect(at(openEnergy(environment, model))).toEqual(plain)
  expect(asked).toBe(1)
  const missing = { kernelModule: () => Promise.reject(new Error('the server answered 404')) }
  expect(at(openEnergy(missing, model))).toEqual(plain)
  // As where the engine has no SIMD: it refuses the bytes.
  const refused = { kernelModule: () => WebAssembly.compile(Uint8Array.of(0, 97, 115, 109, 2)) }
  expect(at(openEnergy(refused, model))).toEqual(plain)
  const never = { kernelModule: () => new Promise<WebAssembly.Module>(() => {}) }
  expect(at(openEnergy(never, model))).toEqual(plain)
  const none = { ...model, shape: { widths: [], activations: [] }, theta: Float32Array.of(1, 2, 3) }
  expect(at(openEnergy(environment, none))).toEqual(at(modelEnergy(none)))
})

it('a table that is under way when the kernel arrives has the same bits', async () => {
  const box = { halfWidth: 4, cells: 24 }
  const { environment } = createBench(undefined, () => (time += 1))
  let time = 0
  const whole = await tabulate(box, modelEnergy(model), new Slicer(environment))
  let arrive = (_module: WebAssembly.Module) => {}
  const late = {
    kernelModule: () => new Promise<WebAssembly.Module>((resolve) => (arrive = resolve)),
  }
  const energy = openEnergy(late, model)
  let rows = 0
  const module = await readKernelModule()
  const table = await tabulate(
    box,
    (...batch) => {
      if (++rows === 10) arrive(module)
      energy(...batch)
    },
    new Slicer(environment),
  )
  expect(trustedKernel(late, DEFAULT_SHAPE)).toSatisfy(isSynchronous)
  expect(table).toEqual(whole)
})
