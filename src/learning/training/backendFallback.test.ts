import { afterEach, describe, expect, it, vi } from 'vitest'
import { readKernelModule } from '../kernels/simd/module.testing.ts'
import { openBackend } from './backend.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

describe('where WebAssembly does not train, auto goes on in JavaScript and says why', () => {
  it('no SIMD', async () => {
    const validate = vi.spyOn(WebAssembly, 'validate').mockReturnValue(false)
    const backend = await openBackend({ choice: 'auto', kernelModule: readKernelModule })
    expect(validate).toHaveBeenCalled()
    expect(backend.name).toBe('cpu')
    expect(backend.refused.map(({ name }) => name)).toEqual(['webgpu', 'wasm'])
    expect(backend.refused[1]!.reason).toBe('this WebAssembly has no SIMD')
    expect(backend.reason).toContain('the only one available')
  }, 20_000)

  it('a module that does not come', async () => {
    const kernelModule = () => Promise.reject(new Error('the server answered 404'))
    const backend = await openBackend({ choice: 'auto', kernelModule })
    expect(backend.name).toBe('cpu')
    expect(backend.refused[1]).toEqual({
      name: 'wasm',
      reason: 'the WebAssembly module could not be loaded',
      details: 'the server answered 404',
    })
  }, 20_000)
})

it('SIMD is found where it is: the probe is a valid module', () => {
  const probes: unknown[] = []
  const validate = WebAssembly.validate.bind(WebAssembly)
  vi.spyOn(WebAssembly, 'validate').mockImplementation((bytes) => {
    probes.push(bytes)
    return validate(bytes)
  })
  return openBackend({ choice: 'wasm', kernelModule: readKernelModule }).then(({ name }) => {
    expect(name).toBe('wasm')
    expect(probes).toHaveLength(1)
  })
})
