import { expect, it } from 'vitest'
import { DEFAULT_SHAPE, initialParameters } from '../../../learning/training/model.ts'
import { createBench } from '../session.testing.ts'
import { Backends } from './backends.ts'
import { checkBackend } from './checkBackend.ts'

const { environment, events } = createBench()
const backends = new Backends(environment)

const network = {
  shape: DEFAULT_SHAPE,
  // Its output layer is 0 at the start.
  theta: initialParameters(DEFAULT_SHAPE, 3).map(
    (weight, i) => (weight === 0 ? 0.1 : weight) + i / 1e5,
  ),
  halfWidth: 4,
  penaltyStart: 3.2,
  transform: null,
}

it.each(['wasm', 'cpu', 'tfjs-cpu'] as const)(
  '%s agrees with float64 on any network',
  async (name) => {
    for (const models of [[], [network], [network, network]]) {
      const check = await checkBackend(backends, name, models)
      if ('refused' in check) throw new Error(check.refused)
      expect(check.networks).toBe(models.length)
      expect(check.milliseconds).toBeGreaterThan(0)
      const { value, gradient, parameters } = check.fromFloat64
      for (const difference of [value, gradient, parameters]) {
        expect(difference).toBeGreaterThan(0)
        expect(difference).toBeLessThan(1e-4)
      }
      expect(check.fromFused?.name ?? null).toBe(name === 'tfjs-cpu' ? 'wasm' : null)
      expect(check.fromFused?.parameters ?? 0).toBeLessThan(1e-4)
    }
    // Looking at one does not put it to use.
    expect(events.filter((event) => event.name === 'backend')).toEqual([])
  },
)

it('what cannot be had says why, though another would be opened in its place', async () => {
  expect(await checkBackend(backends, 'tfjs-webgpu', [])).toEqual({
    refused: 'no WebGPU in this browser',
  })
})
