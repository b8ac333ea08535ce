import { exp, log } from '../../maths/elementary.ts'
import type { Density } from '../target.ts'

const LOG_TWO_PI = 1.8378770664093454
/** Nodes of a block, which a sum skips or evaluates as a whole. */
const BLOCK = 16
/** −log of the greatest share of the sum that all skipped terms may have together: e^−28 < 1e-12. */
const LOG_NEGLECT = 28

/**
 * ρ(x) = Σᵢ wᵢ·N(x; mᵢ, width²·I): many round kernels of one width, as curves with Gaussian noise and
 * kernel estimates are made of. log ρ and its score by log-sum-exp, finite however far the tail.
 *
 * The nodes are cut into blocks of neighbours in their order of storage. Each block's bounding box gives
 * an upper bound of its largest term; the sum skips blocks and terms that cannot matter at 1e-12. The
 * blocks help only if neighbours in the order of the nodes are near each other.
 * @param nodes [x0, y0, …], length 2n, world units
 * @param weights length n, positive, scaled to sum 1; null: equal
 * @param width standard deviation of a kernel, world units, > 0
 */
export function kernelMixture(
  nodes: Float64Array,
  weights: Float64Array | null,
  width: number,
): Density {
  const n = nodes.length / 2
  if (n < 1 || !Number.isInteger(n)) throw new RangeError('kernelMixture: needs at least one node')
  if (!(width > 0 && width < Infinity)) {
    throw new RangeError(`kernelMixture: width must be positive and finite, found ${width}`)
  }
  const px = new Float64Array(n)
  const py = new Float64Array(n)
  const logWeight = new Float64Array(n)
  let total = 0
  for (let i = 0; i < n; i++) total += weights === null ? 1 : weights[i]!
  for (let i = 0; i < n; i++) {
    px[i] = nodes[2 * i]!
    py[i] = nodes[2 * i + 1]!
    logWeight[i] = weights === null ? -log(n) : log(weights[i]! / total)
  }
  const blocks = Math.ceil(n / BLOCK)
  // Per block: least and greatest x, least and greatest y, greatest log weight.
  const bounds = new Float64Array(5 * blocks)
  for (let b = 0; b < blocks; b++) {
    let x0 = Infinity
    let x1 = -Infinity
    let y0 = Infinity
    let y1 = -Infinity
    let top = -Infinity
    for (let i = b * BLOCK; i < Math.min(n, (b + 1) * BLOCK); i++) {
      x0 = Math.min(x0, px[i]!)
      x1 = Math.max(x1, px[i]!)
      y0 = Math.min(y0, py[i]!)
      y1 = Math.max(y1, py[i]!)
      top = Math.max(top, logWeight[i]!)
    }
    bounds.set([x0, x1, y0, y1, top], 5 * b)
  }
  const precision = 1 / (width * width)
  const scale = -0.5 * precision
  const constant = -LOG_TWO_PI - 2 * log(width)
  const cut = LOG_NEGLECT + log(n)
  const upper = new Float64Array(blocks)
  const term = new Float64Array(n)
  const which = new Int32Array(n)
  let lastX = Number.NaN
  let lastY = Number.NaN
  // For the last point read: the greatest exponent, Σ e^(exponent − greatest) and its first moments about x.
  let greatest = 0
  let sum = 0
  let momentX = 0
  let momentY = 0

  function evaluate(x: number, y: number): void {
    if (x === lastX && y === lastY) return
    lastX = x
    lastY = y
    let best = 0
    let bestBound = -Infinity
    for (let b = 0, k = 0; b < blocks; b++, k += 5) {
      const left = bounds[k]! - x
      const right = x - bounds[k + 1]!
      const below = bounds[k + 2]! - y
      const above = y - bounds[k + 3]!
      const dx = left > 0 ? left : right > 0 ? right : 0
      const dy = below > 0 ? below : above > 0 ? above : 0
      const bound = bounds[k + 4]! + scale * (dx * dx + dy * dy)
      upper[b] = bound
      if (bound > bestBound) {
        bestBound = bound
        best = b
      }
    }
    greatest = -Infinity
    for (let i = best * BLOCK; i < n && i < (best + 1) * BLOCK; i++) {
      const dx = px[i]! - x
      const dy = py[i]! - y
      const e = logWeight[i]! + scale * (dx * dx + dy * dy)
      if (e > greatest) greatest = e
    }
    let kept = 0
    for (let b = 0; b < blocks; b++) {
      if (upper[b]! < greatest - cut) continue
      for (let i = b * BLOCK; i < n && i < (b + 1) * BLOCK; i++) {
        const dx = px[i]! - x
        const dy = py[i]! - y
        const e = logWeight[i]! + scale * (dx * dx + dy * dy)
        if (e < greatest - cut) continue
        if (e > greatest) greatest = e
        term[kept] = e
        which[kept++] = i
      }
    }
    sum = 0
    momentX = 0
    momentY = 0
    for (let k = 0; k < kept; k++) {
      const e = term[k]! - greatest
      if (e < -cut) continue
      const i = which[k]!
      const w = exp(e)
      sum += w
      momentX += w * (px[i]! - x)
      momentY += w * (py[i]! - y)
    }
  }

  return {
    logDensity(x, y) {
      evaluate(x, y)
      return constant + greatest + log(sum)
    },
    score(x, y, out) {
      evaluate(x, y)
      out[0] = (precision * momentX) / sum
      out[1] = (precision * momentY) / sum
    },
  }
}
