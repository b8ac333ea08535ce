import { describe, expect, it } from 'vitest'
import type { Row } from './rows.ts'
import { boundText, cellsOf, digits, figure, markdownTable, plainTables } from './table.ts'

const row: Row = {
  name: 'step',
  unit: 'ms',
  value: 1.5,
  spread: [1.4, 1.62],
  samples: 7,
  rivals: [
    { name: 'tfjs wasm', value: 12 },
    { name: 'tfjs cpu', value: 45, spread: [44, 47], samples: 7 },
  ],
  bounds: [
    { at: 'least', value: 6, of: { ratioTo: 'tfjs wasm' } },
    { at: 'least', value: 31, of: { ratioTo: 'tfjs cpu' } },
  ],
  floor: { kind: 'arithmetic', value: 0.75, from: '1e7 FLOPs at 14 GFLOP/s' },
}

describe('numbers', () => {
  it.each([
    [0, '0.00'],
    [0.01234, '0.0123'],
    [9.996, '10.0'],
    [123.4, '123'],
    [99999, '99,999'],
    [1234567, '1,234,567'],
    [3.2e7, '3.2e7'],
    [0.00002, '2.0e−5'],
    [-12.34, '−12.3'],
    [Infinity, '∞'],
  ])('%d is %s', (value, text) => {
    expect(digits(value)).toBe(text)
  })

  it('come with their quartiles, unless these print alike', () => {
    expect(figure(row)).toBe('1.50 (1.40 – 1.62)')
    expect(figure({ value: 1.5, spread: [1.5001, 1.5002] })).toBe('1.50')
  })
})

describe('tables', () => {
  it('say of each bound whether it is met', () => {
    expect(row.bounds!.map((bound) => boundText(row, bound))).toEqual([
      '≥ 6 × tfjs wasm: met',
      '≥ 31 × tfjs cpu: **not met**',
    ])
  })

  it('give every rival a line of its own', () => {
    const [first, second, ...none] = cellsOf(row)
    expect(first!.slice(0, 4)).toEqual(['step', '1.50 (1.40 – 1.62) ms', 'tfjs wasm 12.0', '8.00'])
    expect(first![5]).toBe('0.750 ms, 50.0 %')
    expect(second).toEqual(['', '', 'tfjs cpu 45.0 (44.0 – 47.0)', '30.0', '', ''])
    expect(none).toEqual([])
  })

  it('drop columns without a word in them, and escape what would end a cell', () => {
    expect(markdownTable(['a', 'b', 'c'], [['x|y', '', '1']])).toBe(
      '| a | c |\n| --- | --- |\n| x\\|y | 1 |',
    )
  })

  it('stand under their headings', () => {
    const text = plainTables([
      { name: 'one', unit: 's', value: 1 },
      { name: 'two', group: 'others', unit: 's', value: 2 },
    ])
    expect(text).toBe('what  measured\none   1.00 s\n\nothers:\nwhat  measured\ntwo   2.00 s')
  })
})
