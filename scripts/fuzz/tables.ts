import { decodeText } from '../../src/lab/io/encodings.ts'
import { atOnce, type Pieces } from '../../src/lab/io/slices.ts'
import type { TableOptions } from '../../src/lab/io/form.ts'
import { MIN_ROWS } from '../../src/lab/io/rows.ts'
import { readTable, readTableNow, type TableRead } from '../../src/lab/io/table.ts'
import {
  describePassedOver,
  describeReading,
  describeRemark,
  describeSkipped,
  describeTableError,
  passedOver,
} from '../../src/lab/io/tableWords.ts'
import { AXES, DECIMALS, SEPARATORS } from '../../src/lab/scene/fields/tableForm.ts'
import { recoverScene } from '../../src/lab/scene/reading/decode.ts'
import type { Draws } from './draws.ts'
import { changeBytes, changeText } from './mutate.ts'
import { demandScene } from './scenes.ts'
import { demand, demandMessage, type Subject } from './subject.ts'

/** Fewest and most points of a table that becomes a scene here. */
const INLINE = 200

function goodTable(draws: Draws): string {
  const delimiter = draws.pick([',', ';', '\t', ' ', ', ', '|', ' ; '])
  const decimal = draws.chance(0.3) ? ',' : '.'
  const end = draws.pick(['\n', '\r\n', '\r', '\n\n'])
  const width = 2 + draws.below(4)
  const digits = draws.below(6)
  const cell = (column: number): string => {
    if (column >= 2 && draws.chance(0.5))
      return draws.pick(['', 'ok', '"a, b"', '"say ""hm"""', '"x\ny"'])
    const number = (draws.unit() - 0.5) * 10 ** draws.below(7)
    const text = draws.chance(0.1) ? number.toExponential(digits) : number.toFixed(digits)
    const signed = draws.chance(0.1) ? text.replace('-', '−') : text
    return draws.chance(0.03)
      ? draws.pick([
          'NA',
          '',
          '-',
          '2024-01-05',
          '1 234',
          '#N/A',
          '1\u202F234,5',
          '19.503',
          '1,234',
          '---',
        ])
      : signed.replace('.', decimal)
  }
  const rows = Array.from({ length: MIN_ROWS + draws.below(40) }, () =>
    Array.from({ length: width }, (_, column) => cell(column)).join(delimiter),
  )
  if (draws.chance(0.5)) {
    rows.unshift(
      Array.from({ length: width }, (_, i) => draws.pick(['x', '"y, m"', `c${i}`])).join(delimiter),
    )
  }
  if (draws.chance(0.1))
    rows.splice(draws.below(3), 0, draws.pick(['# x y', 'a title', 'm,s', 'sep=;']))
  return (draws.chance(0.1) ? '\uFEFF' : '') + rows.join(end) + end
}

const TABLE_CHANGES: readonly ((text: string, draws: Draws) => string)[] = [
  (text, draws) => text.replace(/\n/u, draws.pick(['"', '\n"', '"\n', '\n\n', '\r'])),
  (text) => `<b>${text}`,
  (text) => `[[${text.replace(/\s+/gu, '],[')}]]`,
  (text, draws) => {
    const lines = text.split('\n')
    lines.splice(draws.below(lines.length), draws.below(3), ','.repeat(draws.below(1200)))
    return lines.join('\n')
  },
]

const HUGE: readonly (() => string)[] = [
  () => '\n'.repeat(10_000_000),
  () => ','.repeat(10_000_000),
  () => '"'.repeat(10_000_001),
  () => `"${'1,2\n'.repeat(90_000)}`,
  () => '"\n'.repeat(150_000),
  () => `${'9'.repeat(5_000_000)}x,1\n`,
  () => '1,2\n3,4\n'.repeat(100_000),
  // As long as a table may be: in rows, in lines, in characters, in cells that take the longest.
  () => Array.from({ length: 200_000 }, (_, i) => `${i / 7},${(i * i) % 1009}`).join('\n\n'),
  () => `1,${'9'.repeat(160)}.5,2\n`.repeat(199_000),
  () => '"1,234.5","−2 345.25"\n0.5,NA\n'.repeat(99_000),
  () => `${'1 2 3 4 5 6 7 8 '.repeat(100)}\n`.repeat(20_000),
  () => `#${' '.repeat(150)}\n`.repeat(200_000),
  () => `${',1'.repeat(999)}\n`.repeat(2000),
  () => `]${' '.repeat(5_000_000)}`,
  () => '[1,2],'.repeat(150_000),
  () => '] , '.repeat(1_000_000),
  () => `${'x'.repeat(5_000_000)},y\n${'1,2\n3,4\n'.repeat(20)}`,
]

/** A name as the file has it, so that it is no word of the lab's. */
function quoted(name: string): string {
  return `"${name.replace(/["\\]/gu, '')}"`
}

