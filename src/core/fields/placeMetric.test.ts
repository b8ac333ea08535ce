import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { centreCoordinate, spacing } from '../maths/grid.ts'
import { eigenvalues2 } from '../maths/linalg2.ts'
import { Purpose, Rng } from '../maths/rng.ts'
import { createCloud } from '../samplers/sampler.ts'
import { langevin } from '../samplers/langevin.ts'
import type { EnergyField } from './energyField.ts'
import { tabulateEnergy } from './energyGrid.ts'
import { gibbs } from './gibbs.ts'
import {
  METRIC_ENTRIES,
  metricAtCentres,
  metricTable,
  type PlaceMetric,
  readMetric,
  tabulateMetric,
} from './placeMetric.ts'
import { centre, createTransition, jacobian, langevinStep, map } from './transition.ts'

/** Two wells joined by a saddle, turned so that no entry of the Hessian vanishes. */
const field: EnergyField = {
  grid: tabulateEnergy({ halfWidth: 3, cells: 64 }, (x, y, out) => {
    const p = 0.8 * x + 0.6 * y
    const q = 0.8 * y - 0.6 * x
    out[0] = (p * p - 1) ** 2 + 2 * q * q
    out[1] = 4 * p * (p * p - 1) * 0.8 - 4 * q * 0.6
    out[2] = 4 * p * (p * p - 1) * 0.6 + 4 * q * 0.8
  }),
  barriers: [],
}
const IDENTITY = [
  [1, 0],
  [0, 1],
] as const
const KINDS: readonly PlaceMetric[] = [
  { kind: 'conformal', beta: 0.5, cap: 4 },
  { kind: 'inverse-hessian', softening: 1, cap: 5 },
]
const m = new Float64Array(METRIC_ENTRIES)
const inside = fc.double({ min: -2.99, max: 2.99, noNaN: true })

describe.each(KINDS)('$kind', (kind) => {
  const metric = metricTable(field.grid, kind)
  const transition = createTransition({
    stepSize: 0.01,
    epsilon: 0.7,
    skew: 0.5,
    preconditioner: IDENTITY,
    metricTable: metric,
  })

  it('stays between its bounds, with the derivatives of its own surface', () => {
    const near = new Float64Array(METRIC_ENTRIES)
    const far = new Float64Array(METRIC_ENTRIES)
    fc.assert(
      fc.property(inside, inside, (x, y) => {
        readMetric(metric, x, y, m)
        const [low, high] = eigenvalues2(m[0]!, m[1]!, m[2]!)
        expect(low).toBeGreaterThan(0)
        expect(high).toBeLessThanOrEqual(
          (kind.kind === 'conformal' ? kind.cap : kind.cap / kind.softening) * (1 + 1e-14),
        )
        const step = 1e-5
        for (const [at, dx, dy] of [
          [3, step, 0],
          [6, 0, step],
        ] as const) {
          readMetric(metric, x - dx, y - dy, near)
          readMetric(metric, x + dx, y + dy, far)
          for (let e = 0; e < 3; e++)
            expect(Math.abs((far[e]! - near[e]!) / (2 * step) - m[at + e]!)).toBeLessThan(
              // The second derivative jumps at the borders of cells, by at most 8 max|M|/h².
              step * 8 * (high / spacing(metric.box) ** 2) + 1e-8,
            )
        }
        expect(m[9]).toBe(m[3]! + m[7]!)
        expect(m[10]).toBe(m[4]! + m[8]!)
      }),
    )
  })

  it('has a drift that keeps π: E_π[Lf] = 0, L f = b·∇f + εM:∇²f', () => {
    const { epsilon, stepSize } = transition
    const pi = gibbs(field, epsilon, { halfWidth: 3, cells: 192 })
    const area = spacing(pi.box) ** 2
    const c = new Float64Array(2)
    const sums = [0, 0, 0, 0, 0]
    let largest = 0
    for (let k = 0; k < pi.density.length; k++) {
      const x = centreCoordinate(pi.box, k % 192)
      const y = centreCoordinate(pi.box, Math.floor(k / 192))
      centre(field, transition, x, y, c)
      readMetric(metric, x, y, m)
      const bx = (c[0]! - x) / stepSize
      const by = (c[1]! - y) / stepSize
      const terms = [
        bx,
        by,
        2 * (x * bx + epsilon * m[0]!),
        y * bx + x * by + 2 * epsilon * m[1]!,
        2 * (y * by + epsilon * m[2]!),
      ]
      terms.forEach((term, i) => {
        sums[i]! += pi.density[k]! * area * term
      })
      largest += pi.density[k]! * area * Math.abs(terms[2]!)
    }
    // The quadrature of a C¹ integrand with jumps in its second derivative: h²/12 of them.
    for (const sum of sums) expect(Math.abs(sum)).toBeLessThan(2e-4 * largest)
  })

  it('has the Jacobian of its own noiseless map', () => {
    const j = new Float64Array(4)
    const a = new Float64Array(2)
    const b = new Float64Array(2)
    const rng = new Rng({ seed: 8, purpose: Purpose.probe })
    const h = spacing(metric.box)
    for (let k = 0; k < 50; k++) {
      // Quarters of cells, in which both tables are polynomials.
      const x = (rng.integer(24) - 12 + 0.1 + 0.3 * rng.uniform()) * h
      const y = (rng.integer(24) - 12 + 0.6 + 0.3 * rng.uniform()) * h
      jacobian(field, transition, x, y, j)
      for (const [at, dx, dy] of [
        [0, 1e-6, 0],
        [1, 0, 1e-6],
      ] as const) {
        map(field, transition, x + dx, y + dy, a)
        map(field, transition, x - dx, y - dy, b)
        for (let i = 0; i < 2; i++)
          expect(Math.abs((a[i]! - b[i]!) / 2e-6 - j[at + 2 * i]!)).toBeLessThan(1e-7)
      }
    }
  })

  it('moves particles to the centre with the covariance 2ηεM of the place they leave', () => {
    const n = 40_000
    const [x, y] = [0.4, -0.9]
    const xy = Float64Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? x : y))
    const key = { seed: 3, purpose: Purpose.dynamics }
    langevinStep(field, transition, xy, new Float64Array(2 * n), key, 1)
    const c = new Float64Array(2)
    centre(field, transition, x, y, c)
    readMetric(metric, x, y, m)
    const scale = 2 * transition.stepSize * transition.epsilon
    const moments = [0, 0, 0]
    for (let k = 0; k < xy.length; k += 2) {
      const dx = xy[k]! - c[0]!
      const dy = xy[k + 1]! - c[1]!
      moments[0]! += (dx * dx) / n
      moments[1]! += (dx * dy) / n
      moments[2]! += (dy * dy) / n
    }
    const [xx, cross, yy] = [scale * m[0]!, scale * m[1]!, scale * m[2]!]
    const errors = [2 * xx * xx, xx * yy + cross * cross, 2 * yy * yy].map((v) => Math.sqrt(v / n))
    ;[xx, cross, yy].forEach((value, i) => {
      expect(Math.abs(moments[i]! - value)).toBeLessThan(4 * errors[i]!)
    })
  })
})

