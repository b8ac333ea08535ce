import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quadraticEnergy } from '../../fields/analytic.ts'
import type { EnergyField } from '../../fields/energyField.ts'
import type { EnergyFunction } from '../../fields/energyGrid.ts'
import { createTransition, type Transition } from '../../fields/transition.ts'
import { Purpose, Rng } from '../../maths/rng.ts'
import { langevin } from '../../samplers/langevin.ts'
import { type Cloud, createCloud } from '../../samplers/sampler.ts'
import { Contraction, contractionFactor, pairDistances } from './contraction.ts'
import type { ContractionCurves } from '../curves.ts'
import { fieldOf, quarticWell } from '../landscapes.testing.ts'

const real = (min: number, max: number): fc.Arbitrary<number> =>
  fc.double({ min, max, noNaN: true })
type Matrix = readonly [readonly [number, number], readonly [number, number]]
const IDENTITY: Matrix = [
  [1, 0],
  [0, 1],
]
/** R diag(low, high) Rᵀ. */
const spd = (min: number, max: number): fc.Arbitrary<Matrix> =>
  fc.tuple(real(min, max), real(min, max), real(0, Math.PI)).map(([p, q, angle]) => {
    const [c, s] = [Math.cos(angle), Math.sin(angle)]
    const off = (p - q) * c * s
    return [
      [p * c * c + q * s * s, off],
      [off, p * s * s + q * c * c],
    ]
  })

/** Convex by construction: a quadratic and a softplus along each of a few directions. */
function convexEnergy(matrix: Matrix, ridges: readonly (readonly number[])[]): EnergyFunction {
  const quadratic = quadraticEnergy([0.2, -0.1], matrix)
  return (x, y, out) => {
    quadratic(x, y, out)
    for (const [a = 0, b = 0, c = 0, height = 0] of ridges) {
      const z = a * x + b * y + c
      out[0]! += height * (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))))
      const slope = height / (1 + Math.exp(-z))
      out[1]! += slope * a
      out[2]! += slope * b
    }
  }
}
const ridges = fc.array(fc.tuple(real(-2, 2), real(-2, 2), real(-2, 2), real(0, 4)), {
  maxLength: 3,
})

function coupled(
  field: EnergyField,
  t: Transition,
  steps: number,
): { readonly curves: ContractionCurves; readonly pairs: readonly [Cloud, Cloud]; folded: number } {
  const key = { seed: 3, purpose: Purpose.dynamics }
  const rng = new Rng({ seed: 8, purpose: Purpose.initial })
  const w = field.grid.box.halfWidth
  const cloud = (): Cloud =>
    createCloud(Float64Array.from({ length: 60 }, () => 0.8 * w * (2 * rng.uniform() - 1)))
  const pairs = [cloud(), cloud()] as const
  const contraction = new Contraction(field, t, true)
  contraction.note(pairs[0].xy, pairs[1].xy, 0)
  let total = 0
  for (let k = 1; k <= steps; k++) {
    const folded = pairs.reduce((sum, c) => sum + langevin.step(c, field, t, key, k), 0)
    contraction.note(pairs[0].xy, pairs[1].xy, folded)
    total += folded
  }
  return { curves: contraction.curves, pairs, folded: total }
}

/** Room for rounding: noise of size 1 is added to both clouds and subtracted again. */
const ROUNDING = 1e-12

function expectBelow({ largest, rootMeanSquare, bound }: ContractionCurves): void {
  largest.forEach((distance, k) => {
    if (bound[k] !== null) expect(distance).toBeLessThanOrEqual(bound[k]! * (1 + 1e-9) + ROUNDING)
    expect(rootMeanSquare[k]!).toBeLessThanOrEqual(distance * (1 + 1e-12))
  })
}

