import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { log } from '../maths/elementary.ts'
import { type Box, nodeCoordinate, spacing } from '../maths/grid.ts'
import { gaussianMixture } from '../targets/densities/gaussianMixture.ts'
import { energyOfDensity, quadraticEnergy, type SymmetricMatrix } from './analytic.ts'
import type { EnergyGrid } from './energyField.ts'
import { combineGrids, mixedDerivative, mixGrids, tabulateEnergy } from './energyGrid.ts'
import { gibbs } from './gibbs.ts'

const KEYS = ['v', 'vx', 'vy', 'vxy'] as const

const logZOf = (grid: EnergyGrid) => gibbs({ grid, barriers: [] }, 1).logZ
/** The mixture as the engine makes it. */
const mixed = (weights: readonly number[], grids: readonly EnergyGrid[]) =>
  mixGrids(weights, grids, grids.map(logZOf))

/** Largest difference of two arrays over 1 plus the value of the second. */
function difference(a: Float64Array, b: Float64Array): number {
  return a.reduce((most, x, k) => Math.max(most, Math.abs(x - b[k]!) / (1 + Math.abs(b[k]!))), 0)
}

/** Two Gaussians whose tails end far within the box, by their precision matrices: ∫e^(−V) = 2π/√det. */
const WELLS: readonly (readonly [readonly [number, number], SymmetricMatrix])[] = [
  [
    [-0.6, 0.2],
    [
      [4, 1],
      [1, 3],
    ],
  ],
  [
    [0.7, -0.1],
    [
      [5, -2],
      [-2, 4],
    ],
  ],
]
const WEIGHTS = [0.9, 2.1]
const wells = (box: Box) =>
  WELLS.map(([centre, matrix]) => tabulateEnergy(box, quadraticEnergy(centre, matrix)))
const box: Box = { halfWidth: 6, cells: 128 }

