import { describe, expect, it } from 'vitest'
import { assetsOf } from './assets.ts'
import { DEFAULT_SCENE } from './defaults.ts'
import type { EnergySpec, SceneSpec } from './sceneSpec.ts'

function sum(energy: EnergySpec): EnergySpec {
  return { kind: 'sum', terms: [{ weight: 1, energy, target: null }], barriers: [] }
}

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

  it('tells two files of one name apart by their contents', () => {
    const file = { kind: 'points', file: 'd.csv', columns: [0, 1] } as const
    const energy: EnergySpec = {
      kind: 'sum',
      terms: ['a', 'b'].map((digit) => ({
        weight: 1,
        energy: { kind: 'trained' },
        target: { ...file, hash: digit.repeat(64) },
      })),
      barriers: [],
    }
    const names = assetsOf({ ...DEFAULT_SCENE, target: file, energy })
    expect(new Set(names).size).toBe(3)
    expect(names[0]).toBe('points:d.csv')
  })
})