describe('two clouds under one noise', () => {
  it('never part further than the bound, on random convex energies and in random metrics', () => {
    let bounded = 0
    fc.assert(
      fc.property(
        spd(0.3, 4),
        ridges,
        spd(0.3, 3),
        real(0.1, 1),
        (matrix, bent, preconditioner, share) => {
          // A box so large that few walls are met, and a step as large as the theorem allows, or a part of it.
          const field = fieldOf(convexEnergy(matrix, bent), { halfWidth: 8, cells: 48 })
          const t = createTransition({
            stepSize: 0.08 * share,
            epsilon: 0.3,
            skew: 0,
            preconditioner,
          })
          const { curves } = coupled(field, t, 40)
          expectBelow(curves)
          if (curves.bound[40] !== null) bounded++
        },
      ),
      { numRuns: 60 },
    )
    expect(bounded).toBeGreaterThan(30)
  })

  it('stay below the bound where the walls fold them, in diagonal metrics', () => {
    const field = fieldOf(
      convexEnergy(
        [
          [0.4, 0.1],
          [0.1, 0.6],
        ],
        [[1, 1, 0, 2]],
      ),
      {
        halfWidth: 1,
        cells: 32,
      },
    )
    for (const preconditioner of [
      IDENTITY,
      [
        [2, 0],
        [0, 0.5],
      ],
    ] as const) {
      const t = createTransition({ stepSize: 0.05, epsilon: 2, skew: 0, preconditioner })
      const { curves, folded } = coupled(field, t, 80)
      expect(folded).toBeGreaterThan(1000)
      expect(curves.bound[80]).not.toBeNull()
      expectBelow(curves)
    }
    const correlated = createTransition({
      stepSize: 0.05,
      epsilon: 2,
      skew: 0,
      preconditioner: [
        [1, 0.6],
        [0.6, 1],
      ],
    })
    expect(coupled(field, correlated, 5).curves.bound.slice(1)).toEqual([
      null,
      null,
      null,
      null,
      null,
    ])
  })

  it('differ by exactly (I − ηPA)^k times the first difference on a quadratic', () => {
    fc.assert(
      fc.property(spd(0.3, 4), spd(0.3, 2), real(0.005, 0.1), (matrix, p, stepSize) => {
        const field = fieldOf(quadraticEnergy([0.1, 0], matrix), { halfWidth: 20, cells: 64 })
        const t = createTransition({ stepSize, epsilon: 0.4, skew: 0, preconditioner: p })
        const key = { seed: 3, purpose: Purpose.dynamics }
        const x = createCloud(new Float64Array([1, 0.5]))
        const y = createCloud(new Float64Array([-0.5, 2]))
        let d: readonly [number, number] = [1.5, -1.5]
        const [[axx, axy], [, ayy]] = matrix
        for (let k = 1; k <= 30; k++) {
          langevin.step(x, field, t, key, k)
          langevin.step(y, field, t, key, k)
          const g = [axx * d[0] + axy * d[1], axy * d[0] + ayy * d[1]] as const
          const [d11, d12, d21, d22] = t.drift
          d = [d[0] - d11 * g[0] - d12 * g[1], d[1] - d21 * g[0] - d22 * g[1]]
          expect(Math.abs(x.xy[0]! - y.xy[0]! - d[0])).toBeLessThan(1e-9)
          expect(Math.abs(x.xy[1]! - y.xy[1]! - d[1])).toBeLessThan(1e-9)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('are measured in the metric P⁻¹', () => {
    const t = createTransition({
      stepSize: 0.05,
      epsilon: 2,
      skew: 0,
      preconditioner: [
        [4, 0],
        [0, 0.25],
      ],
    })
    const x = new Float64Array([1, 0, 0, 1])
    const { largest, rootMeanSquare } = pairDistances(x, new Float64Array(4), t)
    expect(largest).toBeCloseTo(2, 12)
    expect(rootMeanSquare).toBeCloseTo(Math.sqrt((0.25 + 4) / 2), 12)
  })
})

describe('the factor of a step', () => {
  const quadratic = fieldOf(
    quadraticEnergy(
      [0, 0],
      [
        [1, 0],
        [0, 9],
      ],
    ),
    { halfWidth: 4, cells: 64 },
  )
  const of = (stepSize: number, skew = 0, preconditioner: Matrix = IDENTITY): Transition =>
    createTransition({ stepSize, epsilon: 1, skew, preconditioner })

  it('is 1 − ηm for η ≤ 2/(m + M), and the metric A⁻¹ raises it to 1 − ηM', () => {
    expect(contractionFactor(quadratic, of(0.1))).toBeCloseTo(0.9, 9)
    expect(contractionFactor(quadratic, of(0.199))).toBeCloseTo(0.801, 9)
    expect(contractionFactor(quadratic, of(0.201))).toBeNull()
    const metric = [
      [9, 0],
      [0, 1],
    ] as const
    expect(contractionFactor(quadratic, of(0.1, 0, metric))).toBeCloseTo(0.1, 9)
  })

  it('is not claimed for a skew drift, a well that is not convex, nor other dynamics', () => {
    expect(contractionFactor(quadratic, of(0.1, 1))).toBeNull()
    const wells = fieldOf(quarticWell, { halfWidth: 2, cells: 64 })
    expect(contractionFactor(wells, of(0.01))).toBeNull()
    const other = new Contraction(quadratic, of(0.1), false)
    other.note(new Float64Array([1, 0]), new Float64Array([0, 0]), 0)
    expect(other.curves.bound).toEqual([null])
  })
})
