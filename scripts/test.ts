/**
 * `npm test`: lint, format, types, unused exports and the build, two at once since each keeps one core busy, then unit, then e2e.
 * Stops after the first of these three parts that fails and ends with one line, `N passed, N failed, N skipped`. What is not unit and e2e counts as one check
 * each; unit and e2e count their tests. A stage that was never reached counts as nothing; tests for what this
 * machine lacks are skipped, and counted.
 */
import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { bin, browserSuite, build, ROOT, runCheck, unitSuite, type Check } from './suites.ts'

const REPORTS = path.join(ROOT, 'out', 'reports')

interface Stage extends Check {
  readonly name: string
}

const PARTS: readonly (readonly Stage[])[] = [
  [
    { name: 'lint', command: () => [bin('eslint', 'bin/eslint.js'), '.', '--max-warnings', '0'] },
    { name: 'format', command: () => [bin('prettier', 'bin/prettier.cjs'), '--check', '.'] },
    { name: 'types', command: () => [bin('typescript', 'bin/tsc')] },
    { name: 'unused', command: () => [bin('knip', 'bin/knip.js'), '--no-progress'] },
    { name: 'build', ...build },
  ],
  [{ name: 'unit', ...unitSuite(path.join(REPORTS, 'unit.json')) }],
  [{ name: 'e2e', ...browserSuite(path.join(REPORTS, 'e2e.json')) }],
]
const STAGES = PARTS.flat()

rmSync(REPORTS, { recursive: true, force: true })
mkdirSync(REPORTS, { recursive: true })
const summary: string[] = []
let [passed, failed, skipped] = [0, 0, 0]

async function perform(stage: Stage): Promise<void> {
  console.log(`\n== ${stage.name} (${STAGES.indexOf(stage) + 1} of ${STAGES.length})`)
  const start = performance.now()
  const { totals, failures } = await runCheck(stage)
  passed += totals.passed
  failed += totals.failed
  skipped += totals.skipped
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  const verdict = totals.failed > 0 ? 'FAILED' : 'ok'
  summary.push(
    `${stage.name.padEnd(8)}${verdict.padEnd(8)}${String(totals.passed).padStart(5)} passed ` +
      `${String(totals.failed).padStart(3)} failed ${String(totals.skipped).padStart(3)} skipped ` +
      `${seconds.padStart(8)} s`,
  )
  if (totals.failed > 0) for (const { test } of failures) summary.push(`        ${test}`)
}

for (const part of PARTS) {
  if (failed > 0) for (const { name } of part) summary.push(`${name.padEnd(8)}not reached`)
  else {
    const waiting = [...part]
    const inTurn = async (): Promise<void> => {
      for (let stage = waiting.shift(); stage !== undefined; stage = waiting.shift())
        await perform(stage)
    }
    await Promise.all([inTurn(), inTurn()])
  }
}
console.log(`\n${summary.join('\n')}\n\n${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exitCode = failed === 0 ? 0 : 1
