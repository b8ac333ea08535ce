import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CRITERION_IDS } from '../../../core/analysis/ids.ts'
import { TARGET_IDS } from '../../../core/targets/ids.ts'
import { parseScene, recoverScene } from './decode.ts'
import { DEFAULT_SCENE } from '../defaults.ts'
import { describeProblem } from './problem.ts'
import { sceneArbitrary } from '../scenes.testing.ts'

function errorOf(json: unknown): string {
  const parsed = parseScene(json)
  return 'error' in parsed ? describeProblem(parsed.error) : 'no error'
}

describe('parseScene', () => {
  it('reads an empty object as the default scene', () => {
    expect(parseScene({})).toEqual({ scene: DEFAULT_SCENE })
  })

  it('is the identity on valid scenes, also after a trip through JSON text', () => {
    fc.assert(
      fc.property(sceneArbitrary, (scene) => {
        expect(parseScene(scene)).toEqual({ scene })
        expect(parseScene(JSON.parse(JSON.stringify(scene)))).toEqual({ scene })
      }),
      { numRuns: 150 },
    )
  })

  it('puts a target of another kind at its own default sharpness', () => {
    const parsed = parseScene({ target: { kind: 'checkerboard' } })
    expect(parsed).toMatchObject({ scene: { target: { kind: 'checkerboard', sharpness: 0.5 } } })
  })

  it('lets seconds decide in the place of steps', () => {
    const parsed = parseScene({ training: { seconds: 10 } })
    expect(parsed).toMatchObject({ scene: { training: { steps: null, seconds: 10 } } })
  })

  it('keeps a file a file, whatever its name', () => {
    const target = { kind: 'points', file: 'old-faithful.csv' }
    expect(parseScene({ target })).toMatchObject({
      scene: { target: { ...target, columns: null } },
    })
  })

  it('holds a file to its contents where they are known, and else not', () => {
    const target = { kind: 'points', file: 'a.csv', columns: [0, 1] }
    const known = { ...target, hash: '0'.repeat(64) }
    expect(parseScene({ target: known })).toMatchObject({ scene: { target: known } })
    const { scene, problems } = recoverScene({ target: { ...known, hash: 'ABC' } })
    expect(scene.target).toEqual(target)
    expect(problems[0]).toMatchObject({ field: 'target.hash' })
  })

  it('reads how a person decided that a file is read, and names what it cannot be', () => {
    const target = { kind: 'points', file: 'a.csv', columns: null } as const
    const form = { separator: 'blank', decimal: 'comma', log: ['x', 'y'], clip: 12 } as const
    expect(parseScene({ target: { ...target, ...form } })).toMatchObject({
      scene: { target: { ...target, ...form } },
    })
    const bad = { separator: 'colon', decimal: '.', log: ['z'], clip: 0.5 }
    const { scene, problems } = recoverScene({ target: { ...target, ...bad } })
    expect(scene.target).toEqual(target)
    expect(problems.map(({ field }) => field).sort()).toEqual(
      ['clip', 'decimal', 'log', 'separator'].map((key) => `target.${key}`),
    )
  })

  it.each<[string, unknown, string]>([
    [
      'an unknown key at the top',
      { epsilon: 1 },
      'epsilon: found an unknown key; allowed: one of version, seed, target, energy, training, domain, dynamics, stopping, sweep, view',
    ],
    [
      'an unknown key inside',
      { dynamics: { epsilom: 1 } },
      'dynamics.epsilom: found an unknown key; allowed: one of epsilon, stepSize, steps, particles, sampler, filterRate, skew, preconditioner, metric, jumpEvery, initial, companion',
    ],
    [
      'a value out of range',
      { dynamics: { epsilon: 20 } },
      'dynamics.epsilon: found 20; allowed: a number in [0.005, 10]',
    ],
    [
      'a fraction where an integer belongs',
      { domain: { cells: 64.5 } },
      'domain.cells: found 64.5; allowed: an integer in [32, 256]',
    ],
    [
      'text where a number belongs',
      { seed: '7' },
      'seed: found "7"; allowed: an integer in [0, 4294967295]',
    ],
    ['another version', { version: 2 }, 'version: found 2; allowed: 1'],
    [
      'an unknown target',
      { target: { kind: 'three-moons' } },
      `target.kind: found "three-moons"; allowed: one of ${TARGET_IDS.join(', ')}, old-faithful, gaussian-mixture, points`,
    ],
    [
      'a target as a bare string',
      { target: 'banana' },
      'target: found "banana"; allowed: a JSON object',
    ],
    [
      'steps and seconds together',
      { training: { steps: 10, seconds: 1 } },
      'training.seconds: found both steps and seconds; allowed: one of the two',
    ],
    [
      'a covariance that is not positive definite',
      {
        dynamics: {
          initial: {
            kind: 'gaussian',
            covariance: [
              [1, 2],
              [2, 1],
            ],
          },
        },
      },
      'dynamics.initial.covariance: found [[1,2],[2,1]]; allowed: a symmetric positive definite matrix [[a, b], [b, c]]',
    ],
    [
      'an asymmetric matrix',
      {
        energy: {
          kind: 'quadratic',
          matrix: [
            [1, 0.1],
            [0.2, 1],
          ],
        },
      },
      'energy.matrix: found [[1,0.1],[0.2,1]]; allowed: a symmetric positive definite matrix [[a, b], [b, c]]',
    ],
    [
      'a mixture component without weight',
      { target: { kind: 'gaussian-mixture', components: [{}, { weight: 0 }] } },
      'target.components.1.weight: found 0; allowed: a number in (0, 1000000]',
    ],
    [
      'too few points',
      { target: { kind: 'points', points: [[0, 1]] } },
      'target.points: found 1 entries; allowed: a list of 10 to 20000 points [x, y]',
    ],
    [
      'a point that is none',
      { target: { kind: 'points', points: [...Array<number[]>(10).fill([0, 1]), [1, null]] } },
      'target.points.10: found [1,null]; allowed: two finite numbers [x, y]',
    ],
    [
      'points on a line parallel to an axis',
      { target: { kind: 'points', points: Array.from({ length: 12 }, (_, i) => [i, 3]) } },
      'target.points: found one value of y in all points; allowed: points that differ in x and y',
    ],
    [
      'a weight deep inside sums',
      {
        energy: {
          kind: 'sum',
          terms: [{}, { energy: { kind: 'sum', terms: [{ weight: -6 }] } }],
        },
      },
      'energy.terms.1.energy.terms.0.weight: found -6; allowed: a number in [-5, 5]',
    ],
    [
      'a weight below 0 of an or',
      { energy: { kind: 'sum', operation: 'or', terms: [{}, { weight: -0.5 }] } },
      'energy.terms.1.weight: found -0.5; allowed: a weight of at least 0 in an or',
    ],
    [
      'an or without a weight above 0, inside a sum',
      {
        energy: {
          kind: 'sum',
          terms: [
            { energy: { kind: 'sum', operation: 'or', terms: [{ weight: 0 }, { weight: 0 }] } },
          ],
        },
      },
      'energy.terms.0.energy.terms: found only weights of 0; allowed: a weight above 0 in an or',
    ],
    [
      'an operation that does not exist',
      { energy: { kind: 'sum', operation: 'xor', terms: [{}] } },
      'energy.operation: found "xor"; allowed: only or, or null for and: the sum of the terms',
    ],
    [
      'the exact energy of points',
      { target: { kind: 'old-faithful' }, energy: { kind: 'exact' } },
      'energy.kind: found exact with the target old-faithful; allowed: a target with a density',
    ],
    [
      'a barrier of negative strength',
      { energy: { kind: 'sum', terms: [{}], barriers: [{ kind: 'disc', strength: -1 }] } },
      'energy.barriers.0.strength: found -1; allowed: a number in [0, 10]',
    ],
    [
      'a criterion that does not exist',
      { stopping: { criterion: 'never' } },
      `stopping.criterion: found "never"; allowed: one of ${CRITERION_IDS.join(', ')}`,
    ],
    [
      'half a character in a path',
      { energy: { kind: 'file', path: 'a\ud800' } },
      'energy.path: found "a\\ud800"; allowed: a file path of 1 to 1024 characters',
    ],
    ['null', null, 'scene: found null; allowed: a JSON object'],
    ['a list', [], 'scene: found []; allowed: a JSON object'],
  ])('refuses %s by name', (_, json, message) => {
    expect(errorOf(json)).toBe(message)
  })

  it('keeps an or with bad weights, each at its default', () => {
    const weights = (...given: number[]) => {
      const terms = given.map((weight) => ({ weight }))
      const { scene } = recoverScene({ energy: { kind: 'sum', operation: 'or', terms } })
      return scene.energy.kind === 'sum' ? scene.energy.terms.map(({ weight }) => weight) : []
    }
    expect(weights(0.5, -2, 0)).toEqual([0.5, 1, 0])
    expect(weights(0, 0)).toEqual([1, 1])
  })

  it('refuses a key named like a property of objects', () => {
    expect(errorOf(JSON.parse('{"__proto__": {"seed": 3}}'))).toMatch(
      /^__proto__: found an unknown/,
    )
    expect(errorOf({ constructor: 1 })).toMatch(/^constructor: found an unknown key/)
  })

  it('refuses numbers beyond all numbers, and sums without end, by name', () => {
    const told = (text: string) => errorOf(JSON.parse(text))
    expect(told('{"dynamics": {"epsilon": 1e400}}')).toMatch(/^dynamics\.epsilon: found Infinity;/)
    expect(told('{"target": {"kind": "points", "points": [[1e400, 0]]}}')).toMatch(
      /^target\.points:/,
    )
    expect(told('{"seed": -1e400}')).toMatch(/^seed: found -Infinity;/)
    let wide: unknown = { kind: 'trained' }
    for (let i = 0; i < 3; i++) {
      wide = { kind: 'sum', terms: new Array(16).fill({ energy: wide }) }
    }
    expect(errorOf({ energy: wide })).toMatch(
      /terms: found more terms than the scene may have; allowed: at most 256 terms in all sums together$/,
    )
    let deep: unknown = { kind: 'trained' }
    for (let i = 0; i < 50_000; i++) deep = { kind: 'sum', terms: [{ energy: deep }] }
    expect(errorOf({ energy: deep })).toMatch(/terms: found a sum nested too deeply;/)
  })

  it('tells of a scene that is wrong all over in a few short lines', () => {
    const wrong = Object.fromEntries(
      Array.from({ length: 100_000 }, (_, i) => [`k${i}`, '<b>'.repeat(99)]),
    )
    const { scene, problems } = recoverScene({ ...wrong, dynamics: wrong })
    expect(parseScene(scene)).toEqual({ scene })
    expect(problems.length).toBeLessThanOrEqual(21)
    for (const problem of problems) expect(describeProblem(problem).length).toBeLessThan(300)
  })

  it('keeps every message on one line', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        expect(errorOf({ seed: json, [JSON.stringify(json)]: '\n' })).not.toMatch(/[\n\r]/)
      }),
    )
  })
})

