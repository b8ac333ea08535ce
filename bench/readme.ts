import type { SuiteResult } from './results.ts'
import type { Row } from './rows.ts'
import { ratioTo } from './statistics.ts'
import { digits, markdownTable } from './table.ts'

/** What the README says of speed stands between these, and is written from the results. */
const BEGIN = '<!-- Written by npm run bench -- all --write -->'
const END = '<!-- End of what it writes -->'

/** One line: the first row that fits, with its ratios to the rivals that are named. */
interface Line {
  readonly what: string | ((row: Row) => string)
  readonly suite: string
  readonly group: RegExp
  readonly name: RegExp
  /** `first`: the one that the suite puts first. */
  readonly rivals: readonly string[] | 'first'
}

const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five']
/** "slowest of three seeds", of the seeds that were run. */
const slowestOf = ({ samples = 1 }: Row): string =>
  samples === 1 ? 'one seed' : `slowest of ${NUMBERS[samples] ?? samples} seeds`

const LINES: readonly Line[] = [
  {
    what: 'training step, 64 × 3 network, batch 256, loss on ∇V, WebAssembly SIMD',
    suite: 'kernels',
    group: /^SIMD/,
    name: /^64 × 3, ∇V$/,
    rivals: ['tfjs wasm, tape', 'tfjs wasm, by hand', 'tfjs cpu, tape'],
  },
  {
    what: 'the same in WGSL, on the adapter that docs/performance.md names',
    suite: 'kernels',
    group: /^WGSL/,
    name: /^64 × 3, ∇V$/,
    rivals: ['tfjs webgpu, by hand'],
  },
  {
    what: 'Langevin on the table, 10,000 particles, one core',
    suite: 'samplers',
    group: /./,
    name: /^table/,
    rivals: ['network in tfjs wasm, tape', 'network in tfjs wasm, by hand', 'table in tfjs wasm'],
  },
  {
    what: 'Langevin on the network itself, one core',
    suite: 'samplers',
    group: /./,
    name: /^the network itself/,
    rivals: ['network in tfjs wasm, tape', 'network in tfjs wasm, by hand'],
  },
  {
    what: 'the same step on one core, beside PyTorch on as many threads as suit it',
    suite: 'torch',
    group: /./,
    name: /∇V$/,
    rivals: 'first',
  },
  {
    what: (row) => `two moons learned by the default recipe, ${slowestOf(row)}`,
    suite: 'train',
    group: /persistent/,
    name: /^Two moons: time/,
    rivals: [],
  },
]

function lineOf(line: Line, results: readonly SuiteResult[]): string[] | null {
  const row = results
    .find(({ suite }) => suite === line.suite)
    ?.rows.find(({ group = '', name }) => line.group.test(group) && line.name.test(name))
  if (row === undefined) return null
  const names =
    line.rivals === 'first' ? (row.rivals ?? []).slice(0, 1).map(({ name }) => name) : line.rivals
  const ratios = names.flatMap((name) => ratioText(row, name))
  const what = typeof line.what === 'string' ? line.what : line.what(row)
  return [what, `${digits(row.value)} ${row.unit}`, ratios.join(', ')]
}

function ratioText(row: Row, name: string): string[] {
  const rival = row.rivals?.find((one) => one.name === name)
  return rival === undefined ? [] : [`${digits(ratioTo(row, rival))} × ${name}`]
}

/** The suites that the README would quote and that were run quickly, which it does not quote. */
export function quickSuites(results: readonly SuiteResult[]): string[] {
  const quoted = new Set(LINES.map(({ suite }) => suite))
  return results.filter((one) => one.quick && quoted.has(one.suite)).map(({ suite }) => suite)
}

/**
 * The README with its table of speed brought up to date.
 * @throws Error when it has no place for one, or when a figure comes from a quick run
 */
export function withFigures(readme: string, results: readonly SuiteResult[]): string {
  const quick = quickSuites(results)
  if (quick.length > 0) throw new Error(`README.md quotes no quick runs: ${quick.join(', ')}`)
  const from = readme.indexOf(BEGIN)
  const to = readme.indexOf(END)
  if (from < 0 || to < from) throw new Error(`README.md: ${BEGIN} … ${END} is missing`)
  const lines = LINES.map((line) => lineOf(line, results)).filter((line) => line !== null)
  const table = markdownTable(['what', 'measured', 'times faster than'], lines)
  const { cpu, cores } = results[0]!.machine
  return `${readme.slice(0, from)}${BEGIN}\n\n${table}\n\nOn ${cpu}, ${cores} cores.\n\n${readme.slice(to)}`
}
