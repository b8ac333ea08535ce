import { expect, it } from 'vitest'
import { Purpose, Rng } from '../../core/maths/rng.ts'
import { parameterLayout } from '../../learning/kernels/kernel.ts'
import { readKernelModule } from '../../learning/kernels/simd/module.testing.ts'
import { DEFAULT_SHAPE } from '../../learning/training/model.ts'
import { openEnergy } from './openEnergy.ts'
import { modelEnergy, type BatchEnergy } from './tabulate.ts'

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
  expect(at(await openEnergy(environment, model))).toEqual(plain)
  expect(at(await openEnergy(environment, model))).toEqual(plain)
  expect(asked).toBe(1)
  const missing = { kernelModule: () => Promise.reject(new Error('the server answered 404')) }
  expect(at(await openEnergy(missing, model))).toEqual(plain)
  // As where the engine has no SIMD: it refuses the bytes.
  const refused = { kernelModule: () => WebAssembly.compile(Uint8Array.of(0, 97, 115, 109, 2)) }
  expect(at(await openEnergy(refused, model))).toEqual(plain)
  const none = { ...model, shape: { widths: [], activations: [] }, theta: Float32Array.of(1, 2, 3) }
  expect(at(await openEnergy(environment, none))).toEqual(at(modelEnergy(none)))
})
