import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EnergyFunction } from '../../fields/energyGrid.ts'
import { gibbs } from '../../fields/gibbs.ts'
import { type MetricTable, metricTable, type PlaceMetric } from '../../fields/placeMetric.ts'
import { type Box, centreCoordinate, spacing } from '../../maths/grid.ts'
import { steepness95 } from '../constants/metric.ts'
import { spectralGap } from '../constants/spectrum.ts'
import { tabulateDensity } from '../estimators/kl.ts'
import {
  fieldOf,
  landscapeField,
  landscapes,
  roughDensity,
  twoWells,
} from '../landscapes.testing.ts'
import {
  createFokkerPlanck,
  dissipationError,
  fokkerPlanckCurve,
  fokkerPlanckOf,
} from './fokkerPlanck.ts'
import { directionsOf } from './generator.ts'

/*
 * A closed form: with s = asinh p and M = 1 + p² the process ds = −s dt + √(2ε) dW becomes
 * dp = (−M V′ + εM′)dt + √(2εM)dW, V = s²/2 + (ε/2) log(1 + p²). The same along q, the axes turned by an eighth of a circle. Hence
 * the gap is 1, and E[asinh p] falls like e^(−t).
 */
const EPSILON = 0.1
const BOX: Box = { halfWidth: 3, cells: 64 }
const turned = (x: number, y: number) => [(x + y) * Math.SQRT1_2, (y - x) * Math.SQRT1_2] as const
const sinhEnergy: EnergyFunction = (x, y, out) => {
  const [p, q] = turned(x, y)
  const slope = (z: number) => Math.asinh(z) / Math.hypot(1, z) + (EPSILON * z) / (1 + z * z)
  const value = (z: number) => 0.5 * Math.asinh(z) ** 2 + 0.5 * EPSILON * Math.log1p(z * z)
  out[0] = value(p) + value(q)
  out[1] = (slope(p) - slope(q)) * Math.SQRT1_2
  out[2] = (slope(p) + slope(q)) * Math.SQRT1_2
}

/** M = R diag(1 + p², 1 + q²)Rᵀ: a quadratic spline of values at the centres is x² + h²/4 for x². */
function sinhMetric(box: Box): MetricTable {
  const size = box.cells * box.cells
  const table = {
    box,
    xx: new Float64Array(size),
    xy: new Float64Array(size),
    yy: new Float64Array(size),
  }
  const less = spacing(box) ** 2 / 4
  for (let k = 0; k < size; k++) {
    const x = centreCoordinate(box, k % box.cells)
    const y = centreCoordinate(box, Math.floor(k / box.cells))
    const [p, q] = turned(x, y)
    table.xx[k] = table.yy[k] = 1 + 0.5 * (p * p + q * q) - less
    table.xy[k] = 0.5 * (p * p - q * q)
  }
  return table
}

const KINDS: readonly PlaceMetric[] = [
  { kind: 'conformal', beta: 0.5, cap: 4 },
  // τ of at least the change of ∇²V from a cell to the next: else the cells do not resolve M.
  { kind: 'inverse-hessian', softening: 4, cap: 5 },
]

describe('a process that a change of coordinates makes an Ornstein–Uhlenbeck one', () => {
  it('has the gap 1, up to an error of second order', () => {
    const errors = [32, 64].map((cells) => {
      const box = { ...BOX, cells }
      const pi = gibbs(fieldOf(sinhEnergy, box), EPSILON, box)
      return Math.abs(spectralGap(pi, { metric: sinhMetric(box) }).value - 1)
    })
    expect(errors[1]).toBeLessThan(0.012)
    expect(errors[0]! / errors[1]!).toBeCloseTo(4, 0)
  })

  it('takes E[asinh p] down by e^(−t)', () => {
    const metric = sinhMetric(BOX)
    const solver = createFokkerPlanck(fieldOf(sinhEnergy, BOX), EPSILON, BOX, { metric })
    const start = (x: number, y: number) => {
      const [p, q] = turned(x, y)
      const [s, r] = [Math.asinh(p) - 0.4, Math.asinh(q)]
      return -(s * s + r * r) / (2 * EPSILON) - 0.5 * Math.log((1 + p * p) * (1 + q * q))
    }
    const density = gibbs(
      fieldOf((x, y, out) => {
        out[0] = -start(x, y)
        out[1] = out[2] = 0
      }, BOX),
      1,
      BOX,
    ).density.slice()
    const mean = () => {
      let sum = 0
      let mass = 0
      for (let k = 0; k < density.length; k++) {
        const x = centreCoordinate(BOX, k % BOX.cells)
        const y = centreCoordinate(BOX, Math.floor(k / BOX.cells))
        sum += density[k]! * Math.asinh(turned(x, y)[0])
        mass += density[k]!
      }
      return sum / mass
    }
    const before = mean()
    solver.advance(density, 0.5)
    expect(mean() / before).toBeCloseTo(Math.exp(-0.5), 2)
  })
})

