import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { NetworkShape } from '../kernels/kernel.ts'
import { referenceKernel } from '../kernels/reference.ts'
import { readKernelModule } from '../kernels/simd/module.testing.ts'
import type { OpenBackendOptions } from './api.ts'
import { openBackend } from './backend.ts'
import { checkGradients } from './selfCheck.ts'

const kernelModule = readKernelModule

describe('openBackend in Node, where there is no WebGPU', () => {
  it('auto takes WebAssembly, unmeasured since there is nothing to compare it with', async () => {
    const backend = await openBackend({ choice: 'auto', kernelModule })
    expect([backend.name, backend.description]).toEqual(['wasm', 'WebAssembly SIMD'])
    expect(backend.reason).toBe('the only one available: webgpu: no WebGPU in this browser')
    expect(backend.refused).toEqual([{ name: 'webgpu', reason: 'no WebGPU in this browser' }])
  })

  it.each(['wasm', 'cpu', 'tfjs-cpu'] as const)('takes a backend by name: %s', async (choice) => {
    const backend = await openBackend({ choice, kernelModule })
    expect([backend.name, backend.reason, backend.refused]).toEqual([
      choice,
      'asked for by name',
      [],
    ])
  })

  it.each(['webgpu', 'tfjs-webgpu'] as const)(
    'falls back with the reason where %s is missing',
    async (choice) => {
      const backend = await openBackend({ choice, kernelModule })
      expect(backend.name).toBe('wasm')
      expect(backend.reason).toContain(`in place of ${choice}, which was asked for: no WebGPU`)
      expect(backend.refused.map(({ name }) => name)).toEqual(
        choice === 'webgpu' ? ['webgpu'] : ['tfjs-webgpu', 'webgpu'],
      )
    },
  )
})

describe('where there is a GPU', () => {
  const requestDevice = vi.fn(() => Promise.reject(new Error('the driver is asleep')))
  const adapter = {
    info: { description: 'A GPU', isFallbackAdapter: false },
    limits: {},
    requestDevice,
  }
  const withGpu = (found: object | null) => {
    vi.stubGlobal('navigator', { gpu: { requestAdapter: () => Promise.resolve(found) } })
  }
  afterEach(() => {
    vi.unstubAllGlobals()
    requestDevice.mockClear()
  })

  it('which was measured to be slower, it is left alone', async () => {
    withGpu(adapter)
    const recall = vi.fn(() => ({ webgpu: 3, wasm: 1 }))
    const calibrations = { recall, remember: vi.fn() }
    const backend = await openBackend({ choice: 'auto', kernelModule, calibrations })
    expect(recall).toHaveBeenCalledWith('A GPU')
    expect(backend.name).toBe('wasm')
    expect(backend.reason).toBe('faster of 2 measured earlier: wasm 1.0 ms, webgpu 3.0 ms a step')
    expect(requestDevice).not.toHaveBeenCalled()
  })

  it('which does not start, WebAssembly is taken and the reason kept', async () => {
    withGpu(adapter)
    const calibrations = { recall: () => null, remember: vi.fn() }
    const backend = await openBackend({ choice: 'auto', kernelModule, calibrations })
    expect(backend.name).toBe('wasm')
    expect(backend.refused).toEqual([
      { name: 'webgpu', reason: 'it could not be opened', details: 'the driver is asleep' },
    ])
    expect(calibrations.remember).not.toHaveBeenCalled()
  })

  it.each([
    [null, 'WebGPU is there, but it offers no adapter'],
    [
      { ...adapter, info: { description: 'SwiftShader', isFallbackAdapter: false } },
      'only a software adapter (SwiftShader), slower than WebAssembly',
    ],
  ])('which is none, it is refused', async (found, reason) => {
    withGpu(found)
    const backend = await openBackend({ choice: 'auto', kernelModule })
    expect(backend.name).toBe('wasm')
    expect(backend.refused).toEqual([{ name: 'webgpu', reason }])
  })
})

