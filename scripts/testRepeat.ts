/**
 * `npm run test:repeat -- 20`: whether the suites tell the same every time. The unit suite so many times, each with
 * property tests from another seed, half of them alone and half two at once, each the other's load; then the browser tests three times.
 * Every failure is told with what repeats it, and the totals close the run; it ends with 1 where anything failed.
 */
import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { readCommandLine, readWhole } from './commandLine.ts'
import { browserSuite, build, ROOT, runCheck, unitSuite, type Check } from './suites.ts'

const REPORTS = path.join(ROOT, 'out', 'repeat')

const usage =
  'npm run test:repeat -- [N] [--seed S] [--only PATTERN] [--unit-only] [--browser-runs N]'
const { values, positionals } = readCommandLine(usage, {
  allowPositionals: true,
  options: {
    /** The first seed; the others follow from it. */
    seed: { type: 'string' },
    /** Test files whose path holds this. */
    only: { type: 'string' },
    'unit-only': { type: 'boolean', default: false },
    'browser-runs': { type: 'string' },
  },
})

const runs = readWhole(usage, 'N', positionals[0], 20, 10_000)
const browserRuns = values['unit-only']
  ? 0
  : readWhole(usage, '--browser-runs', values['browser-runs'], 3, 1000)
const firstSeed = readWhole(usage, '--seed', values.seed, Date.now() % 1e9, 2 ** 31 - 1)
const filter = values.only === undefined ? [] : [values.only]

rmSync(REPORTS, { recursive: true, force: true })
mkdirSync(REPORTS, { recursive: true })
const told: string[] = []
const sum = { passed: 0, failed: 0, skipped: 0 }
let ran = 0

async function once(what: string, check: Check, again: string, seed?: number): Promise<void> {
  console.log(`\n== ${what}`)
  const environment = seed === undefined ? {} : { TEST_SEED: String(seed) }
  const { totals, failures } = await runCheck(check, environment)
  ran += 1
  sum.passed += totals.passed
  sum.failed += totals.failed
  sum.skipped += totals.skipped
  const list = failures.length > 0 || totals.failed === 0 ? failures : [{ test: what, message: '' }]
  for (const { test, message } of list)
    told.push(
      `${what}: ${test}\n  again: ${again}\n  ${message.trim().split('\n').slice(0, 12).join('\n  ')}`,
    )
}

const report = (name: string) => path.join(REPORTS, `${name}.json`)

/** Two rounds of one run, then one of two runs at once. */
const rounds: number[][] = []
for (let i = 0; i < runs; i += rounds.at(-1)!.length)
  rounds.push(rounds.length % 3 === 2 && i + 1 < runs ? [i, i + 1] : [i])

for (const round of rounds) {
  await Promise.all(
    round.map((i) => {
      const seed = (firstSeed + Math.imul(i, 0x9e3779b9 % 2 ** 31)) & 0x7fffffff
      const loaded = round.length > 1 ? 'under load' : 'alone'
      // Two runs would write one cache.
      const parameters = ['--cache=false', '--passWithNoTests', ...filter]
      return once(
        `unit ${i + 1} of ${runs}, seed ${seed}, ${loaded}`,
        unitSuite(report(`unit-${i + 1}`), parameters),
        `TEST_SEED=${seed} npm run test:unit`,
        seed,
      )
    }),
  )
}
if (browserRuns > 0) await once('build', build, 'npm run build')
for (let i = 0; i < browserRuns; i++) {
  const suite = browserSuite(report(`browser-${i + 1}`), ['--pass-with-no-tests', ...filter])
  await once(`e2e ${i + 1} of ${browserRuns}`, suite, 'npm run test:e2e')
}

for (const failure of told) console.log(`\nFAILED ${failure}`)
const { passed, failed, skipped } = sum
console.log(
  `\n${ran} runs from seed ${firstSeed}: ${passed} passed, ${failed} failed, ${skipped} skipped`,
)
process.exitCode = failed === 0 ? 0 : 1
