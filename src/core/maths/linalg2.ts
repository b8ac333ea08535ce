/**
 * Closed forms for 2×2 matrices. A symmetric matrix [[xx, xy], [xy, yy]] is given by its three entries
 * (xx, xy, yy), as scalars where it is called in hot loops and as a `Symmetric2` where it is kept.
 */
export type Symmetric2 = readonly [xx: number, xy: number, yy: number]

/** Half the distance of the two eigenvalues, √(((xx − yy)/2)² + xy²). */
function eigenvalueRadius(xx: number, xy: number, yy: number): number {
  const d = 0.5 * (xx - yy)
  return Math.sqrt(d * d + xy * xy)
}

/** The smaller eigenvalue of a symmetric matrix. */
export function minEigenvalue2(xx: number, xy: number, yy: number): number {
  return 0.5 * (xx + yy) - eigenvalueRadius(xx, xy, yy)
}

/** The larger eigenvalue of a symmetric matrix. */
export function maxEigenvalue2(xx: number, xy: number, yy: number): number {
  return 0.5 * (xx + yy) + eigenvalueRadius(xx, xy, yy)
}

/** Eigenvalues of a symmetric matrix, ascending. */
export function eigenvalues2(xx: number, xy: number, yy: number): [number, number] {
  return [minEigenvalue2(xx, xy, yy), maxEigenvalue2(xx, xy, yy)]
}

/** Spectral norm of a symmetric matrix: the largest |eigenvalue|. */
export function spectralNorm2(xx: number, xy: number, yy: number): number {
  return 0.5 * Math.abs(xx + yy) + eigenvalueRadius(xx, xy, yy)
}

/** Determinant of [[a, b], [c, d]]. */
export function determinant2(a: number, b: number, c: number, d: number): number {
  return a * d - b * c
}

/** Whether a symmetric matrix is positive definite, with finite entries. */
export function isPositiveDefinite2(xx: number, xy: number, yy: number): boolean {
  return xx > 0 && yy > 0 && xx < Infinity && yy < Infinity && xx * yy - xy * xy > 0
}

function requirePositiveDefinite(name: string, xx: number, xy: number, yy: number): void {
  if (!isPositiveDefinite2(xx, xy, yy)) {
    throw new RangeError(
      `${name}: the matrix must be symmetric positive definite, found [[${xx}, ${xy}], [${xy}, ${yy}]]`,
    )
  }
}

/** Inverse of a symmetric matrix. Throws RangeError when the determinant is 0 or not finite. */
export function inverse2(xx: number, xy: number, yy: number): Symmetric2 {
  const det = xx * yy - xy * xy
  if (!(det !== 0 && Number.isFinite(det))) {
    throw new RangeError(`inverse2: the matrix [[${xx}, ${xy}], [${xy}, ${yy}]] is singular`)
  }
  return [yy / det, -xy / det, xx / det]
}

/** Lower Cholesky factor [l₁₁, l₂₁, l₂₂] with L·Lᵀ = A. Throws RangeError unless A is positive definite. */
export function cholesky2(
  xx: number,
  xy: number,
  yy: number,
): readonly [l11: number, l21: number, l22: number] {
  requirePositiveDefinite('cholesky2', xx, xy, yy)
  const l11 = Math.sqrt(xx)
  const l21 = xy / l11
  // (xx·yy − xy²)/xx rather than yy − l21²: the same number with one rounding of the difference.
  return [l11, l21, Math.sqrt((xx * yy - xy * xy) / xx)]
}

/**
 * The symmetric positive definite square root S, S² = A: S = (A + √det A · I)/√(tr A + 2√det A)
 * (Cayley–Hamilton). Throws RangeError unless A is positive definite.
 */
export function squareRoot2(xx: number, xy: number, yy: number): Symmetric2 {
  requirePositiveDefinite('squareRoot2', xx, xy, yy)
  const s = Math.sqrt(xx * yy - xy * xy)
  const t = Math.sqrt(xx + yy + 2 * s)
  return [(xx + s) / t, xy / t, (yy + s) / t]
}
