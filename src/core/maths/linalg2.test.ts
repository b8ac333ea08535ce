import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  cholesky2,
  determinant2,
  eigenvalues2,
  inverse2,
  isPositiveDefinite2,
  maxEigenvalue2,
  minEigenvalue2,
  spectralNorm2,
  squareRoot2,
} from './linalg2.ts'

const entry = fc.double({ min: -10, max: 10, noNaN: true })
const angle = fc.double({ min: 0, max: 6.3, noNaN: true })
const positive = fc.double({ min: 0.01, max: 100, noNaN: true })
const runs = { numRuns: 1000 }

/** Q(θ)·diag(p, q)·Q(θ)ᵀ. */
function rotated(p: number, q: number, theta: number): [number, number, number] {
  const c = Math.cos(theta)
  const s = Math.sin(theta)
  return [p * c * c + q * s * s, (p - q) * c * s, p * s * s + q * c * c]
}

describe('eigenvalues', () => {
  it('are those the matrix was built from, in order', () => {
    fc.assert(
      fc.property(entry, entry, angle, (p, q, theta) => {
        const m = rotated(p, q, theta)
        const [low, high] = eigenvalues2(...m)
        expect(Math.abs(low - Math.min(p, q))).toBeLessThan(1e-13)
        expect(Math.abs(high - Math.max(p, q))).toBeLessThan(1e-13)
        expect(minEigenvalue2(...m)).toBe(low)
        expect(maxEigenvalue2(...m)).toBe(high)
        expect(Math.abs(spectralNorm2(...m) - Math.max(Math.abs(p), Math.abs(q)))).toBeLessThan(
          1e-13,
        )
      }),
      runs,
    )
  })
  it('counts both signs in the norm', () => {
    expect(spectralNorm2(-5, 0, 3)).toBe(5)
    expect(spectralNorm2(0, 2, 0)).toBe(2)
  })
})

describe('positive definite matrices', () => {
  it('have a Cholesky factor, a square root and an inverse that multiply back', () => {
    fc.assert(
      fc.property(positive, positive, angle, (p, q, theta) => {
        const [xx, xy, yy] = rotated(p, q, theta)
        const size = Math.max(p, q)
        const near = (a: number, b: number) =>
          expect(Math.abs(a - b)).toBeLessThan(1e-13 * size * 10)
        const [a, b, c] = cholesky2(xx, xy, yy)
        near(a * a, xx)
        near(a * b, xy)
        near(b * b + c * c, yy)
        const [u, v, w] = squareRoot2(xx, xy, yy)
        near(u * u + v * v, xx)
        near(v * (u + w), xy)
        near(v * v + w * w, yy)
        expect(minEigenvalue2(u, v, w)).toBeGreaterThan(0)
        const [i, j, k] = inverse2(xx, xy, yy)
        const condition = size / Math.min(p, q)
        expect(Math.abs(i * xx + j * xy - 1)).toBeLessThan(1e-14 * condition * 10)
        expect(Math.abs(i * xy + j * yy)).toBeLessThan(1e-14 * condition * 10)
        expect(Math.abs(j * xy + k * yy - 1)).toBeLessThan(1e-14 * condition * 10)
      }),
      runs,
    )
  })
  it('are told from the others, which are refused by name', () => {
    expect(isPositiveDefinite2(1, 0.5, 1)).toBe(true)
    expect(isPositiveDefinite2(1, 1, 1)).toBe(false)
    expect(isPositiveDefinite2(-1, 0, -1)).toBe(false)
    expect(isPositiveDefinite2(Number.NaN, 0, 1)).toBe(false)
    expect(() => cholesky2(1, 2, 1)).toThrow(/positive definite/)
    expect(() => squareRoot2(-1, 0, 1)).toThrow(/positive definite/)
    expect(() => inverse2(1, 1, 1)).toThrow(/singular/)
  })
})

it('determinant2 is that of the full matrix', () => {
  expect(determinant2(1, 2, 3, 4)).toBe(-2)
})
