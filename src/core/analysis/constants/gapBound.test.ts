import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Barrier } from '../../fields/barriers/registry.ts'
import type { EnergyField } from '../../fields/energyField.ts'
import type { EnergyFunction } from '../../fields/energyGrid.ts'
import { readValue } from '../../fields/energyGrid.ts'
import { gibbs } from '../../fields/gibbs.ts'
import { finish } from '../../maths/pieces.ts'
import {
  fieldOf,
  gapOnLine,
  landscapeField,
  landscapes,
  quarticWell,
  ringOfEight,
  twoWells,
} from '../landscapes.testing.ts'
import { gapBound, type GapBoundOptions, meshOf } from './gapBound.ts'
import { gapOnGrids, spectralGap } from './spectrum.ts'

const bound = (field: EnergyField, epsilon: number, options: GapBoundOptions): number =>
  finish(gapBound(field, epsilon, options))?.value ?? 0

/** The gap of a table that is a sum of functions of x and of y: the smaller of the two on a line, here of the table itself. */
function separableGap({ grid }: EnergyField, epsilon: number): number {
  const { halfWidth } = grid.box
  const along = (at: (s: number) => number) =>
    epsilon * gapOnLine((s) => at(s) / epsilon, halfWidth)
  return Math.min(
    along((x) => readValue(grid, x, 0)),
    along((y) => readValue(grid, 0, y)),
  )
}

describe('the flat box', () => {
  const flat: EnergyFunction = (_x, _y, out) => {
    out.fill(0, 0, 3)
  }

  it.each([
    [1, [1, 0, 1]],
    [0.3, [1, 0, 1]],
    [1, [2, 0, 0.5]],
  ] as const)('has the gap ε(π/2w)²λmin(P), from below: ε = %f, P = %j', (epsilon, metric) => {
    const field = fieldOf(flat, { halfWidth: 2, cells: 32 })
    const [xx, , yy] = metric
    const exact = epsilon * (Math.PI / 4) ** 2 * Math.min(xx, yy)
    for (const cells of [8, 16, 32]) {
      const proved = bound(field, epsilon, {
        estimate: exact,
        mesh: { cells, parts: 32 / cells },
        metric,
      })
      expect(proved).toBeLessThan(exact)
      expect(proved).toBeGreaterThan((cells === 8 ? 0.85 : 0.93) * exact)
    }
  })

  it('in a correlated metric is bounded by less than the gap of its eigenfunctions along the box', () => {
    const field = fieldOf(flat, { halfWidth: 2, cells: 32 })
    const metric = [1, 0.5, 1] as const
    const pi = gibbs(field, 1)
    const estimate = spectralGap(pi, { metric }).value
    const proved = bound(field, 1, { estimate, mesh: { cells: 32, parts: 1 }, metric })
    expect(proved).toBeLessThan(1.01 * estimate)
    expect(proved).toBeGreaterThan(0.9 * estimate)
  })

  it('does not depend on the estimate that the search begins from', () => {
    const field = fieldOf(flat, { halfWidth: 2, cells: 32 })
    const exact = (Math.PI / 4) ** 2
    for (const factor of [0.3, 3, 20]) {
      const proved = bound(field, 1, { estimate: factor * exact, mesh: { cells: 16, parts: 2 } })
      expect(proved).toBeLessThan(exact)
      expect(proved).toBeGreaterThan(0.8 * exact)
    }
  })
})

