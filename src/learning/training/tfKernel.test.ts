import { beforeAll, describe, expect, it } from 'vitest'
import { Purpose, Rng } from '../../core/maths/rng.ts'
import { parameterLayout } from '../kernels/kernel.ts'
import type { EnergyKernel, NetworkShape } from '../kernels/kernel.ts'
import { referenceKernel } from '../kernels/reference.ts'
import type { Backend, EnergyModel } from './api.ts'
import { openBackend } from './backend.ts'
import { DEFAULT_SHAPE, initialParameters } from './model.ts'
import { tabulateModel } from './tabulate.ts'
import { sineCosine } from './tfKernel.ts'
import { createTrainer } from './trainer.ts'

const WASM_PATH = 'node_modules/@tensorflow/tfjs-backend-wasm/dist/'

const draws = (seed: number, length: number, scale = 1) => {
  const rng = new Rng({ seed, purpose: Purpose.probe })
  return Float32Array.from({ length }, () => scale * rng.normal())
}

/** Largest deviation relative to the largest entry. */
function deviation(found: Float32Array, expected: Float32Array): number {
  let scale = 0
  let worst = 0
  for (let i = 0; i < expected.length; i++) {
    scale = Math.max(scale, Math.abs(expected[i]!))
    worst = Math.max(worst, Math.abs(found[i]! - expected[i]!))
  }
  return worst / scale
}

describe.each(['cpu', 'wasm'] as const)('tensor kernel on %s', (name) => {
  let backend: Backend
  beforeAll(async () => {
    backend = await openBackend({ choice: name, wasmPath: WASM_PATH })
    expect(backend.name).toBe(name)
  })

  const shapes: [string, NetworkShape][] = [
    ['the default network', DEFAULT_SHAPE],
    ['one hidden layer', { widths: [7], activations: ['tanh'] }],
    ['equal widths', { widths: [5, 5, 5], activations: ['silu', 'tanh', 'sin'] }],
  ]
  it.each(shapes)('agrees with the float64 reference: %s', async (_, shape) => {
    const { length } = parameterLayout(shape)
    const theta = draws(1, length, 0.4)
    const kernel = backend.kernel(shape)
    const reference = referenceKernel(shape)
    // 37 points, then 1: the sizes at which blocked matrix products go wrong.
    for (const n of [37, 1]) {
      const xy = draws(2, 2 * n, 1.5)
      const run = async (k: EnergyKernel) => {
        const value = new Float32Array(n)
        const gradient = new Float32Array(2 * n)
        await k.evaluate(theta, xy, value, gradient)
        const first = new Float32Array(length)
        const second = new Float32Array(length)
        const c = draws(3, n)
        const losses = Float32Array.of(
          await k.accumulate(theta, { xy, c, w: null, u: null }, first),
          await k.accumulate(theta, { xy, c, w: draws(4, n), u: draws(5, 2 * n) }, second),
        )
        return [value, gradient, first, second, losses]
      }
      const expected = await run(reference)
      for (const [i, found] of (await run(kernel)).entries()) {
        expect(deviation(found, expected[i]!)).toBeLessThan(2e-5)
      }
    }
  })

  it('is deterministic', async () => {
    const shape = DEFAULT_SHAPE
    const theta = draws(6, parameterLayout(shape).length, 0.4)
    const tuples = { xy: draws(7, 64), c: draws(8, 32), w: draws(9, 32), u: draws(10, 64) }
    const runs = []
    for (let k = 0; k < 2; k++) {
      const out = new Float32Array(theta.length)
      const loss = await backend.kernel(shape).accumulate(theta, tuples, out)
      runs.push({ out, loss })
    }
    expect(runs[0]).toEqual(runs[1])
  })
})

describe('memory', () => {
  it('holds no tensor after 500 training steps and 50 tables', async () => {
    const backend = await openBackend({ choice: 'wasm', wasmPath: WASM_PATH })
    const shape: NetworkShape = { widths: [8, 8], activations: ['sin', 'silu'] }
    const kernel = backend.kernel(shape)
    const before = kernel.liveTensors()
    const trainer = createTrainer({
      seed: 1,
      objective: 'persistent',
      steps: 500,
      kernel,
      problem: {
        halfWidth: 4,
        batch: (step, n, out) => {
          const rng = new Rng({ seed: 1, purpose: Purpose.batches }, step)
          for (let i = 0; i < 2 * n; i++) out[i] = Math.max(-4, Math.min(4, rng.normal()))
        },
      },
    })
    while (trainer.step < trainer.steps) {
      await trainer.advance()
      if (trainer.step % 10 === 0) {
        await tabulateModel(kernel, trainer.model(), { halfWidth: 4, cells: 32 })
      }
    }
    expect(kernel.liveTensors()).toBe(before)
  }, 30_000)
})

describe('sineCosine', () => {
  it('is within one float32 unit of the library over the range of the first layer', () => {
    const angles = Float32Array.from({ length: 20_001 }, (_, i) => (i - 10_000) / 100)
    const sine = new Float32Array(angles.length)
    const cosine = new Float32Array(angles.length)
    sineCosine(angles, sine, cosine)
    for (const [i, angle] of angles.entries()) {
      expect(Math.abs(sine[i]! - Math.sin(angle))).toBeLessThan(7e-8)
      expect(Math.abs(cosine[i]! - Math.cos(angle))).toBeLessThan(7e-8)
    }
  })
})

describe('initial parameters', () => {
  it('start from pure confinement: V and ∇V of the network are 0', async () => {
    const model: EnergyModel['theta'] = initialParameters(DEFAULT_SHAPE, 5)
    const value = new Float32Array(3).fill(1)
    const gradient = new Float32Array(6).fill(1)
    await referenceKernel(DEFAULT_SHAPE).evaluate(model, draws(1, 6), value, gradient)
    expect([...value, ...gradient].every((x) => x === 0)).toBe(true)
  })
})
