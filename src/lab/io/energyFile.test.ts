import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parameterLayout } from '../../learning/kernels/kernel.ts'
import type { Activation } from '../../learning/kernels/kernel.ts'
import type { EnergyModel } from '../../learning/training/api.ts'
import { DEFAULT_SCENE } from '../scene/defaults.ts'
import { sceneArbitrary } from '../scene/scenes.testing.ts'
import { readEnergyFile, writeEnergyFile } from './energyFile.ts'
import { readSafetensors, writeSafetensors } from './safetensors.ts'

const activation = fc.constantFrom<Activation>('sin', 'silu', 'tanh')
const layers = fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), activation), {
  minLength: 1,
  maxLength: 4,
})
const positive = fc.double({ min: 0.01, max: 100, noNaN: true })
const finite = fc.double({ min: -100, max: 100, noNaN: true }).map((x) => x + 0)

const model: fc.Arbitrary<EnergyModel> = fc
  .record({
    layers,
    halfWidth: fc.double({ min: 1, max: 20, noNaN: true }),
    transform: fc.option(
      fc.record({
        mean: fc.tuple(finite, finite),
        deviation: fc.tuple(positive, positive),
        extraScale: positive,
      }),
    ),
  })
  .chain(({ layers: list, halfWidth, transform }) => {
    const shape = { widths: list.map(([n]) => n), activations: list.map(([, f]) => f) }
    const { length } = parameterLayout(shape)
    return fc
      .float32Array({ minLength: length, maxLength: length, noNaN: true, noDefaultInfinity: true })
      .map((theta) => ({
        shape,
        theta: Float32Array.from(theta),
        halfWidth,
        penaltyStart: 0.8 * halfWidth,
        transform,
      }))
  })

const recipe = fc.option(
  sceneArbitrary.map(({ seed, target, training }) => ({ seed, target, training })),
)

function read(bytes: Uint8Array): ReturnType<typeof readEnergyFile> {
  return readEnergyFile(bytes)
}

/** The file of a small energy with some metadata replaced. */
function withMetadata(changes: Readonly<Record<string, string | null>>): Uint8Array {
  const file = readSafetensors(writeEnergyFile(SMALL, null))
  if ('error' in file) throw new Error(file.error)
  const metadata = new Map(file.metadata)
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) metadata.delete(key)
    else metadata.set(key, value)
  }
  return writeSafetensors({ tensors: file.tensors, metadata })
}

const SMALL: EnergyModel = {
  shape: { widths: [2, 1], activations: ['sin', 'silu'] },
  // w0 (2×2), b0 (2), w1 (2×1), b1 (1), w2 (1×1), b2 (1)
  theta: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
  halfWidth: 4,
  penaltyStart: 3.2,
  transform: null,
}

