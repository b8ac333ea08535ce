import { describe, expect, it } from 'vitest'
import { cos, sin } from './elementary.ts'
import { type Box, nodeCoordinate, spacing } from './grid.ts'
import {
  hermiteCellJet,
  hermiteGradient,
  hermiteJet,
  type HermiteTable,
  hermiteValue,
} from './hermite.ts'
import { Purpose, Rng } from './rng.ts'

type Jet = (x: number, y: number) => readonly [v: number, vx: number, vy: number, vxy: number]

function table(box: Box, f: Jet): HermiteTable {
  const side = box.cells + 1
  const arrays = [0, 1, 2, 3].map(() => new Float64Array(side * side))
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const jet = f(nodeCoordinate(box, column), nodeCoordinate(box, row))
      jet.forEach((value, a) => (arrays[a]![row * side + column] = value))
    }
  }
  return { box, v: arrays[0]!, vx: arrays[1]!, vy: arrays[2]!, vxy: arrays[3]! }
}

const wavy = table({ halfWidth: 2, cells: 32 }, (x, y) => [
  sin(3 * x) * cos(2 * y) + 0.1 * x * y,
  3 * cos(3 * x) * cos(2 * y) + 0.1 * y,
  -2 * sin(3 * x) * sin(2 * y) + 0.1 * x,
  -6 * cos(3 * x) * sin(2 * y) + 0.1,
])

/** Node values that no smooth function has: C1 must come from the construction. */
function rough(): HermiteTable {
  const rng = new Rng({ seed: 5, purpose: Purpose.probe })
  return table({ halfWidth: 2, cells: 32 }, () => [
    rng.normal(),
    rng.normal(),
    rng.normal(),
    rng.normal(),
  ])
}

describe('bicubic Hermite interpolation', () => {
  it('reproduces x³y³ and all its derivatives exactly', () => {
    const cubic = table({ halfWidth: 2, cells: 32 }, (x, y) => [
      x ** 3 * y ** 3 + x * x * y - 2 * y,
      3 * x * x * y ** 3 + 2 * x * y,
      3 * x ** 3 * y * y + x * x - 2,
      9 * x * x * y * y + 2 * x,
    ])
    const rng = new Rng({ seed: 1, purpose: Purpose.probe })
    const jet = new Float64Array(6)
    for (let k = 0; k < 200; k++) {
      const x = 4 * rng.uniform() - 2
      const y = 4 * rng.uniform() - 2
      hermiteJet(cubic, x, y, jet)
      const expected = [
        x ** 3 * y ** 3 + x * x * y - 2 * y,
        3 * x * x * y ** 3 + 2 * x * y,
        3 * x ** 3 * y * y + x * x - 2,
        6 * x * y ** 3 + 2 * y,
        9 * x * x * y * y + 2 * x,
        6 * x ** 3 * y,
      ]
      expected.forEach((value, a) => expect(Math.abs(jet[a]! - value)).toBeLessThan(1e-10))
    }
  })

  it('has value, gradient and Hessian that are derivatives of one another, on rough data', () => {
    const t = rough()
    const rng = new Rng({ seed: 2, purpose: Purpose.probe })
    const h = spacing(t.box)
    const step = 1e-5 * h
    const jet = new Float64Array(6)
    const g = new Float64Array(2)
    const a = new Float64Array(2)
    const b = new Float64Array(2)
    for (let k = 0; k < 200; k++) {
      // Well inside a cell: second derivatives jump at its edges.
      const x = nodeCoordinate(t.box, rng.integer(32)) + (0.1 + 0.8 * rng.uniform()) * h
      const y = nodeCoordinate(t.box, rng.integer(32)) + (0.1 + 0.8 * rng.uniform()) * h
      hermiteJet(t, x, y, jet)
      hermiteGradient(t, x, y, g)
      expect(hermiteValue(t, x, y)).toBeCloseTo(jet[0]!, 12)
      expect(g[0]).toBeCloseTo(jet[1]!, 9)
      expect(g[1]).toBeCloseTo(jet[2]!, 9)
      const dx = (hermiteValue(t, x + step, y) - hermiteValue(t, x - step, y)) / (2 * step)
      const dy = (hermiteValue(t, x, y + step) - hermiteValue(t, x, y - step)) / (2 * step)
      expect(Math.abs(dx - g[0]!)).toBeLessThan(1e-6 * (1 + Math.abs(dx)))
      expect(Math.abs(dy - g[1]!)).toBeLessThan(1e-6 * (1 + Math.abs(dy)))
      hermiteGradient(t, x + step, y, a)
      hermiteGradient(t, x - step, y, b)
      const scale = 1e-5 * (1 + Math.abs(jet[3]!) + Math.abs(jet[4]!) + Math.abs(jet[5]!))
      expect(Math.abs((a[0]! - b[0]!) / (2 * step) - jet[3]!)).toBeLessThan(scale)
      expect(Math.abs((a[1]! - b[1]!) / (2 * step) - jet[4]!)).toBeLessThan(scale)
      hermiteGradient(t, x, y + step, a)
      hermiteGradient(t, x, y - step, b)
      expect(Math.abs((a[0]! - b[0]!) / (2 * step) - jet[4]!)).toBeLessThan(scale)
      expect(Math.abs((a[1]! - b[1]!) / (2 * step) - jet[5]!)).toBeLessThan(scale)
    }
  })

  it('is C1 across the edges of cells, on rough data', () => {
    const t = rough()
    const left = new Float64Array(6)
    const right = new Float64Array(6)
    for (let column = 0; column < 31; column++) {
      for (const u of [0, 0.2, 0.7, 1]) {
        hermiteCellJet(t, column, 11, 1, u, left)
        hermiteCellJet(t, column + 1, 11, 0, u, right)
        for (const a of [0, 1, 2, 4]) expect(left[a]).toBeCloseTo(right[a]!, 9)
        hermiteCellJet(t, 17, column, u, 1, left)
        hermiteCellJet(t, 17, column + 1, u, 0, right)
        for (const a of [0, 1, 2, 4]) expect(left[a]).toBeCloseTo(right[a]!, 9)
      }
    }
  })

  it('approaches a smooth function at fourth order', () => {
    const error = (cells: number): number => {
      const t = table({ halfWidth: 2, cells }, (x, y) => [
        sin(3 * x) * cos(2 * y),
        3 * cos(3 * x) * cos(2 * y),
        -2 * sin(3 * x) * sin(2 * y),
        -6 * cos(3 * x) * sin(2 * y),
      ])
      let worst = 0
      for (let k = 0; k < 500; k++) {
        const x = -2 + (4 * k) / 500
        const y = 1.9 * sin(7 * x)
        worst = Math.max(worst, Math.abs(hermiteValue(t, x, y) - sin(3 * x) * cos(2 * y)))
      }
      return worst
    }
    const ratio = error(32) / error(64)
    expect(ratio).toBeGreaterThan(13)
    expect(ratio).toBeLessThan(19)
  })

  it('clamps points outside the box, and passes NaN on', () => {
    expect(hermiteValue(wavy, 5, 0.3)).toBe(hermiteValue(wavy, 2, 0.3))
    expect(hermiteValue(wavy, 0.1, -9)).toBe(hermiteValue(wavy, 0.1, -2))
    expect(hermiteValue(wavy, 2, 2)).toBeCloseTo(wavy.v[wavy.v.length - 1]!, 14)
    expect(hermiteValue(wavy, Number.NaN, 0)).toBeNaN()
    const g = new Float64Array(2)
    hermiteGradient(wavy, 0, Number.NaN, g)
    expect(g[0]).toBeNaN()
  })
})
