import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quadraticEnergy } from '../../fields/analytic.ts'
import type { EnergyField } from '../../fields/energyField.ts'
import { hermiteCellJet } from '../../maths/hermite.ts'
import {
  eigenvalues2,
  maxEigenvalue2,
  minEigenvalue2,
  squareRoot2,
  type Symmetric2,
} from '../../maths/linalg2.ts'
import { curvatureRange } from './curvature.ts'
import {
  fieldOf,
  landscapeField,
  landscapes,
  ringOfEight,
  roughDensity,
} from '../landscapes.testing.ts'
import { convexity } from './logSobolev.ts'

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

/** x² + y² at the nodes, with noise in all four tables. */
function roughBowl(seed: number, cells: number, noise: number): EnergyField {
  const field = fieldOf(
    quadraticEnergy(
      [0, 0],
      [
        [2, 0],
        [0, 2],
      ],
    ),
    { halfWidth: 2, cells },
  )
  const { v, vx, vy, vxy } = field.grid
  const random = roughDensity(seed, 4 * v.length, 1)
  const most = Math.max(...random)
  for (const [i, table] of [v, vx, vy, vxy].entries())
    for (let k = 0; k < table.length; k++)
      table[k] = table[k]! + (noise * random[i * table.length + k]!) / most
  return field
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

  it('hold and are tight on rough tables, whose least curvature lies inside a patch', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const field = roughBowl(seed, 4, 0.05 * (seed % 8))
      const { least, most } = curvatureRange(field)
      const [low, high] = sampled(field, [1, 0, 1], 33)
      const scale = Math.max(Math.abs(low), Math.abs(high))
      // 33 samples a side miss less than 1 % of an extreme.
      expect(least).toBeLessThanOrEqual(low)
      expect(most).toBeGreaterThanOrEqual(high)
      expect(low - least).toBeLessThan(0.01 * scale)
      expect(most - high).toBeLessThan(0.01 * scale)
    }
  })

  it('see what the corners, edges and centres of the cells hide', () => {
    let hidden = 0
    for (let seed = 1; seed <= 12; seed++) {
      // As much noise as leaves the nine samples of every cell convex.
      let [least, most] = [0, 4]
      for (let i = 0; i < 30; i++) {
        const middle = 0.5 * (least + most)
        if (sampled(roughBowl(seed, 4, middle), [1, 0, 1], 3)[0] > 0) least = middle
        else most = middle
      }
      const field = roughBowl(seed, 4, least)
      const inside = sampled(field, [1, 0, 1], 33)[0]
      if (inside < -1e-3) hidden++
      expect(convexity(field)).toBeLessThanOrEqual(inside)
    }
    expect(hidden).toBeGreaterThan(0)
  })

  it('hold where everything cancels: a large constant on a small curvature', () => {
    const flat = fieldOf(
      (x, y, out) => {
        out[0] = 1e6 + 0.05 * (x * x + y * y)
        out[1] = 0.1 * x
        out[2] = 0.1 * y
      },
      { halfWidth: 4, cells: 64 },
    )
    const { least, most } = curvatureRange(flat)
    expect(least).toBeLessThanOrEqual(0.1)
    expect(most).toBeGreaterThanOrEqual(0.1)
    expect(most - least).toBeLessThan(1e-5)
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
