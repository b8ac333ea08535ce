import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quadraticEnergy } from '../fields/analytic.ts'
import type { EnergyField } from '../fields/energyField.ts'
import { hermiteCellJet } from '../maths/hermite.ts'
import {
  eigenvalues2,
  maxEigenvalue2,
  minEigenvalue2,
  squareRoot2,
  type Symmetric2,
} from '../maths/linalg2.ts'
import { curvatureRange } from './curvature.ts'
import { fieldOf, landscapeField, landscapes, ringOfEight } from './landscapes.testing.ts'

/** Entries of S H S for symmetric S and H. */
function congruent([p, q, r]: Symmetric2, [a, c, d]: Symmetric2): Symmetric2 {
  const [u, v, w, z] = [p * a + q * c, p * c + q * d, q * a + r * c, q * c + r * d]
  return [p * u + q * v, q * u + r * v, q * w + r * z]
}

/** Extremes over n × n points of every cell, its edges included. */
function sampled(field: EnergyField, metric: Symmetric2, n: number): readonly [number, number] {
  const { cells } = field.grid.box
  const root = squareRoot2(...metric)
  const jet = new Float64Array(6)
  let least = Infinity
  let most = -Infinity
  for (let cell = 0; cell < cells * cells; cell++) {
    for (let k = 0; k < n * n; k++) {
      const [t, u] = [(k % n) / (n - 1), Math.floor(k / n) / (n - 1)]
      hermiteCellJet(field.grid, cell % cells, Math.floor(cell / cells), t, u, jet)
      const h = congruent(root, [jet[3]!, jet[4]!, jet[5]!])
      least = Math.min(least, minEigenvalue2(...h))
      most = Math.max(most, maxEigenvalue2(...h))
    }
  }
  return [least, most]
}

describe('bounds of the curvature', () => {
  it('hold at every point of random landscapes, in random metrics', () => {
    const metric = fc
      .tuple(
        fc.double({ min: 0.2, max: 5, noNaN: true }),
        fc.double({ min: 0.2, max: 5, noNaN: true }),
        fc.double({ min: -0.9, max: 0.9, noNaN: true }),
      )
      .map(([a, c, r]): Symmetric2 => [a, r * Math.sqrt(a * c), c])
    fc.assert(
      fc.property(landscapes, metric, (landscape, p) => {
        const field = landscapeField(landscape, 16)
        const { least, most } = curvatureRange(field, p)
        const [low, high] = sampled(field, p, 4)
        const rounding = 1e-11 * Math.max(-least, most)
        expect(least).toBeLessThanOrEqual(low + rounding)
        expect(most).toBeGreaterThanOrEqual(high - rounding)
      }),
      { numRuns: 40 },
    )
  })

  it('are exact for quadratics', () => {
    const field = fieldOf(
      quadraticEnergy(
        [0.3, -0.2],
        [
          [2, 0.8],
          [0.8, 1],
        ],
      ),
      { halfWidth: 6, cells: 64 },
    )
    const [low, high] = eigenvalues2(2, 0.8, 1)
    const { least, most } = curvatureRange(field)
    expect(least).toBeCloseTo(low, 9)
    expect(most).toBeCloseTo(high, 9)
  })

  it('are tight where the cells resolve the energy', () => {
    const field = fieldOf(ringOfEight, { halfWidth: 4, cells: 96 })
    const { least, most } = curvatureRange(field)
    const [low, high] = sampled(field, [1, 0, 1], 5)
    expect(Math.abs(least / low - 1)).toBeLessThan(0.05)
    expect(Math.abs(most / high - 1)).toBeLessThan(0.05)
  })
})
