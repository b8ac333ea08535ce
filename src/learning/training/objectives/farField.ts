import { log } from '../../../core/maths/elementary.ts'
import { Purpose, hash4, unit } from '../../../core/maths/rng.ts'
import type { Tuples } from '../../kernels/kernel.ts'
import { penaltyStartOf } from '../model.ts'
import type { DataHistogram } from './dataHistogram.ts'
import type { ObjectiveContext } from './objective.ts'

/** Points of a step. */
const FAR_POINTS = 32
/** a², world units, and p of the kernel: `readBlurred` multiplies its twelfth powers out. */
const SQUARE = 0.16
const EXPONENT = 12
/** K(0), for each unit of area. */
const PEAK = (EXPONENT - 1) / (3.141592653589793 * SQUARE)
/** Least share of the data about a cell of a blurred histogram. */
const LEAST_MASS = 1e-4
/** λ, for each unit of area. */
const WEIGHT = 2.5e-6
/** q₀, the density of the blurred data at which the term has half its weight, for each unit of area. */
const SPARSE = 1e-4

/** κ: how much more weight a place has for each factor e by which q is less than q₀. */
const FARTHER = 0.03

/** Stiffness of W, in units of ε = 1 for each unit of area. */
const WALL = 22

/** Steps of the additive recurrence of two coordinates, 1/φ and 1/φ² with φ³ = φ + 1: the points of any step cover Ω evenly. */
const STEP_X = 0.7548776662466927
const STEP_Y = 0.5698402909980532

const words = new Uint32Array(4)

/** The data blurred by the kernel K of `contrast`: q and ∇log q. */
export interface BlurredData {
  /** Moves a point of Ω to where it is known. */
  readonly place: (x: number, y: number, out: Float64Array) => void
  /** q, ∂ log q/∂x, ∂ log q/∂y at a point that `place` has given; `out` is overwritten. */
  readonly read: (x: number, y: number, out: Float64Array) => void
}

/**
 * The tuples of mean V(data) − mean V(negatives) and of the far field at a step: far field, then data, then room for
 * the negatives.
 *
 * The far-field term is λ ∫_Ω g(q) |∇V + ∇log q − ∇W|² dx by FAR_POINTS points. q is the data blurred by the
 * kernel K(z) = (p − 1)/(πa²) (1 + |z|²/a²)^(−p), and g = (1 + κ log(1 + q₀/q))/(1 + (q/q₀)²): where there is no data the slope
 * of V is that of W − log q, and where there is data the term vanishes. W = 22 Σᵢ relu(|xᵢ| − penaltyStart)² holds the tail of
 * a start off the walls of Ω, since nothing is certified where the walls fold more than 1e-6 of the mass. Along an axis on which
 * data lie nearer to the wall W is left out: W − log q would have a well before them.
 *
 * The likelihood does not see V where neither data nor chains come, and leaves there whatever the network is made of:
 * wells that hold nothing and from which Langevin particles do not return. K is subharmonic for
 * |z| > a/√p, so that q, a mean of such functions, has no maximum farther than a/√p from every data point. Its tails fall like
 * |z|^(−2p): a slope of 2p/|z| or so leads from anywhere to the data.
 * @param blurred default: the batch of the step, blurred
 */
export function contrast(
  { seed, problem }: Pick<ObjectiveContext, 'seed' | 'problem'>,
  step: number,
  data: number,
  negatives: number,
  blurred?: BlurredData,
): Tuples {
  const n = FAR_POINTS + data + negatives
  const xy = new Float32Array(2 * n)
  const c = new Float32Array(n)
  c.fill(1 / data, FAR_POINTS, FAR_POINTS + data)
  c.fill(-1 / negatives, FAR_POINTS + data)
  const batch = xy.subarray(2 * FAR_POINTS, 2 * (FAR_POINTS + data))
  problem.batch(step, data, batch)
  return { xy, c, ...farField(seed, step, problem.halfWidth, blurred ?? blurredBatch(batch), xy) }
}

/**
 * @param xy its first FAR_POINTS points are overwritten
 * @returns the weights and shifts of these points
 */