describe('mixGrids', () => {
  it('is the energy of the mixture of the normalised laws: two Gaussians by their closed form', () => {
    const components = WELLS.map(([mean, [[a, b], [, c]]], i) => {
      const det = a * c - b * b
      const covariance = [
        [c / det, -b / det],
        [-b / det, a / det],
      ] as const
      return { weight: WEIGHTS[i]!, mean, covariance }
    })
    const exact = tabulateEnergy(box, energyOfDensity(gaussianMixture(components).density!))
    const mixture = mixed(WEIGHTS, wells(box))
    for (const key of ['v', 'vx', 'vy'] as const)
      expect(difference(mixture[key], exact[key])).toBeLessThan(1e-9)
  })

  it('has log Z = 0, up to the fourth order in h of the table between its nodes', () => {
    const errors = [64, 128].map((cells) =>
      Math.abs(logZOf(mixed(WEIGHTS, wells({ halfWidth: 6, cells })))),
    )
    expect(errors[1]!).toBeLessThan(1e-5)
    expect(errors[0]! / errors[1]!).toBeGreaterThan(10)
  })

  it('has the V_xy of its own gradient: fourth-order differences of that approach it sixteenfold a halving', () => {
    const errors = [64, 128].map((cells) => {
      const fine = { halfWidth: 2, cells }
      const { vx, vy, vxy } = mixed(WEIGHTS, wells(fine))
      return difference(mixedDerivative(fine, vx, vy), vxy)
    })
    expect(errors[1]!).toBeLessThan(1e-3)
    expect(errors[0]! / errors[1]!).toBeGreaterThan(12)
  })

  it('has the gradient of its V: central differences approach it fourfold a halving', () => {
    const errors = [64, 128].map((cells) => {
      const fine = { halfWidth: 2, cells }
      const { v, vx, vy } = mixed(WEIGHTS, wells(fine))
      const side = cells + 1
      let worst = 0
      for (let row = 1; row < cells; row++)
        for (let column = 1; column < cells; column++) {
          const k = row * side + column
          const scale = 1 / (2 * spacing(fine))
          worst = Math.max(
            worst,
            Math.abs(scale * (v[k + 1]! - v[k - 1]!) - vx[k]!),
            Math.abs(scale * (v[k + side]! - v[k - side]!) - vy[k]!),
          )
        }
      return worst
    })
    expect(errors[1]!).toBeLessThan(0.05)
    expect(errors[0]! / errors[1]!).toBeGreaterThan(3.5)
  })

  it('weighs the normalised laws, whatever constant an energy carries', () => {
    const [a, b] = wells(box) as [EnergyGrid, EnergyGrid]
    const lifted = { ...b, v: b.v.map((v) => v + 700) }
    const [plain, shifted] = [mixed(WEIGHTS, [a, b]), mixed(WEIGHTS, [a, lifted])]
    for (const key of KEYS) expect(difference(shifted[key], plain[key])).toBeLessThan(1e-10)
  })

  it('stays finite and keeps its mass where one law is e^(−thousands) of the other', () => {
    const steep: SymmetricMatrix = [
      [900, 0],
      [0, 900],
    ]
    const grids = [-1.5, 1.5].map((x) => tabulateEnergy(box, quadraticEnergy([x, 0], steep)))
    const mixture = mixed([1, 1], grids)
    for (const key of KEYS) expect(mixture[key].every(Number.isFinite)).toBe(true)
    // Either law has half of the mass: V at the middle of each is that of its own, raised by log 2.
    const k = 64 * 129 + 48
    expect(nodeCoordinate(box, 48)).toBe(-1.5)
    expect(mixture.v[k]).toBeCloseTo(grids[0]!.v[k]! + logZOf(grids[0]!) + log(2), 12)
  })

  const entry = fc.double({ min: -1, max: 1, noNaN: true })
  const weight = fc.double({ min: 1e-3, max: 5, noNaN: true })
  const small: Box = { halfWidth: 4, cells: 32 }
  const energies = fc.array(
    fc.tuple(weight, fc.tuple(entry, entry, entry)).map(([w, [x, y, z]]) => {
      const matrix = [
        [2 + x, z],
        [z, 2 + y],
      ] as const
      return { w, grid: tabulateEnergy(small, quadraticEnergy([2 * y, 2 * z], matrix)) }
    }),
    { minLength: 1, maxLength: 4 },
  )
  const of = (terms: readonly { readonly w: number; readonly grid: EnergyGrid }[]) =>
    mixed(
      terms.map(({ w }) => w),
      terms.map(({ grid }) => grid),
    )

  it('is the same in any order, for any scale of the weights, and without terms of weight 0', () => {
    fc.assert(
      fc.property(energies, weight, (terms, scale) => {
        const plain = of(terms)
        const moved = terms.toReversed().map(({ w, grid }) => ({ w: scale * w, grid }))
        const other = of([{ w: 0, grid: terms[0]!.grid }, ...moved])
        for (const key of KEYS) expect(difference(other[key], plain[key])).toBeLessThan(1e-10)
      }),
      { numRuns: 15 },
    )
  })

  it('of one energy is that energy, raised by log Z', () => {
    fc.assert(
      fc.property(energies, ([only]) => {
        const one = of([only!])
        const logZ = logZOf(only!.grid)
        const expected = only!.grid.v.map((v) => v + logZ)
        expect(difference(one.v, expected)).toBeLessThan(1e-12)
        for (const key of ['vx', 'vy', 'vxy'] as const)
          expect(difference(one[key], only!.grid[key])).toBeLessThan(1e-12)
      }),
      { numRuns: 10 },
    )
  })

  it('of mixtures is the mixture of all, each with the product of its shares', () => {
    const [a, b] = wells(box) as [EnergyGrid, EnergyGrid]
    const c = tabulateEnergy(
      box,
      quadraticEnergy(
        [0, 1],
        [
          [2, 0],
          [0, 2],
        ],
      ),
    )
    const nested = mixed([1, 3], [mixed([2, 3], [a, b]), c])
    const flat = mixed([0.4, 0.6, 3], [a, b, c])
    // The inner mixture is normalised once more, by the quadrature of its own table.
    for (const key of KEYS) expect(difference(nested[key], flat[key])).toBeLessThan(1e-6)
  })

  it('of equal laws is that law, and a sum may stand in it', () => {
    const [a, b] = wells(box) as [EnergyGrid, EnergyGrid]
    const sum = combineGrids([1, -0.2], [a, b])
    const both = mixed([1, 4], [sum, sum])
    for (const key of ['vx', 'vy', 'vxy'] as const)
      expect(difference(both[key], sum[key])).toBeLessThan(1e-12)
  })

  it('refuses what is no mixture', () => {
    const grids = wells(box)
    expect(() => mixGrids([0, 0], grids, [0, 0])).toThrow(RangeError)
    expect(() => mixGrids([1, -1], grids, [0, 0])).toThrow(RangeError)
    expect(() => mixGrids([1, Number.NaN], grids, [0, 0])).toThrow(RangeError)
    expect(() => mixGrids([1], grids, [0, 0])).toThrow(RangeError)
    expect(() => mixGrids([], [], [])).toThrow(RangeError)
  })
})
