import { exp, log } from '../maths/elementary.ts'
import { inverse2 } from '../maths/linalg2.ts'
import { Purpose, Rng } from '../maths/rng.ts'
import { mean, standardError, variance } from '../maths/statistics.ts'
import { kernelMixture } from './densities/kernelMixture.ts'
import type { Density, Distribution } from './target.ts'

/** Thrown for a data set that cannot be a target; the message names the field, the value found and the values allowed. */
export class PointsError extends Error {
  override readonly name = 'PointsError'
}

/** Affine map from the data's own units to world units: world = (raw − mean)/deviation/extraScale. */
export interface PointsTransform {
  readonly mean: readonly [number, number]
  readonly deviation: readonly [number, number]
  /** ≥ 1; above 1 when a standardised point would lie farther out than the reach of `preparePoints`. */
  readonly extraScale: number
}

export interface PointsOptions {
  /** Seed of the split. */
  readonly seed: number
  /** Half the side of Ω, world units. */
  readonly halfWidth: number
  /** Most training and validation rows from which the bandwidth is chosen; default 1,500 and 400. */
  readonly effort?: BandwidthEffort
  /** A known bandwidth, standardised units (before the extra scale); default: `preparePoints` chooses one. */
  readonly bandwidth?: number
}

/** Most rows that the choice of a bandwidth reads; its time grows like their product. */
export interface BandwidthEffort {
  readonly train: number
  readonly validation: number
}

/** A number with its standard error, nats. */
export interface Estimate {
  readonly value: number
  readonly standardError: number
}

/** The best single Gaussian: fitted to the training part by maximum likelihood, scored on the test part. */
interface GaussianBaseline {
  /** World units. */
  readonly mean: readonly [number, number]
  /** World units: xx, xy, yy. */
  readonly covariance: readonly [number, number, number]
  /** On the test part, nats in standardised units (before the extra scale). */
  readonly crossEntropy: Estimate
}

/** A data set prepared as a target: split, in world units, with its smoothed density and its baseline. */
export interface PreparedPoints {
  readonly count: number
  /** [x0, y0, …], world units, within [−3, 3]²; 60 % of the rows, in their order. */
  readonly train: Float64Array
  /** 20 % of the rows, on which the bandwidth is chosen and trainings are measured. */
  readonly validation: Float64Array
  /** 20 % of the rows, used only for reports. */
  readonly test: Float64Array
  readonly transform: PointsTransform
  /** Add to a cross-entropy in world units to get nats in standardised units: 2·log(extraScale). */
  readonly unitsOffset: number
  /** Standard deviation of the jitter and of the kernel estimate, world units. */
  readonly bandwidth: number
  /** Training points drawn with replacement, jittered by N(0, bandwidth²·I); its exact density is unknown: null. */
  readonly distribution: Distribution
  /** The kernel estimate on the training points ("smoothed data"): the law that `distribution` draws from. */
  readonly smoothed: Density
  readonly gaussianBaseline: GaussianBaseline
}

/** Fewest rows of a data set. */
const FEWEST_POINTS = 10
/** If a standardised point lies farther out than this, all are scaled down, on every Ω with halfWidth ≥ 4. */
const REACH = 3
/** Candidate bandwidths, in standardised units: log-spaced from 0.02 to 1.5. */
const BANDWIDTHS = 41
const LEAST_BANDWIDTH = 0.02
const GREATEST_BANDWIDTH = 1.5
const FULL_EFFORT: BandwidthEffort = { train: 1500, validation: 400 }
/** Rows are dealt out by tens: six to train, two each to validation and test. */
const HAND = 10
const TO_TRAIN = 6
const TO_VALIDATION = 8

function column(xy: Float64Array, offset: 0 | 1): Float64Array {
  return Float64Array.from({ length: xy.length / 2 }, (_, i) => xy[2 * i + offset]!)
}

function requireFinite(raw: Float64Array): void {
  if (raw.length % 2 !== 0) {
    throw new PointsError(`points: rows must hold two numbers, found ${raw.length} numbers in all`)
  }
  for (let i = 0; i < raw.length; i += 2) {
    if (!(Number.isFinite(raw[i]) && Number.isFinite(raw[i + 1]))) {
      throw new PointsError(
        `points[${i / 2}]: must be two finite numbers, found [${raw[i]}, ${raw[i + 1]}]`,
      )
    }
  }
  if (raw.length / 2 < FEWEST_POINTS) {
    throw new PointsError(
      `points: must hold at least ${FEWEST_POINTS} rows, found ${raw.length / 2}`,
    )
  }
}

/**
 * Deals the rows out to the parts. Every ten rows are shuffled among themselves: six are for training, two
 * for validation, two for testing. The part of a row therefore depends only on the seed and its number, and
 * rows added at the end, or removed there, move no other row: an energy that is trained while its data grow
 * never sees validation or test rows.
 */
