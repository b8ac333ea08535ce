import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseScene } from './reading/decode.ts'
import { DEFAULT_SCENE } from './defaults.ts'
import { minimal, normaliseScene, sameNumbers, sameScene, sameTraining } from './normalise.ts'
import { sceneArbitrary } from './scenes.testing.ts'

describe('minimal', () => {
  it('says nothing about the default scene', () => {
    expect(minimal(DEFAULT_SCENE)).toEqual({})
  })

  it('reads back to the same scene', () => {
    fc.assert(
      fc.property(sceneArbitrary, (scene) => {
        expect(parseScene(minimal(scene))).toEqual({ scene })
      }),
      { numRuns: 150 },
    )
  })

  it('measures a kind by its own defaults', () => {
    const scene = {
      ...DEFAULT_SCENE,
      target: { kind: 'checkerboard', sharpness: 0.5 },
      dynamics: { ...DEFAULT_SCENE.dynamics, initial: { kind: 'point', at: [0, 0], spread: 0.2 } },
    } as const
    expect(minimal(scene)).toEqual({
      target: { kind: 'checkerboard' },
      dynamics: { initial: { kind: 'point', spread: 0.2 } },
    })
  })
})

describe('equality', () => {
  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(sceneArbitrary, (scene) => {
        const reversed = Object.fromEntries(Object.entries(scene).reverse())
        expect(normaliseScene(scene)).toEqual(scene)
        expect(sameScene(normaliseScene(scene), scene)).toBe(true)
        const parsed = parseScene(reversed)
        expect('scene' in parsed && sameScene(parsed.scene, scene)).toBe(true)
      }),
      { numRuns: 100 },
    )
  })

  it('tells apart scenes that differ in one number', () => {
    const other = { ...DEFAULT_SCENE, seed: 2 }
    expect(sameScene(DEFAULT_SCENE, other)).toBe(false)
    expect(sameNumbers(DEFAULT_SCENE, other)).toBe(false)
    expect(sameTraining(DEFAULT_SCENE, other)).toBe(false)
  })

  it('leaves the view out of the numbers and the dynamics out of the training', () => {
    const viewed = { ...DEFAULT_SCENE, view: { ...DEFAULT_SCENE.view, speed: 100 } }
    expect(sameScene(DEFAULT_SCENE, viewed)).toBe(false)
    expect(sameNumbers(DEFAULT_SCENE, viewed)).toBe(true)
    const hot = { ...DEFAULT_SCENE, dynamics: { ...DEFAULT_SCENE.dynamics, epsilon: 2 } }
    expect(sameNumbers(DEFAULT_SCENE, hot)).toBe(false)
    expect(sameTraining(DEFAULT_SCENE, hot)).toBe(true)
  })
})
