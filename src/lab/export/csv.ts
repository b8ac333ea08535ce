import { curveCell, curveColumns, rowsOf, type Curves } from '../io/curvesCsv.ts'
import type { Pieces } from '../io/slices.ts'
import { aboutLines, type About } from './about.ts'
import { GrowingBytes } from './bytes.ts'

/** A column of a table of numbers. */
interface Column {
  /** With its unit in brackets. */
  readonly title: string
  /** The cell of a row; numbers as the shortest digits that read back to the same double. */
  readonly cell: (row: number) => string
}

/** Cells that are written between two yields. */
const PIECE = 4096

/**
 * A table as comma-separated text. Its first lines begin with # and say where it comes from: gnuplot passes them over by itself, pandas
 * by `comment='#'`, R by `comment.char = '#'`, NumPy by `skip_header=3`, and a spreadsheet shows them above the table.
 */
function* csvOf(
  comments: readonly string[],
  columns: readonly Column[],
  rows: number,
): Pieces<Uint8Array<ArrayBuffer>> {
  const out = new GrowingBytes()
  out.add(comments.map((line) => `# ${line}\n`).join(''))
  out.add(`${columns.map(({ title }) => title).join(',')}\n`)
  const some = Math.max(1, Math.ceil(PIECE / Math.max(1, columns.length)))
  for (let first = 0; first < rows; first += some) {
    let text = ''
    for (let row = first; row < Math.min(rows, first + some); row++)
      text += `${columns.map(({ cell }) => cell(row)).join(',')}\n`
    out.add(text)
    yield undefined
  }
  return out.whole()
}

/** The cell of a value; unlike JSON, CSV can tell a negative zero. */
function cellOf(value: unknown): string {
  return Object.is(value, -0) ? '-0' : curveCell(value)
}

const [STEP, NATS, RATE, SHARE] = ['step', 'nats', 'nats/time', '1']
const LENGTH = 'length'
const PER_AREA = '1/length^2'
const ENERGY = 'energy'
/** Of a squared drift. */
const SLOPE = 'energy^2/length^2'
const [TEXT, TRUTH] = ['text', 'true/false']

/** Units by column. `energy` is that of V and ε, `length` the world unit, `time` that of η: length²/energy. */
const UNITS: Readonly<Record<string, string>> = {
  'langevin.step': STEP,
  'langevin.kl': NATS,
  'langevin.klStandardError': NATS,
  'langevin.estimator': TEXT,
  'langevin.foldedMass': SHARE,
  'langevin.acceptance': SHARE,
  'langevin.energy': ENERGY,
  'langevin.energyError': ENERGY,
  'langevin.energyRate': RATE,
  'langevin.energyRateError': RATE,
  'langevin.energyDrift': RATE,
  'langevin.energyDriftError': RATE,
  'langevin.gradient': SLOPE,
  'langevin.stein': PER_AREA,
  'langevin.steinError': PER_AREA,
  'langevin.klExact': NATS,
  'langevin.fisher': PER_AREA,
  'langevin.mismatch': SLOPE,
  'langevin.fokkerPlanck': NATS,
  'langevin.fokkerPlanckError': NATS,
  'langevin.fokkerPlanckFisher': PER_AREA,
  'langevin.renyi': NATS,
  'langevin.dataKl': NATS,
  'langevin.dataFisher': PER_AREA,
  'langevin.residual': SLOPE,
  'langevin.envelope': NATS,
  'langevin.klMeaning': TEXT,
  'deterministic.step': STEP,
  'deterministic.kl': NATS,
  'deterministic.klStandardError': NATS,
  'deterministic.lowerBound': TRUTH,
  'deterministic.klRate': RATE,
  'deterministic.energy': ENERGY,
  'deterministic.gradient': SLOPE,
  'contraction.step': STEP,
  'contraction.largest': LENGTH,
  'contraction.rootMeanSquare': LENGTH,
  'contraction.bound': LENGTH,
  'fromGibbs.step': STEP,
  'fromGibbs.renyi': NATS,
  'fromGibbs.renyiError': NATS,
  'fromGibbs.moved': LENGTH,
  'fromGibbs.sliced': LENGTH,
}

/** The unit of a column of curves. @throws RangeError for a column that has none here */
export function unitOf(column: string): string {
  const unit = UNITS[column]
  if (unit === undefined) throw new RangeError(`no unit is known of ${column}`)
  return unit
}

/** The curves of a run: the columns of the runner's curves.csv, each named with its unit, a row for each step. */
export function curvesFile(about: About, curves: Curves): Pieces<Uint8Array<ArrayBuffer>> {
  const columns = curveColumns(curves)
  return csvOf(
    aboutLines(about, 'curves, a row for each step; an empty cell was not evaluated'),
    columns.map(({ name, list }) => ({
      title: `${name} [${unitOf(name)}]`,
      cell: (k) => cellOf(list[k]),
    })),
    rowsOf(columns),
  )
}

/** The clouds at one step, [x0, y0, …] each, as the page shows them: rounded to float32. */
export interface Clouds {
  readonly step: number
  readonly langevin: Float32Array
  readonly deterministic: Float32Array
  /** Null without a second cloud. */
  readonly companion: Float32Array | null
}

/** The particles of both panels at a step, one a row. */
export function particlesFile(about: About, clouds: Clouds): Pieces<Uint8Array<ArrayBuffer>> {
  const { step, langevin, deterministic, companion } = clouds
  const all = Object.entries({ langevin, deterministic, companion })
  const columns = all.flatMap(([name, xy]) =>
    xy === null
      ? []
      : ['x', 'y'].map((axis, at) => ({
          title: `${name}.${axis} [${LENGTH}]`,
          cell: (i: number) => cellOf(xy[2 * i + at]!),
        })),
  )
  return csvOf(
    aboutLines(about, `particles at step ${String(step)}, in float32`),
    [{ title: 'particle [1]', cell: String }, ...columns],
    langevin.length / 2,
  )
}
