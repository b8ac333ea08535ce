import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assetsOf } from '../scene/assets.ts'
import type { AssetName } from '../scene/assets.ts'
import { describeProblem } from '../scene/reading/problem.ts'
import { DEFAULT_SCENE } from '../scene/defaults.ts'
import { sceneArbitrary } from '../scene/scenes.testing.ts'
import type { SceneSpec } from '../scene/sceneSpec.ts'
import { readSceneFile, writeBundle } from './bundle.ts'

const COMPOSITION: SceneSpec = {
  ...DEFAULT_SCENE,
  energy: {
    kind: 'sum',
    terms: [
      { weight: 1, energy: { kind: 'file', path: 'moons.safetensors' }, target: null },
      {
        weight: 0.5,
        energy: {
          kind: 'shelf',
          id: 'a1',
          hash: '',
          recipe: { seed: 1, target: DEFAULT_SCENE.target, training: DEFAULT_SCENE.training },
        },
        target: null,
      },
    ],
    barriers: [],
  },
}
const WEIGHTS = new Map<AssetName, Uint8Array>([
  ['file:moons.safetensors', Uint8Array.of(1, 2, 3, 255)],
])

function errorOf(text: string): string {
  const read = readSceneFile(text)
  return 'error' in read ? describeProblem(read.error) : 'no error'
}

function changed(change: (json: Record<string, unknown>) => void): string {
  const json = JSON.parse(writeBundle(COMPOSITION, WEIGHTS)) as Record<string, unknown>
  change(json)
  return JSON.stringify(json)
}

describe('bundles', () => {
  it('bring back any scene with its assets', () => {
    fc.assert(
      fc.property(sceneArbitrary, fc.uint8Array(), (scene, bytes) => {
        const assets = new Map(assetsOf(scene).map((name) => [name, new Uint8Array(bytes)]))
        expect(readSceneFile(writeBundle(scene, assets))).toEqual({ scene, assets, bundled: true })
      }),
      { numRuns: 100 },
    )
  })

  it('may lack a shelf energy whose recipe is known, and nothing else', () => {
    expect(readSceneFile(writeBundle(COMPOSITION, WEIGHTS))).toEqual({
      scene: COMPOSITION,
      assets: WEIGHTS,
      bundled: true,
    })
    expect(() => writeBundle(COMPOSITION, new Map())).toThrow('file:moons.safetensors')
  })

  it('leave out bytes that the scene does not name', () => {
    const more = new Map<AssetName, Uint8Array>([...WEIGHTS, ['file:other', Uint8Array.of(1)]])
    expect(writeBundle(COMPOSITION, more)).toBe(writeBundle(COMPOSITION, WEIGHTS))
  })

  it('are told from bare scenes', () => {
    expect(readSceneFile(JSON.stringify({ seed: 3 }))).toEqual({
      scene: { ...DEFAULT_SCENE, seed: 3 },
      assets: new Map(),
      bundled: false,
    })
  })

  it.each<[string, string]>([
    ['{', 'scene: found text that is not JSON'],
    ['[]', 'scene: found []; allowed: a JSON object'],
    [changed((json) => (json.format = 'zip')), 'format: found "zip"; allowed: lyapunov-lab-bundle'],
    [changed((json) => (json.version = 3)), 'version: found 3; allowed: 1'],
    [changed((json) => (json.extra = 1)), 'extra: found an unknown key'],
    [changed((json) => (json.scene = { seed: -1 })), 'scene.seed: found -1; allowed: an integer'],
    [changed((json) => (json.assets = [])), 'assets: found []; allowed: a JSON object'],
    [changed((json) => (json.assets = {})), 'assets.file:moons.safetensors: found nothing'],
    [
      changed((json) => (json.assets = { 'file:moons.safetensors': '$' })),
      'assets.file:moons.safetensors: found "$"; allowed: base64url text',
    ],
    [
      changed((json) => (json.assets = { 'file:x': '' })),
      'assets.file:x: found an asset that the scene does not name; allowed: file:moons.safetensors, shelf:a1',
    ],
  ])('are refused by name: %s', (text, message) => {
    expect(errorOf(text).slice(0, message.length)).toBe(message)
  })

  it('never throw', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('format', 'version', 'scene', 'assets'), fc.jsonValue()),
        (json) => {
          readSceneFile(JSON.stringify({ format: 'lyapunov-lab-bundle', version: 1, ...json }))
        },
      ),
    )
  })
})
