import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openDawn } from '../../../../scripts/openDawn.ts'
import { Patience } from '../deadline.ts'
import { parameterLayout } from '../kernel.ts'
import type { NetworkShape } from '../kernel.ts'
import { deviation, describeConformance, draws, SHAPES } from '../conformance.testing.ts'
import { accumulateReference } from '../reference.ts'
import { createWgslKernel } from './wgslKernel.ts'

/** For answers on their way: only a broken program takes as long. */
const PATIENCE = { timeout: 60_000 }

const dawn = await openDawn()
if (dawn.open === null) console.warn(`The WGSL kernel is not tested here: ${dawn.reason}.`)

// A software adapter compiles for seconds.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 })

if (dawn.open !== null) {
  const { open } = dawn
  describeConformance(
    'WGSL',
    async () => {
      const device = await open()
      return (shape) => createWgslKernel(device, shape)
    },
    { counts: [1, 37, 70], many: 700, shapes: SHAPES.filter((_, i) => i !== 1 && i !== 3) },
  )
}

describe.skipIf(dawn.open === null)('WGSL kernel', () => {
  let device: GPUDevice
  beforeAll(async () => {
    device = await dawn.open!()
  })
  afterAll(() => device.destroy())

  it('agrees as a GPU would run it too, in workgroup memory', async () => {
    // Wide enough for whole register blocks.
    const shape: NetworkShape = { widths: [28, 32], activations: ['sin', 'tanh'] }
    const { length } = parameterLayout(shape)
    const theta = draws(6, length, 0.5)
    const kernel = createWgslKernel(device, shape, false)
    const n = 41
    const tuples = { xy: draws(7, 2 * n), c: draws(8, n), w: draws(9, n), u: draws(10, 2 * n) }
    const out = new Float32Array(length)
    const out64 = new Float64Array(length)
    const loss = await kernel.accumulate(theta, tuples, out)
    const loss64 = accumulateReference(shape, theta, tuples, out64)
    expect(deviation(out, out64)).toBeLessThan(1e-5)
    expect(Math.abs(loss - loss64)).toBeLessThan(1e-4 * (1 + Math.abs(loss64)))
    kernel.dispose()
  })

  it('gives up a device that does not compile, or does not answer', async () => {
    let shape: NetworkShape = { widths: [4], activations: ['tanh'] }
    const patience = {
      compiler: new Patience("the GPU's compiler", 30),
      answers: new Patience('the GPU', 20),
    }
    const evaluate = () => {
      const theta = draws(19, parameterLayout(shape).length)
      const kernel = createWgslKernel(device, shape, undefined, patience)
      const call = kernel.evaluate(theta, draws(20, 40), new Float32Array(20), null)
      return { kernel, call }
    }
    const never = () => new Promise<never>(() => {})
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const compile = vi.spyOn(device, 'createComputePipelineAsync').mockImplementation(never)
      const compiling = expect(evaluate().call).rejects.toThrow(
        "the GPU's compiler did not answer within 30 s",
      )
      await vi.waitFor(() => {
        expect(compile).toHaveBeenCalled()
      }, PATIENCE)
      await vi.advanceTimersByTimeAsync(30_000)
      await compiling
      compile.mockRestore()

      const map = vi.spyOn(GPUBuffer.prototype, 'mapAsync').mockImplementation(never)
      shape = { widths: [4], activations: ['silu'] }
      const { kernel, call } = evaluate()
      const answering = expect(call).rejects.toThrow('the GPU did not answer within 20 s')
      await vi.waitFor(() => {
        expect(map).toHaveBeenCalled()
      }, PATIENCE)
      await vi.advanceTimersByTimeAsync(20_000)
      await answering
      kernel.dispose()
      expect(kernel.liveTensors()).toBe(0)
    } finally {
      vi.restoreAllMocks()
      vi.useRealTimers()
    }
  })

  it('holds as many buffers after many calls as after the first', async () => {
    const shape: NetworkShape = { widths: [8], activations: ['silu'] }
    const theta = draws(19, parameterLayout(shape).length)
    const kernel = createWgslKernel(device, shape)
    const call = () =>
      kernel.evaluate(theta, draws(20, 40), new Float32Array(20), new Float32Array(40))
    await call()
    const held = kernel.liveTensors()
    for (let k = 0; k < 5; k++) await call()
    expect(kernel.liveTensors()).toBe(held)
    // Two at once: one more to read from, and both right.
    await Promise.all([call(), call()])
    expect(kernel.liveTensors()).toBe(held + 1)
    kernel.dispose()
  })

  it('rejects when its device is lost', async () => {
    const other = await dawn.open!()
    const shape: NetworkShape = { widths: [8], activations: ['silu'] }
    const theta = draws(21, parameterLayout(shape).length)
    const kernel = createWgslKernel(other, shape)
    const call = () =>
      kernel.evaluate(theta, draws(22, 2), new Float32Array(1), new Float32Array(2))
    await call()
    other.destroy()
    await expect(call()).rejects.toThrow()
  })
})
