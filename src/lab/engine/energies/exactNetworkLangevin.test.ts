import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { readGradients } from '../../../core/fields/energyGrid.ts'
import { BLOCK, createTransition } from '../../../core/fields/transition.ts'
import { fold } from '../../../core/maths/grid.ts'
import { gaussianPair, Purpose, Rng } from '../../../core/maths/rng.ts'
import { langevin } from '../../../core/samplers/langevin.ts'
import { createCloud } from '../../../core/samplers/sampler.ts'
import { createSimdKernel } from '../../../learning/kernels/simd/simdKernel.ts'
import { readKernelModule } from '../../../learning/kernels/simd/module.testing.ts'
import { readEnergyFile } from '../../io/energyFile.ts'
import { Slicer } from '../environment.ts'
import { exactNetworkLangevin } from './exactNetworkLangevin.ts'
import { createBench } from '../session.testing.ts'
import { kernelEnergy, modelEnergy, tabulate } from './tabulate.ts'

const SHIPPED = new URL('../../../../public/energies/two-moons.safetensors', import.meta.url)
const key = { seed: 4, purpose: Purpose.dynamics }
const transition = createTransition({
  stepSize: 0.01,
  epsilon: 1,
  skew: 0,
  preconditioner: [
    [1, 0],
    [0, 1],
  ],
})

async function shipped() {
  const file = readEnergyFile(new Uint8Array(await readFile(SHIPPED)))
  if ('error' in file) throw new Error(file.error)
  const { model } = file
  const box = { halfWidth: model.halfWidth, cells: 128 }
  const grid = await tabulate(box, modelEnergy(model), new Slicer(createBench().environment))
  const kernel = createSimdKernel(await readKernelModule(), model.shape)
  return { model, kernel, field: { grid, barriers: [] } }
}

function scattered(n: number, w: number): Float64Array {
  const rng = new Rng({ seed: 3, purpose: Purpose.initial })
  return Float64Array.from({ length: 2 * n }, () => w * (2 * rng.uniform() - 1))
}

describe('exactNetworkLangevin', () => {
  it('is x ← fold(x − η∇V(x) + √(2ηε)·ξ) with ∇V of the network, bit for bit', async () => {
    const { model, field } = await shipped()
    const n = BLOCK + 37
    const energy = modelEnergy(model)
    const cloud = createCloud(scattered(n, field.grid.box.halfWidth))
    const expected = cloud.xy.slice()
    const gradient = new Float64Array(2 * n)
    const xi = new Float64Array(4)
    const w = field.grid.box.halfWidth
    const sampler = exactNetworkLangevin(energy)
    for (let step = 1; step <= 2; step++) {
      sampler.step(cloud, field, transition, key, step, 11)
      energy(expected, new Float64Array(n), gradient)
      for (let i = 0; i < n; i++) {
        gaussianPair(key, 11 + i, step, xi)
        for (const k of [0, 1]) {
          const centre = expected[2 * i + k]! - transition.stepSize * gradient[2 * i + k]!
          expected[2 * i + k] = fold(centre + transition.root[0] * xi[k]!, w)
        }
      }
      expect(cloud.xy).toEqual(expected)
    }
  })

  const distance = (a: Float64Array, b: Float64Array) =>
    a.reduce((most, x, k) => Math.max(most, Math.abs(x - b[k]!)), 0)

  it('leaves the table by η times its error in the gradient, a step, under the same noise', async () => {
    const { model, field } = await shipped()
    const n = 2000
    const onTable = createCloud(scattered(n, 2.5))
    const onNetwork = createCloud(onTable.xy)
    const exact = new Float64Array(2 * n)
    const read = new Float64Array(2 * n)
    modelEnergy(model)(onTable.xy, new Float64Array(n), exact)
    readGradients(field.grid, onTable.xy, 0, n, read)
    const error = distance(exact, read)
    // The table is another energy, and that is seen.
    expect(error).toBeGreaterThan(1e-6)
    langevin.step(onTable, field, transition, key, 1)
    exactNetworkLangevin(modelEnergy(model)).step(onNetwork, field, transition, key, 1)
    const apart = distance(onTable.xy, onNetwork.xy)
    expect(apart / (transition.stepSize * error)).toBeCloseTo(1, 6)
  })

  it('is the same on SIMD up to float32', async () => {
    const { model, kernel, field } = await shipped()
    const onNetwork = createCloud(scattered(2000, 2.5))
    const onSimd = createCloud(onNetwork.xy)
    const network = exactNetworkLangevin(modelEnergy(model))
    const simd = exactNetworkLangevin(kernelEnergy(kernel, model))
    for (let step = 1; step <= 5; step++) {
      network.step(onNetwork, field, transition, key, step)
      simd.step(onSimd, field, transition, key, step)
    }
    expect(distance(onSimd.xy, onNetwork.xy)).toBeLessThan(1e-5)
  })

  it('takes no memory for its particles, and refuses barriers', async () => {
    const { model, kernel, field } = await shipped()
    const cloud = createCloud(scattered(20_000, 2))
    const sampler = exactNetworkLangevin(kernelEnergy(kernel, model))
    sampler.step(cloud, field, transition, key, 1)
    const before = process.memoryUsage().arrayBuffers
    for (let step = 2; step <= 4; step++) sampler.step(cloud, field, transition, key, step)
    expect(process.memoryUsage().arrayBuffers).toBeLessThanOrEqual(before)
    const walled = {
      ...field,
      barriers: [{ kind: 'disc', center: [0, 0], radius: 1, strength: 0 } as const],
    }
    expect(() => sampler.step(cloud, walled, transition, key, 5)).toThrow(RangeError)
  })
})
