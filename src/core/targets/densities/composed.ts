import { exp, log } from '../../maths/elementary.ts'
import type { Density } from '../target.ts'

/**
 * Π ρᵢ^wᵢ, not normalised, which is left to whoever knows the box: log ρ = Σ wᵢ log ρᵢ, score Σ wᵢ ∇log ρᵢ. The Gibbs density of the sum Σ wᵢVᵢ of the
 * energies Vᵢ = −log ρᵢ at ε = 1.
 * @param weights wᵢ, one for each density
 */
export function productDensity(weights: readonly number[], densities: readonly Density[]): Density {
  const own = new Float64Array(2)
  return {
    logDensity: (x, y) =>
      densities.reduce((sum, density, i) => sum + weights[i]! * density.logDensity(x, y), 0),
    score(x, y, out) {
      let sx = 0
      let sy = 0
      densities.forEach((density, i) => {
        density.score(x, y, own)
        sx += weights[i]! * own[0]!
        sy += weights[i]! * own[1]!
      })
      out[0] = sx
      out[1] = sy
    },
  }
}

/**
 * Σ pᵢ ρᵢ/Zᵢ, p = w/Σw: log ρ by log-sum-exp, score Σ rᵢ ∇log ρᵢ with the responsibilities rᵢ = pᵢρᵢ/(Zᵢρ).
 * @param weights wᵢ > 0
 * @param logZ log Zᵢ, by which each term is normalised
 */
export function mixtureDensity(
  weights: readonly number[],
  densities: readonly Density[],
  logZ: readonly number[],
): Density {
  const total = weights.reduce((sum, w) => sum + w, 0)
  const offset = weights.map((w, i) => log(w / total) - logZ[i]!)
  const terms = new Float64Array(densities.length)
  const own = new Float64Array(2)
  /** Leaves rᵢ·Σ in `terms`; returns log ρ. */
  const read = (x: number, y: number): number => {
    let top = -Infinity
    densities.forEach((density, i) => {
      terms[i] = offset[i]! + density.logDensity(x, y)
      top = Math.max(top, terms[i])
    })
    if (top === -Infinity) return top
    let sum = 0
    for (let i = 0; i < terms.length; i++) {
      terms[i] = exp(terms[i]! - top)
      sum += terms[i]!
    }
    return top + log(sum)
  }
  return {
    logDensity: read,
    score(x, y, out) {
      read(x, y)
      const sum = terms.reduce((all, term) => all + term, 0)
      let sx = 0
      let sy = 0
      densities.forEach((density, i) => {
        density.score(x, y, own)
        sx += (terms[i]! / sum) * own[0]!
        sy += (terms[i]! / sum) * own[1]!
      })
      out[0] = sx
      out[1] = sy
    },
  }
}
