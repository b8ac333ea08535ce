/** One suite in a process of its own: `child.ts <suite> <options as JSON>`; started by main.ts. */
import { describeMachine } from './machine.ts'
import { measurePeak } from './peak.ts'
import { keep } from './results.ts'
import type { BenchOptions } from './rows.ts'
import { SUITES, type SuiteEntry } from './suites.ts'
import { plainTables } from './table.ts'

const [id = '', asked = '{}', command = ''] = process.argv.slice(2)
const entry = SUITES.find((one) => one.id === id)
if (entry === undefined) throw new Error(`there is no suite '${id}'`)

async function measure(suite: SuiteEntry): Promise<void> {
  const peak = await measurePeak()
  const options: BenchOptions = {
    ...(JSON.parse(asked) as Omit<BenchOptions, 'peak' | 'log'>),
    peak,
    log: (line) => process.stderr.write(`  ${line}\n`),
  }
  const run = await suite.load()
  const start = performance.now()
  const rows = await run(options)
  const seconds = (performance.now() - start) / 1000
  const machine = describeMachine()
  keep({ suite: suite.id, command, quick: options.quick, machine, peak, seconds, rows })
  console.log(plainTables(rows))
}

try {
  await measure(entry)
} catch (error) {
  console.error(error)
  process.exit(1)
}
// Devices and workers that a suite leaves open must not keep the process.
process.exit(0)
