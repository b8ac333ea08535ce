import { readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { parseScene } from '../reading/decode.ts'
import { DEFAULT_SCENE } from '../defaults.ts'
import { LONGEST_LINK } from './linkSeal.ts'
import { quantisePoint } from './packedPoints.ts'
import { sceneArbitrary } from '../scenes.testing.ts'
import type { SceneSpec } from '../sceneSpec.ts'
import { decodeLocation, encodeHash } from './urlCodec.ts'

/** Links without a seal, as they were written before there was one, each with what it says. */
const OLD = JSON.parse(
  readFileSync(path.join(import.meta.dirname, 'oldLinks.json'), 'utf8'),
) as readonly (readonly [link: string, scene: string])[]

const of = (scene: Partial<SceneSpec>): SceneSpec => ({ ...DEFAULT_SCENE, ...scene })
const DRAWN = of({
  target: {
    kind: 'points',
    points: Array.from({ length: 160 }, (_, i) =>
      quantisePoint(3 * Math.cos(i / 5), 2 * Math.sin(i / 3)),
    ),
  },
  dynamics: {
    ...DEFAULT_SCENE.dynamics,
    epsilon: 0.37,
    initial: { kind: 'uniform', halfWidth: 2 },
  },
})
const NAMED = of({
  target: { kind: 'points', file: 'räume & mehr = 100%.csv', columns: [2, 1] },
  energy: {
    kind: 'sum',
    terms: [{ weight: -0.5, energy: { kind: 'pretrained', name: 'rings' }, target: null }],
    barriers: [
      {
        kind: 'polygon',
        points: [
          [0, 0],
          [1, 0],
          [0, 1],
        ],
        strength: 0.2,
      },
    ],
  },
})

test('links of before open as before', () => {
  expect(OLD.length).toBeGreaterThan(30)
  for (const [link, text] of OLD) {
    const parsed = parseScene(JSON.parse(text))
    expect(decodeLocation(link), link).toMatchObject({ ...parsed, problems: [], flaw: null })
  }
})

describe('a link that was cut short', () => {
  it('says so wherever it was cut, and opens nothing of it', () => {
    for (const scene of [DRAWN, NAMED, of({ seed: 7 })]) {
      const hash = encodeHash(scene)
      const size = Number(/size=(\d+)/u.exec(hash)?.[1])
      for (let end = '#size='.length; end < hash.length; end += 1) {
        const opened = decodeLocation(hash.slice(0, end))
        const cut = { kind: 'cut', found: expect.any(Number) as number }
        const known = end > hash.indexOf('&')
        expect(opened, hash.slice(0, end)).toMatchObject({
          scene: DEFAULT_SCENE,
          flaw: { ...cut, size: known ? size : null },
        })
        const { found } = opened.flaw as { found: number }
        if (known) expect(found).toBeLessThan(size)
      }
      expect(decodeLocation(hash)).toMatchObject({ scene, flaw: null, problems: [] })
    }
  })

  it('says so, too, with what a program put behind the cut or round it', () => {
    const half = encodeHash(DRAWN).slice(0, 300)
    for (const mangled of [`${half}…`, `${half}...`, `${half})`, `${half}&utm_source=x`])
      expect(decodeLocation(mangled).flaw, mangled).toMatchObject({ kind: 'cut' })
    expect(decodeLocation(`#${encodeURIComponent(half.slice(1))}`).flaw).toMatchObject({
      kind: 'cut',
    })
  })
})

const html = (text: string) => text.replaceAll('&', '&amp;')
const MANGLINGS: readonly (readonly [string, (hash: string) => string])[] = [
  ['&amp;', html],
  ['&#38;', (hash) => hash.replaceAll('&', '&#38;')],
  ['the whole escaped', (hash) => `#${encodeURIComponent(hash.slice(1))}`],
  [
    'the whole escaped twice',
    (hash) => `#${encodeURIComponent(encodeURIComponent(hash.slice(1)))}`,
  ],
  [
    'equals signs and ampersands escaped',
    (hash) =>
      `#${hash.slice(1).replaceAll('%', '%25').replaceAll('=', '%3D').replaceAll('&', '%26')}`,
  ],
  [
    'punctuation escaped',
    (hash) => hash.replace(/[,;~'!().-]/gu, (c) => `%${c.charCodeAt(0).toString(16)}`),
  ],
  ['lower-case escapes', (hash) => hash.replace(/%[0-9A-F]{2}/gu, (c) => c.toLowerCase())],
  ...[
    ')',
    '.',
    '>',
    ',',
    '"',
    ']',
    '%3E',
    '%22',
    '".',
    ').',
    '>,',
    '’',
    '…',
    '**',
    ');',
    '%5D',
  ].map((tail): readonly [string, (hash: string) => string] => [
    `${tail} at its end`,
    (hash) => hash + tail,
  ]),
  ['a tracking key', (hash) => `${hash}&fbclid=IwAR0-x_y`],
  ['tracking keys', (hash) => `${hash}?utm_source=a&utm_medium=b&gclid=3&msclkid=z`],
  ['a tracking key in front', (hash) => `#utm_source=a&${hash.slice(1)}`],
  ['a tracking key and &amp;', (hash) => html(`${hash}&fbclid=x`)],
  ['spaces round it', (hash) => `#%20 ${hash.slice(1)} %20`],
  ['line breaks', (hash) => hash.replace(/.{60}/gu, '$&\r\n')],
  ['line breaks with indents', (hash) => hash.replace(/.{70}/gu, '$&\n   ')],
  [
    'a no-break space and a zero-width one',
    (hash) => `${hash.slice(0, 30)}\u00a0\u200b${hash.slice(30)}`,
  ],
  ['quoted-printable', (hash) => hash.replaceAll('=', '=3D').replace(/.{60}/gu, '$&=\r\n')],
]

describe('a link that was mangled on its way', () => {
  it.each(MANGLINGS)('by %s opens as it was made', (_, mangle) => {
    for (const scene of [DRAWN, NAMED, of({ seed: 7 })])
      expect(decodeLocation(mangle(encodeHash(scene)))).toMatchObject({
        scene,
        problems: [],
        flaw: null,
      })
  })

  it('opens so whatever the scene', () => {
    fc.assert(
      fc.property(sceneArbitrary, fc.constantFrom(...MANGLINGS), (scene, [, mangle]) => {
        const hash = encodeHash(scene)
        fc.pre(hash !== '')
        expect(decodeLocation(mangle(hash))).toMatchObject({ scene, problems: [], flaw: null })
      }),
      { numRuns: 200 },
    )
  })

  it.each([
    ['#target=banana)', 'target=banana'],
    ['#target=banana&epsilon=0.5.', 'target=banana&epsilon=0.5'],
    ['#target=banana&amp;epsilon=0.5">', 'target=banana&epsilon=0.5'],
    ['#target%3Dbanana%26epsilon%3D0.5', 'target=banana&epsilon=0.5'],
    ['#target%253Dbanana%2526epsilon%253D0.5', 'target=banana&epsilon=0.5'],
    ['#target=banana&epsilon=0.5?fbclid=1', 'target=banana&epsilon=0.5'],
    ['#layers=energy,)', 'layers=energy,'],
    ['#target=ban%20ana&epsi%0Alon=0.5', 'target=banana&epsilon=0.5'],
  ])('opens without a seal, too, where only one reading makes sense: %s', (mangled, meant) => {
    const { scene } = decodeLocation(`#${meant}`)
    expect(decodeLocation(mangled)).toMatchObject({ scene, problems: [], flaw: null })
  })
})

test('a link that was changed by hand opens as it stands, and is known for it', () => {
  const hash = encodeHash(DRAWN).replace('epsilon=0.37', 'epsilon=0.5')
  const { scene, problems, flaw } = decodeLocation(hash)
  expect(flaw).toEqual({ kind: 'changed' })
  expect(problems).toEqual([])
  expect(scene).toEqual({ ...DRAWN, dynamics: { ...DRAWN.dynamics, epsilon: 0.5 } })
  const worse = decodeLocation(hash.replace('epsilon=0.5', 'epsilon=50'))
  expect(worse.flaw).toEqual({ kind: 'changed' })
  expect(worse.problems.map(({ field }) => field)).toEqual(['dynamics.epsilon'])
  expect(worse.scene.target).toEqual(DRAWN.target)
})

test('a link without a seal that ends in its points may be a part of one', () => {
  const bare = encodeHash(DRAWN)
    .replace(/size=\d+&/u, '')
    .replace(/&sum=\w+$/u, '')
  expect(decodeLocation(bare)).toMatchObject({ scene: DRAWN, flaw: null })
  const end = bare.indexOf('&', bare.indexOf('=~'))
  for (const at of [end, end - 40]) {
    const { flaw, scene } = decodeLocation(bare.slice(0, at))
    if (scene.target.kind === 'points') expect(flaw).toEqual({ kind: 'open' })
  }
  expect(decodeLocation(bare.slice(0, end)).flaw).toEqual({ kind: 'open' })
})

test('one character that is another is noticed', () => {
  const hash = encodeHash(DRAWN)
  fc.assert(
    fc.property(fc.integer({ min: hash.indexOf('&') + 1, max: hash.length - 1 }), (at) => {
      const other = hash[at] === 'a' ? 'b' : 'a'
      const opened = decodeLocation(hash.slice(0, at) + other + hash.slice(at + 1))
      expect(opened.flaw).not.toBeNull()
    }),
  )
})

describe('hostile links', () => {
  const long = (unit: string, length = LONGEST_LINK - 100) =>
    unit.repeat(Math.ceil(length / unit.length)).slice(0, length)
  it.each([
    ['10 MB', `#epsilon=${long('9', 10_000_000)}`],
    ['as many pairs as fit', `#${long('a=1&')}`],
    ['as many empty pairs', `#${long('&')}`],
    ['as many words', `#${long('a&')}`],
    ['as many list entries', `#layers=${long('1,')}`],
    ['as many rows', `#energy.matrix=${long('1;')}`],
    ['a path without end', `#${long('a.')}=1`],
    ['paths without end', `#${long('a.b.c.d.e.f.g.h=1&')}`],
    ['nested lists', `#target=!${long('[')}`],
    ['nested objects', `#target=!${encodeURIComponent(long('{"a":', 100_000))}`],
    [
      'terms without end',
      `#${Array.from({ length: 30_000 }, (_, i) => `energy.terms.${String(i)}.x=1`).join('&')}`,
    ],
    ['escapes', `#${long('%41')}`],
    ['broken escapes', `#${long('%')}`],
    ['escaped escapes', `#${long('%2525')}`],
    ['&amp; without end', `#${long('&amp;')}`],
    ['seals without end', `#size=9&${long('&sum=')}`],
    ['blanks', `#size=9&${long(' ')}`],
    ['tracking keys', `#${long('&utm_a=1')}`],
    ['marks', `#${long(')')}`],
    ['points', `#target=points&target.points=~q${long('A')}`],
    ['numbers beyond all', '#epsilon=1e400&seed=-1e400&energy.terms.1e400.weight=1'],
    [
      '__proto__',
      '#__proto__.polluted=1&constructor.prototype.polluted=1&target=!{"__proto__":{"polluted":1}}',
    ],
  ])('of %s open as a valid scene with a word', (_, hash) => {
    const { scene, problems, flaw } = decodeLocation(hash)
    expect(parseScene(scene)).toEqual({ scene })
    expect(problems.length + (flaw === null ? 0 : 1)).toBeGreaterThan(0)
    expect({}).not.toHaveProperty('polluted')
  })

  it('of more than a browser takes are not read at all', () => {
    expect(decodeLocation(`#epsilon=${long('9', 10_000_000)}`).flaw).toMatchObject({ kind: 'long' })
  })
})

test('20,000 points of full precision fit', () => {
  const points = Array.from({ length: 20_000 }, (_, i) => [Math.sqrt(i), Math.cbrt(i)] as const)
  const scene = of({ target: { kind: 'points', points } })
  const hash = encodeHash(scene)
  expect(hash.length).toBeLessThan(LONGEST_LINK)
  expect(decodeLocation(hash)).toMatchObject({ scene, flaw: null })
})