describe('recoverScene', () => {
  it('never throws and always gives a scene that the strict reader takes', () => {
    fc.assert(
      fc.property(fc.anything({ maxDepth: 4 }), (json) => {
        const { scene } = recoverScene(json)
        expect(parseScene(scene)).toEqual({ scene })
      }),
      { numRuns: 150 },
    )
  })

  it('gives a scene with any one section replaced by anything, the rest untouched', () => {
    const sections = ['training', 'domain', 'dynamics', 'stopping', 'view', 'seed'] as const
    fc.assert(
      fc.property(
        sceneArbitrary,
        fc.constantFrom(...sections),
        fc.anything({ maxDepth: 3 }),
        (scene, section, garbage) => {
          const recovered = recoverScene({ ...scene, [section]: garbage })
          expect({ ...recovered.scene, [section]: scene[section] }).toEqual(scene)
          expect(parseScene(recovered.scene)).toEqual({ scene: recovered.scene })
        },
      ),
      { numRuns: 150 },
    )
  })

  it('puts the default for the bad field, names it, and keeps the rest', () => {
    const { scene, problems } = recoverScene({
      seed: 7,
      target: { kind: 'rings', sharpness: 99 },
      dynamics: { epsilon: 'warm', steps: 50, extra: 1 },
    })
    expect(problems.map(({ field }) => field)).toEqual([
      'target.sharpness',
      'dynamics.epsilon',
      'dynamics.extra',
    ])
    expect(scene).toEqual({
      ...DEFAULT_SCENE,
      seed: 7,
      target: { kind: 'rings', sharpness: 0.6 },
      dynamics: { ...DEFAULT_SCENE.dynamics, steps: 50 },
    })
  })

  it('leaves out a bad barrier and keeps the others and the terms', () => {
    const { scene, problems } = recoverScene({
      energy: {
        kind: 'sum',
        terms: [{ weight: 2 }],
        barriers: [{ kind: 'wall' }, { kind: 'disc', radius: 1 }],
      },
    })
    expect(problems.map(({ field }) => field)).toEqual(['energy.barriers.0.kind'])
    expect(scene.energy).toEqual({
      kind: 'sum',
      terms: [{ weight: 2, energy: { kind: 'trained' }, target: null }],
      barriers: [{ kind: 'disc', center: [0, 0], radius: 1, strength: 0.1 }],
    })
  })

  it('stops at sums nested too deeply, however deep the input is', () => {
    let energy: unknown = { kind: 'trained' }
    for (let i = 0; i < 5000; i++) energy = { kind: 'sum', terms: [{ energy }] }
    const { problems } = recoverScene({ energy })
    expect(problems[0]?.found).toBe('a sum nested too deeply')
  })
})
