import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { writeEnergyFile } from '../../lab/io/energyFile.ts'
import { sha256HexSync } from '../../lab/io/sha256.ts'
import { decodeDataSet, decodeShelfItem, Unreadable } from './records.ts'

const bytes = writeEnergyFile(
  {
    shape: { widths: [2], activations: ['silu'] },
    theta: Float32Array.from({ length: 9 }, (_, i) => i / 10),
    halfWidth: 4,
    penaltyStart: 3.2,
    transform: null,
  },
  null,
)
const target = { kind: 'two-moons', sharpness: 0.6 }
const table = new TextEncoder().encode('1,2\n2,1\n3,5\n4,4\n5,1\n6,2\n7,7\n8,1\n9,3\n10,0\n11,4\n')
const GOOD = {
  weights: {
    id: 'a',
    label: 'A',
    createdAt: 1,
    target,
    content: { kind: 'weights', bytes, hash: sha256HexSync(bytes), recipe: null },
    summary: null,
    thumbnail: null,
  },
  sum: {
    id: 'a',
    label: 'A',
    createdAt: 1,
    target,
    content: {
      kind: 'sum',
      energy: {
        kind: 'sum',
        terms: [{ weight: 1, energy: { kind: 'exact' }, target: null }],
        barriers: [],
      },
    },
    summary: null,
    thumbnail: null,
  },
  points: {
    id: 'a',
    label: 'A',
    createdAt: 1,
    content: { kind: 'points', points: Array.from({ length: 12 }, (_, i) => [i, (i * i) % 7]) },
  },
  file: {
    id: 'a',
    label: 'A',
    createdAt: 1,
    content: {
      kind: 'file',
      file: 'a.csv',
      bytes: table,
      hash: sha256HexSync(table),
      columns: [0, 1],
      columnNames: ['x', 'y'],
      form: { separator: 'comma', decimal: 'point', log: ['x'], clip: 10 },
    },
  },
}

/** What may lie where something else should. */
const anything = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
    withNullPrototype: true,
  }),
  fc.constantFrom(undefined, null, NaN, Infinity, -0, '', '__proto__', Number.MAX_VALUE),
  fc.uint8Array({ maxLength: 40 }),
)

/** Every place in a record, as its path. */
function paths(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [path]
  return [path, ...Object.entries(value).flatMap(([key, inner]) => paths(inner, [...path, key]))]
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by
  const copy = Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }
  const inner = (copy as Record<string, unknown>)[key]
  Object.assign(copy, { [key]: replaced(inner, rest, by) })
  return copy
}

const decode = (kind: keyof typeof GOOD, value: unknown) =>
  kind === 'weights' || kind === 'sum' ? decodeShelfItem('a', value) : decodeDataSet('a', value)

describe.each(Object.keys(GOOD) as (keyof typeof GOOD)[])('records: %s', (kind) => {
  it('come through unchanged where nothing is wrong', async () => {
    expect(await decode(kind, GOOD[kind])).toEqual(GOOD[kind])
  })

  it('with anything at any place are read as a record of that type, or refused in a line', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths(GOOD[kind])), anything, async (path, by) => {
        const hostile = replaced(GOOD[kind], path, by)
        try {
          const read = await decode(kind, hostile)
          // What was read is a record that reads as itself.
          expect(await decode(kind, read)).toEqual(read)
        } catch (error) {
          expect(error).toBeInstanceOf(Unreadable)
          expect((error as Error).message).toMatch(/^[^\n\r]+$/u)
        }
      }),
      { numRuns: 400 },
    )
  })

  it('cut off at any byte are refused', async () => {
    const { content } = GOOD[kind]
    if (!('bytes' in content)) return
    const whole = content.bytes
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), async (length) => {
        const cut = replaced(GOOD[kind], ['content', 'bytes'], whole.slice(0, length))
        await expect(decode(kind, cut)).rejects.toBeInstanceOf(Unreadable)
      }),
      { numRuns: 60 },
    )
  })
})
