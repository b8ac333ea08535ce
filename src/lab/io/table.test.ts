import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TableOptions } from './form.ts'
import { MIN_ROWS } from './rows.ts'
import { atOnce } from './slices.ts'
import { readTable, readTableNow, type PointTable, type TableRead } from './table.ts'
import {
  describePassedOver,
  describeReading,
  describeRemark,
  describeSkipped,
  describeTableError,
  passedOver,
} from './tableWords.ts'

function table(read: TableRead): PointTable {
  if ('error' in read) throw new Error(describeTableError(read.error))
  return read
}

function errorOf(read: TableRead): string {
  return 'error' in read ? describeTableError(read.error) : 'no error'
}

/** Twelve rows x = i + 0.5, y = −i. */
const ROWS = Array.from({ length: 12 }, (_, i) => [i + 0.5, 0 - i] as const)
const EXPECTED = Float64Array.from(ROWS.flat())
const body = (delimiter: string, end: string): string =>
  ROWS.map((row) => row.join(delimiter)).join(end) + end

describe('readTable', () => {
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
    ['comments behind rows', body(',', ' # seen twice\n')],
    ['comments behind rows of words', body('  ', '\t# why, unknown\n')],
    ['comments with separators in them', body(';', ' #1; 2, 3\n')],
    ['comments behind the first cell of rows too short', `${body(',', '\n')}1.5 # was 2.5,9.9\n`],
  ])('reads %s', (_, text) => {
    expect(table(readTableNow(text)).points).toEqual(EXPECTED)
  })

  it('reads the incomes of nations, and passes over the labels of rows that were picked', () => {
    const rows = Array.from({ length: 14 }, (_, i) =>
      [[3, 41, 7, 12][i % 4]! + 50 * i, 5_730_446_937_030 - 3e11 * i, 70 + 0.5 * i].join(','),
    )
    const { points, columns } = table(readTableNow(`,gdp,life\n${rows.join('\n')}`))
    expect(columns.map(({ name }) => name)).toEqual(['gdp', 'life'])
    expect([...points.slice(0, 2)]).toEqual([5_730_446_937_030, 70])
    expect(points).toHaveLength(28)
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
          const read = table(readTableNow(lines.join(end), { columns: [0, 2] }))
          expect([...read.points]).toEqual(flat.slice(0, 2 * n))
          expect(read.skipped).toEqual([])
        },
      ),
    )
  })

  it('finds the columns of numbers among text, and names all columns', () => {
    const text = `name,height,note,width\n${ROWS.map(([x, y]) => `a,${x},n/a,${y}`).join('\n')}`
    const read = table(readTableNow(text))
    expect(read.points).toEqual(EXPECTED)
    expect(read.columns).toEqual([
      { index: 1, name: 'height', kind: 'number' },
      { index: 3, name: 'width', kind: 'number' },
    ])
    expect(read.layout.available.map(({ name }) => name)).toEqual([
      'name',
      'height',
      'note',
      'width',
    ])
  })

  it('takes the columns in the order in which they are asked for', () => {
    const read = table(readTableNow(body(',', '\n'), { columns: [1, 0] }))
    expect([...read.points.subarray(0, 4)]).toEqual([-0 + 0, 0.5, -1, 1.5])
    expect(read.columns.map(({ name }) => name)).toEqual(['column 2', 'column 1'])
  })

  it('skips rows without two numbers and says where and why', () => {
    const text = `x,y\n${body(',', '\n')}"two\nlines",3\n\n7,\n0x10,1\nInfinity,1\n1e16,1\n"1,5",2\n`
    const read = table(readTableNow(text))
    expect(read.points).toEqual(EXPECTED)
    expect(read.skipped.map(describeSkipped)).toEqual([
      '2 rows with no number (first on line 14: "two\\nlines" in x)',
      '1 row with a gap (line 17: nothing in y)',
      '1 row with an infinite number (line 19: "Infinity" in x)',
      '1 row with a number beyond 10¹⁵ (line 20: "1e16" in x)',
      '1 row with the other decimal sign (line 21: "1,5" in x)',
    ])
  })

  it.each<[string, string, readonly [number, number] | undefined, string]>([
    ['an empty file', '\uFEFF\n \n', undefined, 'found no rows; allowed: two columns of numbers'],
    [
      'one column',
      'x\n1\n2\n3\n',
      undefined,
      'line 1: fewer than two columns of numbers (found numbers); allowed: two or more',
    ],
    [
      'a column that is not there',
      body(',', '\n'),
      [0, 2],
      'line 1: there is no column 3 (2 in "columns", which counts from 0); the file has 2 columns',
    ],
    ['too few rows', '1,2\n3,4\n', undefined, 'the file has 2 points; allowed: at least 10'],
    ['one row', 'x,y\n1,2\n', undefined, 'the file has 1 point; allowed: at least 10'],
    [
      'too few rows for want of numbers',
      `x,y\n1,2\n3,abc\n${'5,6\n'.repeat(8)}`,
      [0, 1],
      'line 3, column 2: found "abc"; allowed: a number with a decimal point (the file has 9 points, fewer than 10)',
    ],
    [
      'more bad rows than good',
      `${body(',', '\n')}${'a,b\n'.repeat(13)}`,
      [0, 1],
      'line 13, column 1: found "a"; allowed: a number with a decimal point (13 rows give no point, 12 do)',
    ],
    [
      'a column that does not vary',
      Array.from({ length: 12 }, (_, i) => `${i},3`).join('\n'),
      undefined,
      'line 1, column 2: every number of the second column is 3; allowed: numbers that differ',
    ],
  ])('refuses %s', (_, text, columns, message) => {
    expect(errorOf(readTableNow(text, { columns: columns ?? null }))).toBe(message)
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
      'line 13: more than 1000 columns; allowed: at most 1000',
    ],
    [
      'more lines than twice the most rows',
      '\n'.repeat(400_001),
      'more than 400000 lines; allowed: at most 400000',
    ],
    [
      'a text that is too long',
      'x'.repeat(2 ** 25 + 1),
      '33554433 characters; allowed: at most 33554432',
    ],
  ])('takes nothing of a file with %s', (_, text, message) => {
    expect(errorOf(readTableNow(text))).toBe(message)
  })

  it('reads quotes inside a cell, doubled quotes and quoted lines as they stand', () => {
    const note = '"5"" of ""3"",\r\n"""'
    const lines = ROWS.map(([x, y]) => `${x},"${y}",5" or ${x},${note}`)
    const read = table(readTableNow(`x,y,"a ""note"", long",rest\n${lines.join('\n')}`))
    expect(read.points).toEqual(EXPECTED)
    expect(read.layout.available[2]?.name).toBe('a "note", long')
  })

  it('keeps the names of columns short and on one line', () => {
    const text = `"${'😀'.repeat(1000)}","a\nb\u202Ec"\n${body(',', '\n')}`
    const [x, y] = table(readTableNow(text)).columns
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
      expect(errorOf(readTableNow(text))).not.toBe('no error')
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
        readTableNow(pieces.join(''))
        readTableNow(pieces.join(''), { columns: [0, 1] })
      }),
      { numRuns: 150 },
    )
  })
})

