/**
 * `npm run bench -- [suites] [options]`: measures, each figure against its rivals in one run, in turn with them.
 *
 * --quick       fewer samples and smaller sizes: to see that all works, not to quote
 * --long        also what takes minutes (peers)
 * --gpu         WebGPU in Node on a real GPU instead of the software adapter
 * --minutes N   length of the memory test (default 10)
 * --out FILE    all results of this run in one JSON file
 * --write       docs/performance.md from the last results of every suite; with no suite named, nothing is measured
 *
 * Every suite runs in a process of its own and leaves out/bench/<suite>.json. Exit code 1 where one failed or a bound
 * was missed.
 */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { readCommandLine } from '../scripts/commandLine.ts'
import { writeDocument } from './document.ts'
import { json, readKept } from './results.ts'
import { isMet } from './statistics.ts'
import { SUITES, suiteIds } from './suites.ts'
import { boundText } from './table.ts'

const ROOT = path.resolve(import.meta.dirname, '..')

const USAGE =
  'npm run bench -- [suites] [--quick] [--long] [--gpu] [--minutes N] [--out FILE] [--write]; ' +
  `suites: all, ${suiteIds().join(', ')}`

const { values, positionals } = readCommandLine(USAGE, {
  options: {
    quick: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    gpu: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '10' },
    out: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})

function refuse(message: string): never {
  console.error(message)
  process.exit(2)
}

const all = suiteIds()
const unknown = positionals.find((id) => id !== 'all' && !all.includes(id))
if (unknown !== undefined) refuse(`bench: found "${unknown}"; allowed: all, ${all.join(', ')}`)
const minutes = Number(values.minutes)
if (!(minutes > 0)) refuse(`--minutes: found "${values.minutes}", allowed is a positive number`)

const onlyWrites = values.write && positionals.length === 0
const asked = onlyWrites
  ? []
  : positionals.length === 0 || positionals.includes('all')
    ? all
    : all.filter((id) => positionals.includes(id))

/** What a person types for this suite and these options. */
function commandOf(id: string): string {
  const words = ['npm run bench --', id]
  if (values.quick) words.push('--quick')
  if (values.long) words.push('--long')
  if (values.gpu) words.push('--gpu')
  if (id === 'memory') words.push('--minutes', String(minutes))
  return words.join(' ')
}

function runSuite(id: string): Promise<boolean> {
  const { quick, long, gpu } = values
  const options = JSON.stringify({ quick, long, gpu, minutes })
  const parameters = ['--expose-gc', '--import', 'tsx', path.join(ROOT, 'bench/child.ts')]
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...parameters, id, options, commandOf(id)], {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.on('error', reject)
    child.on('close', (code) => {
      resolve(code === 0)
    })
  })
}

const failed: string[] = []
for (const id of asked) {
  const { title } = SUITES.find((one) => one.id === id)!
  console.log(`\n== ${title} (${commandOf(id)})\n`)
  if (!(await runSuite(id))) failed.push(id)
}

const results = readKept(asked.filter((id) => !failed.includes(id)))
const missed = results.flatMap(({ suite, rows }) =>
  rows.flatMap((row) =>
    (row.bounds ?? [])
      .filter((bound) => !isMet(row, bound))
      .map(
        (bound) =>
          `${suite}: ${[row.group, row.name].filter(Boolean).join(', ')}: ${boundText(row, bound)}`,
      ),
  ),
)
if (values.out !== undefined) writeFileSync(values.out, json(results))
if (values.write) console.log(`\nwritten: ${await writeDocument(readKept(all))}`)
if (asked.length > 0) {
  console.log(`\n${String(results.length)} of ${String(asked.length)} suites measured`)
  for (const id of failed) console.log(`failed: ${id}`)
  for (const one of missed) console.log(`missed: ${one.replaceAll('**', '')}`)
}
process.exit(failed.length + missed.length === 0 ? 0 : 1)
