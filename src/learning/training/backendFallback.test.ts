import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openBackend } from './backend.ts'

describe('where WebAssembly cannot be loaded', () => {
  // The module's loader prints its failure before it reports it.
  beforeAll(() => {
    for (const method of ['warn', 'error'] as const) vi.spyOn(console, method).mockReturnValue()
  })
  afterAll(() => {
    vi.restoreAllMocks()
  })

  it('auto goes on in JavaScript and says why', async () => {
    const backend = await openBackend({ choice: 'auto', wasmPath: '/nowhere/' })
    expect(backend.name).toBe('cpu')
    expect(backend.reason).toMatch(/^the only one available: cpu \S+ ms a step$/)
    expect(backend.refused.map(({ name }) => name)).toEqual(['webgpu', 'wasm'])
    expect(backend.refused[1]!.reason).toContain('could not be loaded')
  }, 20_000)
})