it('tells the same story on a quadratic: the chain rests at π, which it would not without div M', () => {
  const n = 4096
  const steps = 100
  const quadratic: EnergyField = {
    grid: tabulateEnergy({ halfWidth: 5, cells: 64 }, (x, y, out) => {
      out[0] = 0.5 * (x * x + y * y)
      out[1] = x
      out[2] = y
    }),
    barriers: [],
  }
  const metric = metricTable(quadratic.grid, { kind: 'conformal', beta: 0.5, cap: 6 })
  const transition = createTransition({
    stepSize: 0.004,
    epsilon: 1,
    skew: 0,
    preconditioner: IDENTITY,
    metricTable: metric,
  })
  const rng = new Rng({ seed: 5, purpose: Purpose.initial })
  const cloud = createCloud(Float64Array.from({ length: 2 * n }, () => rng.normal()))
  const key = { seed: 5, purpose: Purpose.dynamics }
  for (let k = 1; k <= steps; k++) langevin.step(cloud, quadratic, transition, key, k)
  let square = 0
  let without = 0
  for (let k = 0; k < 2 * n; k += 2) {
    const [x, y] = [cloud.xy[k]!, cloud.xy[k + 1]!]
    square += (x * x + y * y) / n
    readMetric(metric, x, y, m)
    // What leaving div M out would add to E|x|² in the time of the run, to first order.
    without += (2 * steps * transition.stepSize * (x * m[9]! + y * m[10]!)) / n
  }
  // E|x|² = 2 with the standard deviation 2 of |x|².
  const error = 2 / Math.sqrt(n)
  expect(Math.abs(square - 2)).toBeLessThan(4 * error)
  expect(without).toBeGreaterThan(10 * error)
})

it('is a constant where its control values are one matrix', () => {
  const one = tabulateMetric(field.grid, () => [2, -0.5, 1])
  readMetric(one, 0.77, -2.93, m)
  const expected = [2, -0.5, 1, 0, 0, 0, 0, 0, 0, 0, 0]
  expected.forEach((value, i) => {
    expect(m[i]).toBeCloseTo(value, 12)
  })
  const centres = metricAtCentres(one, { halfWidth: 3, cells: 40 })
  expect(Math.max(...centres.xx)).toBeCloseTo(2, 14)
})