/** Rows of `ROWS` with other signs in their numbers. */
const written = (separator: string, decimal: string, minus = '-'): string =>
  ROWS.map((row) =>
    row
      .map((value) =>
        String(value + 0)
          .replace('-', minus)
          .replace('.', decimal),
      )
      .join(separator),
  ).join('\n')

const read = (text: string, options?: TableOptions): PointTable =>
  table(readTableNow(text, options))
const told = ({ skipped }: PointTable): readonly string[] => skipped.map(describeSkipped)
const kinds = ({ layout }: PointTable): readonly string[] =>
  layout.available.map(({ name, kind }) => `${name}: ${kind}`)

describe('how a table is taken apart', () => {
  it.each([
    ['semicolon', 'comma', written(';', ',')],
    ['semicolon', 'comma', `x;y\n${written(';', ',')}`],
    ['tab', 'comma', written('\t', ',')],
    ['blank', 'comma', written('  ', ',')],
    ['pipe', 'point', written('|', '.')],
    ['pipe', 'comma', written(' | ', ',')],
    ['blank', 'point', written(' ', '.')],
    ['blank', 'point', `  ${written('   ', '.').replaceAll('\n', '  \n\t ')}`],
    ['comma', 'point', written(', ', '.')],
    [
      'comma',
      'comma',
      ROWS.map((row) => row.map((v) => `"${String(v).replace('.', ',')}"`).join()).join('\n'),
    ],
    ['comma', 'point', written(',', '.', '−')],
    ['tab', 'point', written('\t', '.', '–')],
    ['comma', 'point', `sep=,\n${written(',', '.')}`],
  ] as const)('finds %s and decimal %s', (separator, decimal, text) => {
    const found = read(text)
    expect(found.points).toEqual(EXPECTED)
    expect(found.layout).toMatchObject({ separator, decimal })
    expect(found.skipped).toEqual([])
  })

  it('is not led astray by commas in words, nor by gaps between tabs', () => {
    const words = ROWS.map(([x, y]) => `${String(x).replace('.', ',')};a, b; c d;${y},0`).join('\n')
    expect(read(words).points).toEqual(EXPECTED)
    const gaps = ROWS.map(([x, y], i) => `${i % 3 === 0 ? '' : '7'}\t${x}\t\t${y}`).join('\n')
    expect(read(gaps, { columns: [1, 3] }).points).toEqual(EXPECTED)
  })

  it('looks for decimal signs in the middle and at the end, too', () => {
    const whole = Array.from({ length: 9000 }, (_, i) => `${i % 97};${i % 89}`)
    const text = [...whole, ...ROWS.map(([x, y]) => `${x},25;${y},75`.replaceAll('.5,25', ',5'))]
    const found = read(text.join('\n'))
    expect(found.layout.decimal).toBe('comma')
    expect(found.points).toHaveLength(2 * text.length)
  })

  it.each([
    ['"1,234.5",-2', [1234.5, -2]],
    ['"1,234,567","-2,000.25"', [1_234_567, -2000.25]],
    ["1'234.5,+2", [1234.5, 2]],
    ['1 234.5,.5', [1234.5, 0.5]],
    ['1\u202F234.5,5.', [1234.5, 5]],
    ['1.5D+02,-1E-3', [150, -0.001]],
    ['−1.5e−3,2', [-0.0015, 2]],
    ["'5',‘3.5’", [5, 3.5]],
    ['—1.5,‑2', [-1.5, -2]],
    ['$1.50,-£2', [1.5, -2]],
    ['"12,34,567.50","1,00,000"', [1_234_567.5, 100_000]],
    ['"$1,234.50",2 €', [1234.5, 2]],
    ['$€5,1', null],
    ['(1.5),(1234)', [-1.5, -1234]],
    ['(-1.5),(+2)', [-1.5, 2]],
    ['-$-5,1', null],
    ['$-5,1', [-5, 1]],
    ['12.5%,-3 %', [12.5, -3]],
    ["'5,3", null],
    ['5%%,1', null],
    ['12,34', [12, 34]],
    ['"12,34",5', null],
    ['"0,123",5', null],
    ['1_000,5', null],
  ] as const)('reads the row %s', (row, numbers) => {
    const found = read(`${written(',', '.')}\n${row}`)
    expect([...found.points.subarray(2 * ROWS.length)]).toEqual(numbers ?? [])
  })

  it.each([
    ['1.234,5;-2', [1234.5, -2]],
    ['1.234.567;0,5', [1_234_567, 0.5]],
    ['1 234,5;1e3', [1234.5, 1000]],
    ['1.5;2', null],
  ] as const)('reads the row %s with decimal commas', (row, numbers) => {
    const found = read(`${written(';', ',')}\n${row}`)
    expect([...found.points.subarray(2 * ROWS.length)]).toEqual(numbers ?? [])
  })

  it('keeps every digit of small numbers', () => {
    const rows = Array.from({ length: 40 }, (_, i) => [
      `${i % 2 === 0 ? '-' : ''}0.0000${String(17_000 + 7919 * i).padStart(6, '0')}1`,
      (1.25e-7 * (i + 1)).toExponential(16),
    ])
    const found = read(rows.map((row) => row.join(' ')).join('\n'))
    expect([...found.points]).toEqual(rows.flat().map(Number))
  })

  it('names commas that separate cells and decimals alike', () => {
    const both = ROWS.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`.replaceAll('.', ','))
    expect(errorOf(readTableNow(`x,y\n${both.join('\n')}`))).toBe(
      'line 2: 4 cells under 2 names; a comma cannot be both separator and decimal sign; allowed: semicolons or tabs between cells, or decimal points',
    )
  })

  it.each(['-', '*', ' m', '±0,1'])(
    'takes no comma inside a number for a separator where %j behind it makes it a word',
    (mark) => {
      const marked = ROWS.map(([x, y]) => `${x + 0.25}${mark};${y + 0.5}`.replaceAll('.', ','))
      expect(errorOf(readTableNow(`x;y\n${marked.join('\n')}`))).toBe(
        'line 1: fewer than two columns of numbers (found text, numbers); allowed: two or more',
      )
      const lists = ROWS.map(([x, y], i) => `${x + 0.25},a;b|${i},${y + 0.5}`)
      expect(read(lists.join('\n')).layout.separator).toBe('comma')
    },
  )

  it('takes what a person decides, and can be decided anew where it was wrong', () => {
    const text = written(';', ',')
    const wrong = readTableNow(text, { separator: 'comma', decimal: 'point' })
    expect(wrong).toMatchObject({ layout: { separator: 'comma', decimal: 'point' } })
    expect(read(text, { separator: 'semicolon' }).points).toEqual(EXPECTED)
    expect(errorOf(readTableNow(text, { decimal: 'point', separator: 'semicolon' }))).toBe(
      'line 1: fewer than two columns of numbers (found numbers with the other decimal sign, numbers); allowed: two or more',
    )
    const signs = ROWS.map(([x, y]) => `${x};${String(y - 0.5).replace('.', ',')}`).join('\n')
    expect(errorOf(readTableNow(signs))).toBe(
      'line 1: fewer than two columns of numbers (found numbers with the other decimal sign, numbers); allowed: two or more',
    )
    const torn = readTableNow(`${body('\t', '\n')}a\t5" "b\n`, { separator: 'blank' })
    expect(errorOf(torn)).toMatch(/^line 13: /u)
    expect(torn).toMatchObject({ layout: { separator: 'blank' } })
  })

  it.each([
    ['JSON', JSON.stringify(ROWS)],
    ['JSON on many lines', JSON.stringify(ROWS).replace(/\],/g, '],\n')],
    ['brackets', ROWS.map(([x, y]) => `(${x}, ${y}),`).join('\n')],
    ['brackets and blanks', ROWS.map(([x, y]) => `[ ${x}  ${y} ]`).join('\n')],
    ['brackets, blanks, one line', `[${ROWS.map(([x, y]) => `[${x} ${y}]`).join(' ')}]`],
    ['braces and a name', `points = {${ROWS.map(([x, y]) => `{${x}, ${y}}`).join(', ')}}`],
    ['a header and brackets', `x y\n${ROWS.map(([x, y]) => `(${x} ${y})`).join('\n')}`],
    [
      'decimal commas in brackets',
      ROWS.map(([x, y]) => `(${String(x).replace('.', ',')}; ${y})`).join('\n'),
    ],
  ])('reads points as %s', (name, text) => {
    const found = readTableNow(name === 'braces and a name' ? text.replace(/^.*?= /u, '') : text)
    expect(table(found).points).toEqual(EXPECTED)
  })
})

describe('what is no row of numbers', () => {
  const rows = body(',', '\n')

  it('is told of each kind, with the first line', () => {
    const text = `# made by hand\nSecond trial\nx,y\nm,s\n${rows}NA,1\n2,\n−,3\nx,y\n# end\nn/a,n/a\n2024-01-05,1\n1,2,3\nup,1\n`
    const found = read(text)
    expect(found.points).toEqual(EXPECTED)
    expect(found.columns.map(({ name }) => name)).toEqual(['x (m)', 'y (s)'])
    expect(found.layout.header).toBe(3)
    expect(told(found)).toEqual([
      '2 comments (first on line 1)',
      '1 line above the table (line 2)',
      '1 row of units (line 4)',
      '4 rows with a gap (first on line 17: "NA" in x (m))',
      '1 repeated header (line 20)',
      '1 row with a date (line 23: "2024-01-05" in x (m))',
      '1 row with a cell too many (line 24)',
      '1 row with no number (line 25: "up" in x (m))',
    ])
  })

  it('is a gap, not a header, where the first row lacks a number', () => {
    for (const gap of ['NA', 'NaN', '', '-', '−', 'null', '?', '#N/A']) {
      const found = read(`${gap},1.5\n${rows}`)
      expect(found.points).toEqual(EXPECTED)
      expect(found.columns.map(({ name }) => name)).toEqual(['column 1', 'column 2'])
      expect(told(found)).toEqual([
        `1 row with a gap (line 1: ${gap === '' ? 'nothing' : `"${gap}"`} in column 1)`,
      ])
    }
  })

  it('is a row with no number where a sentence follows the table', () => {
    const numbered = ROWS.map((row, i) => [i, ...row].join()).join('\n')
    expect(told(read(`${numbered}\nThe end.\n`))).toEqual(['1 row with no number (line 13)'])
    expect(told(read(`x,y\n${rows}7\n`))).toEqual(['1 row with a gap (line 14: nothing in y)'])
  })

  it('may be most of a column: gaps are no fault', () => {
    const found = read(`x,y\n${rows}${'5,NA\n'.repeat(30)}`)
    expect(told(found)).toEqual(['30 rows with a gap (first on line 14: "NA" in y)'])
  })

  it('is an empty row where it has separators, and nothing where it is blank', () => {
    expect(told(read(`x,y\n\n,\n${rows}\n , \n\n`))).toEqual(['2 empty rows (first on line 3)'])
    expect(errorOf(readTableNow('x,y\n'))).toBe(
      'line 1: found no row of numbers; allowed: two columns of them',
    )
  })

  it('may be a rule between header and rows, which is no gap', () => {
    const ruled = (rule: string, separator: string) =>
      told(read(`x${separator}y\n${rule}\n${body(separator, '\n')}`))
    expect(ruled(':--- | ---:', ' | ')).toEqual(['1 rule row, as in Markdown (line 2)'])
    expect(ruled('-|-', '|')).toEqual(['1 rule row, as in Markdown (line 2)'])
    expect(ruled('-----+-----', ' | ')).toEqual(['1 rule row, as in Markdown (line 2)'])
    expect(ruled('=====  =====', '  ')).toEqual(['1 rule row, as in Markdown (line 2)'])
    const table = `+---+---+\n| x | y |\n+---+---+\n${ROWS.map(([x, y]) => `| ${x} | ${y} |`).join('\n')}\n+---+---+`
    expect(told(read(table))).toEqual(['3 rule rows, as in Markdown (first on line 1)'])
    expect(read(table).columns.map(({ name }) => name)).toEqual(['x', 'y'])
    expect(read(table).points).toEqual(EXPECTED)
  })

  it('is a gap among blanks where a workbook has written its error behind a number', () => {
    const rows = ROWS.map(([x, y]) => `${x} #N/A ${y}`).join('\n')
    expect(read(`a b c\n${rows}\n`, { columns: [0, 2] }).points).toEqual(EXPECTED)
  })

  it('is a row of other cells than the others among blanks', () => {
    const found = read(`a b c\n${ROWS.map(([x, y]) => `${x} 7 ${y}`).join('\n')}\n1 2\n1 2 3 4\n`, {
      columns: [0, 2],
    })
    expect(found.points).toEqual(EXPECTED)
    expect(told(found)).toEqual([
      '1 row that ends too early (line 14)',
      '1 row with a cell too many (line 15)',
    ])
  })

  it('is a row whose cells stand in other columns, by their kinds', () => {
    const labelled = `place,x,y,note\n${ROWS.map(([x, y]) => `Oak,${x},${y},ok`).join('\n')}\n`
    const cases: readonly (readonly [text: string, told: string])[] = [
      [`${labelled}Elm, 6,1.2,3.4,ok\n`, '1 row with a cell too many (line 14)'],
      [`${labelled}7,8,9\n`, '1 row that ends too early (line 14)'],
      [
        `x,y,z,label\n${ROWS.map(([x, y]) => `${x},${y},1.5,L`).join('\n')}\n2.14,0.5,L\n`,
        '1 row that ends too early (line 14)',
      ],
    ]
    for (const [text, words] of cases) {
      const found = read(text)
      expect(found.points).toEqual(EXPECTED)
      expect(told(found)).toEqual([words])
    }
    // A note with a separator in it moves no number, and a row may end before it.
    const fine = read(`${labelled}Elm,1.25,2.25,ok, as it seems\nElm,3.25,4.25\n`)
    expect([...fine.points.slice(-4)]).toEqual([1.25, 2.25, 3.25, 4.25])
    expect(told(fine)).toEqual([])
  })

  it('is a row below the table that sums it up, and no row of that name elsewhere', () => {
    const labelled = ROWS.map(([x, y], i) => `p${i},${x},${y}`).join('\n')
    for (const foot of ['Total,78,-66', '\nMittelwert,6.5,-5.5', 'Mean,6.5,-5.5\nSD,3.6,3.6']) {
      const found = read(`place,x,y\n${labelled}\n${foot}\n`)
      expect(found.points).toEqual(EXPECTED)
      const [all] = told(found)
      expect(all).toMatch(
        /^(?:1 row|2 rows) that sums? up the table \((?:first on )?line 1[45]: "/u,
      )
    }
    const numbered = ROWS.map(([x, y], i) => `${i + 1};${x};${y}`).join('\n')
    expect(read(`id;x;y\n${numbered}\nSum;78;-66\n`).points).toEqual(EXPECTED)
    expect(read(`place,x,y\nTotal,1,2\n${labelled}\n`).points).toHaveLength(26)
    // A statistic of each group, and no sum of the table.
    const means = ROWS.map(([x, y]) => `mean,${x},${y}`).join('\n')
    expect(read(`what,x,y\n${labelled}\n${means}\n`).points).toHaveLength(48)
  })

  it('names the columns: above the rows, in a comment, short of one, twice, not at all', () => {
    const names = (text: string) => read(text).layout.available.map(({ name }) => name)
    expect(names(`# x, y\n${rows}`)).toEqual(['x', 'y'])
    expect(names(`#x y\n${body(' ', '\n')}`)).toEqual(['x', 'y'])
    expect(names(`# made by hand\n${rows}`)).toEqual(['column 1', 'column 2'])
    expect(names(`% x y\n${body(' ', '\n')}`)).toEqual(['x', 'y'])
    expect(names(`Trial, spring\n\nx,y\nm,s\n${rows}`)).toEqual(['x (m)', 'y (s)'])
    expect(names(`x [m],y\n[m],-\n${rows}`)).toEqual(['x [m]', 'y'])
    expect(names(`x|y\n--|:-:\n${body('|', '\n')}`)).toEqual(['x', 'y'])
    expect(names(`x,x\n${rows}`)).toEqual(['x', 'x (2)'])
    expect(names(`x  y\n---- ----\n${body(' ', '\n')}`)).toEqual(['x', 'y'])
    expect(names(`,y\n${rows}`)).toEqual(['column 1', 'y'])
    const numbered = ROWS.map(([x, y], i) => `"${i + 1}" ${x} ${y}`).join('\n')
    expect(names(`"a" "b"\n${numbered}`)).toEqual(['column 1', 'a', 'b'])
    expect(read(`"a" "b"\n${numbered}`).points).toEqual(EXPECTED)
    expect(names(`"a, m", "b"\n${rows}`)).toEqual(['a, m', 'b'])
  })
})

describe('a header with other cells than the rows', () => {
  const three = ROWS.map((row) => [...row, 7.5 - row[0]])
  const rows = (separator: string, end = '') =>
    three.map((row) => row.join(separator) + end).join('\n')
  const names = (text: string) => {
    const found = read(text)
    expect([...found.points]).toEqual([...EXPECTED])
    expect(found.skipped.filter(({ kind }) => kind !== 'title' && kind !== 'empty')).toEqual([])
    return found.layout.available.map(({ name }) => name)
  }

  it.each([
    ['x,x,', ['x', 'x (2)', 'column 3']],
    ['x,x', ['x', 'x (2)', 'column 3']],
    ['x,x,,,', ['x', 'x (2)', 'column 3']],
    ['x,,z', ['x', 'column 2', 'z']],
    [',,', ['column 1', 'column 2', 'column 3']],
    ['x,y,z,u,v', ['x', 'y', 'z', 'u', 'v']],
  ])('%s', (header, expected) => {
    expect(names(`${header}\n${rows(',')}`)).toEqual(expected)
    const trailing = names(`${header}\n${rows(',', ',')}`)
    expect(trailing.slice(0, expected.length)).toEqual(expected)
    expect(names(`${header}\n${rows(',')}`.replaceAll(',', ';'))).toEqual(expected)
    expect(names(`${header}\n${rows(',')}`.replaceAll(',', '\t'))).toEqual(expected)
  })

  it('has its names apart by more than one space, where some have spaces', () => {
    expect(names(`length of ear  width\trest\n${rows(' ')}`)).toEqual([
      'length of ear',
      'width',
      'rest',
    ])
  })

  it('is passed over, and told, where the words cannot be assigned to columns', () => {
    for (const header of ['the ear and its width', 'x y']) {
      const found = read(`${header}\n${rows(' ')}`)
      expect(found.points).toEqual(EXPECTED)
      expect(found.columns.map(({ name }) => name)).toEqual(['column 1', 'column 2'])
      expect(told(found)).toEqual(['1 line above the table (line 1)'])
    }
  })

  it('does not make a row too wide that has a cell there, as the others have', () => {
    const sparse = ROWS.map(([x, y], i) => `${x},${y},${i % 4 === 0 ? 5 : ''}`).join('\n')
    expect(names(sparse)).toEqual(['column 1', 'column 2', 'column 3'])
  })
})

describe('signs of numbers', () => {
  /** Thousands and more, most with a group of three digits. */
  const AMOUNTS = Array.from({ length: 40 }, (_, i) => [
    100 + ((i * 7919) % 40_009),
    250 + ((i * 104_729) % 90_001),
  ])
  const grouped = (value: number, group: string, decimals = '') =>
    String(value).replace(/\B(?=(\d{3})+$)/gu, group) + decimals
  const amounts = (group: string, separator: string, decimals = '', header = '') =>
    header +
    AMOUNTS.map((row) => row.map((cell) => grouped(cell, group, decimals)).join(separator)).join(
      '\n',
    )
  const whole = (found: PointTable) => [...found.points].map(Math.floor)

  it.each(['\u202F', '\u00A0', '\u2009', ' ', "'", '’'])(
    'of French and Swiss numbers are found with %j between thousands',
    (group) => {
      for (const separator of ['\t', ';', ' | '])
        for (const header of ['', `x${separator}y\n`])
          for (const decimals of [',25', '', ',5', ',25 €']) {
            const found = read(amounts(group, separator, decimals, header))
            expect(whole(found)).toEqual(AMOUNTS.flat())
            expect(found.remarks.filter(({ kind }) => kind === 'signs')).toEqual([])
          }
    },
  )

  it('stay together between spaces where the blank in them breaks no line', () => {
    expect(whole(read(amounts('\u202F', ' ', ',25', 'x y\n')))).toEqual(AMOUNTS.flat())
    expect([...read(body('\u00A0', '\n')).points]).toEqual([...EXPECTED])
    const fractions = ROWS.map(([x, y]) => `${x + 0.125}\u00A0${100 - y}`).join('\n')
    expect(read(fractions).points.slice(0, 4)).toEqual(Float64Array.of(0.625, 100, 1.625, 101))
  })

  it.each([
    ['.', ';', 'comma', 'decimal-point'],
    ['.', '\t', 'comma', 'decimal-point'],
    [',', ';', 'point', 'decimal-comma'],
    [',', '\t', 'point', 'decimal-comma'],
  ] as const)(
    'are those of thousands where whole numbers of three digits stand beside %s (between %j)',
    (group, separator, decimal, way) => {
      const text = amounts(group, separator)
      const found = read(text)
      expect([...found.points]).toEqual(AMOUNTS.flat())
      expect(found.layout.decimal).toBe(decimal)
      const [remark] = found.remarks
      expect(remark).toMatchObject({ kind: 'signs', ways: [way] })
      expect(remark!.text).toMatch(/ was read as \d{4,}, since whole numbers such as \d{3} stand/u)
      // The person who makes the table knows.
      const decided = read(text, { decimal: way === 'decimal-point' ? 'point' : 'comma' })
      expect(decided.points[2]).toBeCloseTo(AMOUNTS[1]![0]! / 1000, 9)
      expect(decided.remarks.filter(({ kind }) => kind === 'signs')).toEqual([])
    },
  )

  it('are named where nothing decides, and only there', () => {
    const signs = (rows: readonly string[], options?: TableOptions) => {
      const found = read(rows.join('\n'), options)
      return found.remarks.filter(({ kind }) => kind === 'signs').map(({ text }) => text)
    }
    const three = (mark: string) =>
      AMOUNTS.map((row) => row.map((cell) => grouped(cell + 1000, mark)).join(';'))
    expect(signs(three('.'))).toEqual([
      '1.100 in column 1 was read as 1.1; with a decimal comma it is 1100.',
    ])
    expect(signs(three(','))).toEqual([
      '1,100 in column 1 was read as 1.1; with a decimal point it is 1100.',
    ])
    // Longer whole numbers, as decimals would have beside them.
    expect(signs([...three('.'), '1234;2'])).toHaveLength(1)
    for (const telling of ['0.125;2', '1.5;2', '-0.250;3', '1234.567;2', '1e3;2.5'])
      expect(signs([...three('.'), telling])).toEqual([])
    expect(signs([...three('.'), '1.234.567;2'])).toEqual([])
    expect(signs(three('.'), { decimal: 'point' })).toEqual([])
    // Commas between the cells leave no sign for decimals beside points for thousands.
    expect(signs(three('.').map((row) => row.replace(';', ',')))).toEqual([])
  })

  it('tell commas before blanks from commas in numbers', () => {
    const cell = (value: number) => value.toFixed(4).replace('.', ',')
    const rows = ROWS.map(([x, y]) => [x - 3, y / 7] as const)
    const text = rows.map((row) => row.map(cell).join(', ')).join('\n')
    for (const header of ['', 'x, y\n', '# made by hand\nx,y\n']) {
      const found = read(header + text)
      expect(found.layout).toMatchObject({ separator: 'comma', decimal: 'comma' })
      expect([...found.points]).toEqual(rows.flat().map((value) => Number(value.toFixed(4)) + 0))
      expect(found.remarks[0]).toMatchObject({ kind: 'signs', ways: ['decimal-point'] })
    }
    const decided = read(text, { decimal: 'point', columns: [0, 3] })
    expect(decided.layout.available).toHaveLength(4)
    // Two numbers, or pairs of whole ones, in brackets.
    const pairs = `[${ROWS.map((_, i) => `[${i},${(i * 5) % 7}]`).join(', ')}]`
    expect(read(pairs).layout.decimal).toBe('point')
    expect(read(ROWS.map((_, i) => `${i}, ${(i * 5) % 7}`).join('\n')).layout.decimal).toBe('point')
  })

  it('are named where spaces may have torn thousands apart', () => {
    const text = AMOUNTS.map(
      ([x = 0, y = 0]) => `${grouped(x + 1000, ' ')}  ${grouped(y + 1000, ' ')}`,
    )
    const found = read(text.join('\n'))
    expect(found.layout.separator).toBe('blank')
    expect(found.remarks[0]).toMatchObject({ kind: 'zeros', ways: ['resave'] })
  })
})

describe('columns', () => {
  const column = (name: string, cell: (i: number) => string | number) => ({ name, cell })
  const made = (...columns: readonly ReturnType<typeof column>[]) =>
    [
      columns.map(({ name }) => name).join(),
      ...ROWS.map((_, i) => columns.map(({ cell }) => cell(i)).join()),
    ].join('\n')
  const x = column('x', (i) => ROWS[i]![0])
  const y = column('y', (i) => ROWS[i]![1])

  it('that number the rows, tell the time or say the same are not the points', () => {
    const found = read(
      made(
        column('', (i) => i),
        column('day', (i) => `2024-03-${String(i + 1).padStart(2, '0')}`),
        column('stamp', (i) => 1_700_000_000 + 60 * i),
        column('millis', (i) => 1_700_000_000_000 + 60_000 * i * i),
        column('date', (i) => 20_240_101 + i),
        column('site', () => 4),
        x,
        column('note', () => 'ok'),
        y,
      ),
    )
    expect(found.points).toEqual(EXPECTED)
    expect(describePassedOver(passedOver(found.layout, {}))).toBe(
      'passed over: column 1 (row numbers), day (dates), stamp (seconds since 1970), ' +
        'millis (milliseconds since 1970), date (dates) and 2 more columns',
    )
    expect(passedOver(found.layout, {}).at(-1)).toEqual({ index: 7, name: 'note', why: 'text' })
    expect(passedOver(found.layout, { columns: [6, 8] })).toEqual([])
    expect(kinds(found)).toEqual([
      ...['column 1: index', 'day: date', 'stamp: seconds', 'millis: milliseconds', 'date: date'],
      ...['site: constant', 'x: number', 'note: text', 'y: number'],
    ])
  })

  it.each(['', 'index', 'ID', '#', 'Unnamed: 0', 'row'])(
    'of row numbers may be called %j',
    (name) => {
      const found = read(
        made(
          column(name, (i) => i + 1),
          x,
          y,
        ),
      )
      expect(found.points).toEqual(EXPECTED)
    },
  )

  it('without names number the rows where two others do not', () => {
    const three = ROWS.map((row, i) => [i, ...row].join()).join('\n')
    expect(read(three).points).toEqual(EXPECTED)
    const two = ROWS.map(([, y0], i) => [i, y0 * y0].join()).join('\n')
    expect(read(two).columns[0].kind).toBe('index')
    expect(read(two).remarks[0]).toMatchObject({ kind: 'index', ways: ['measured'] })
    expect(read(two, { columns: [0, 1] }).remarks.map(({ kind }) => kind)).not.toContain('index')
  })

  it('that grow under the name of an index, codes and the days of a workbook are not the points', () => {
    const found = read(
      made(
        column('id', (i) => 1000 + 3 * i * i),
        column('Subject ID', (i) => i + 1),
        column('zip', (i) => `0${1067 + i}`),
        column('Date', (i) => 45_000 + 7 * i),
        x,
        y,
      ),
    )
    expect(found.points).toEqual(EXPECTED)
    expect(kinds(found).slice(0, 4)).toEqual([
      ...['id: index', 'Subject ID: index', 'zip: code', 'Date: date'],
    ])
    // The rows of a grid.
    const grid = made(
      column('row', (i) => Math.floor(i / 3)),
      y,
    )
    expect(kinds(read(grid))[0]).toBe('row: number')
  })

  it('of steps that have a name of their own are the points', () => {
    expect(
      read(
        made(
          column('t', (i) => i),
          y,
        ),
      ).columns[0].name,
    ).toBe('t')
  })

  it('are named for what they are where they leave no two of numbers', () => {
    const text = made(
      column('time', (i) => `10:${String(i + 10)}`),
      x,
      column('who', () => 'ann'),
    )
    expect(errorOf(readTableNow(text))).toBe(
      'line 1: fewer than two columns of numbers (found dates, numbers, text); allowed: two or more',
    )
    const stamps = made(
      column('t', (i) => 1_700_000_000 + i * i + i / 2),
      x,
    )
    expect(errorOf(readTableNow(stamps))).toBe(
      'line 2, column 1: found 1700000000, seconds since 1970; allowed: another column, or times from a later start, below 1e9',
    )
  })
})

describe('points that make a poor target', () => {
  /** Two interleaved sequences that fill the unit square, nowhere on a line. */
  const spread = (n: number) =>
    Array.from({ length: n }, (_, i) => [(i * 0.618034) % 1, (i * 0.754878) % 1] as const)
  const lines = (points: readonly (readonly (number | string)[])[]) =>
    points.map((row) => row.join()).join('\n')
  const remarks = (text: string, options?: TableOptions) => read(text, options).remarks

  it('are passed over in silence where they make a good one', () => {
    expect(remarks(lines(spread(200)))).toEqual([])
  })

  it('are told where one row sets the scale, and are well without it', () => {
    const text = `x,y\n${lines([...spread(200), [4e5, 0.5]])}`
    expect(remarks(text)).toMatchObject([{ kind: 'outlier', ways: ['clip'] }])
    // Another column is a way on only where it has numbers that differ.
    const third = (cell: (i: number) => number) =>
      remarks(text.replace(/\n|$/gu, () => `,${cell(i++)}\n`))[0]!.ways
    let i = 0
    expect(third((n) => (n * n) % 17)).toEqual(['clip', 'columns'])
    expect(third(() => 7)).toEqual(['clip'])
    expect(remarks(text)[0]!.text).toMatch(/^Line 202 sets the scale of x: it has 4\.00·10⁵; the/u)
    const clipped = read(text, { clip: 10 })
    expect(clipped.remarks).toEqual([])
    expect(told(clipped)).toEqual(['1 far row (line 202)'])
    expect(clipped.points).toEqual(Float64Array.from(spread(200).flat()))
  })

  it('are told where a column asks for its logarithm, and are well with it', () => {
    const text = lines(spread(300).map(([u, v]) => [10 ** (12 * u - 6), v]))
    expect(remarks(text)[0]!.ways).toContain('log-x')
    const found = read(`${text}\n0,1\n-2,1\n`, { log: ['x'] })
    expect(found.remarks).toEqual([])
    for (const [i, [u]] of spread(300).entries())
      expect(found.points[2 * i]).toBeCloseTo(12 * u - 6, 9)
    expect(told(found)).toEqual(['2 rows without a logarithm (first on line 301: "0" in column 1)'])
  })

  it('are told where decimals behind commas may have become cells', () => {
    const cell = (value: number) => (value + 1).toFixed(3).replace('.', ',')
    const text = spread(120)
      .map(([u, v]) => `${cell(9 * u)},${cell(9 * v)}`)
      .join('\n')
    expect(read(text).columns.map(({ index }) => index)).toEqual([0, 1])
    expect(remarks(text)[0]).toMatchObject({ kind: 'zeros', ways: ['resave'] })
    const tenths = spread(120).map(([u, v]) => `${(u - 0.5).toFixed(1)},${(v + 3).toFixed(1)}`)
    const torn = tenths.join('\n').replaceAll('.', ',')
    expect(remarks(torn)[0]!.text).toMatch(/^column 1 has numbers such as -0: decimals behind/u)
    // A zero below zero is nothing of the kind where no fraction follows it.
    const whole = spread(150).map(([u, v]) => `${Math.round(90 * u)},-${Math.round(9 * v)}`)
    expect(remarks(whole.join('\n')).map(({ kind }) => kind)).not.toContain('zeros')
  })

  it('are refused or told where thousands behind commas have become cells', () => {
    const cell = (value: number) =>
      `${Math.floor(value)},${(1000 * (value % 1)).toFixed(1).padStart(5, '0')}`
    const rows = spread(40).map(([u, v]) => [cell(1 + 8 * u), cell(1 + 8 * v)])
    const both = rows.map((row) => row.join()).join('\n')
    expect(errorOf(readTableNow(`x,y\n${both}`))).toBe(
      'line 2: 4 cells under 2 names; a comma cannot be both separator and separator of thousands; allowed: semicolons or tabs between cells, or thousands without commas',
    )
    const cities = rows.map((row, i) => `C${i},${row.join()}`).join('\n')
    expect(errorOf(readTableNow(`city,rent,income\n${cities}`))).toContain('5 cells under 3 names')
    const one = rows.map(([x], i) => `${x!},${i % 7}.5`).join('\n')
    expect(errorOf(readTableNow(`x,y\n${one}`))).toContain('3 cells under 2 names')
    expect(remarks(`${both}\n1,012.5,2,345.5`)[0]).toMatchObject({ kind: 'zeros' })
    // Row names as R writes them, and numbers that happen to have three digits.
    const named = rows.map((_, i) => `${i + 1},${i % 7},${100.5 + i}`).join('\n')
    expect(read(`x,y\n${named}`).points).toHaveLength(80)
  })

  it('are told where a number stands for a gap', () => {
    const text = lines(spread(90).map(([u, v], i) => [i % 9 === 0 ? -9999 : u, v]))
    expect(remarks(text)[0]).toMatchObject({ kind: 'outlier', ways: ['clip'] })
    expect(remarks(text)[0]!.text).toContain('it has −9999, as have 9 other rows; the middle')
    expect(read(text, { clip: 10 }).points).toHaveLength(160)
  })

  it.each([
    ['few', lines(spread(40))],
    ['duplicates', lines([...spread(60), ...spread(60), ...spread(60)])],
    ['levels', lines(spread(150).map(([u, v]) => [u, Math.floor(3 * v)]))],
    ['line', lines(spread(150).map(([u, v]) => [u, 3 * u - 1 + 1e-4 * v]))],
  ])('are told where they are %s', (kind, text) => {
    expect(remarks(text).map((remark) => remark.kind)).toEqual([kind])
    expect(remarks(text)[0]!.ways.length).toBeGreaterThan(0)
  })

  it('have ways on that help: more rows where they are few, and nowhere else', () => {
    const ways = (text: string) => remarks(text).flatMap((remark) => remark.ways)
    const third = (text: string) => text.replace(/\n|$/gu, () => `,${i++ % 89}\n`)
    let i = 0
    const line = lines(spread(150).map(([u]) => [u, 3 * u - 1]))
    const few = lines(spread(150).map((_, k) => [k % 3, (k % 3) ** 2]))
    expect(ways(line)).toEqual(['independent'])
    expect(ways(third(line))).toEqual(['columns'])
    expect(ways(few)).toEqual(['digits'])
    expect(ways(third(few))).toEqual(['columns', 'digits'])
    const [remark] = remarks(lines(spread(41)))
    expect(describeRemark(remark!)).toBe(
      'Only 41 points: about 25 make the target, 8 choose how smooth it is and 8 are kept for tests. A way on: more rows make it surer.',
    )
  })
})

it('says what was read on one line', () => {
  const { points, columns, layout } = read(`x;y\n${written(';', ',')}`)
  const said = { ...layout, points: points.length / 2, columns, encoding: 'UTF-8' }
  expect(describeReading(said)).toBe(
    '12 points from x and y; UTF-8, separator: semicolon, decimal sign: comma',
  )
})

it('does work between two yields that does not grow with the text', () => {
  const yields = (text: string) => {
    let n = 0
    const work = readTable(text)
    while (work.next().done !== true) n++
    return n
  }
  const rows = (n: number) =>
    Array.from({ length: n }, (_, i) => `${i},${(i * 7919) % 1009}`).join('\n')
  expect(yields(rows(40_000)) - yields(rows(20_000))).toBeGreaterThan(15)
  expect(yields(`1,2\n${'#\n'.repeat(100_000)}`)).toBeGreaterThan(100)
  expect(yields('x'.repeat(2 ** 21))).toBeLessThan(20)
  expect(atOnce(readTable('1,2'))).toHaveProperty('error')
})
