import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { format } from 'prettier'
import type { Machine } from './machine.ts'
import { quickSuites, withFigures } from './readme.ts'
import type { SuiteResult } from './results.ts'
import type { Bound, Row } from './rows.ts'
import { isMet, ratioTo } from './statistics.ts'
import { SUITES } from './suites.ts'
import { boundText, cellsOf, digits, figure, groups, HEADINGS, markdownTable } from './table.ts'

const ROOT = path.resolve(import.meta.dirname, '..')
const FILE = 'docs/performance.md'

const machineText = ({ cpu, cores, memory, system, node, chromium }: Machine): string =>
  `${cpu}, ${cores} cores, ${memory} GiB, ${system}, Node ${node}` +
  (chromium === null ? '' : `, Chromium ${chromium}`)

const gigas = (value: number) => digits(value / 1e9)

/** The rivals against which a row would miss the bound that it is held to with another: they are not kept quiet. */
function elsewhere(row: Row, bound: Bound): string {
  if (bound.of === 'value') return ''
  const { ratioTo: held } = bound.of
  return (row.rivals ?? [])
    .filter((rival) => rival.name !== held && ratioTo(row, rival) < bound.value)
    .map((rival) => `; ${digits(ratioTo(row, rival))} × ${rival.name}`)
    .join('')
}

/** Every bound with what was measured, first of all: what was asked, and is it so. */
function boundsTable(results: readonly SuiteResult[]): string {
  const lines = results.flatMap(({ rows, command }) =>
    rows.flatMap((row) =>
      (row.bounds ?? []).map((bound) => {
        const rival = bound.of === 'value' ? null : bound.of.ratioTo
        const against = row.rivals?.find(({ name }) => name === rival)
        const measured = `${figure(row)} ${row.unit}`.trim()
        return [
          [row.group, row.name].filter(Boolean).join(', '),
          boundText(row, bound),
          against === undefined
            ? measured
            : `${digits(ratioTo(row, against))} × (${measured})${elsewhere(row, bound)}`,
          `\`${command}\``,
        ]
      }),
    ),
  )
  const met = results
    .flatMap(({ rows }) =>
      rows.flatMap((row) => (row.bounds ?? []).map((bound) => isMet(row, bound))),
    )
    .filter(Boolean).length
  return `${met} of ${lines.length} bounds are met.\n\n${markdownTable(['what', 'bound', 'measured', 'command'], lines)}`
}

const durationText = (seconds: number) =>
  seconds < 90 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(1)} minutes`

function section(result: SuiteResult, machine: string): string {
  const entry = SUITES.find(({ id }) => id === result.suite)!
  const here = machineText(result.machine)
  const parts = [
    `## ${entry.title}`,
    `\`${result.command}\`, ${durationText(result.seconds)}${here === machine ? '' : `, on ${here}`}` +
      (result.quick ? '. **A quick run: few samples, small sizes; not to be quoted.**' : ''),
    entry.text,
  ]
  for (const [group, rows] of groups(result.rows)) {
    if (group !== '') parts.push(`### ${group}`)
    parts.push(markdownTable(HEADINGS, rows.flatMap(cellsOf)))
    const floors = rows.flatMap(({ name, floor }) =>
      floor === undefined ? [] : [`${name}: ${floor.from}`],
    )
    const notes = [
      ...rows.flatMap(({ name, note }) => (note === undefined ? [] : [`- ${name}: ${note}`])),
      ...(floors.length === 0 ? [] : [`- Floors. ${floors.join('; ')}.`]),
    ]
    if (notes.length > 0) parts.push(notes.join('\n'))
  }
  return parts.join('\n\n')
}

/** docs/performance.md, all of it, from results alone. */
export function documentOf(results: readonly SuiteResult[]): string {
  const first = results[0]
  if (first === undefined) throw new Error('nothing was measured yet: run `npm run bench` first')
  const machine = machineText(first.machine)
  const dates = [...new Set(results.map((one) => one.machine.date))].sort()
  const { peak } = first
  return `# Performance, measured

Written by \`npm run bench -- all --write\`; \`npm run bench -- --write\` writes it again from the last results of every suite.

${machine}; ${dates.join(' to ')}. One core does ${gigas(peak.simd)} GFLOP/s of float32 in WebAssembly SIMD (multiplications and
additions in registers), ${gigas(peak.scalar)} of scalar float64, and copies ${gigas(peak.memory)} GB/s, reading and writing.

Every figure is the median of at least five samples, its quartiles in brackets, unless it says otherwise. Where there
is a rival, both were measured in the same process in turn, A B A B …, so that what else the machine did fell on both;
_times_ is how many times better ours is. Times belong to this machine, ratios carry further. A _floor_ is the time
that the arithmetic alone would take at the peak above, or its data at the speed of a copy; _share_ is how much of it is reached.

## What was asked

${boundsTable(results)}

${results.map((result) => section(result, machine)).join('\n\n')}
`
}

/**
 * Writes docs/performance.md, and the README's table unless it would quote quick runs.
 * @returns the paths written, relative to the project, and what was not
 */
export async function writeDocument(results: readonly SuiteResult[]): Promise<string> {
  const write = async (file: string, text: string) => {
    await writeFile(
      path.join(ROOT, file),
      await format(text, { parser: 'markdown', printWidth: 100, semi: false, singleQuote: true }),
    )
  }
  await write(FILE, documentOf(results))
  const quick = quickSuites(results)
  if (quick.length > 0)
    return `${FILE}; not README.md, for these runs were quick: ${quick.join(', ')}`
  await write(
    'README.md',
    withFigures(await readFile(path.join(ROOT, 'README.md'), 'utf8'), results),
  )
  return `${FILE}, README.md`
}
