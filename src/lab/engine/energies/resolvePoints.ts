import { crossEntropy } from '../../../core/analysis/estimators/kl.ts'
import { gibbs } from '../../../core/fields/gibbs.ts'
import { centreCoordinate, type Box } from '../../../core/maths/grid.ts'
import { exp } from '../../../core/maths/elementary.ts'
import { Purpose, Rng } from '../../../core/maths/rng.ts'
import {
  PointsError,
  preparePoints,
  type PointsOptions,
  type PreparedPoints,
} from '../../../core/targets/points.ts'
import type { Density } from '../../../core/targets/target.ts'
import { decodeText } from '../../io/encodings.ts'
import { sha256HexSync } from '../../io/sha256.ts'
import { atOnce } from '../../io/slices.ts'
import { readTableNow, type TableRead } from '../../io/table.ts'
import {
  describeRemark,
  describeTableError,
  passedOver,
  SEPARATOR_TEXTS,
} from '../../io/tableWords.ts'
import type { DataReport } from '../../protocol/result.ts'
import type { DataTarget } from '../../scene/defaults.ts'
import type { PointsFile } from '../../scene/sceneSpec.ts'
import type { TableForm } from '../../scene/fields/tableForm.ts'
import type { AssetReader } from './assets.ts'
import { drawInside } from '../training/drawInside.ts'
import { Refusal } from '../refusal.ts'
import type { ResolvedTarget } from './resolveTarget.ts'

/** The rows of a data set in its own units, [x0, y0, …], and the report on its file; null where the scene names none. */
export interface ReadPoints {
  readonly points: Float64Array
  readonly report: DataReport | null
}

/** @throws Refusal naming the file, the line and what is allowed */
export async function readPoints(spec: DataTarget, assets: AssetReader): Promise<ReadPoints> {
  if ('points' in spec) return { points: Float64Array.from(spec.points.flat()), report: null }
  const file = 'file' in spec ? spec.file : null
  const refuse = (whole: boolean, message: string): never => {
    const field = whole && file !== null ? 'target.file' : 'target'
    throw new Refusal(`${field}: ${file === null ? '' : `${file}, `}${message}`, field)
  }
  const bytes = 'file' in spec ? await readFile(spec, assets) : await assets.oldFaithful()
  const decoded = atOnce(decodeText(bytes))
  if ('error' in decoded) return refuse(true, decoded.error)
  const options = 'file' in spec ? spec : {}
  const table = readTableNow(decoded.text, options)
  if ('error' in table)
    return refuse(table.error.line === 0, describeTableError(table.error) + formOf(table, options))
  const { points, columns, layout, skipped, remarks } = table
  const { separator, decimal } = layout
  const report = {
    ...{ file, encoding: decoded.encoding, separator, decimal },
    columns: columns.map(({ index, name }) => ({ index, name })),
    passedOver: passedOver(layout, options),
    points: points.length / 2,
    skipped,
    remarks: remarks.map(describeRemark),
  }
  return { points, report: file === null ? null : { ...report, file } }
}

/** A sentence on how a refused table was read, where another separator or decimal mark may help; else ''. */
function formOf(
  { error: { form }, layout }: Extract<TableRead, { error: unknown }>,
  options: TableForm,
): string {
  if (form !== true || layout === null) return ''
  const open = (['separator', 'decimal'] as const).filter((name) => options[name] === undefined)
  if (open.length === 0) return ''
  const { separator, decimal } = layout
  const others = open.map((name) => `target.${name}`).join(' and ')
  return `; read with separator: ${SEPARATOR_TEXTS[separator]}, decimal sign: ${decimal}; ${others} can say otherwise`
}

async function readFile({ file, hash }: PointsFile, assets: AssetReader): Promise<Uint8Array> {
  let bytes: Uint8Array
  try {
    bytes = await assets.points(file, hash)
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal(`target.file: ${error.message}`, 'target.file')
    throw error
  }
  const found = hash === undefined ? undefined : sha256HexSync(bytes)
  if (found === hash) return bytes
  throw new Refusal(
    `target.hash: found other data under the name ${file}, of SHA-256 ${String(found)}; allowed: the file of SHA-256 ${String(hash)}`,
    'target.hash',
  )
}

/**
 * A data set as a target: trainings draw from its training part with jitter, measure on its validation part and
 * report on its test part.
 * @throws Refusal where the rows cannot be a target
 */
export function pointsTarget(raw: Float64Array, seed: number, halfWidth: number): ResolvedTarget {
  return targetOfPoints(prepareRows(raw, { seed, halfWidth }))
}

/** The target of points that `prepareRows` has prepared. */
export function targetOfPoints(points: PreparedPoints): ResolvedTarget {
  const { distribution, smoothed, unitsOffset, test, validation, gaussianBaseline } = points
  return {
    distribution,
    // The training points with their jitter are draws of the kernel estimate, exactly.
    initial: { sample: (rng, n) => distribution.sample(rng, n), density: smoothed },
    transform: points.transform,
    problem: (trainingSeed, width) => ({
      halfWidth: width,
      batch(step, n, out) {
        const rng = new Rng({ seed: trainingSeed, purpose: Purpose.data }, step)
        drawInside(distribution, rng, width, out.subarray(0, 2 * n))
      },
    }),
    measure: (field, pi = gibbs(field, 1)) => ({
      klDataModel: null,
      crossEntropy: crossEntropy(validation, field, 1, pi.logZ).value + unitsOffset,
    }),
    conclude(field) {
      const { value, standardError } = crossEntropy(test, field, 1, gibbs(field, 1).logZ)
      return {
        klDataModel: null,
        klModelData: null,
        crossEntropy: value + unitsOffset,
        crossEntropyStandardError: standardError,
        gaussianCrossEntropy: gaussianBaseline.crossEntropy.value,
      }
    },
    density: () => null,
    thumbnail: (box) => densityOn(smoothed, box),
    picture: (n) => allPoints(points, n),
    probes(n, probeSeed, width) {
      const xy = new Float64Array(2 * n)
      drawInside(distribution, new Rng({ seed: probeSeed, purpose: Purpose.probe }), width, xy)
      return xy
    },
  }
}

/** @throws Refusal where the rows cannot be a target */
export function prepareRows(raw: Float64Array, options: PointsOptions): PreparedPoints {
  try {
    return preparePoints(raw, options)
  } catch (error) {
    if (error instanceof PointsError) throw new Refusal(`target.${error.message}`, 'target')
    throw error
  }
}

function densityOn(density: Density, box: Box): Float32Array {
  const { cells } = box
  return Float32Array.from({ length: cells * cells }, (_, k) =>
    exp(
      density.logDensity(
        centreCoordinate(box, k % cells),
        centreCoordinate(box, Math.floor(k / cells)),
      ),
    ),
  )
}

/** The first n points in world units, in the order train, validation, test. */
function allPoints({ train, validation, test }: PreparedPoints, n: number): Float32Array {
  const all = new Float32Array(train.length + validation.length + test.length)
  all.set(train)
  all.set(validation, train.length)
  all.set(test, train.length + validation.length)
  return all.slice(0, 2 * n)
}
