import type { EnergyFunction } from './energyGrid.ts'

/** A symmetric 2 × 2 matrix by rows. */
export type SymmetricMatrix = readonly [readonly [number, number], readonly [number, number]]

/**
 * V(x) = ½ (x − c)ᵀ A (x − c), ∇V = A (x − c).
 * @param matrix A, symmetric positive definite, per world unit²
 * @throws RangeError when A is not symmetric positive definite
 */
export function quadraticEnergy(
  center: readonly [number, number],
  matrix: SymmetricMatrix,
): EnergyFunction {
  const [[a, b], [b2, c]] = matrix
  if (!(b === b2 && a > 0 && a * c - b * b > 0)) {
    throw new RangeError(`Not a symmetric positive definite matrix: ${JSON.stringify(matrix)}`)
  }
  const [cx, cy] = center
  return (x, y, out) => {
    const dx = x - cx
    const dy = y - cy
    const gx = a * dx + b * dy
    const gy = b * dx + c * dy
    out[0] = 0.5 * (dx * gx + dy * gy)
    out[1] = gx
    out[2] = gy
  }
}

/** The energy of a density at ε = 1: V = −log ρ, ∇V = −∇ log ρ. */
export function energyOfDensity(density: {
  logDensity(x: number, y: number): number
  score(x: number, y: number, out: Float64Array): void
}): EnergyFunction {
  const score = new Float64Array(2)
  return (x, y, out) => {
    density.score(x, y, score)
    out[0] = -density.logDensity(x, y)
    out[1] = -score[0]!
    out[2] = -score[1]!
  }
}
