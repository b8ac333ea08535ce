import fc from 'fast-check'
import { expect, it } from 'vitest'
import { combineGrids, mixGrids } from '../../fields/energyGrid.ts'
import { quadraticEnergy } from '../../fields/analytic.ts'
import { gibbs } from '../../fields/gibbs.ts'
import { finish } from '../../maths/pieces.ts'
import { fieldOf, landscapeField, landscapes } from '../landscapes.testing.ts'
import { curvatureRange } from './curvature.ts'
import { inherited, smoothnessOf } from './inheritance.ts'
import { termConstants } from './termConstants.ts'

const CELLS = 12
const EUCLIDEAN = [1, 0, 1] as const

it('bounds the curvature of every sum by that of its terms, and the largest of every mixture', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(landscapes, fc.double({ min: -1.5, max: 1.5, noNaN: true })), {
        minLength: 1,
        maxLength: 3,
      }),
      (drawn) => {
        const grids = drawn.map(
          ([landscape]) => landscapeField({ ...landscape, halfWidth: 2 }, CELLS).grid,
        )
        const terms = drawn.map(([, weight], i) => ({
          ...{ weight, gap: null },
          ...curvatureRange({ grid: grids[i]!, barriers: [] }),
        }))
        const weights = drawn.map(([, weight]) => weight)
        const sum = curvatureRange({ grid: combineGrids(weights, grids), barriers: [] })
        const bound = inherited(terms, false)
        // `curvatureRange` bounds each side to a thousandth of the largest curvature.
        const slack = 1.01e-3 * bound.smoothness! + 1e-9
        expect(sum.least).toBeGreaterThanOrEqual(bound.convexity! - slack)
        expect(sum.most).toBeLessThanOrEqual(bound.most! + slack)
        expect(smoothnessOf(sum)).toBeLessThanOrEqual(bound.smoothness! + slack)
      },
    ),
    { numRuns: 20 },
  )
})

it('bounds the largest curvature of a mixture of quadratics at its nodes, and claims nothing from below', () => {
  const grids = [
    [1, 2],
    [-1, 5],
  ].map(
    ([x, a]) =>
      fieldOf(
        quadraticEnergy(
          [x!, 0],
          [
            [a!, 0],
            [0, a!],
          ],
        ),
        { halfWidth: 3, cells: 96 },
      ).grid,
  )
  const logZ = grids.map((grid) => gibbs({ grid, barriers: [] }, 1).logZ)
  const range = curvatureRange({ grid: mixGrids([1, 1], grids, logZ), barriers: [] })
  const terms = grids.map((grid) => ({
    ...{ weight: 1, gap: null },
    ...curvatureRange({ grid, barriers: [] }),
  }))
  const bound = inherited(terms, true)
  expect(bound).toMatchObject({ convexity: null, smoothness: null })
  expect(range.most).toBeLessThanOrEqual(bound.most! + 0.02)
  // Far below that of either term: what no rule could give.
  expect(range.least).toBeLessThan(0)
})

it('proves the gap of each term by itself, below that of the closed form', () => {
  const terms = [1.5, 4].map((a, i) => ({
    weight: i + 1,
    grid: fieldOf(
      quadraticEnergy(
        [0, 0],
        [
          [a, 0],
          [0, a],
        ],
      ),
      { halfWidth: 2.5, cells: 48 },
    ).grid,
  }))
  const found = finish(termConstants(terms, 0.5, EUCLIDEAN))
  expect(found.map(({ weight }) => weight)).toEqual([1, 2])
  for (const [i, a] of [1.5, 4].entries()) {
    const { gap, least, most } = found[i]!
    // The gap of V = a|x|²/2 is a at every temperature; the box only raises it.
    expect(gap!.value).toBeLessThanOrEqual(a * 1.001)
    expect(gap!.value).toBeGreaterThan(0.6 * a)
    expect(least).toBeCloseTo(a, 2)
    expect(most).toBeCloseTo(a, 2)
  }
})
