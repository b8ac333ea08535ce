import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { format } from 'prettier'
import type { Reading } from './audit/checks.ts'
import type { Task } from './audit/child.ts'
import { coverageCases, type Coverage } from './audit/coverage.ts'
import { KINDS, type Kind } from './audit/scenes.ts'
import { documentOf, failuresOf, type Audited } from './audit/verdict.ts'
import { readCommandLine, readWhole, refuse } from './commandLine.ts'
import { MACHINE, ROOT } from './experiments.ts'
import { performAll } from './reproduce/pool.ts'

/**
 * `npm run audit:truth`: random scenes of every kind go through the engine, and every statement it makes of them is held to
 * independent values; standard errors are counted over 40 seeds. Writes docs/truth.md and fails where something is false.
 * With an option the document goes to out/ instead: `--only ou,coverage` takes a part, `--count N` and `--first K` some
 * scenes of each kind, `--seed N` other scenes.
 */
const USAGE = `npm run audit:truth -- [--seed N] [--only ${KINDS.join(',')},coverage] [--count N] [--first K]`
const CHILD = path.join(import.meta.dirname, 'audit/child.ts')
/** Runs of each case of the coverage. */
const RUNS = 40

const { values } = readCommandLine(USAGE, {
  options: {
    seed: { type: 'string' },
    only: { type: 'string' },
    count: { type: 'string' },
    first: { type: 'string' },
  },
})

const seed = readWhole(USAGE, '--seed', values.seed, 1)
const first = readWhole(USAGE, '--first', values.first, 0, 10_000)
const count = readWhole(USAGE, '--count', values.count, 50, 10_000)
const names = values.only?.split(',') ?? [...KINDS, 'coverage']
const unknown = names.find((name) => name !== 'coverage' && !KINDS.includes(name as Kind))
if (unknown !== undefined) refuse(USAGE, '--only', unknown, [...KINDS, 'coverage'].join(', '))

const started = performance.now()
const tasks: (readonly [Task, Task])[] = [
  ...(names.includes('coverage')
    ? coverageCases(seed).map((_, coverage): Task => ({ coverage, seed, runs: RUNS }))
    : []),
  ...KINDS.filter((kind) => names.includes(kind)).flatMap((kind) =>
    Array.from({ length: count }, (_, i): Task => ({ kind, seed, index: first + i })),
  ),
].map((task) => [task, task] as const)
const audited: Audited[] = []
const coverage: Coverage[][] = []
const failures: string[] = []
let ended = 0
await performAll(
  CHILD,
  tasks,
  (task, outcome: readonly Reading[] | readonly Coverage[] | Error) => {
    ended++
    const seconds = ((performance.now() - started) / 1000).toFixed(0)
    const name = 'kind' in task ? `${task.kind} ${task.index}` : `coverage, case ${task.coverage}`
    const label = `${seconds} s  ${ended}/${tasks.length} ${name}`
    if (outcome instanceof Error) {
      failures.push(`${name}: ${outcome.message}`)
      console.error(`${label}: ${outcome.message}`)
      return
    }
    let found: string[]
    if ('kind' in task) {
      const one = { kind: task.kind, index: task.index, readings: outcome as readonly Reading[] }
      audited.push(one)
      found = failuresOf([one], [])
    } else {
      coverage[task.coverage] = [...(outcome as readonly Coverage[])]
      found = []
    }
    console.log(found.length === 0 ? label : `${label}: ${found.length} false, ${found[0]!}`)
  },
)
const order = ({ kind, index }: Audited): number => KINDS.indexOf(kind) * 1e6 + index
audited.sort((a, b) => order(a) - order(b))
const cases = coverage.flat()
failures.push(...failuresOf(audited, cases))

const all = process.argv.length === 2
const file = path.join(ROOT, all ? 'docs/truth.md' : 'out/truth.md')
await mkdir(path.dirname(file), { recursive: true })
const text = documentOf(audited, cases, {
  command: ['npm run audit:truth', ...(all ? [] : ['--', ...process.argv.slice(2)])].join(' '),
  seed,
  machine: MACHINE,
  minutes: (performance.now() - started) / 60_000,
})
await writeFile(file, await format(text, { parser: 'markdown', printWidth: 100 }))
console.log(`written: ${path.relative(ROOT, file)}`)
for (const failure of failures) console.error(`false: ${failure}`)
process.exitCode = failures.length === 0 ? 0 : 1
