import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeProblem } from './problem.ts'
import { readJsonText, withoutComments } from './jsonText.ts'

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
    expect(errorOf('{"seed": 1,\n  "secret" 5}')).toBe(
      'scene: found text that is not JSON, line 2, column 12; allowed: a JSON object',
    )
    const place = (text: string) =>
      /line (\d+), column (\d+)/.exec(errorOf(text))?.slice(1).map(Number)
    expect(place('')).toEqual([1, 1])
    expect(place('{"a": 1 // one\n}')).toEqual([1, 9])
    expect(place('{\n"a": [1, 2,],\n"b": 01}')).toEqual([2, 11])
    expect(place('{\n"a": 01}')).toEqual([2, 7])
    expect(place('{"a": "x\ty"}')).toEqual([1, 7])
    expect(place("{'a': 1}")).toEqual([1, 2])
    expect(place('{"a": 1,\n}')).toEqual([1, 8])
    expect(place('{"a": 1}\n\n}')).toEqual([3, 1])
    expect(place('{"a": [1, {"b"')).toEqual([1, 15])
    expect(place('{"a" 1}')).toEqual([1, 6])
    expect(place('{"a": NaN}')).toEqual([1, 7])
  })

  it('names a comma with nothing behind it, where it stands', () => {
    expect(errorOf('{\n  "seed": 1,\n  "target": { "kind": "banana" },\n}')).toBe(
      'scene: found a comma, line 3, column 33, with nothing between it and the }; allowed: commas only between two entries',
    )
    expect(errorOf('[1, 2, ]')).toMatch(/a comma, line 1, column 6, .* the ];/)
    expect(errorOf('[1,,2]')).toMatch(/a comma, line 1, column 3, .* the next comma;/)
    // Comments behind it do not move it.
    expect(errorOf(withoutComments('{"a": 1, // last\n}'))).toMatch(/a comma, line 1, column 8,/)
    // Other commas are none too many, or the text just ends.
    for (const text of ['{"a": ,}', '[,]', '{,}', '[1,', '{"a": 1, b}', '{"a,": x}'])
      expect(errorOf(text), text).toMatch(/text that is not JSON/)
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('', ' ', '\n', '\t\n '), (json, space) => {
        const inner = JSON.stringify(json, null, 1)
        const before = `{"x": [${inner}`
        const lines = before.split('\n')
        expect(errorOf(`${before},${space}]}`)).toMatch(
          `a comma, line ${String(lines.length)}, column ${String(lines.at(-1)!.length + 1)},`,
        )
      }),
    )
  })

  it('names a place where the text can be cut off and go on as JSON', () => {
    const ends = (text: string) => {
      const read = readJsonText(text)
      const at = 'error' in read ? /column (\d+)/.exec(read.error.found)?.[1] : undefined
      return at === undefined ? null : Number(at) - 1
    }
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), (json, cut) => {
        const text = JSON.stringify([json, json])
        const broken = text.slice(0, cut % text.length)
        // What is whole before the cut is no fault.
        expect(ends(`${text}#`)).toBe(text.length)
        expect(ends(broken)).toBeGreaterThan(-1)
        expect(text.startsWith(broken.slice(0, ends(broken)!))).toBe(true)
      }),
    )
  })

  it('blanks comments out, lines and strings stay', () => {
    const text = '{ // a "comment"\n "a": "http://x/*y*/", /* two\nlines */ "b\\"//": 2 } // end'
    const bare = withoutComments(text)
    expect(JSON.parse(bare)).toEqual({ a: 'http://x/*y*/', 'b"//': 2 })
    expect(bare).toHaveLength(text.length)
    expect(bare.split('\n')).toHaveLength(3)
    expect(errorOf(withoutComments('{"a": 1, /* never\nends'))).toMatch(/line 1, column 10/)
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        const plain = JSON.stringify(json, null, 2)
        expect(withoutComments(plain)).toBe(plain)
      }),
    )
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
      // An object that opens where a key belongs has no name on the way to it.
      { numRuns: 2000, examples: [[['{', '{', '"a"', ',', '"a"', ']']]] },
    )
  })
})