describe('energy files', () => {
  it('bring back model and recipe exactly', () => {
    fc.assert(
      fc.property(model, recipe, (energy, made) => {
        expect(read(writeEnergyFile(energy, made))).toEqual({
          model: energy,
          recipe: made,
          notes: [],
        })
      }),
      { numRuns: 150 },
    )
  })

  it('hold the tensors and the metadata that the format promises', () => {
    const { seed, target, training } = DEFAULT_SCENE
    const file = readSafetensors(writeEnergyFile(SMALL, { seed, target, training }))
    if ('error' in file) throw new Error(file.error)
    expect([...file.tensors].map(([name, { shape }]) => [name, shape])).toEqual([
      ['w0', [2, 2]],
      ['b0', [2]],
      ['w1', [2, 1]],
      ['b1', [1]],
      ['w2', [1, 1]],
      ['b2', [1]],
    ])
    expect(Object.fromEntries(file.metadata)).toEqual({
      version: '1',
      architecture: '2-2-1-1',
      activations: 'sin,silu',
      epsilon: '1',
      halfWidth: '4',
      penalty: '3.2',
      transform: 'none',
      recipe: JSON.stringify({ target, training }),
      seed: '1',
    })
    expect([...file.tensors.get('w0')!.data]).toEqual([1, 2, 3, 4])
  })

  it('lie in the file as the kernels lay out their parameters', () => {
    fc.assert(
      fc.property(model, (energy) => {
        const file = readSafetensors(writeEnergyFile(energy, null))
        if ('error' in file) throw new Error(file.error)
        for (const [i, layer] of parameterLayout(energy.shape).layers.entries()) {
          const w = file.tensors.get(`w${i}`)!
          expect(w.shape).toEqual([layer.inputs, layer.outputs])
          expect(w.data).toEqual(energy.theta.slice(layer.weights, layer.biases))
          expect(file.tensors.get(`b${i}`)!.data).toEqual(
            energy.theta.slice(layer.biases, layer.biases + layer.outputs),
          )
        }
      }),
      { numRuns: 50 },
    )
  })

  it('of another temperature are divided by it in the output layer only, and say so', () => {
    const imported = read(withMetadata({ epsilon: '0.5' }))
    if ('error' in imported) throw new Error(imported.error)
    expect([...imported.model.theta]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 20, 22])
    expect(imported.notes).toEqual([
      'trained at temperature 0.5: the energy was divided by it, so that ε = 1 is its own',
    ])
  })

  it('from elsewhere may leave out what has one sensible value', () => {
    const imported = read(
      withMetadata({
        version: null,
        architecture: null,
        epsilon: null,
        penalty: null,
        transform: null,
        recipe: 'Adam, 10 epochs',
        seed: null,
      }),
    )
    expect(imported).toEqual({ model: SMALL, recipe: null, notes: [] })
  })

  it.each<[Readonly<Record<string, string | null>>, string]>([
    [{ version: '2' }, 'metadata.version: found "2"; allowed: "1"'],
    [
      { architecture: '2-64-1' },
      'metadata.architecture: found "2-64-1"; allowed: 2-2-1-1, as its tensors have it',
    ],
    [
      { activations: 'sin,relu' },
      'metadata.activations: found "sin,relu"; allowed: 2 of sin, silu, tanh, joined by commas',
    ],
    [
      { activations: 'sin' },
      'metadata.activations: found "sin"; allowed: 2 of sin, silu, tanh, joined by commas',
    ],
    [{ halfWidth: null }, 'metadata.halfWidth: found nothing; allowed: a number in [1, 20]'],
    [{ halfWidth: '40' }, 'metadata.halfWidth: found "40"; allowed: a number in [1, 20]'],
    [{ penalty: '5' }, 'metadata.penalty: found "5"; allowed: a number in (0, 4]'],
    [{ epsilon: '0' }, 'metadata.epsilon: found "0"; allowed: a number in (0, 1000]'],
    [{ epsilon: 'hot' }, 'metadata.epsilon: found "hot"; allowed: a number in (0, 1000]'],
    [
      { transform: '{"mean":[0,0],"deviation":[0,1],"extraScale":1}' },
      'metadata.transform: found "{\\"mean\\":[0,0],\\"deviation\\":[0,1],\\"extraScale\\":1}"; allowed: none or {"mean": [x, y], "deviation": [x, y], "extraScale": s}, scales above 0',
    ],
  ])('with %j are refused by name', (changes, message) => {
    expect(read(withMetadata(changes))).toEqual({ error: `not an energy file: ${message}` })
  })

  it('with the wrong tensors are refused by name', () => {
    const metadata = new Map([
      ['activations', 'sin'],
      ['halfWidth', '4'],
    ])
    const w0 = { shape: [2, 3], data: new Float32Array(6) }
    const b0 = { shape: [3], data: new Float32Array(3) }
    const w1 = { shape: [3, 1], data: new Float32Array(3) }
    const b1 = { shape: [1], data: new Float32Array(1) }
    const errorOf = (tensors: Readonly<Record<string, typeof w0>>): unknown => {
      const bytes = writeSafetensors({ tensors: new Map(Object.entries(tensors)), metadata })
      return read(bytes)
    }
    expect(errorOf({ w0, b0, w1, b1 })).toHaveProperty('model')
    expect(errorOf({ w0, b0, w1 })).toMatchObject({
      error: expect.stringMatching(/tensor b1: found nothing/) as string,
    })
    expect(errorOf({ w0, b0, w1, b1, extra: b1 })).toMatchObject({
      error: expect.stringMatching(/tensor w2: found/) as string,
    })
    expect(errorOf({ w0: { ...w0, shape: [3, 2] }, b0, w1, b1 })).toMatchObject({
      error: expect.stringMatching(/shape of w0: found \[3,2\]; allowed: \[2, outputs\]/) as string,
    })
    expect(errorOf({ w0, b0: b1, w1, b1 })).toMatchObject({
      error: expect.stringMatching(/shape of b0: found \[1\]/) as string,
    })
    expect(errorOf({ w0, b0 })).toMatchObject({
      error: expect.stringMatching(/outputs of the last layer: found 3/) as string,
    })
    const holed = { ...w1, data: Float32Array.of(1, Number.NaN, 0) }
    expect(errorOf({ w0, b0, w1: holed, b1 })).toMatchObject({
      error: expect.stringMatching(/layer 1: found NaN/) as string,
    })
  })

  it('never throw, whatever the metadata say', () => {
    const keys = ['version', 'architecture', 'activations', 'halfWidth', 'penalty', 'transform']
    fc.assert(
      fc.property(
        fc.constantFrom(...keys, 'epsilon', 'recipe', 'seed'),
        fc.oneof(fc.string(), fc.json()),
        (key, value) => {
          read(withMetadata({ [key]: value }))
        },
      ),
      { numRuns: 150 },
    )
  })
})