function demandRead(read: TableRead, lines: number, options: TableOptions): void {
  const { layout } = read
  for (const { index, name } of layout?.available ?? []) {
    demandMessage(quoted(name))
    demand(name.length <= 200, `a column's name of ${name.length} characters`)
    demand(layout?.available[index]?.name === name, 'columns out of order')
  }
  const names = new Set(layout?.available.map(({ name }) => name))
  demand(names.size === (layout?.available.length ?? 0), 'two columns of one name')
  for (const { line, cells } of layout?.first.rows ?? []) {
    demand(line >= 1 && line <= lines, `line ${line} shown, of ${lines}`)
    demand(cells.length === layout?.first.columns.length, 'a row shown that has other cells')
  }
  if ('error' in read) {
    demandMessage(describeTableError(read.error))
    demand(read.error.line >= 0 && read.error.line <= lines, `line ${read.error.line} of ${lines}`)
    return
  }
  const { points, columns, skipped, remarks } = read
  demand(points.length % 2 === 0 && points.length >= 2 * MIN_ROWS, `${points.length} coordinates`)
  demand(
    points.every((value) => Math.abs(value) <= 1e9),
    'a coordinate out of range',
  )
  for (const { index, name } of columns)
    demand(layout?.available[index]?.name === name, 'an unknown column')
  for (const decided of ['separator', 'decimal'] as const)
    if (options[decided] !== undefined)
      demand(layout?.[decided] === options[decided], `another ${decided} than was decided`)
  let before = 0
  for (const skip of skipped) {
    const { line, rows } = skip
    demand(line >= before && line <= lines, `line ${line} skipped after ${before}, of ${lines}`)
    before = line
    demand(rows >= 1 && rows <= Math.max(lines, 400_000), `${rows} rows skipped`)
    demandMessage(
      describeSkipped({ ...skip, column: skip.column === null ? null : quoted(skip.column) }),
    )
  }
  for (const remark of remarks) {
    const own = columns.reduce((text, { name }) => text.replaceAll(name, quoted(name)), remark.text)
    demandMessage(describeRemark({ ...remark, text: own }))
  }
  const passed = passedOver(read.layout, options)
  if (passed.length > 0)
    demandMessage(describePassedOver(passed.map(({ name, why }) => ({ name: quoted(name), why }))))
  const said = columns.map(({ name }) => ({ name: quoted(name) }))
  demandMessage(
    describeReading({
      ...read.layout,
      points: points.length / 2,
      columns: said,
      encoding: 'UTF-8',
    }),
  )
  const flat = [...points.subarray(0, 2 * INLINE)]
  const pairs = flat.flatMap((x, i) => (i % 2 === 0 ? [[x, flat[i + 1]]] : []))
  const { scene, problems } = recoverScene({ target: { kind: 'points', points: pairs } })
  // A part of the points may lack what all have: two that differ.
  if (points.length <= 2 * INLINE) demand(problems.length === 0, 'points that no scene may hold')
  demandScene(scene)
}

/** A text as people's programs write it: in UTF-8 mostly, in UTF-16 either way, in one byte a character. */
function bytesOf(text: string, draws: Draws): Uint8Array {
  if (draws.chance(0.8)) return new TextEncoder().encode(text)
  if (draws.chance(0.3)) return Uint8Array.from(text.slice(0, 10_000), (c) => c.charCodeAt(0) & 255)
  const little = draws.chance(0.5)
  const view = new DataView(new ArrayBuffer(2 * text.length + 2))
  for (const [i, code] of [0xfeff, ...Uint16Array.from(text, (c) => c.charCodeAt(0))].entries())
    if (2 * i + 1 < view.byteLength) view.setUint16(2 * i, code, little)
  return new Uint8Array(view.buffer)
}

export const tables: Subject = {
  name: 'tables',
  count: 20_000,
  open() {
    const encoder = new TextEncoder()
    return (draws) => {
      const good = goodTable(draws)
      const text = draws.chance(0.001)
        ? draws.pick(HUGE)()
        : draws.chance(0.2)
          ? new TextDecoder().decode(
              changeBytes(encoder.encode(good), draws, encoder.encode(goodTable(draws))),
            )
          : changeText(good, draws, goodTable(draws), TABLE_CHANGES)
      const options: TableOptions = {
        ...(draws.chance(0.3) && { columns: [draws.below(8), draws.below(1001)] as const }),
        ...(draws.chance(0.1) && { separator: draws.pick(SEPARATORS) }),
        ...(draws.chance(0.1) && { decimal: draws.pick(DECIMALS) }),
        ...(draws.chance(0.1) && { log: [draws.pick(AXES)] }),
        ...(draws.chance(0.1) && { clip: 1 + draws.below(20) }),
      }
      const bytes = bytesOf(text, draws)
      const pieces = function* (): Pieces<void> {
        const decoded = yield* decodeText(bytes)
        if (!('error' in decoded)) yield* readTable(decoded.text, options)
      }
      return {
        input: text,
        pieces,
        read() {
          atOnce(pieces())
        },
        verify() {
          const lines = text.split(/\r\n|\r|\n/u).length
          demandRead(readTableNow(text, options), lines, options)
        },
      }
    }
  },
}
