/** One suite in a process of its own: `child.ts <suite> <options as JSON>`; started by main.ts. */
import { describeMachine } from './machine.ts'
import { measurePeak } from './peak.ts'
import { keep } from './results.ts'
import type { BenchOptions } from './rows.ts'
import { SUITES } from './suites.ts'
import { plainTables } from './table.ts'

const [id = '', asked = '{}', command = ''] = process.argv.slice(2)
const entry = SUITES.find((one) => one.id === id)
if (entry === undefined) throw new Error(`there is no suite '${id}'`)

const peak = await measurePeak()
const options: BenchOptions = {
  ...(JSON.parse(asked) as Omit<BenchOptions, 'peak' | 'log'>),
  peak,
  log: (line) => process.stderr.write(`  ${line}\n`),
}
const suite = await entry.load()
const start = performance.now()
const rows = await suite(options)
const seconds = (performance.now() - start) / 1000
keep({ suite: id, command, quick: options.quick, machine: describeMachine(), peak, seconds, rows })
console.log(plainTables(rows))
// Devices and workers that a suite leaves open must not keep the process.
process.exit(0)
