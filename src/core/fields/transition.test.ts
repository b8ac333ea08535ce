import { describe, expect, it } from 'vitest'
import { maxEigenvalue2 } from '../maths/linalg2.ts'
import { Purpose, Rng } from '../maths/rng.ts'
import { quadraticEnergy } from './analytic.ts'
import type { EnergyField } from './energyField.ts'
import { tabulateEnergy } from './energyGrid.ts'
import { centre, centres, createTransition, isInjectiveAt, jacobian, map } from './transition.ts'

const field: EnergyField = {
  grid: tabulateEnergy({ halfWidth: 4, cells: 64 }, (x, y, out) => {
    out[0] = (x * x - 1) ** 2 + y * y + x * y
    out[1] = 4 * x * (x * x - 1) + y
    out[2] = 2 * y + x
  }),
  barriers: [],
}
const general = {
  stepSize: 0.03,
  epsilon: 0.7,
  skew: 0.6,
  preconditioner: [
    [1.5, 0.4],
    [0.4, 0.8],
  ],
} as const
const identity = [
  [1, 0],
  [0, 1],
] as const

describe('transition', () => {
  it('moves along −ηD∇V with D = P + γJ, and has noise covariance 2ηεP', () => {
    const t = createTransition(general)
    const out = new Float64Array(2)
    centre(field, t, 0.5, -0.3, out)
    // ∇V(.5, −.3) = (4·.5·(−.75) − .3, −.6 + .5) = (−1.8, −.1), up to the table's O(h⁴).
    expect(out[0]).toBeCloseTo(0.5 - 0.03 * (1.5 * -1.8 + (0.4 + 0.6) * -0.1), 5)
    expect(out[1]).toBeCloseTo(-0.3 - 0.03 * ((0.4 - 0.6) * -1.8 + 0.8 * -0.1), 5)
    const [l11, l21, l22] = t.root
    const s = 2 * 0.03 * 0.7
    expect(l11 * l11).toBeCloseTo(1.5 * s, 14)
    expect(l11 * l21).toBeCloseTo(0.4 * s, 14)
    expect(l21 * l21 + l22 * l22).toBeCloseTo(0.8 * s, 14)
    expect(t.plain).toBe(false)
  })

  it('has the Jacobian of its own map, by finite differences', () => {
    const t = createTransition(general)
    const j = new Float64Array(4)
    const a = new Float64Array(2)
    const b = new Float64Array(2)
    const rng = new Rng({ seed: 8, purpose: Purpose.probe })
    for (let k = 0; k < 50; k++) {
      // Cell interiors, cells of side 1/8.
      const x = (rng.integer(24) - 12 + 0.2 + 0.6 * rng.uniform()) / 8
      const y = (rng.integer(24) - 12 + 0.2 + 0.6 * rng.uniform()) / 8
      jacobian(field, t, x, y, j)
      centre(field, t, x + 1e-6, y, a)
      centre(field, t, x - 1e-6, y, b)
      expect(Math.abs((a[0]! - b[0]!) / 2e-6 - j[0]!)).toBeLessThan(1e-7)
      expect(Math.abs((a[1]! - b[1]!) / 2e-6 - j[2]!)).toBeLessThan(1e-7)
      centre(field, t, x, y + 1e-6, a)
      centre(field, t, x, y - 1e-6, b)
      expect(Math.abs((a[0]! - b[0]!) / 2e-6 - j[1]!)).toBeLessThan(1e-7)
      expect(Math.abs((a[1]! - b[1]!) / 2e-6 - j[3]!)).toBeLessThan(1e-7)
    }
  })

  it('folds what leaves the box, and says so', () => {
    const t = createTransition({ ...general, stepSize: 0.05, skew: 0, preconditioner: identity })
    const c = new Float64Array(2)
    const m = new Float64Array(2)
    centre(field, t, 3.5, 0, c)
    // 3.5 − .05·4·3.5·11.25 = −4.375 lies beyond the left wall.
    expect(c[0]).toBeCloseTo(-4.375, 3)
    expect(map(field, t, 3.5, 0, m)).toBe(true)
    expect(m[0]).toBe(-8 - c[0]!)
    expect(map(field, t, 0.4, 0.1, m)).toBe(false)
    centre(field, t, 0.4, 0.1, c)
    expect(m).toEqual(c)
    const xy = new Float64Array([3.5, 0, 0.4, 0.1])
    centres(field, t, xy, xy)
    expect(xy[2]).toBe(c[0])
  })

  it('calls plain gradient flow injective exactly where η·λmax(∇²V) < 1', () => {
    const t = createTransition({ stepSize: 0.1, epsilon: 1, skew: 0, preconditioner: identity })
    const rng = new Rng({ seed: 9, purpose: Purpose.probe })
    for (let k = 0; k < 500; k++) {
      const [a, b, c] = [12 * rng.normal(), 6 * rng.normal(), 12 * rng.normal()]
      expect(isInjectiveAt(t, a, b, c)).toBe(0.1 * maxEigenvalue2(a, b, c) < 1)
    }
  })

  it('never calls a linear map with a kernel injective, for any skew and preconditioner', () => {
    const rng = new Rng({ seed: 10, purpose: Purpose.probe })
    let singular = 0
    for (let k = 0; k < 300; k++) {
      const t = createTransition({
        stepSize: 0.1,
        epsilon: 1,
        skew: 2 * rng.normal(),
        preconditioner: [
          [1 + rng.uniform(), 0.5],
          [0.5, 1 + rng.uniform()],
        ],
      })
      const [a, b, c] = [10 + 20 * rng.uniform(), 5 * rng.normal(), 10 + 20 * rng.uniform()]
      const [d11, d12, d21, d22] = t.drift
      // Scan scales s ∈ (0, 1] of the Hessian: once det(I − s·ηDH) changes sign the map has folded over.
      for (let s = 0.02; s <= 1; s += 0.02) {
        const det =
          (1 - s * (d11 * a + d12 * b)) * (1 - s * (d21 * b + d22 * c)) -
          s * s * (d11 * b + d12 * c) * (d21 * a + d22 * b)
        if (det <= 0) {
          singular++
          expect(isInjectiveAt(t, s * a, s * b, s * c)).toBe(false)
        }
      }
    }
    expect(singular).toBeGreaterThan(100)
  })

  it('refuses a step size, temperature or preconditioner that is not positive', () => {
    expect(() => createTransition({ ...general, stepSize: 0 })).toThrow(RangeError)
    expect(() => createTransition({ ...general, epsilon: -1 })).toThrow(RangeError)
    expect(() =>
      createTransition({
        ...general,
        preconditioner: [
          [1, 2],
          [2, 1],
        ],
      }),
    ).toThrow(RangeError)
  })

  it('leaves the minimum of a quadratic where it is', () => {
    const q: EnergyField = {
      grid: tabulateEnergy({ halfWidth: 4, cells: 64 }, quadraticEnergy([0.3, -0.2], identity)),
      barriers: [],
    }
    const out = new Float64Array(2)
    map(q, createTransition(general), 0.3, -0.2, out)
    expect(out[0]).toBeCloseTo(0.3, 13)
    expect(out[1]).toBeCloseTo(-0.2, 13)
  })
})