describe('what never answers is waited for no longer than its limit', () => {
  const never = () => new Promise<never>(() => {})
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })
  const openedAfter = async (seconds: number, options: Partial<OpenBackendOptions> = {}) => {
    const opening = openBackend({ choice: 'auto', kernelModule, ...options })
    await vi.advanceTimersByTimeAsync(1000 * seconds)
    return opening
  }

  it.each(['auto', 'webgpu'] as const)('an adapter, %s', async (choice) => {
    vi.stubGlobal('navigator', { gpu: { requestAdapter: never } })
    const backend = await openedAfter(8, { choice })
    expect(backend.name).toBe('wasm')
    expect(backend.reason).toContain('WebGPU did not answer within 8 s')
  })

  it.each(['auto', 'webgpu'] as const)(
    'a device, %s; one that comes late is destroyed',
    async (choice) => {
      let answer = (_device: { destroy: () => void }) => {}
      const adapter = {
        info: { description: 'A GPU', isFallbackAdapter: false },
        limits: {},
        requestDevice: () => new Promise((resolve) => (answer = resolve)),
      }
      vi.stubGlobal('navigator', { gpu: { requestAdapter: () => Promise.resolve(adapter) } })
      const backend = await openedAfter(8, { choice })
      expect(backend.name).toBe('wasm')
      expect(backend.refused[0]!.reason).toBe('the GPU adapter did not answer within 8 s')
      const destroy = vi.fn()
      answer({ destroy })
      await vi.advanceTimersByTimeAsync(0)
      expect(destroy).toHaveBeenCalledOnce()
    },
  )

  it('the WebAssembly module; one that comes late is told of', async () => {
    let arrive = () => {}
    const onLate = vi.fn()
    const told = new Promise<void>((resolve) => onLate.mockImplementation(resolve))
    const late = new Promise<WebAssembly.Module>((resolve) => {
      arrive = () => {
        void kernelModule().then(resolve)
      }
    })
    const backend = await openedAfter(10, { kernelModule: () => late, onLate })
    expect(backend.name).toBe('cpu')
    expect(backend.refused[1]).toEqual({
      name: 'wasm',
      reason: 'the WebAssembly module did not answer within 10 s',
    })
    expect(onLate).not.toHaveBeenCalled()
    arrive()
    await told
    expect(onLate).toHaveBeenCalledOnce()
  })
})

it('what failed in use is passed over unless it is asked for by name', async () => {
  const failed = new Map([['wasm', 'it stopped working'] as const])
  const auto = await openBackend({ choice: 'auto', kernelModule, failed })
  expect(auto.name).toBe('cpu')
  expect(auto.refused[1]).toEqual({ name: 'wasm', reason: 'failed earlier: it stopped working' })
  expect((await openBackend({ choice: 'webgpu', kernelModule, failed })).name).toBe('cpu')
  expect((await openBackend({ choice: 'wasm', kernelModule, failed })).name).toBe('wasm')
})

describe('gradient self-check', () => {
  const broken =
    (what: 'evaluate' | 'values' | 'gradients' | 'nan') =>
    (shape: NetworkShape): ReturnType<typeof referenceKernel> => {
      const kernel = referenceKernel(shape)
      return {
        ...kernel,
        evaluate: async (theta, xy, value, gradient) => {
          await kernel.evaluate(theta, xy, value, gradient)
          if (what === 'evaluate' && gradient !== null) gradient[0] = gradient[0]! * 1.3
          if (what === 'nan') value[3] = Number.NaN
        },
        accumulate: async (theta, tuples, out) => {
          const loss = await kernel.accumulate(theta, tuples, out)
          const faulty = tuples.w === null ? what === 'values' : what === 'gradients'
          if (faulty) for (let k = 0; k < out.length; k++) out[k] = out[k]! * 0.86
          return loss
        },
      }
    }

  it('passes the reference', async () => {
    expect(await checkGradients('wasm', referenceKernel)).toBeNull()
  })

  it.each(['evaluate', 'values', 'gradients', 'nan'] as const)('refuses wrong %s', async (what) => {
    const faults = await Promise.all(
      (['webgpu', 'wasm'] as const).map((name) => checkGradients(name, broken(what))),
    )
    for (const fault of faults) expect(fault?.message).toMatch(/^gradient self-check failed: /)
  })

  it('refuses a kernel that throws', async () => {
    const throwing = (shape: NetworkShape) => ({
      ...referenceKernel(shape),
      evaluate: () => Promise.reject(new Error('no such operation')),
    })
    expect(await checkGradients('wasm', throwing)).toMatchObject({
      message: 'its gradient self-check failed',
      details: 'no such operation',
    })
  })
})
