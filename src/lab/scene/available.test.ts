import { describe, expect, it } from 'vitest'
import { assetsOf } from './assets.ts'
import { isAvailable } from './available.ts'
import { DEFAULT_SCENE } from './defaults.ts'
import { EXPERIMENTS } from './experiments.ts'
import type { EnergySpec, SceneSpec } from './sceneSpec.ts'

const { dynamics } = DEFAULT_SCENE
const DISC = { kind: 'disc', center: [0, 0], radius: 1, strength: 0.1 } as const

function sum(energy: EnergySpec, barriers: (typeof DISC)[] = []): EnergySpec {
  return { kind: 'sum', terms: [{ weight: 1, energy, target: null }], barriers }
}

describe('isAvailable', () => {
  it.each<[string, SceneSpec, string[]]>([
    ['the default scene', DEFAULT_SCENE, []],
    [
      'a skew drift and a preconditioner',
      {
        ...DEFAULT_SCENE,
        dynamics: {
          ...dynamics,
          skew: 2,
          preconditioner: [
            [2, 0],
            [0, 1],
          ],
        },
      },
      [],
    ],
    [
      'another sampler with jumps',
      { ...DEFAULT_SCENE, dynamics: { ...dynamics, sampler: 'mala', jumpEvery: 2 } },
      ['dynamics.sampler', 'dynamics.jumpEvery'],
    ],
    [
      'a barrier deep in a sum',
      { ...DEFAULT_SCENE, energy: sum(sum({ kind: 'exact' }, [DISC])) },
      ['energy.barriers'],
    ],
  ])('%s', (_, scene, fields) => {
    expect(isAvailable(scene).map(({ field }) => field)).toEqual(fields)
  })

  it('lets every experiment run', () => {
    for (const { scene } of EXPERIMENTS) expect(isAvailable(scene)).toEqual([])
  })
})

describe('assetsOf', () => {
  it('names what the scene and its terms need from outside, each once', () => {
    const file = { kind: 'file', path: 'a.safetensors' } as const
    const scene: SceneSpec = {
      ...DEFAULT_SCENE,
      target: { kind: 'points', file: 'd.csv', columns: [0, 1] },
      energy: {
        kind: 'sum',
        terms: [
          { weight: 1, energy: file, target: null },
          { weight: 1, energy: sum(file), target: { kind: 'old-faithful' } },
          {
            weight: 1,
            energy: { kind: 'shelf', id: 's', hash: '', recipe: null },
            target: { kind: 'points', file: 'e.csv', columns: [0, 1] },
          },
        ],
        barriers: [],
      },
    }
    expect(assetsOf(scene)).toEqual([
      'points:d.csv',
      'file:a.safetensors',
      'shelf:s',
      'points:e.csv',
    ])
    expect(assetsOf(DEFAULT_SCENE)).toEqual([])
  })
})
