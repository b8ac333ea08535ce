import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseScene } from '../reading/decode.ts'
import { DEFAULT_SCENE } from '../defaults.ts'
import { EXPERIMENTS } from '../experiments.ts'
import {
  fromBase64Url,
  packPoints,
  quantisePoint,
  toBase64Url,
  unpackPoints,
} from './packedPoints.ts'
import { seal } from './linkSeal.ts'
import { sceneArbitrary } from '../scenes.testing.ts'
import type { SceneSpec } from '../sceneSpec.ts'
import { applyOverrides, decodeLocation, encodeHash } from './urlCodec.ts'

/** What a browser's address bar makes of a hash. */
function throughBrowser(hash: string): string {
  return new URL(`http://localhost/${hash}`).hash
}

/** The pairs of a link, as people write them. */
function unsealed(hash: string): string {
  return hash.replace(/^#size=\d+&|&sum=\w+$/gu, '')
}

describe('links', () => {
  it('bring back every scene exactly, through a URL as browsers write it', () => {
    fc.assert(
      fc.property(sceneArbitrary, (scene) => {
        const opened = decodeLocation(throughBrowser(encodeHash(scene)))
        expect(opened.problems).toEqual([])
        expect(opened.scene).toEqual(scene)
      }),
      { numRuns: 150 },
    )
  })

  it('bring back a scene whose values were percent-encoded once more on the way', () => {
    fc.assert(
      fc.property(sceneArbitrary, (scene) => {
        const hash = encodeHash(scene).replace(
          /[,;~'!]/gu,
          (c) => `%${c.charCodeAt(0).toString(16)}`,
        )
        expect(decodeLocation(hash)).toMatchObject({ problems: [], scene })
      }),
      { numRuns: 100 },
    )
  })

  it('are readable', () => {
    const scene: SceneSpec = {
      ...DEFAULT_SCENE,
      target: { kind: 'banana', sharpness: 1 },
      energy: {
        kind: 'quadratic',
        center: [0.3, -0.2],
        matrix: [
          [2, 0.8],
          [0.8, 1],
        ],
      },
      dynamics: {
        ...DEFAULT_SCENE.dynamics,
        epsilon: 0.5,
        initial: { kind: 'point', at: [-1, 1], spread: 0.1 },
      },
      stopping: { ...DEFAULT_SCENE.stopping, delta: 0.02 },
    }
    const pairs =
      'target=banana&target.sharpness=1&energy=quadratic&energy.center=0.3,-0.2&energy.matrix=2,0.8;0.8,1' +
      '&epsilon=0.5&initial=point&initial.at=-1,1&delta=0.02'
    expect(encodeHash(scene)).toBe(`#${seal(pairs)}`)
    expect(seal(pairs)).toMatch(/^size=\d{3}&target=banana&.*&delta=0.02&sum=[0-9a-z]{7}$/)
    expect(encodeHash(DEFAULT_SCENE)).toBe('')
  })

  it('may leave out section names, since no two sections and no top-level key share a name', () => {
    const { domain, dynamics, stopping, view, ...top } = DEFAULT_SCENE
    const keys = [top, domain, dynamics, stopping, view].flatMap((part) => Object.keys(part))
    expect(new Set(keys).size).toBe(keys.length)
    const { scene } = decodeLocation('#epsilon=0.5')
    expect(decodeLocation('#dynamics.epsilon=0.5')).toMatchObject({ scene, problems: [] })
  })

  it('hold a sum term by term', () => {
    const opened = decodeLocation(
      '#energy=sum&energy.terms.0.energy=pretrained&energy.terms.0.energy.name=rings' +
        '&energy.terms.1.weight=0.5&energy.terms.1.energy=exact&energy.barriers.0=disc',
    )
    expect(opened.problems).toEqual([])
    expect(opened.scene.energy).toEqual({
      kind: 'sum',
      terms: [
        { weight: 1, energy: { kind: 'pretrained', name: 'rings' }, target: null },
        { weight: 0.5, energy: { kind: 'exact' }, target: null },
      ],
      barriers: [{ kind: 'disc', center: [0, 0], radius: 0.5, strength: 0.1 }],
    })
  })

  it('hold a mixture as a sum by another operation; without that pair it is the sum', () => {
    const terms =
      '&energy.terms.0.energy=exact&energy.terms.1.weight=0.5&energy.terms.1.energy=exact'
    const mixture = decodeLocation(`#energy=sum${terms}&energy.operation=or`)
    const sum = decodeLocation(`#energy=sum${terms}`)
    expect([mixture.problems, sum.problems]).toEqual([[], []])
    expect(mixture.scene.energy).toEqual({ ...sum.scene.energy, operation: 'or' })
    expect(unsealed(encodeHash(sum.scene))).not.toContain('operation')
    const hash = encodeHash(mixture.scene)
    expect(unsealed(hash).split('&')).toContain('energy.operation=or')
    expect(decodeLocation(hash).scene).toEqual(mixture.scene)
  })

  it('never throw: any text opens as a valid scene, and as the default one with a message if garbage', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.string(), (hash, search) => {
        const { scene } = decodeLocation(hash, search)
        expect(parseScene(scene)).toEqual({ scene })
      }),
      { numRuns: 150 },
    )
    for (const garbage of [
      '#garbage',
      '#%',
      '#%E0%A4%A',
      '#=',
      '#a=b',
      '#..=1',
      '#__proto__.x=1',
    ]) {
      const { scene, problems } = decodeLocation(garbage)
      expect(scene).toEqual(DEFAULT_SCENE)
      expect(problems.length, garbage).toBeGreaterThan(0)
    }
  })

  it('never throw on pairs made of the alphabet of links', () => {
    const word = fc.constantFrom(
      ...['target', 'energy', 'terms', '0', '1', 'initial', 'points', 'kind', 'barriers', 'layers'],
      ...['epsilon', 'sum', 'points', '1,2', '~qAA', '~d', '!{}', "'", ';', ',', '-1e400', 'x;y'],
    )
    const pair = fc
      .tuple(fc.array(word, { minLength: 1, maxLength: 4 }), word)
      .map(([path, value]) => `${path.join('.')}=${value}`)
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 8 }), (pairs) => {
        const { scene } = decodeLocation(`#${pairs.join('&')}`)
        expect(parseScene(scene)).toEqual({ scene })
      }),
      { numRuns: 150 },
    )
  })

  it('lose one corrupted number only, and name it', () => {
    const fields = ['epsilon', 'stepSize', 'steps', 'particles', 'skew', 'jumpEvery'] as const
    fc.assert(
      fc.property(
        sceneArbitrary,
        fc.constantFrom(...fields),
        fc.constantFrom('warm', '1e9', '-1', 'null,', '%E0%A4%A', '~q', '!{'),
        (scene, field, garbage) => {
          fc.pre(!(field === 'skew' && garbage === '-1'))
          // Without what stuck to its end this one is a value.
          fc.pre(!(field === 'stepSize' && garbage === 'null,'))
          const kept = encodeHash({
            ...scene,
            dynamics: { ...scene.dynamics, [field]: DEFAULT_SCENE.dynamics[field] },
          })
          const opened = decodeLocation(`#${unsealed(kept)}&${field}=${garbage}`)
          expect(opened.scene).toEqual({
            ...scene,
            dynamics: { ...scene.dynamics, [field]: DEFAULT_SCENE.dynamics[field] },
          })
          expect(opened.problems).toHaveLength(1)
          expect(opened.problems[0]?.field).toContain(field)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('name a value that stands where others have put parts, and keep the parts', () => {
    const { scene, problems } = decodeLocation(
      '#dynamics=3&dynamics.epsilon=2&delta=7&delta.x=1',
      '',
    )
    expect(scene.dynamics.epsilon).toBe(2)
    expect(problems.map(({ field, found }) => [field, found])).toEqual(
      expect.arrayContaining([
        ['dynamics', '3'],
        ['stopping.delta', '7'],
      ]),
    )
  })

  it('name a pair given twice and keep the first', () => {
    const { scene, problems } = decodeLocation('#seed=3&seed=4')
    expect(scene.seed).toBe(3)
    expect(problems).toEqual([{ field: 'seed', found: 'given twice', allowed: 'once' }])
  })

  it('read what the query forces', () => {
    const { scene, overrides, problems } = decodeLocation('#seed=3', '?backend=cpu&haltAt=20&utm=1')
    expect(problems).toEqual([])
    expect(overrides).toEqual({ backend: 'cpu', haltAt: 20 })
    expect(scene).toEqual({ ...DEFAULT_SCENE, seed: 3 })
    const forced = applyOverrides(scene, overrides)
    expect(forced.training.backend).toBe('cpu')
    expect(forced.view.haltAt).toBe(20)
    const bad = decodeLocation('', '?backend=cuda&haltAt=-1')
    expect(bad.overrides).toEqual({ backend: null, haltAt: null })
    expect(bad.problems.map(({ field }) => field)).toEqual(['?backend', '?haltAt'])
  })
})

describe('packed points', () => {
  it('come back exactly, quantised or not', () => {
    const lattice = fc.tuple(
      fc.double({ min: -100, max: 100, noNaN: true }),
      fc.double({ min: -100, max: 100, noNaN: true }),
    )
    fc.assert(
      fc.property(fc.array(lattice), fc.boolean(), (raw, drawn) => {
        const points = drawn ? raw.map(([x, y]) => quantisePoint(x, y)) : raw
        expect(unpackPoints(packPoints(points))).toEqual(points)
      }),
    )
  })

  it('are short for strokes: two bytes a coordinate, where doubles take eight', () => {
    const stroke = Array.from({ length: 1000 }, (_, i) =>
      quantisePoint(3 * Math.cos(i / 5), 3 * Math.sin(i / 5)),
    )
    expect(packPoints(stroke).length).toBeLessThan(1000 * 5.5)
    expect(packPoints(stroke).startsWith('q')).toBe(true)
  })

  it('keep the digits that were typed, however small the numbers, in few characters', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.integer({ min: -9999, max: 9999 }), fc.integer({ min: -9999, max: 9999 })),
          {
            minLength: 1,
          },
        ),
        fc.integer({ min: 5, max: 12 }),
        (whole, places) => {
          const typed = (n: number) => Number(`${String(n)}e-${String(places)}`) + 0
          const points = whole.map(([x, y]) => [typed(x), typed(y)] as const)
          const packed = packPoints(points)
          expect(unpackPoints(packed)).toEqual(points)
          expect(packed.length).toBeLessThanOrEqual(3 + (points.length * 6 * 4) / 3)
        },
      ),
    )
  })

  it('are null for anything else', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const points = unpackPoints(text)
        if (points !== null) expect(text[0]).toMatch(/[qdp]/)
      }),
    )
    for (const text of [
      '',
      'x',
      'qA',
      'q$$',
      'p',
      'pEAA',
      'pQAA',
      'p-AA',
      'dAAAA',
      'qgICAgICAgICAgA',
    ]) {
      expect(unpackPoints(text), text).toBeNull()
    }
  })

  it('stand in base64url as the standard has it', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = toBase64Url(bytes)
        expect(text).toBe(Buffer.from(bytes).toString('base64url'))
        expect(fromBase64Url(text)).toEqual(new Uint8Array(bytes))
      }),
    )
  })
})

describe('experiments', () => {
  it('have unique ids and valid scenes that a link brings back', () => {
    expect(new Set(EXPERIMENTS.map(({ id }) => id)).size).toBe(EXPERIMENTS.length)
    for (const { scene } of EXPERIMENTS) {
      expect(parseScene(scene)).toEqual({ scene })
      expect(decodeLocation(encodeHash(scene)).scene).toEqual(scene)
    }
  })
})
