import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { ensureChromium } from './findChromium.ts'

export const ROOT = path.resolve(import.meta.dirname, '..')

export interface Totals {
  readonly passed: number
  readonly failed: number
  /** Not run on this machine, for what it lacks. */
  readonly skipped: number
}

/** A test that failed, or a file that could not be run. */
export interface Failure {
  readonly test: string
  readonly message: string
}

/** What is run, and how to read what came of it. */
export interface Check {
  /** Arguments of Node. */
  readonly command: () => readonly string[]
  readonly environment?: () => Readonly<Record<string, string>>
  /** Reads the suite's own report; without it the whole is one check. */
  readonly report?: () => { readonly totals: Totals; readonly failures: readonly Failure[] }
}

export const bin = (name: string, file: string): string =>
  path.join(ROOT, 'node_modules', name, file)

/** The part of vitest's JSON report that is read here. */
interface UnitReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly fullName: string
      readonly failureMessages: readonly string[] | null
    }[]
  }[]
}

/** The part of Playwright's. */
interface BrowserReport {
  readonly stats: Readonly<Record<'expected' | 'unexpected' | 'flaky' | 'skipped', number>>
  readonly suites: readonly BrowserSuite[]
  readonly errors: readonly { readonly message?: string }[]
}
interface BrowserSuite {
  readonly suites?: readonly BrowserSuite[]
  readonly specs: readonly {
    readonly file: string
    readonly title: string
    readonly tests: readonly {
      readonly status: string
      readonly results: readonly { readonly error?: { readonly message?: string } }[]
    }[]
  }[]
}

const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'))

/** The totals of a report; one that lacks a number is broken, and says so. */
function totalsOf(totals: Totals): Totals {
  for (const [name, value] of Object.entries(totals))
    if (!Number.isInteger(value)) throw new Error(`the report does not say how many ${name}`)
  return totals
}

/** @param report where its report goes */
export function unitSuite(report: string, more: readonly string[] = []): Check {
  return {
    command: () => [
      bin('vitest', 'vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...more,
    ],
    report() {
      const { testResults, ...told } = read(report) as UnitReport
      const failures = testResults.flatMap(({ name, status, message, assertionResults }) => {
        const file = path.relative(ROOT, name)
        const failed = assertionResults
          .filter((one) => one.status === 'failed')
          .map(({ fullName, failureMessages }) => ({
            test: `${file}: ${fullName}`,
            message: failureMessages?.join('\n') ?? '',
          }))
        return failed.length > 0 || status !== 'failed' ? failed : [{ test: file, message }]
      })
      const totals = totalsOf({
        passed: told.numPassedTests,
        failed: told.numFailedTests,
        skipped: told.numPendingTests + told.numTodoTests,
      })
      return { totals, failures }
    },
  }
}

/** @param report where its report goes */
export function browserSuite(report: string, more: readonly string[] = []): Check {
  const failuresIn = ({ suites = [], specs }: BrowserSuite): Failure[] => [
    ...suites.flatMap(failuresIn),
    ...specs.flatMap(({ file, title, tests }) =>
      tests
        .filter(({ status }) => status === 'unexpected' || status === 'flaky')
        .map(({ results }) => ({
          test: `e2e/${file}: ${title}`,
          message: results.find(({ error }) => error !== undefined)?.error?.message ?? '',
        })),
    ),
  ]
  return {
    command: () => [
      bin('@playwright/test', 'cli.js'),
      'test',
      '-c',
      'e2e/playwright.config.ts',
      '--reporter=list,json',
      ...more,
    ],
    environment: () => ({
      CHROMIUM_PATH: ensureChromium(),
      PLAYWRIGHT_JSON_OUTPUT_FILE: report,
    }),
    report() {
      const { stats, suites, errors } = read(report) as BrowserReport
      const totals = totalsOf({
        passed: stats.expected,
        // What passes at times only does not pass.
        failed: stats.unexpected + stats.flaky,
        skipped: stats.skipped,
      })
      const broken = errors.map(({ message = '' }) => ({ test: 'e2e', message }))
      return { totals, failures: [...suites.flatMap(failuresIn), ...broken] }
    },
  }
}

export const build: Check = {
  command: () => [bin('vite', 'bin/vite.js'), 'build', '--logLevel', 'warn'],
}

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

/** Never hides a failure: a check that fails without a failed test counts as one failure. */
export async function runCheck(
  check: Check,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly totals: Totals; readonly failures: readonly Failure[] }> {
  try {
    const ok = await run(check.command(), { ...check.environment?.(), ...environment })
    const { totals, failures } = check.report?.() ?? {
      totals: { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 },
      failures: [],
    }
    const failed = Math.max(totals.failed, failures.length, ok ? 0 : 1)
    return { totals: { ...totals, failed }, failures }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return {
      totals: { passed: 0, failed: 1, skipped: 0 },
      failures: [{ test: 'the run itself', message }],
    }
  }
}
