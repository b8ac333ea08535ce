import { CRITERION_IDS } from '../../core/analysis/ids.ts'
import { describeRange, inRange } from '../scene/fields/ranges.ts'
import {
  MAX_SWEEP_VALUES,
  RANGES,
  SWEEP_FIELDS,
  type BackendChoice,
  type CriterionId,
  type SweepField,
  type SweepSpec,
} from '../scene/sceneSpec.ts'
import { sweepRange } from '../scene/sweep.ts'
import { backendInNode, UsageError } from './arguments.ts'

/** The command line of a sweep; what it leaves out is the scene's. */
export interface SweepArguments {
  readonly scene: string
  readonly out: string
  readonly over: Pick<SweepSpec, 'over' | 'values'> | null
  readonly seeds: number | null
  readonly criteria: readonly CriterionId[] | null
  readonly backend: BackendChoice | null
}

export const SWEEP_USAGE =
  'usage: npm run --silent sweep -- <scene.json> --out <dir> [--over field=from..to[:log|linear][:count] or field=a,b,…] [--seeds n] [--criteria a,b] [--backend name]'

const FLAGS = ['--over', '--out', '--seeds', '--criteria', '--backend'] as const
type Flag = (typeof FLAGS)[number]

/** Reads the command line of a sweep; throws `UsageError`. */
export function parseSweepArguments(argv: readonly string[]): SweepArguments {
  let scene: string | null = null
  const given = new Map<Flag, string>()
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i]!
    const flag = FLAGS.find((name) => name === argument)
    if (flag !== undefined) {
      const value = argv[++i]
      if (value === undefined || value.startsWith('--'))
        throw new UsageError(`${flag}: no value given; ${SWEEP_USAGE}`)
      given.set(flag, value)
    } else if (argument.startsWith('-')) {
      throw new UsageError(
        `${argument}: unknown flag; allowed: ${FLAGS.join(', ')}; ${SWEEP_USAGE}`,
      )
    } else if (scene === null) scene = argument
    else throw new UsageError(`${argument}: only one scene is swept at a time; ${SWEEP_USAGE}`)
  }
  const out = given.get('--out')
  if (scene === null) throw new UsageError(`no scene given; ${SWEEP_USAGE}`)
  if (out === undefined) throw new UsageError(`--out: missing; ${SWEEP_USAGE}`)
  const read = <T>(flag: Flag, reader: (text: string) => T): T | null => {
    const text = given.get(flag)
    return text === undefined ? null : reader(text)
  }
  return {
    scene,
    out,
    over: read('--over', readOver),
    seeds: read('--seeds', readSeeds),
    criteria: read('--criteria', readCriteria),
    backend: read('--backend', (text) => backendInNode(text, '--backend')),
  }
}

function readSeeds(text: string): number {
  const range = RANGES['sweep.seeds']
  if (/^\d+$/u.test(text) && inRange(range, Number(text))) return Number(text)
  throw new UsageError(`--seeds: found ${text}; allowed: ${describeRange(range)}`)
}

function readCriteria(text: string): readonly CriterionId[] {
  if (text === 'all') return CRITERION_IDS
  const names = text.split(',')
  const wrong = names.find((name) => CRITERION_IDS.every((id) => id !== name))
  if (wrong !== undefined)
    throw new UsageError(
      `--criteria: found ${wrong}; allowed: all, or some of ${CRITERION_IDS.join(', ')}`,
    )
  return CRITERION_IDS.filter((id) => names.includes(id))
}

/** Values of a range without a count. */
const USUAL_COUNT = 8

/** `stepSize=0.001..0.1:log:8`, `delta=0.01,0.1,1`: scale and count may be left out, and the scale is then that of the field. */
function readOver(text: string): Pick<SweepSpec, 'over' | 'values'> {
  const [, name = text, given = ''] = /^([^=]*)=(.*)$/u.exec(text) ?? []
  const over = SWEEP_FIELDS.find((field) => field === name)
  if (over === undefined)
    throw new UsageError(`--over: found ${name}; allowed: one of ${SWEEP_FIELDS.join(', ')}`)
  const [range = '', ...words] = given.split(':')
  const ends = range.split('..')
  if (ends.length !== 2) {
    const values = words.length === 0 ? range.split(',') : []
    if (values.length === 0 || values.length > MAX_SWEEP_VALUES) throw badValues(over, given)
    return { over, values: { kind: 'list', values: values.map((value) => number(over, value)) } }
  }
  let kind: 'linear' | 'log' = sweepRange(over).scale
  let count = USUAL_COUNT
  for (const word of words) {
    if (word === 'log' || word === 'linear') kind = word
    else if (/^\d+$/u.test(word) && inRange(RANGES['sweep.values.count'], Number(word)))
      count = Number(word)
    else throw badValues(over, word)
  }
  const [from, to] = ends.map((end) => number(over, end)) as [number, number]
  return { over, values: { kind, from, to, count } }
}

function badValues(over: SweepField, found: string): UsageError {
  return new UsageError(
    `--over: found ${found || 'no values'} for ${over}; allowed: from..to, with :log or :linear and a number of values up to ${MAX_SWEEP_VALUES} (${over}=0.1..1:log:4), or up to ${MAX_SWEEP_VALUES} values a,b,…`,
  )
}

function number(over: SweepField, text: string): number {
  const range = sweepRange(over)
  const value = text.trim() === '' ? NaN : Number(text)
  if (inRange(range, value)) return value
  throw new UsageError(
    `--over: found ${text || 'nothing'} for ${over}; allowed: ${describeRange(range)} (${range.label})`,
  )
}
