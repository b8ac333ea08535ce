import type { SuiteResult } from './results.ts'
import type { Row } from './rows.ts'
import { ratioTo } from './statistics.ts'
import { digits, markdownTable } from './table.ts'

/** What the README says of speed stands between these, and is written from the results. */
const BEGIN = '<!-- Written by npm run bench -- all --write -->'
const END = '<!-- End of what it writes -->'

/** One line: the first row that fits, with its ratios to the rivals that are named. */
interface Line {
  readonly what: string
  readonly suite: string
  readonly group: RegExp
  readonly name: RegExp
  readonly rivals: readonly string[]
}

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
    rivals: ['tfjs webgpu'],
  },
  {
    what: 'Langevin on the table, 10,000 particles, one core',
    suite: 'samplers',
    group: /./,
    name: /^table/,
    rivals: ['network in tfjs wasm', 'table in tfjs wasm'],
  },
  {
    what: 'Langevin on the network itself, one core',
    suite: 'samplers',
    group: /./,
    name: /^the network itself/,
    rivals: ['network in tfjs wasm', 'network in tfjs cpu'],
  },
  {
    what: 'a training step in PyTorch, one thread, beside ours',
    suite: 'torch',
    group: /./,
    name: /∇V$/,
    rivals: ['PyTorch, 1 thread'],
  },
  {
    what: 'two moons learned by the default recipe, slowest of three seeds',
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
  const ratios = line.rivals.flatMap((name) => ratioText(row, name))
  return [line.what, `${digits(row.value)} ${row.unit}`, ratios.join(', ')]
}

function ratioText(row: Row, name: string): string[] {
  const rival = row.rivals?.find((one) => one.name === name)
  return rival === undefined ? [] : [`${digits(ratioTo(row, rival))} × ${name}`]
}

/**
 * The README with its table of speed brought up to date.
 * @throws Error when it has no place for one
 */
export function withFigures(readme: string, results: readonly SuiteResult[]): string {
  const from = readme.indexOf(BEGIN)
  const to = readme.indexOf(END)
  if (from < 0 || to < from) throw new Error(`README.md: ${BEGIN} … ${END} is missing`)
  const lines = LINES.map((line) => lineOf(line, results)).filter((line) => line !== null)
  const table = markdownTable(['what', 'measured', 'times faster than'], lines)
  const { cpu, cores } = results[0]!.machine
  const quick = results.some((one) => one.quick)
    ? ' **Partly from quick runs: not to be quoted.**'
    : ''
  return `${readme.slice(0, from)}${BEGIN}\n\n${table}\n\nOn ${cpu}, ${cores} cores.${quick}\n\n${readme.slice(to)}`
}
