import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeProblem } from './problem.ts'
import { readJsonText } from './jsonText.ts'

function errorOf(text: string): string {
  const read = readJsonText(text)
  return 'error' in read ? describeProblem(read.error) : 'no error'
}

describe('readJsonText', () => {
  it('reads any JSON, laid out in any way, with a byte order mark or without', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.nat(4),
        fc.constantFrom('', '\uFEFF'),
        (json, indent, mark) => {
          const text = JSON.stringify(json, null, indent)
          expect(readJsonText(mark + text)).toEqual({ json: JSON.parse(text) as unknown })
        },
      ),
    )
  })

  it('finds a key that stands twice, wherever and however it is written', () => {
    const key = fc.string({ unit: 'binary', maxLength: 5 })
    const members = fc.array(fc.tuple(key, fc.jsonValue()), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(members, fc.jsonValue(), fc.nat(3), (entries, value, depth) => {
        const object = (list: readonly (readonly [string, unknown])[]) =>
          `{${list.map(([name, entry]) => `${JSON.stringify(name)} : ${JSON.stringify(entry)}`).join(' ,')}}`
        const wrap = (text: string) => '[0,{"a":'.repeat(depth) + text + '}]'.repeat(depth)
        const once = new Map(entries)
        expect(errorOf(wrap(object([...once])))).toBe('no error')
        expect(errorOf(wrap(object([...once, [entries[0]![0], value]])))).toMatch(
          /found the same key twice/,
        )
      }),
    )
    expect(errorOf('{"dynamics": {"epsilon": 1, "\\u0065psilon": 2}}')).toBe(
      'dynamics.epsilon: found the same key twice; allowed: each key once',
    )
    expect(errorOf('{"a": [{}, {"b": "\\\\", "b": 1}]}')).toMatch(/^a\.1\.b: /)
    expect(errorOf('{"__proto__": 1, "__proto__": 2}')).toMatch(/^__proto__: /)
  })

  it('says where text ends to be JSON, without quoting it', () => {
    expect(errorOf('{"seed": 1,\n  "secret" 5}')).toMatch(
      /^scene: found text that is not JSON(, line 2, column 12)?; allowed: a JSON object$/,
    )
    expect(errorOf('')).toMatch(/^scene: found text that is not JSON/)
  })

  it('takes as many keys and values as any scene has, and refuses more before it parses them', () => {
    const keys = (n: number) =>
      `{"a":{${Array.from({ length: n }, (_, i) => `"k${String(i)}":1`).join()}}}`
    expect(errorOf(keys(2000))).toBe('no error')
    expect(errorOf(keys(2001))).toBe(
      'scene: found an object with too many keys; allowed: at most 2000',
    )
    expect(errorOf(`[0${',0'.repeat(700_000)}]`)).toBe('no error')
    expect(errorOf(`[0${',0'.repeat(700_001)}]`)).toMatch(/^scene: found too many values/)
  })

  it('takes a hundred levels, and refuses more before it parses them', () => {
    const nested = (depth: number, inner: string) =>
      '{"a":['.repeat(depth / 2) + inner + ']}'.repeat(depth / 2)
    expect(errorOf(nested(100, '1'))).toBe('no error')
    expect(errorOf(nested(98, '{"b":1,"b":2}'))).toBe(
      '0.a.0.a.0.b: found the same key twice; allowed: each key once',
    )
    for (const text of [nested(102, '1'), nested(1e6, '1'), '['.repeat(1e6), '{"":'.repeat(1e6)]) {
      expect(errorOf(text)).toBe(
        'scene: found lists or objects nested too deeply; allowed: at most 100 levels',
      )
    }
  })

  it('never throws, and takes what JSON.parse takes where no key repeats', () => {
    const piece = fc.constantFrom(...'{}[],:"\\ \n', '1', '"a"', '"b"', 'null', '\\u0061', '1e400')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join('')
        const read = readJsonText(text)
        if ('json' in read) expect(read.json).toEqual(JSON.parse(text))
        else if (!read.error.found.startsWith('the same'))
          expect(() => void JSON.parse(text)).toThrow()
      }),
      { numRuns: 2000 },
    )
  })
})
