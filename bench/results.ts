import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Machine } from './machine.ts'
import type { Peak } from './peak.ts'
import type { Row } from './rows.ts'

/** What one suite left behind. */
export interface SuiteResult {
  readonly suite: string
  /** What to type for it. */
  readonly command: string
  readonly quick: boolean
  readonly machine: Machine
  readonly peak: Peak
  readonly seconds: number
  readonly rows: readonly Row[]
}

const FOLDER = path.resolve(import.meta.dirname, '..', 'out', 'bench')

const fileOf = (suite: string) => path.join(FOLDER, `${suite}.json`)

export const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`

export function keep(result: SuiteResult): void {
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(fileOf(result.suite), json(result))
}

/** The last results of these suites, in their order; suites that were never run are left out. */
export function readKept(suites: readonly string[]): SuiteResult[] {
  return suites
    .filter((suite) => existsSync(fileOf(suite)))
    .map((suite) => JSON.parse(readFileSync(fileOf(suite), 'utf8')) as SuiteResult)
}
