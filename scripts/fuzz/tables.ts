import {
  describeCsvError,
  MIN_ROWS,
  readCsv,
  readPastedPoints,
  type CsvRead,
} from '../../src/lab/io/csv.ts'
import { recoverScene } from '../../src/lab/scene/decode.ts'
import type { Draws } from './draws.ts'
import { changeBytes, changeText } from './mutate.ts'
import { demandScene } from './scenes.ts'
import { demand, demandMessage, type Subject } from './subject.ts'

/** Fewest and most points of a table that becomes a scene here. */
const INLINE = 200

function goodTable(draws: Draws): string {
  const delimiter = draws.pick([',', ';', '\t', ' ', ', ', '|'])
  const end = draws.pick(['\n', '\r\n', '\r', '\n\n'])
  const width = 2 + draws.below(4)
  const digits = draws.below(6)
  const cell = (column: number): string => {
    if (column >= 2 && draws.chance(0.5))
      return draws.pick(['', 'ok', '"a, b"', '"say ""hm"""', '"x\ny"'])
    const number = (draws.unit() - 0.5) * 10 ** draws.below(7)
    return draws.chance(0.1) ? number.toExponential(digits) : number.toFixed(digits)
  }
  const rows = Array.from({ length: MIN_ROWS + draws.below(40) }, () =>
    Array.from({ length: width }, (_, column) => cell(column)).join(delimiter),
  )
  if (draws.chance(0.5)) {
    rows.unshift(
      Array.from({ length: width }, (_, i) => draws.pick(['x', '"y, m"', `c${i}`])).join(delimiter),
    )
  }
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
  () => `${',1'.repeat(999)}\n`.repeat(2000),
  () => `]${' '.repeat(5_000_000)}`,
  () => '[1,2],'.repeat(150_000),
  () => '] , '.repeat(1_000_000),
  () => `${'x'.repeat(5_000_000)},y\n${'1,2\n3,4\n'.repeat(20)}`,
]

function demandRead(read: CsvRead, lines: number): void {
  if ('error' in read) {
    demandMessage(describeCsvError(read.error))
    demand(read.error.line >= 0 && read.error.line <= lines, `line ${read.error.line} of ${lines}`)
    return
  }
  const { points, columns, available, skipped } = read
  demand(points.length % 2 === 0 && points.length >= 2 * MIN_ROWS, `${points.length} coordinates`)
  demand(
    points.every((value) => Math.abs(value) <= 1e9),
    'a coordinate out of range',
  )
  for (const { index, name } of available) {
    demandMessage(name)
    demand(name.length <= 100, `a column's name of ${name.length} characters`)
    demand(available[index]?.name === name, 'columns out of order')
  }
  for (const { index, name } of columns)
    demand(available[index]?.name === name, 'an unknown column')
  let before = 0
  for (const { line, reason } of skipped) {
    demand(line > before && line <= lines, `line ${line} skipped after ${before}, of ${lines}`)
    before = line
    demandMessage(reason)
  }
  const flat = [...points.subarray(0, 2 * INLINE)]
  const pairs = flat.flatMap((x, i) => (i % 2 === 0 ? [[x, flat[i + 1]]] : []))
  const { scene, problems } = recoverScene({ target: { kind: 'points', points: pairs } })
  // A part of the points may lack what all have: two that differ.
  if (points.length <= 2 * INLINE) demand(problems.length === 0, 'points that no scene may hold')
  demandScene(scene)
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
      const columns = draws.chance(0.3) ? ([draws.below(8), draws.below(1001)] as const) : undefined
      return {
        input: text,
        read() {
          readCsv(text, columns)
          readPastedPoints(text)
        },
        verify() {
          const lines = text.split(/\r\n|\r|\n/u).length
          demandRead(readCsv(text, columns), lines)
          demandRead(readPastedPoints(text), lines + (text.match(/[[({]/gu)?.length ?? 0))
        },
      }
    }
  },
}