function deal(
  count: number,
  seed: number,
): { readonly train: number[]; readonly validation: number[]; readonly test: number[] } {
  const parts = { train: [] as number[], validation: [] as number[], test: [] as number[] }
  const place = new Int32Array(HAND)
  for (let first = 0; first < count; first += HAND) {
    const rng = new Rng({ seed, purpose: Purpose.split }, first / HAND)
    for (let i = 0; i < HAND; i++) place[i] = i
    for (let i = HAND - 1; i > 0; i--) {
      const j = rng.integer(i + 1)
      const kept = place[i]!
      place[i] = place[j]!
      place[j] = kept
    }
    for (let i = 0; i < HAND && first + i < count; i++) {
      const part =
        place[i]! < TO_TRAIN
          ? parts.train
          : place[i]! < TO_VALIDATION
            ? parts.validation
            : parts.test
      part.push(first + i)
    }
  }
  return parts
}

/** At most `most` rows of a part, evenly spaced in it. */
function thinned(part: Float64Array, most: number): Float64Array {
  const all = part.length / 2
  if (all <= most) return part
  const out = new Float64Array(2 * most)
  for (let i = 0; i < most; i++) {
    const from = Math.floor((i * all) / most)
    out[2 * i] = part[2 * from]!
    out[2 * i + 1] = part[2 * from + 1]!
  }
  return out
}

/** Mean and standard deviation of each column, of the training rows. */
function standardise(train: Float64Array): Pick<PointsTransform, 'mean' | 'deviation'> {
  const measured = ([0, 1] as const).map((offset) => {
    const values = column(train, offset)
    const centre = mean(values)
    const deviation = Math.sqrt(variance(values))
    if (!(deviation > 1e-12 * Math.abs(centre) && deviation < Infinity)) {
      throw new PointsError(
        `columns[${offset}]: found a standard deviation of ${deviation} over the training rows beside a mean of ${centre}; allowed: positive, finite and more than 1e-12 of the mean, as after subtracting an offset`,
      )
    }
    return [centre, deviation] as const
  })
  const [x, y] = measured as [readonly [number, number], readonly [number, number]]
  return { mean: [x[0], y[0]], deviation: [x[1], y[1]] }
}

/** One row from the data's own units to world units. */
export function toWorld(transform: PointsTransform, x: number, y: number): [number, number] {
  const { mean: m, deviation: d, extraScale: s } = transform
  return [(x - m[0]) / d[0] / s, (y - m[1]) / d[1] / s]
}

/** One row from world units back to the data's own units. */
export function toRaw(transform: PointsTransform, x: number, y: number): [number, number] {
  const { mean: m, deviation: d, extraScale: s } = transform
  return [m[0] + d[0] * s * x, m[1] + d[1] * s * y]
}

/**
 * The Gaussian kernel estimate on the plane, ρ(x) = (1/n) Σᵢ N(x; pointᵢ, bandwidth²·I).
 * @param points [x0, y0, …], n ≥ 1
 * @param bandwidth world units, > 0
 */
export function kernelDensity(points: Float64Array, bandwidth: number): Density {
  // Sorts the points by rows of cells in alternating directions, so that neighbours in storage are neighbours in the plane.
  const n = points.length / 2
  const cell = 2 * bandwidth
  const row = Float64Array.from({ length: n }, (_, i) => Math.floor(points[2 * i + 1]! / cell))
  const along = Float64Array.from({ length: n }, (_, i) =>
    row[i]! % 2 === 0 ? points[2 * i]! : -points[2 * i]!,
  )
  const order = Array.from({ length: n }, (_, i) => i)
  order.sort((a, b) => row[a]! - row[b]! || along[a]! - along[b]! || a - b)
  const nodes = new Float64Array(2 * n)
  order.forEach((from, to) => {
    nodes[2 * to] = points[2 * from]!
    nodes[2 * to + 1] = points[2 * from + 1]!
  })
  return kernelMixture(nodes, null, bandwidth)
}

/** −mean of log ρ over the points, with the standard error of that mean; n ≥ 2. */
export function crossEntropyOf(density: Density, points: Float64Array): Estimate {
  const values = Float64Array.from(
    { length: points.length / 2 },
    (_, i) => -density.logDensity(points[2 * i]!, points[2 * i + 1]!),
  )
  return { value: mean(values), standardError: standardError(values) }
}

/**
 * The bandwidth of greatest validation likelihood on a logarithmic grid of 41 from 0.02 to 1.5 standardised
 * units: the best of every fourth, then the best of its neighbours. For large sets it is found on a part and then
 * scaled by (part/all)^(1/6), the rate at which the best bandwidth falls in two
 * dimensions (Silverman 1986, Density Estimation, section 4.3).
 */
