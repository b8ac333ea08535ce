import { exp, log } from '../../maths/elementary.ts'
import { cholesky2, inverse2, isPositiveDefinite2 } from '../../maths/linalg2.ts'
import type { Rng } from '../../maths/rng.ts'
import type { Distribution } from '../target.ts'

const LOG_TWO_PI = 1.8378770664093454

/** One component of a Gaussian mixture: weight·N(mean, covariance). */
export interface GaussianComponent {
  /** Relative weight, > 0; weights are scaled to sum 1. */
  readonly weight: number
  readonly mean: readonly [number, number]
  /** Symmetric positive definite. */
  readonly covariance: readonly [readonly [number, number], readonly [number, number]]
}

/** A round component of standard deviation `width`. */
export function roundComponent(
  weight: number,
  x: number,
  y: number,
  width: number,
): GaussianComponent {
  const variance = width * width
  return {
    weight,
    mean: [x, y],
    covariance: [
      [variance, 0],
      [0, variance],
    ],
  }
}

/**
 * Σₖ wₖ·N(mₖ, Cₖ): sampler, log-density and score (both by log-sum-exp, finite in the far tail).
 * Throws RangeError naming the component when there is none, a weight is not positive and finite, a mean
 * is not finite, or a covariance is not symmetric positive definite.
 */
export function gaussianMixture(components: readonly GaussianComponent[]): Distribution {
  const n = components.length
  if (n === 0) throw new RangeError('gaussian-mixture: components must hold at least one entry')
  let totalWeight = 0
  components.forEach(({ weight, mean, covariance: [[xx, xy], [yx, yy]] }, k) => {
    const name = `gaussian-mixture: components[${k}]`
    if (!(weight > 0 && weight < Infinity)) {
      throw new RangeError(`${name}.weight must be positive and finite, found ${weight}`)
    }
    if (!(Number.isFinite(mean[0]) && Number.isFinite(mean[1]))) {
      throw new RangeError(`${name}.mean must be finite, found [${mean[0]}, ${mean[1]}]`)
    }
    if (xy !== yx || !isPositiveDefinite2(xx, xy, yy)) {
      throw new RangeError(
        `${name}.covariance must be symmetric positive definite, found [[${xx}, ${xy}], [${yx}, ${yy}]]`,
      )
    }
    totalWeight += weight
  })

  // Per component: mean x, y; precision xx, xy, yy; log of the height; Cholesky factor; cumulative weight.
  const mx = new Float64Array(n)
  const my = new Float64Array(n)
  const pxx = new Float64Array(n)
  const pxy = new Float64Array(n)
  const pyy = new Float64Array(n)
  const height = new Float64Array(n)
  const factor = new Float64Array(3 * n)
  const cumulative = new Float64Array(n)
  let running = 0
  components.forEach(({ weight, mean, covariance: [[xx, xy], [, yy]] }, k) => {
    mx[k] = mean[0]
    my[k] = mean[1]
    const [a, b, c] = inverse2(xx, xy, yy)
    pxx[k] = a
    pxy[k] = b
    pyy[k] = c
    const [l11, l21, l22] = cholesky2(xx, xy, yy)
    factor[3 * k] = l11
    factor[3 * k + 1] = l21
    factor[3 * k + 2] = l22
    height[k] = log(weight / totalWeight) - LOG_TWO_PI - log(l11) - log(l22)
    running += weight / totalWeight
    cumulative[k] = running
  })

  const term = new Float64Array(n)

  /** Fills `term` with the log of each component's density times weight; returns the largest. */
  function gather(x: number, y: number): number {
    let greatest = -Infinity
    for (let k = 0; k < n; k++) {
      const dx = x - mx[k]!
      const dy = y - my[k]!
      const e = height[k]! - 0.5 * (dx * (pxx[k]! * dx + 2 * pxy[k]! * dy) + pyy[k]! * dy * dy)
      term[k] = e
      if (e > greatest) greatest = e
    }
    return greatest
  }

  return {
    sample(rng: Rng, count: number): Float64Array {
      const xy = new Float64Array(2 * count)
      for (let i = 0; i < count; i++) {
        const u = rng.uniform()
        let k = 0
        while (k < n - 1 && u >= cumulative[k]!) k++
        const a = rng.normal()
        const b = rng.normal()
        xy[2 * i] = mx[k]! + factor[3 * k]! * a
        xy[2 * i + 1] = my[k]! + factor[3 * k + 1]! * a + factor[3 * k + 2]! * b
      }
      return xy
    },
    density: {
      logDensity(x, y) {
        const greatest = gather(x, y)
        let sum = 0
        for (let k = 0; k < n; k++) sum += exp(term[k]! - greatest)
        return greatest + log(sum)
      },
      score(x, y, out) {
        const greatest = gather(x, y)
        let sum = 0
        let sx = 0
        let sy = 0
        for (let k = 0; k < n; k++) {
          const w = exp(term[k]! - greatest)
          const dx = mx[k]! - x
          const dy = my[k]! - y
          sum += w
          sx += w * (pxx[k]! * dx + pxy[k]! * dy)
          sy += w * (pxy[k]! * dx + pyy[k]! * dy)
        }
        out[0] = sx / sum
        out[1] = sy / sum
      },
    },
  }
}
