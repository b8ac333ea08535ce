import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rowsCsv } from './rowsCsv.ts'

/** The cells of a text by RFC 4180, independent of the writer. */
function parse(text: string): string[][] {
  const rows: string[][] = [[]]
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/gu)) {
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain!)
    if (end === '\n') rows.push([])
  }
  rows.pop()
  return rows
}

test('reads back to the same numbers, words and gaps', () => {
  const cell = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0),
    fc.string().filter((text) => text !== '' && Number.isNaN(Number(text))),
    fc.constant(null),
  )
  fc.assert(
    fc.property(
      fc.array(fc.record({ value: cell, criterion: cell, reason: cell }), { minLength: 1 }),
      (rows) => {
        const [titles, ...cells] = parse(rowsCsv(rows))
        expect(titles).toEqual(['value', 'criterion', 'reason'])
        const read = cells.map((row) =>
          row.map((text) =>
            text === '' ? null : Number.isNaN(Number(text)) ? text : Number(text),
          ),
        )
        expect(read).toEqual(rows.map(({ value, criterion, reason }) => [value, criterion, reason]))
      },
    ),
  )
})
