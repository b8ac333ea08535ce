import { cos } from './elementary.ts'

/** A quadrature rule on [−1, 1]: ∫ f ≈ Σ weights[k]·f(nodes[k]), nodes ascending. */
export interface QuadratureRule {
  readonly nodes: Float64Array
  readonly weights: Float64Array
}

/**
 * The n-point Gauss–Legendre rule on [−1, 1], exact for polynomials of degree 2n − 1; n in [1, 128].
 * Newton's iteration on the Legendre recurrence from the usual cosine guess; symmetric by construction.
 */
export function gaussLegendre(n: number): QuadratureRule {
  if (!Number.isInteger(n) || n < 1 || n > 128) {
    throw new RangeError(`gaussLegendre: n must be a whole number in [1, 128], found ${n}`)
  }
  const nodes = new Float64Array(n)
  const weights = new Float64Array(n)
  for (let i = 0; i < n - i; i++) {
    let x = i === n - 1 - i ? 0 : cos((Math.PI * (i + 0.75)) / (n + 0.5))
    let slope = 1
    for (let pass = 0; pass < 8; pass++) {
      let before = 1
      let value = x
      for (let k = 2; k <= n; k++) {
        const next = ((2 * k - 1) * x * value - (k - 1) * before) / k
        before = value
        value = next
      }
      slope = (n * (before - x * value)) / (1 - x * x)
      if (x !== 0) x -= value / slope
    }
    const weight = 2 / ((1 - x * x) * slope * slope)
    nodes[i] = -x
    nodes[n - 1 - i] = x
    weights[i] = weight
    weights[n - 1 - i] = weight
  }
  return { nodes, weights }
}

/** Points of a rule on [−½, ½] with their weights, which add up to 1. */
export type UnitRule = readonly (readonly [at: number, weight: number])[]

/** Three points of Gauss, of sixth order. */
export const GAUSS_3: UnitRule = [
  [-0.5 * Math.sqrt(0.6), 5 / 18],
  [0, 8 / 18],
  [0.5 * Math.sqrt(0.6), 5 / 18],
]
