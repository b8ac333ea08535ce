import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeCsvError, MIN_ROWS, readCsv, readPastedPoints } from './csv.ts'
import type { CsvRead, PointTable } from './csv.ts'

function table(read: CsvRead): PointTable {
  if ('error' in read) throw new Error(describeCsvError(read.error))
  return read
}

function errorOf(read: CsvRead): string {
  return 'error' in read ? describeCsvError(read.error) : 'no error'
}

/** Twelve rows x = i + 0.5, y = −i. */
const ROWS = Array.from({ length: 12 }, (_, i) => [i + 0.5, 0 - i] as const)
const EXPECTED = Float64Array.from(ROWS.flat())
const body = (delimiter: string, end: string): string =>
  ROWS.map((row) => row.join(delimiter)).join(end) + end

describe('readCsv', () => {
  it.each([
    ['commas', body(',', '\n')],
    ['semicolons', body(';', '\n')],
    ['tabs', body('\t', '\n')],
    ['CRLF', body(',', '\r\n')],
    ['a byte order mark', `\uFEFF${body(',', '\n')}`],
    ['a header', `x,y\n${body(',', '\n')}`],
    [
      'a header after a byte order mark and blank lines',
      `\uFEFF\n\n"x, m",y\r\n\r\n${body(',', '\r\n\r\n')}`,
    ],
    ['no newline at the end', body(',', '\n').trimEnd()],
    ['blanks round the numbers', body(' , ', ' \n')],
  ])('reads %s', (_, text) => {
    expect(table(readCsv(text)).points).toEqual(EXPECTED)
  })

  it('reads back any points, in any of the formats, digit for digit', () => {
    const value = fc.double({ min: -1e9, max: 1e9, noNaN: true }).map((x) => x + 0)
    fc.assert(
      fc.property(
        fc.uniqueArray(value, { minLength: 2 * MIN_ROWS, maxLength: 80 }),
        fc.constantFrom(',', ';', '\t'),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        (flat, delimiter, end, headed) => {
          const n = Math.floor(flat.length / 2)
          const lines = Array.from({ length: n }, (_, i) =>
            [
              String(flat[2 * i]),
              'a "quoted", text; here\t'.replace(/^|$|"/g, '"$&'),
              String(flat[2 * i + 1]),
            ].join(delimiter),
          )
          if (headed) lines.unshift(['a', 'b', 'c'].join(delimiter))
          const read = table(readCsv(lines.join(end), [0, 2]))
          expect([...read.points]).toEqual(flat.slice(0, 2 * n))
          expect(read.skipped).toEqual([])
        },
      ),
    )
  })

  it('finds the columns of numbers among text, and names all columns', () => {
    const text = `name,height,note,width\n${ROWS.map(([x, y]) => `a,${x},n/a,${y}`).join('\n')}`
    const read = table(readCsv(text))
    expect(read.points).toEqual(EXPECTED)
    expect(read.columns).toEqual([
      { index: 1, name: 'height' },
      { index: 3, name: 'width' },
    ])
    expect(read.available.map(({ name }) => name)).toEqual(['name', 'height', 'note', 'width'])
  })

  it('takes the columns in the order in which they are asked for', () => {
    const read = table(readCsv(body(',', '\n'), [1, 0]))
    expect([...read.points.subarray(0, 4)]).toEqual([-0 + 0, 0.5, -1, 1.5])
    expect(read.columns.map(({ name }) => name)).toEqual(['column 2', 'column 1'])
  })

  it('skips rows without two numbers and says where and why', () => {
    const text = `x,y\n${body(',', '\n')}"two\nlines",3\n\n7,\n0x10,1\nInfinity,1\n1e10,1\n"1,5",2\n`
    const read = table(readCsv(text))
    expect(read.points).toEqual(EXPECTED)
    expect(read.skipped).toEqual([
      { line: 14, reason: 'column 0: found "two\\nlines"; allowed: a number with a decimal point' },
      { line: 17, reason: 'column 1: found nothing; allowed: a number' },
      { line: 18, reason: 'column 0: found "0x10"; allowed: a number with a decimal point' },
      { line: 19, reason: 'column 0: found "Infinity"; allowed: a number with a decimal point' },
      { line: 20, reason: 'column 0: found 1e10; allowed: numbers up to 1e9' },
      { line: 21, reason: 'column 0: found "1,5"; allowed: a decimal point, not a comma' },
    ])
  })

  it.each<[string, string, readonly [number, number] | undefined, string]>([
    [
      'an empty file',
      '\uFEFF\n \n',
      undefined,
      'the file is empty; allowed: two columns of numbers',
    ],
    [
      'one column',
      'x\n1\n2\n3\n',
      undefined,
      'line 1: fewer than two columns of numbers; allowed: two or more',
    ],
    [
      'a column that is not there',
      body(',', '\n'),
      [0, 2],
      'line 1, column 2: there is no column 2; the file has 2 columns, counted from 0',
    ],
    ['too few rows', '1,2\n3,4\n', undefined, 'the file has 2 points; allowed: at least 10'],
    [
      'too few rows for want of numbers',
      `x,y\n1,2\n3,?\n${'5,6\n'.repeat(8)}`,
      [0, 1],
      'line 3, column 1: found "?"; allowed: a number with a decimal point',
    ],
    [
      'more bad rows than good',
      `${body(',', '\n')}${'a,b\n'.repeat(13)}`,
      [0, 1],
      'line 13, column 0: found "a"; allowed: a number with a decimal point',
    ],
    [
      'a column that does not vary',
      Array.from({ length: 12 }, (_, i) => `${i},3`).join('\n'),
      undefined,
      'line 1, column 1: every number of the second column is 3; allowed: numbers that differ',
    ],
  ])('refuses %s', (_, text, columns, message) => {
    expect(errorOf(readCsv(text, columns))).toBe(message)
  })

  it.each([
    [
      'a quote that is never closed',
      `x,y,note\n${body(',ok,', '\n')}1,2,"two inch pipe\n${body(',', '\n')}`,
      'line 14: opens a quote that is never closed; allowed: pairs',
    ],
    [
      'a lone quote at the end',
      `${body(',', '\n')}"`,
      'line 13: opens a quote that is never closed; allowed: pairs',
    ],
    [
      'text behind a closing quote',
      `${body(',', '\n')}"a""\nb"c,3\n`,
      'line 14: text behind a closing quote; allowed: quotes round a whole cell',
    ],
    [
      'more columns than a thousand',
      `${body(',', '\n')}${','.repeat(1000)}5\n`,
      'line 13: 1001 columns; allowed: at most 1000',
    ],
    [
      'more lines than twice the most rows',
      '\n'.repeat(400_000),
      'the file has 400001 lines; allowed: at most 400000',
    ],
    [
      'a text that is too long',
      'x'.repeat(2 ** 25 + 1),
      '33554433 characters; allowed: at most 33554432',
    ],
  ])('takes nothing of a file with %s', (_, text, message) => {
    expect(errorOf(readCsv(text))).toBe(message)
  })

  it('reads quotes inside a cell, doubled quotes and quoted lines as they stand', () => {
    const note = '"5"" of ""3"",\r\n"""'
    const lines = ROWS.map(([x, y]) => `${x},"${y}",5" or ${x},${note}`)
    const read = table(readCsv(`x,y,"a ""note"", long",rest\n${lines.join('\n')}`))
    expect(read.points).toEqual(EXPECTED)
    expect(read.available[2]?.name).toBe('a "note", long')
  })

  it('keeps the names of columns short and on one line', () => {
    const text = `"${'😀'.repeat(1000)}","a\nb\u202Ec"\n${body(',', '\n')}`
    const [x, y] = table(readCsv(text)).columns
    expect(x.name).toBe(`${'😀'.repeat(30)}…`)
    expect(y.name).toBe('a b c')
  })

  it('takes time in proportion to its length on cells and gaps without end', () => {
    // Each takes minutes where time goes with the square of the length.
    const long = 1_000_000
    const texts = [
      '1'.repeat(long),
      `${'1'.repeat(long)}x`,
      `]${' '.repeat(long)}x`,
      '] '.repeat(long),
    ]
    for (const text of texts) {
      expect(errorOf(readCsv(text))).not.toBe('no error')
      expect(errorOf(readPastedPoints(text))).not.toBe('no error')
    }
  })

  it('never throws', () => {
    const piece = fc.constantFrom(
      ',',
      ';',
      '\t',
      '\n',
      '\r',
      '"',
      '1',
      '-2.5e3',
      'x',
      ' ',
      '\uFEFF',
      '\0',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 120 }), (pieces) => {
        readCsv(pieces.join(''))
        readCsv(pieces.join(''), [0, 1])
        readPastedPoints(pieces.join(''))
      }),
      { numRuns: 150 },
    )
  })
})

describe('readPastedPoints', () => {
  it.each([
    ['blanks', body(' ', '\n')],
    ['tabs', body('\t', '\r\n')],
    ['commas and blanks', body(', ', '\n')],
    ['a header', `x y\n${body('  ', '\n')}`],
    ['brackets', ROWS.map(([x, y]) => `(${x}, ${y}),`).join('\n')],
    ['JSON', JSON.stringify(ROWS)],
    ['JSON on many lines', JSON.stringify(ROWS, null, 0).replace(/\],/g, '],\n')],
  ])('reads %s', (_, text) => {
    expect(table(readPastedPoints(text)).points).toEqual(EXPECTED)
  })

  it.each([
    ['', 'no points; allowed: one x y a line'],
    [body(' ', '\n') + '1 2 3', 'line 13, column 2: 3 numbers on one line; allowed: two, x and y'],
    ['1 2\n3 4', 'the file has 2 points; allowed: at least 10'],
    ['1 2\n\n3 up', 'line 3, column 1: found "up"; allowed: a number with a decimal point'],
  ])('refuses %j', (text, message) => {
    expect(errorOf(readPastedPoints(text))).toBe(message)
  })
})
