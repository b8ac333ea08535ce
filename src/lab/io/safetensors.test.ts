import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readSafetensors, writeSafetensors } from './safetensors.ts'
import type { Tensor, TensorFile } from './safetensors.ts'

const shape = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 3 })
const tensor = shape.chain((sides): fc.Arbitrary<Tensor> => {
  const length = sides.reduce((n, side) => n * side, 1)
  return fc.oneof(
    fc
      .float32Array({ minLength: length, maxLength: length })
      .map((data) => ({ shape: sides, data: Float32Array.from(data) })),
    fc
      .float64Array({ minLength: length, maxLength: length })
      .map((data) => ({ shape: sides, data: Float64Array.from(data) })),
  )
})
const name = fc.string({ maxLength: 10 }).filter((text) => text !== '__metadata__')
const file: fc.Arbitrary<TensorFile> = fc.record({
  tensors: fc.array(fc.tuple(name, tensor), { maxLength: 6 }).map((list) => new Map(list)),
  metadata: fc.array(fc.tuple(fc.string(), fc.string())).map((list) => new Map(list)),
})

function build(header: unknown, data: number, length?: number): Uint8Array {
  const text = new TextEncoder().encode(
    typeof header === 'string' ? header : JSON.stringify(header),
  )
  const bytes = new Uint8Array(8 + text.length + data)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length ?? text.length), true)
  bytes.set(text, 8)
  return bytes
}

function errorOf(bytes: Uint8Array): string {
  const read = readSafetensors(bytes)
  return 'error' in read ? read.error : 'no error'
}

describe('safetensors', () => {
  it('reads back what it wrote, tensors and metadata, bit for bit', () => {
    fc.assert(
      fc.property(file, (original) => {
        const bytes = writeSafetensors(original)
        const read = readSafetensors(bytes)
        if ('error' in read) throw new Error(read.error)
        expect(new Map([...read.tensors].sort())).toEqual(new Map([...original.tensors].sort()))
        expect(read.metadata).toEqual(original.metadata)
      }),
      { numRuns: 100 },
    )
  })

  it('writes the published layout', () => {
    const bytes = writeSafetensors({
      tensors: new Map([['w', { shape: [1, 2], data: Float32Array.of(1, -2) }]]),
      metadata: new Map([['version', '1']]),
    })
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true))
    expect(length % 8).toBe(0)
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))).toEqual({
      __metadata__: { version: '1' },
      w: { dtype: 'F32', shape: [1, 2], data_offsets: [0, 8] },
    })
    // 1 and −2 as little-endian IEEE 754 binary32.
    expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0])
  })

  it('refuses to write data that do not fill their shape', () => {
    const tensors = new Map([['w', { shape: [2, 2], data: Float32Array.of(1) }]])
    expect(() => writeSafetensors({ tensors, metadata: new Map() })).toThrow(RangeError)
  })

  const one = { dtype: 'F32', shape: [1], data_offsets: [0, 4] }
  it.each<[string, Uint8Array, RegExp]>([
    ['no header length', new Uint8Array(7), /7 bytes are too few/],
    ['a header longer than the file', build('{}', 0, 900), /header of 900 bytes in a file of 10/],
    ['an absurd header length', build('{}', 0, 2 ** 52), /at most 1000000/],
    ['a header that is not JSON', build('{"a"', 0), /not JSON/],
    ['a header that is no text', build('{"\uD800"}'.replace('\uD800', 'é'), 0, 3), /not UTF-8/],
    ['a header nested without end', build(`{"a":${'['.repeat(400_000)}`, 0), /nested too deeply/],
    ['a header that is a list', build('[1]', 0), /does not begin with {/],
    ['metadata that are not strings', build({ __metadata__: { a: 1 } }, 0), /"a" is not a string/],
    ['metadata that are a list', build({ __metadata__: [] }, 0), /metadata are not an object/],
    [
      'another type',
      build({ w: { ...one, dtype: 'BF16' } }, 4),
      /"w" has type "BF16"; allowed: F32/,
    ],
    ['a negative side', build({ w: { ...one, shape: [-1] } }, 4), /no valid shape/],
    ['offsets past the end', build({ w: one }, 3), /bytes 0 to 4 of 3/],
    ['offsets that run back', build({ w: { ...one, data_offsets: [4, 0] } }, 4), /bytes 4 to 0/],
    [
      'a shape too large',
      build({ w: { ...one, shape: [2] } }, 4),
      /4 bytes for F32 of shape \[2\]/,
    ],
    ['an overlap', build({ a: one, b: one }, 4), /"b" overlaps/],
    ['a hole', build({ a: one, b: { ...one, data_offsets: [8, 12] } }, 12), /bytes 4 to 8 belong/],
    ['bytes left over', build({ a: one }, 5), /bytes 4 to 5 belong to no tensor/],
  ])('names %s', (_, bytes, message) => {
    expect(errorOf(bytes)).toMatch(message)
  })

  it.each([
    ['two tensors', `{"w":${JSON.stringify(one)},"w":${JSON.stringify(one)}}`, 'w'],
    [
      'a name in two spellings',
      `{"w":${JSON.stringify(one)},"\\u0077":${JSON.stringify(one)}}`,
      'w',
    ],
    ['two shapes', '{"w":{"dtype":"F32","shape":[7],"data_offsets":[0,4],"shape":[1]}}', 'w.shape'],
    ['an entry of the metadata', '{"__metadata__":{"a":"1","a":"2"}}', '__metadata__.a'],
    ['two lists of metadata', '{"__metadata__":{"a":"1"},"__metadata__":{}}', '__metadata__'],
  ])('names a key that stands twice: %s', (_, header, key) => {
    expect(errorOf(build(header, header.includes('"w"') ? 4 : 0))).toBe(
      `not a readable safetensors file: ${key}: found the same key twice; allowed: each key once`,
    )
  })

  it('refuses a file that is too long before it looks at it', () => {
    expect(errorOf(new Uint8Array(2 ** 26 + 1))).toMatch(/67108865 bytes; at most 67108864/)
  })

  it('takes names of properties of objects as plain names', () => {
    const names = ['__proto__', 'constructor', 'toString', '__defineGetter__']
    const tensors = new Map(names.map((key) => [key, { shape: [1], data: Float32Array.of(1) }]))
    const metadata = new Map(names.map((key) => [key, key]))
    expect(readSafetensors(writeSafetensors({ tensors, metadata }))).toEqual({ tensors, metadata })
    expect(({} as Record<string, unknown>)['dtype']).toBeUndefined()
  })

  it('never throws on garbage, nor on a good file with one byte changed or its end cut off', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        readSafetensors(bytes)
      }),
    )
    fc.assert(
      fc.property(file, fc.nat(), fc.nat(255), fc.nat(), (original, where, value, cut) => {
        const bytes = writeSafetensors(original)
        readSafetensors(bytes.subarray(0, cut % bytes.length))
        bytes[where % bytes.length] = value
        readSafetensors(bytes)
      }),
    )
  })
})