function chooseBandwidth(
  train: Float64Array,
  validation: Float64Array,
  extraScale: number,
  effort: BandwidthEffort,
): number {
  const all = train.length / 2
  const nodes = thinned(train, effort.train)
  const part = nodes.length / 2
  const scored = thinned(validation, effort.validation)
  const ratio = log(GREATEST_BANDWIDTH / LEAST_BANDWIDTH) / (BANDWIDTHS - 1)
  const width = (k: number) => (LEAST_BANDWIDTH / extraScale) * exp(ratio * k)
  let best = 0
  let least = Infinity
  const attempt = (k: number) => {
    const { value } = crossEntropyOf(kernelDensity(nodes, width(k)), scored)
    if (value < least) {
      least = value
      best = k
    }
  }
  for (let k = 0; k < BANDWIDTHS; k += 4) attempt(k)
  const centre = best
  for (let k = Math.max(0, centre - 3); k <= Math.min(BANDWIDTHS - 1, centre + 3); k++) {
    if (k !== centre) attempt(k)
  }
  return width(best) * exp(log(part / all) / 6)
}

function fitGaussian(
  train: Float64Array,
  test: Float64Array,
  unitsOffset: number,
): GaussianBaseline {
  const n = train.length / 2
  const mx = mean(column(train, 0))
  const my = mean(column(train, 1))
  let xx = 0
  let xy = 0
  let yy = 0
  for (let i = 0; i < n; i++) {
    const dx = train[2 * i]! - mx
    const dy = train[2 * i + 1]! - my
    xx += (dx * dx) / n
    xy += (dx * dy) / n
    yy += (dy * dy) / n
  }
  const determinant = xx * yy - xy * xy
  if (!(determinant > 1e-12 * xx * yy)) {
    throw new PointsError(
      'columns: the two columns must not lie on one line (|correlation| < 1 over the training rows)',
    )
  }
  const [pxx, pxy, pyy] = inverse2(xx, xy, yy)
  const constant = log(2 * Math.PI) + 0.5 * log(determinant) + unitsOffset
  const values = Float64Array.from({ length: test.length / 2 }, (_, i) => {
    const dx = test[2 * i]! - mx
    const dy = test[2 * i + 1]! - my
    return constant + 0.5 * (pxx * dx * dx + 2 * pxy * dx * dy + pyy * dy * dy)
  })
  return {
    mean: [mx, my],
    covariance: [xx, xy, yy],
    crossEntropy: { value: mean(values), standardError: standardError(values) },
  }
}

/**
 * Makes a data set a target: a seeded split 60/20/20 that rows added later do not change; each column standardised by its mean
 * and standard deviation *over the training rows*, so that the other rows have no influence; then one common extra
 * scale, max|z|/reach over all rows, if any lies further out than reach = min(3, 0.75·halfWidth); a jitter
 * bandwidth chosen on the validation rows; and the best single Gaussian as a baseline.
 * @param raw rows [x0, y0, x1, y1, …] in the data's own units
 * @throws PointsError when there are fewer than 10 rows, a row is not two finite numbers, a column does not
 *   vary, or both columns lie on one line
 */
export function preparePoints(raw: Float64Array, options: PointsOptions): PreparedPoints {
  requireFinite(raw)
  const count = raw.length / 2
  const dealt = deal(count, options.seed)
  const rows = (chosen: readonly number[]): Float64Array =>
    Float64Array.from(chosen.flatMap((row) => [raw[2 * row]!, raw[2 * row + 1]!]))
  const train = rows(dealt.train)
  const validation = rows(dealt.validation)
  const test = rows(dealt.test)

  const unscaled: PointsTransform = { ...standardise(train), extraScale: 1 }
  const apply = (part: Float64Array, transform: PointsTransform): void => {
    for (let i = 0; i < part.length; i += 2) {
      part.set(toWorld(transform, part[i]!, part[i + 1]!), i)
    }
  }
  const reach = Math.min(REACH, 0.75 * options.halfWidth)
  let furthest = 0
  for (let i = 0; i < raw.length; i += 2) {
    const [x, y] = toWorld(unscaled, raw[i]!, raw[i + 1]!)
    furthest = Math.max(furthest, Math.abs(x), Math.abs(y))
  }
  const extraScale = Math.max(1, furthest / reach)
  const transform = { ...unscaled, extraScale }
  for (const part of [train, validation, test]) apply(part, transform)

  const unitsOffset = 2 * log(extraScale)
  const gaussianBaseline = fitGaussian(train, test, unitsOffset)
  const bandwidth =
    options.bandwidth === undefined
      ? chooseBandwidth(train, validation, extraScale, options.effort ?? FULL_EFFORT)
      : options.bandwidth / extraScale
  return {
    count,
    train,
    validation,
    test,
    transform,
    unitsOffset,
    bandwidth,
    distribution: {
      sample(rng: Rng, n: number): Float64Array {
        const xy = new Float64Array(2 * n)
        for (let i = 0; i < n; i++) {
          const k = rng.integer(train.length / 2)
          xy[2 * i] = train[2 * k]! + bandwidth * rng.normal()
          xy[2 * i + 1] = train[2 * k + 1]! + bandwidth * rng.normal()
        }
        return xy
      },
      density: null,
    },
    smoothed: kernelDensity(train, bandwidth),
    gaussianBaseline,
  }
}
