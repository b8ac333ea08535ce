/**
 * `npm test`: every check in order (format, types, lint, unit, build, e2e). Stops after the first stage that
 * fails and ends with one line, `N passed, N failed`. Format, types, lint and build count as one check
 * each; unit and e2e count their tests. A stage that was never reached counts as nothing.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { ensureChromium } from './findChromium.ts'

interface Totals {
  readonly passed: number
  readonly failed: number
}

interface Stage {
  readonly name: string
  /** Arguments of Node. */
  readonly command: () => readonly string[]
  readonly environment?: () => Readonly<Record<string, string>>
  /** Reads the suite's own report; without it the stage is one check. */
  readonly totals?: () => Totals
}

const ROOT = path.resolve(import.meta.dirname, '..')
const REPORTS = path.join(ROOT, 'out', 'reports')
const UNIT_REPORT = path.join(REPORTS, 'unit.json')
const E2E_REPORT = path.join(REPORTS, 'e2e.json')

const bin = (name: string, file: string): string => path.join(ROOT, 'node_modules', name, file)

function readReport(file: string): unknown {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null
}

/** A number at a path of keys; a report without it is broken, and says so. */
function count(report: unknown, ...keys: readonly string[]): number {
  let value = report
  for (const key of keys) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
  }
  if (typeof value !== 'number') throw new Error(`the report has no number ${keys.join('.')}`)
  return value
}

const STAGES: readonly Stage[] = [
  { name: 'format', command: () => [bin('prettier', 'bin/prettier.cjs'), '--check', '.'] },
  { name: 'types', command: () => [bin('typescript', 'bin/tsc')] },
  { name: 'lint', command: () => [bin('eslint', 'bin/eslint.js'), '.', '--max-warnings', '0'] },
  {
    name: 'unit',
    command: () => [
      bin('vitest', 'vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${UNIT_REPORT}`,
    ],
    totals() {
      const report = readReport(UNIT_REPORT)
      return { passed: count(report, 'numPassedTests'), failed: count(report, 'numFailedTests') }
    },
  },
  { name: 'build', command: () => [bin('vite', 'bin/vite.js'), 'build', '--logLevel', 'warn'] },
  {
    name: 'e2e',
    command: () => [
      bin('@playwright/test', 'cli.js'),
      'test',
      '-c',
      'e2e/playwright.config.ts',
      '--reporter=list,json',
    ],
    environment: () => ({
      CHROMIUM_PATH: ensureChromium(),
      PLAYWRIGHT_JSON_OUTPUT_FILE: E2E_REPORT,
    }),
    totals() {
      const report = readReport(E2E_REPORT)
      return {
        passed: count(report, 'stats', 'expected') + count(report, 'stats', 'flaky'),
        failed: count(report, 'stats', 'unexpected'),
      }
    },
  },
]

function run(
  parameters: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, parameters, {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...environment },
    })
    child.on('error', reject)
    child.on('close', (code) => {
      resolve(code === 0)
    })
  })
}

/** Never hides a failure: a stage that fails without a failed test counts as one failure. */
async function check(stage: Stage): Promise<Totals> {
  try {
    const ok = await run(stage.command(), stage.environment?.() ?? {})
    const totals = stage.totals?.() ?? { passed: ok ? 1 : 0, failed: ok ? 0 : 1 }
    return ok ? totals : { passed: totals.passed, failed: Math.max(1, totals.failed) }
  } catch (error) {
    console.error(`${stage.name}: ${error instanceof Error ? error.message : String(error)}`)
    return { passed: 0, failed: 1 }
  }
}

rmSync(REPORTS, { recursive: true, force: true })
mkdirSync(REPORTS, { recursive: true })
const summary: string[] = []
let passed = 0
let failed = 0
for (const [index, stage] of STAGES.entries()) {
  console.log(`\n== ${stage.name} (${index + 1} of ${STAGES.length})`)
  const start = performance.now()
  const totals = await check(stage)
  passed += totals.passed
  failed += totals.failed
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  const verdict = totals.failed > 0 ? 'FAILED' : 'ok'
  summary.push(
    `${stage.name.padEnd(8)}${verdict.padEnd(8)}${String(totals.passed).padStart(5)} passed ` +
      `${String(totals.failed).padStart(3)} failed ${seconds.padStart(8)} s`,
  )
  if (totals.failed > 0) {
    for (const { name } of STAGES.slice(index + 1)) summary.push(`${name.padEnd(8)}not reached`)
    break
  }
}
console.log(`\n${summary.join('\n')}\n\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
