import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DEFAULT_SCENE, defaultInitial } from './defaults.ts'
import { inRange } from './fields/ranges.ts'
import { decodeLocation, encodeHash } from './link/urlCodec.ts'
import { sameNumbers } from './normalise.ts'
import { SWEEP_FIELDS, type SceneSpec } from './sceneSpec.ts'
import {
  sweepFields,
  sweepProblem,
  sweepRange,
  sweepSeeds,
  sweepValues,
  sweptScene,
} from './sweep.ts'

test('values begin and end where they are asked to, each once, and lie between', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...SWEEP_FIELDS),
      fc.constantFrom('linear' as const, 'log' as const),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 2, max: 24 }),
      (over, kind, a, b, count) => {
        const range = sweepRange(over)
        const least = Math.max(range.min, 1e-5)
        const at = (share: number) => {
          const value = least + share * (range.max - least)
          return range.integer === true ? Math.round(value) : value
        }
        const [from, to] = [at(a), at(b)]
        const values = sweepValues({ over, values: { kind, from, to, count } })
        expect(values[0]).toBe(from)
        expect(values.at(-1)).toBe(to)
        expect(new Set(values).size).toBe(values.length)
        expect(values.length).toBeLessThanOrEqual(count)
        // Six digits may round past an end that has more.
        const room = range.integer === true ? 0 : 1e-5 * Math.max(from, to)
        for (const value of values) {
          expect(value).toBeGreaterThanOrEqual(Math.min(from, to) - room)
          expect(value).toBeLessThanOrEqual(Math.max(from, to) + room)
          if (range.integer === true) expect(inRange(range, value)).toBe(true)
        }
      },
    ),
  )
})

test('a logarithmic range has equal ratios, a linear one equal differences', () => {
  const over = 'stepSize'
  const range = { from: 0.001, to: 0.1, count: 3 }
  expect(sweepValues({ over, values: { kind: 'log', ...range } })).toEqual([0.001, 0.01, 0.1])
  expect(sweepValues({ over, values: { kind: 'linear', ...range } })).toEqual([0.001, 0.0505, 0.1])
  expect(sweepValues({ over, values: { kind: 'list', values: [3, 1, 3] } })).toEqual([3, 1])
})

test('a scene has the start that can be swept', () => {
  const starting = (kind: 'uniform' | 'point' | 'data') => ({
    ...DEFAULT_SCENE,
    dynamics: { ...DEFAULT_SCENE.dynamics, initial: defaultInitial(kind) },
  })
  const starts = (scene: SceneSpec) => sweepFields(scene).filter((name) => name.startsWith('start'))
  expect(starts(DEFAULT_SCENE)).toEqual(['start.x', 'start.y'])
  expect(starts(starting('point'))).toEqual(['start.x', 'start.y', 'start.size'])
  expect(starts(starting('uniform'))).toEqual(['start.size'])
  expect(starts(starting('data'))).toEqual([])
  const { dynamics } = sweptScene(starting('point'), 'start.y', 2, 1)
  expect(dynamics.initial).toEqual({ kind: 'point', at: [0, 2], spread: 0.1 })
})

test('a seed moves the particles, whatever trains the energy', () => {
  const terms = [{ weight: 1, energy: { kind: 'trained' }, target: null }] as const
  const scene: SceneSpec = {
    ...DEFAULT_SCENE,
    seed: 7,
    energy: { kind: 'sum', terms, barriers: [] },
  }
  const one = sweptScene(scene, 'epsilon', 0.5, 8)
  expect(one.seed).toBe(8)
  expect(one.dynamics.epsilon).toBe(0.5)
  const { target, training } = scene
  const recipe = { seed: 7, target, training }
  const energy = { kind: 'shelf', id: 'swept.0', hash: '', recipe }
  expect(one.energy).toEqual({ kind: 'sum', terms: [{ ...terms[0], energy }], barriers: [] })
  expect(sweptScene(scene, 'epsilon', 1, 9).energy).toEqual(one.energy)
})

test('seeds go on from the scene’s, and round; a swept seed is its own', () => {
  const spec = { over: 'epsilon', seeds: 3 } as const
  expect(sweepSeeds({ seed: 2 ** 32 - 2 }, spec, 1)).toEqual([2 ** 32 - 2, 2 ** 32 - 1, 0])
  expect(sweepSeeds({ seed: 1 }, { ...spec, over: 'seed' }, 11)).toEqual([11])
})

test('a link carries the sweep, which changes no number of the run', () => {
  const sweep = {
    over: 'delta',
    values: { kind: 'log', from: 0.01, to: 1, count: 5 },
    seeds: 3,
    criteria: ['tolerance'],
  } as const
  const scene: SceneSpec = { ...DEFAULT_SCENE, sweep }
  expect(sweepProblem(scene, sweep)).toBe(null)
  const opened = decodeLocation(encodeHash(scene))
  expect(opened.problems).toEqual([])
  expect(opened.scene).toEqual(scene)
  expect(sameNumbers(scene, DEFAULT_SCENE)).toBe(true)
})