describe('a separable energy', () => {
  it('is never bounded above its gap, and within a quarter of it where the cells are fine', () => {
    const coefficient = (most: number) => fc.double({ min: -most, max: most, noNaN: true })
    fc.assert(
      fc.property(
        fc.tuple(coefficient(4), coefficient(1.5), coefficient(4), coefficient(1.5)),
        fc.double({ min: 0.4, max: 2, noNaN: true }),
        fc.constantFrom({ cells: 32, parts: 4 }, { cells: 64, parts: 2 }),
        ([a, b, c, d], epsilon, mesh) => {
          const field = fieldOf(
            (x, y, out) => {
              out[0] = 0.4 * x ** 4 + a * x * x + b * x + 0.4 * y ** 4 + c * y * y + d * y
              out[1] = 1.6 * x ** 3 + 2 * a * x + b
              out[2] = 1.6 * y ** 3 + 2 * c * y + d
            },
            { halfWidth: 2, cells: 32 },
          )
          const exact = separableGap(field, epsilon)
          const proved = bound(field, epsilon, { estimate: exact, mesh })
          expect(proved).toBeLessThan(exact)
          if (mesh.cells === 64 && epsilon > 1) expect(proved).toBeGreaterThan(0.75 * exact)
        },
      ),
      { numRuns: 8 },
    )
  })

  it('of two deep wells has its small gap proved, which rounding does not reach', () => {
    const field = fieldOf(
      (x, y, out) => {
        out[0] = 6 * (x * x - 1) ** 2 + 2 * y * y
        out[1] = 24 * x * (x * x - 1)
        out[2] = 4 * y
      },
      { halfWidth: 2, cells: 64 },
    )
    const exact = separableGap(field, 1)
    const proved = bound(field, 1, { estimate: exact, mesh: { cells: 64, parts: 4 } })
    expect(exact).toBeLessThan(0.1)
    expect(proved).toBeLessThan(exact)
    expect(proved).toBeGreaterThan(0.8 * exact)
  })
})

describe('any energy', () => {
  it('is never bounded above the estimate and its error, and the mesh twice as fine proves no less', () => {
    fc.assert(
      fc.property(landscapes, (landscape) => {
        const field = landscapeField(landscape)
        const { epsilon } = landscape
        const { gap } = finish(gapOnGrids(field, gibbs(field, epsilon), [1, 0, 1]))
        const options = { estimate: Math.max(gap.value, 1e-6) }
        const coarse = bound(field, epsilon, { ...options, mesh: { cells: 32, parts: 4 } })
        const fine = bound(field, epsilon, { ...options, mesh: { cells: 64, parts: 2 } })
        expect(coarse).toBeLessThanOrEqual(gap.value + gap.error)
        expect(fine).toBeLessThanOrEqual(gap.value + gap.error)
        // Both searches stop within 2 % of what their meshes give.
        expect(fine).toBeGreaterThanOrEqual(0.97 * coarse)
      }),
      { numRuns: 6 },
    )
  })

  it.each([
    ['two wells', twoWells],
    ['a quartic well', quarticWell],
    ['eight Gaussians', ringOfEight],
  ])('%s: at least 0.8 of the gap on the mesh of its table', (_name, energy) => {
    const field = fieldOf(energy, { halfWidth: 3, cells: 96 })
    const { gap } = finish(gapOnGrids(field, gibbs(field, 1), [1, 0, 1]))
    const proved = bound(field, 1, { estimate: gap.value })
    expect(proved).toBeLessThan(gap.value + gap.error)
    expect(proved).toBeGreaterThan(0.8 * gap.value)
  })

  it('beside a barrier has no bound', () => {
    const barriers: Barrier[] = [{ kind: 'half-plane', normal: [1, 0], offset: 1, strength: 0 }]
    const field = { ...fieldOf(quarticWell, { halfWidth: 2, cells: 32 }), barriers }
    expect(finish(gapBound(field, 1, { estimate: 1 }))).toBeNull()
  })
})

it('a mesh fits every table of a scene, and a mesh that fits none is refused', () => {
  for (let table = 32; table <= 256; table++) {
    const { cells, parts } = meshOf(table)
    expect(cells).toBeGreaterThanOrEqual(96)
    expect(Number.isInteger(Math.log2((cells * parts) / table))).toBe(true)
    expect(cells * parts).toBeGreaterThanOrEqual(table)
  }
  const field = fieldOf(quarticWell, { halfWidth: 2, cells: 32 })
  expect(() => bound(field, 1, { estimate: 1, mesh: { cells: 48, parts: 1 } })).toThrow(
    /48 squares/,
  )
})
