import { describe, expect, it } from 'vitest'
import { type Box, nodeCoordinate } from '../maths/grid.ts'
import { Purpose, Rng } from '../maths/rng.ts'
import { energyOfDensity, quadraticEnergy } from './analytic.ts'
import {
  combineGrids,
  mixedDerivative,
  readGradient,
  readJet,
  readValue,
  tabulateEnergy,
} from './energyGrid.ts'

const box: Box = { halfWidth: 3, cells: 40 }

describe('tabulateEnergy', () => {
  it('differences V_xy exactly for polynomials of degree 4, edges and corners included', () => {
    // V = x⁴y² + x y⁴ − x³y: V_x is quartic in y, V_y quartic in x.
    const grid = tabulateEnergy(box, (x, y, out) => {
      out[0] = x ** 4 * y * y + x * y ** 4 - x ** 3 * y
      out[1] = 4 * x ** 3 * y * y + y ** 4 - 3 * x * x * y
      out[2] = 2 * x ** 4 * y + 4 * x * y ** 3 - x ** 3
    })
    const side = box.cells + 1
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        const x = nodeCoordinate(box, column)
        const y = nodeCoordinate(box, row)
        const expected = 8 * x ** 3 * y + 4 * y ** 3 - 3 * x * x
        expect(Math.abs(grid.vxy[row * side + column]! - expected)).toBeLessThan(1e-9)
      }
    }
  })

  it('takes the mean of the two mixed differences', () => {
    const side = box.cells + 1
    const vx = new Float64Array(side * side)
    const vy = new Float64Array(side * side)
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        vx[row * side + column] = 5 * nodeCoordinate(box, row)
        vy[row * side + column] = 2 * nodeCoordinate(box, column)
      }
    }
    for (const value of mixedDerivative(box, vx, vy)) expect(value).toBeCloseTo(3.5, 11)
  })

  it('refuses an energy that is infinite somewhere, naming the place', () => {
    expect(() =>
      tabulateEnergy(box, (x, y, out) => {
        out[0] = x > 2.9 && y > 2.9 ? Infinity : 0
      }),
    ).toThrow(/not finite at \(3, 3\)/)
  })
})

describe('combineGrids', () => {
  const a = tabulateEnergy(
    box,
    quadraticEnergy(
      [0.3, -0.2],
      [
        [2, 0.8],
        [0.8, 1],
      ],
    ),
  )
  const b = tabulateEnergy(box, (x, y, out) => {
    out[0] = (x * x - 1) ** 2 + x * y ** 3
    out[1] = 4 * x * (x * x - 1) + y ** 3
    out[2] = 3 * x * y * y
  })

  it('is nodewise the weighted sum, bit for bit', () => {
    const sum = combineGrids([0.7, -1.3], [a, b])
    for (const name of ['v', 'vx', 'vy', 'vxy'] as const) {
      sum[name].forEach((value, k) => expect(value).toBe(0.7 * a[name][k]! + -1.3 * b[name][k]!))
    }
  })

  it('makes the interpolant of the sum the sum of the interpolants, and the table of the sum', () => {
    const sum = combineGrids([0.7, -1.3], [a, b])
    const fa = quadraticEnergy(
      [0.3, -0.2],
      [
        [2, 0.8],
        [0.8, 1],
      ],
    )
    const direct = tabulateEnergy(box, (x, y, out) => {
      fa(x, y, out)
      out[0] = 0.7 * out[0]! - 1.3 * ((x * x - 1) ** 2 + x * y ** 3)
      out[1] = 0.7 * out[1]! - 1.3 * (4 * x * (x * x - 1) + y ** 3)
      out[2] = 0.7 * out[2]! - 1.3 * (3 * x * y * y)
    })
    const rng = new Rng({ seed: 3, purpose: Purpose.probe })
    const g = new Float64Array(2)
    const ga = new Float64Array(2)
    const gb = new Float64Array(2)
    for (let k = 0; k < 300; k++) {
      const x = 6 * rng.uniform() - 3
      const y = 6 * rng.uniform() - 3
      const value = 0.7 * readValue(a, x, y) - 1.3 * readValue(b, x, y)
      expect(Math.abs(readValue(sum, x, y) - value)).toBeLessThan(1e-11)
      expect(Math.abs(readValue(direct, x, y) - value)).toBeLessThan(1e-11)
      readGradient(sum, x, y, g)
      readGradient(a, x, y, ga)
      readGradient(b, x, y, gb)
      expect(Math.abs(g[0]! - (0.7 * ga[0]! - 1.3 * gb[0]!))).toBeLessThan(1e-10)
      expect(Math.abs(g[1]! - (0.7 * ga[1]! - 1.3 * gb[1]!))).toBeLessThan(1e-10)
    }
  })

  it('refuses what cannot be added', () => {
    const other = tabulateEnergy(
      { halfWidth: 3, cells: 32 },
      quadraticEnergy(
        [0, 0],
        [
          [1, 0],
          [0, 1],
        ],
      ),
    )
    expect(() => combineGrids([1, 1], [a, other])).toThrow(RangeError)
    expect(() => combineGrids([1], [a, b])).toThrow(RangeError)
    expect(() => combineGrids([], [])).toThrow(RangeError)
  })
})

describe('analytic energies', () => {
  it('tabulates a quadratic without error: value, gradient, Hessian', () => {
    const grid = tabulateEnergy(
      box,
      quadraticEnergy(
        [0.3, -0.2],
        [
          [2, 0.8],
          [0.8, 1],
        ],
      ),
    )
    const jet = new Float64Array(6)
    readJet(grid, 1.234, -2.1, jet)
    const dx = 1.234 - 0.3
    const dy = -2.1 + 0.2
    expect(jet[0]).toBeCloseTo(0.5 * (2 * dx * dx + 1.6 * dx * dy + dy * dy), 11)
    expect(jet[1]).toBeCloseTo(2 * dx + 0.8 * dy, 11)
    expect(jet[2]).toBeCloseTo(0.8 * dx + dy, 11)
    expect(jet[3]).toBeCloseTo(2, 8)
    expect(jet[4]).toBeCloseTo(0.8, 8)
    expect(jet[5]).toBeCloseTo(1, 8)
  })

  it('refuses a matrix that is not positive definite', () => {
    expect(() =>
      quadraticEnergy(
        [0, 0],
        [
          [1, 2],
          [2, 1],
        ],
      ),
    ).toThrow(RangeError)
    expect(() =>
      quadraticEnergy(
        [0, 0],
        [
          [1, 0.1],
          [0.2, 1],
        ],
      ),
    ).toThrow(RangeError)
  })

  it('takes the energy of a density with its score', () => {
    const out = new Float64Array(3)
    energyOfDensity({
      logDensity: (x, y) => -x * x - 2 * y,
      score: (x, _y, s) => {
        s[0] = -2 * x
        s[1] = -2
      },
    })(1.5, 0.5, out)
    expect([...out]).toEqual([3.25, 3, 2])
  })
})
