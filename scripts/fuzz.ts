/**
 * `npm run fuzz`: hostile links, tables, weight files and scene files, made from good ones by seeded changes. Each is
 * read as the lab reads it and must be refused in one short line, or give something whole: no throw, no hang, no half.
 * `--seed N` repeats a run, `--only links,tables` takes a part, `--count N` and `--first K` some cases of it.
 */
import { randomInt } from 'node:crypto'
import { readCommandLine, readWhole, refuse } from './commandLine.ts'
import { fuzz, SUBJECTS } from './fuzz/perform.ts'

const USAGE =
  'npm run fuzz -- [--seed N] [--only links,tables,weights,scenes] [--count N] [--first K]'
/** Failures of a subject that are printed. */
const SHOWN = 10

const { values } = readCommandLine(USAGE, {
  options: {
    seed: { type: 'string' },
    only: { type: 'string' },
    count: { type: 'string' },
    first: { type: 'string' },
  },
})

const seed = readWhole(USAGE, '--seed', values.seed, randomInt(2 ** 31))
const first = readWhole(USAGE, '--first', values.first, 0)
const names = values.only?.split(',') ?? SUBJECTS.map(({ name }) => name)
const unknown = names.find((wanted) => !SUBJECTS.some(({ name }) => name === wanted))
if (unknown !== undefined)
  refuse(USAGE, '--only', unknown, SUBJECTS.map(({ name }) => name).join(', '))

console.log(`seed ${seed}`)
let passed = 0
let failed = 0
for (const subject of SUBJECTS.filter(({ name }) => names.includes(name))) {
  const count = readWhole(USAGE, '--count', values.count, subject.count)
  const start = performance.now()
  const outcome = fuzz(subject, seed, first, count)
  passed += outcome.passed
  failed += outcome.failures.length
  const seconds = ((performance.now() - start) / 1000).toFixed(0)
  const { time, size } = outcome.slowest
  console.log(
    `${subject.name}: ${count} read in ${seconds} s, ${outcome.failures.length} failed; ` +
      `slowest ${time.toFixed(0)} ms for ${size} ${subject.name === 'weights' ? 'bytes' : 'characters'}`,
  )
  for (const { index, what, input } of outcome.failures.slice(0, SHOWN)) {
    console.log(`  ${what}\n    ${input}`)
    console.log(
      `    again: npm run fuzz -- --seed ${seed} --only ${subject.name} --first ${index} --count 1`,
    )
  }
}
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
