import { log } from '../../../core/maths/elementary.ts'
import { Purpose, hash4, unit } from '../../../core/maths/rng.ts'
import type { Tuples } from '../../kernels/kernel.ts'
import type { ObjectiveContext } from './objective.ts'

/** Points of a step. */
const FAR_POINTS = 32
/** a², world units, and p of the kernel: `readBlurred` multiplies its twelfth powers out. */
const SQUARE = 0.16
const EXPONENT = 12
/** λ, for each unit of area. */
const WEIGHT = 2.5e-6
/** q₀, the density of the blurred data at which the term has half its weight, for each unit of area. */
const SPARSE = 1e-4

/** κ: how much more weight a place has for each factor e by which q is less than q₀. */
const FARTHER = 0.03

/** Steps of the additive recurrence of two coordinates, 1/φ and 1/φ² with φ³ = φ + 1: the points of any step cover Ω evenly. */
const STEP_X = 0.7548776662466927
const STEP_Y = 0.5698402909980532

const words = new Uint32Array(4)

/**
 * The tuples of mean V(data) − mean V(negatives) and of the far field at a step: far field, then data, then room for
 * the negatives.
 */
export function contrast(
  { seed, problem }: Pick<ObjectiveContext, 'seed' | 'problem'>,
  step: number,
  data: number,
  negatives: number,
): Tuples {
  const n = FAR_POINTS + data + negatives
  const xy = new Float32Array(2 * n)
  const c = new Float32Array(n)
  c.fill(1 / data, FAR_POINTS, FAR_POINTS + data)
  c.fill(-1 / negatives, FAR_POINTS + data)
  const batch = xy.subarray(2 * FAR_POINTS, 2 * (FAR_POINTS + data))
  problem.batch(step, data, batch)
  return { xy, c, ...farField(seed, step, problem.halfWidth, batch, xy) }
}

/**
 * The far-field term of a step, λ ∫_Ω g(q) |∇V + ∇log q|² dx by FAR_POINTS points. q is the batch blurred by the
 * kernel K(z) = (p − 1)/(πa²) (1 + |z|²/a²)^(−p), and g = (1 + κ log(1 + q₀/q))/(1 + (q/q₀)²): where there is no data the slope
 * of V is that of −log q, and where there is data the term vanishes.
 *
 * The likelihood does not see V where neither data nor chains come, and leaves there whatever the network is made of:
 * wells that hold nothing and from which Langevin particles do not return. K is subharmonic for
 * |z| > a/√p, so that q, a mean of such functions, has no maximum farther than a/√p from every data point. Its tails fall like
 * |z|^(−2p): a slope of 2p/|z| or so leads from anywhere to the data.
 * @param data batch of the same step, length 2n
 * @param xy its first FAR_POINTS points are overwritten
 * @returns the weights and shifts of these points
 */
function farField(
  seed: number,
  step: number,
  halfWidth: number,
  data: Float32Array,
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
    xy[2 * i] = halfWidth * (2 * atX - 1)
    xy[2 * i + 1] = halfWidth * (2 * atY - 1)
    readBlurred(data, xy[2 * i]!, xy[2 * i + 1]!, blurred)
    const ratio = blurred[0]! / SPARSE
    w[i] = (share * (1 + FARTHER * log(1 + 1 / ratio))) / (1 + ratio * ratio)
    u[2 * i] = blurred[1]!
    u[2 * i + 1] = blurred[2]!
  }
  return { w, u }
}

const blurred = new Float64Array(3)

/**
 * The density q of the data blurred by K, and ∇log q.
 * @param data length 2n
 * @param out [q, ∂ log q/∂x, ∂ log q/∂y]; overwritten
 */
export function readBlurred(data: Float32Array, x: number, y: number, out: Float64Array): void {
  let [sum, sumX, sumY] = [0, 0, 0]
  for (let j = 0; j < data.length; j += 2) {
    const dx = x - data[j]!
    const dy = y - data[j + 1]!
    const k = SQUARE / (SQUARE + dx * dx + dy * dy)
    const k2 = k * k
    const k4 = k2 * k2
    const k12 = k4 * k4 * k4
    sum += k12
    sumX -= k12 * k * dx
    sumY -= k12 * k * dy
  }
  out[0] = ((EXPONENT - 1) / (Math.PI * SQUARE)) * (sum / (data.length / 2))
  // ∇log K(z) = −2p z/(a² + |z|²), weighted by K.
  out[1] = ((2 * EXPONENT) / SQUARE) * (sumX / sum)
  out[2] = ((2 * EXPONENT) / SQUARE) * (sumY / sum)
}