function farField(
  seed: number,
  step: number,
  halfWidth: number,
  blurred: BlurredData,
  xy: Float32Array,
): { readonly w: Float32Array; readonly u: Float32Array } {
  const w = new Float32Array(FAR_POINTS)
  const u = new Float32Array(2 * FAR_POINTS)
  const share = (WEIGHT * 4 * halfWidth * halfWidth) / FAR_POINTS
  hash4({ seed, purpose: Purpose.farField }, 0, step, words)
  let [atX, atY] = [unit(words[0]!), unit(words[1]!)]
  for (let i = 0; i < FAR_POINTS; i++) {
    atX = (atX + STEP_X) % 1
    atY = (atY + STEP_Y) % 1
    blurred.place(halfWidth * (2 * atX - 1), halfWidth * (2 * atY - 1), out)
    const x = (xy[2 * i] = out[0]!)
    const y = (xy[2 * i + 1] = out[1]!)
    blurred.read(x, y, out)
    const ratio = out[0]! / SPARSE
    w[i] = (share * (1 + FARTHER * log(1 + 1 / ratio))) / (1 + ratio * ratio)
    u[2 * i] = out[1]! - wallSlope(x, out[1]!, halfWidth)
    u[2 * i + 1] = out[2]! - wallSlope(y, out[2]!, halfWidth)
  }
  return { w, u }
}

const out = new Float64Array(3)

/** The slope of W along one axis; none where log q, whose slope is given, rises towards the wall. */
function wallSlope(x: number, slope: number, halfWidth: number): number {
  if (slope * x > 0) return 0
  return 2 * WALL * Math.max(0, Math.abs(x) - penaltyStartOf(halfWidth)) * Math.sign(x)
}

function blurredBatch(data: Float32Array): BlurredData {
  const shares = new Float64Array(data.length / 2).fill(2 / data.length)
  return {
    place: (x, y, place) => {
      place[0] = x
      place[1] = y
    },
    read: (x, y, into) => {
      readBlurred(data, shares, x, y, into)
    },
  }
}

/**
 * A histogram blurred once, at the centres of its cells: the batches of a training give slopes far from the data that change
 * from step to step by more than the term may cost. Cells about which less than LEAST_MASS of the data lie are left out:
 * −log q would have wells at single draws of the tail, and these wells would hold nothing.
 */
export function blurredHistogram(histogram: DataHistogram): BlurredData {
  const { shares } = histogram
  const occupied = [...shares.keys()].filter((cell) => shares[cell]! > 0)
  const centresOf = (cells: readonly number[]) =>
    Float32Array.from(cells.flatMap((cell) => histogram.centre(cell)))
  const all = [centresOf(occupied), Float64Array.from(occupied, (cell) => shares[cell]!)] as const
  const kept = occupied.filter((cell) => {
    readBlurred(...all, ...histogram.centre(cell), out)
    return out[0]! >= LEAST_MASS * PEAK
  })
  const data = [centresOf(kept), Float64Array.from(kept, (cell) => shares[cell]!)] as const
  const table = new Float64Array(3 * shares.length)
  for (let cell = 0; cell < shares.length; cell++)
    readBlurred(...data, ...histogram.centre(cell), table.subarray(3 * cell, 3 * cell + 3))
  return {
    place: (x, y, place) => {
      ;[place[0], place[1]] = histogram.centre(histogram.cellOf(x, y))
    },
    read: (x, y, into) => {
      const at = 3 * histogram.cellOf(x, y)
      for (let k = 0; k < 3; k++) into[k] = table[at + k]!
    },
  }
}

/**
 * The density q of data blurred by K, and ∇log q.
 * @param data positions, length 2n
 * @param shares weight of each, length n; Σ = 1 for a density
 * @param into [q, ∂ log q/∂x, ∂ log q/∂y]; overwritten
 */
export function readBlurred(
  data: Float32Array,
  shares: Float64Array,
  x: number,
  y: number,
  into: Float64Array,
): void {
  let [sum, sumX, sumY] = [0, 0, 0]
  for (let j = 0; j < shares.length; j++) {
    const dx = x - data[2 * j]!
    const dy = y - data[2 * j + 1]!
    const k = SQUARE / (SQUARE + dx * dx + dy * dy)
    const k2 = k * k
    const k4 = k2 * k2
    const mass = shares[j]! * k4 * k4 * k4
    sum += mass
    sumX -= mass * k * dx
    sumY -= mass * k * dy
  }
  into[0] = PEAK * sum
  // ∇log K(z) = −2p z/(a² + |z|²), weighted by K.
  into[1] = ((2 * EXPONENT) / SQUARE) * (sumX / sum)
  into[2] = ((2 * EXPONENT) / SQUARE) * (sumY / sum)
}