describe('the scheme in a metric that depends on the place', () => {
  it('keeps mass, sign and π, and lowers KL, whatever V, ρ and dt', () => {
    fc.assert(
      fc.property(
        landscapes,
        fc.constantFrom(...KINDS),
        fc.nat(),
        fc.double({ min: 1e-3, max: 10, noNaN: true }),
        (landscape, kind, seed, dt) => {
          const field = landscapeField(landscape, 16)
          const pi = gibbs(field, landscape.epsilon)
          const solver = fokkerPlanckOf(pi, { metric: metricTable(field.grid, kind) })
          const area = spacing(pi.box) ** 2
          const rest = pi.density.slice()
          solver.step(rest, dt)
          rest.forEach((p, k) => {
            expect(Math.abs(p - pi.density[k]!)).toBeLessThanOrEqual(
              1e-12 * pi.density[k]! + 1e-300,
            )
          })
          const density = roughDensity(seed, pi.density.length, area)
          const before = solver.kl(density)
          solver.step(density, dt)
          let mass = 0
          for (const p of density) {
            expect(p).toBeGreaterThanOrEqual(0)
            mass += p * area
          }
          expect(mass).toBeCloseTo(1, 12)
          expect(solver.kl(density)).toBeLessThanOrEqual(before * (1 + 1e-12) + 1e-12)
        },
      ),
      { numRuns: 25 },
    )
  })

  it.each(KINDS)('dissipates ε E|∇log(ρ/π)|²_M, up to an error of second order: $kind', (kind) => {
    const start = (x: number, y: number) =>
      -2 * ((x - 0.4) ** 2 + (y - 0.3) ** 2) + Math.log(2 / Math.PI)
    const worst = [32, 64].map((cells) => {
      const box = { halfWidth: 2.5, cells }
      // One metric for both: its control values are those of the finer table.
      const metric = metricTable(fieldOf(twoWells, { ...box, cells: 64 }).grid, kind)
      const solver = createFokkerPlanck(fieldOf(twoWells, box), 1, box, { metric })
      const { density } = tabulateDensity(start, box)
      const errors = [...fokkerPlanckCurve(solver, density, 0.02, 5)].map(dissipationError)
      return Math.max(...errors.map((error) => error ?? 0))
    })
    expect(worst[1]).toBeLessThan(0.02)
    expect(worst[0]! / worst[1]!).toBeGreaterThan(2.5)
  })

  it('is that of the constant metric where M is one matrix', () => {
    const field = fieldOf(twoWells, { halfWidth: 2.5, cells: 24 })
    const pi = gibbs(field, 1)
    const ones = new Float64Array(24 * 24)
    const table = {
      box: pi.box,
      xx: ones.fill(2),
      xy: ones.slice().fill(0.7),
      yy: ones.slice().fill(1),
    }
    const constant = directionsOf([2, 0.7, 1], pi.box)
    directionsOf(table, pi.box).forEach(({ dx, dy, weight }, i) => {
      expect([dx, dy]).toEqual([constant[i]!.dx, constant[i]!.dy])
      expect((weight as Float64Array)[77]).toBeCloseTo(constant[i]!.weight as number, 12)
    })
    const gap = spectralGap(pi, { metric: [2, 0.7, 1] }).value
    expect(spectralGap(pi, { metric: table }).value / gap).toBeCloseTo(1, 6)
    const steepness = steepness95(field, pi, [2, 0.7, 1])
    expect(steepness95(field, pi, table) / steepness).toBeCloseTo(1, 12)
  })
})
