import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quadraticEnergy } from '../../fields/analytic.ts'
import { gibbs } from '../../fields/gibbs.ts'
import { type Box, centreCoordinate } from '../../maths/grid.ts'
import { finish } from '../../maths/pieces.ts'
import { fokkerPlanckOf } from '../laws/fokkerPlanck.ts'
import { fieldOf, landscapeField, landscapes } from '../landscapes.testing.ts'
import { gapBound } from './gapBound.ts'
import { certifiedTime, renyiDivergence, splitsOf } from './poincare.ts'
import { gapOnGrids } from './spectrum.ts'

/** N(m, s²I) at the centres of cells, normalised over them. */
function gaussian(box: Box, mean: readonly [number, number], s: number): Float64Array {
  const { cells } = box
  const out = new Float64Array(cells * cells)
  let sum = 0
  for (let k = 0; k < out.length; k++) {
    const dx = centreCoordinate(box, k % cells) - mean[0]
    const dy = centreCoordinate(box, Math.floor(k / cells)) - mean[1]
    sum += out[k] = Math.exp(-(dx * dx + dy * dy) / (2 * s * s))
  }
  const h = (2 * box.halfWidth) / cells
  return out.map((p) => p / (sum * h * h))
}

const standard = fieldOf(
  quadraticEnergy(
    [0, 0],
    [
      [1, 0],
      [0, 1],
    ],
  ),
  { halfWidth: 7, cells: 112 },
)
const normal = gibbs(standard, 1)

describe('the Rényi divergence of order 2', () => {
  it.each([
    [0, 0.5],
    [0.5, 0.7],
    [1, 1],
    [0.3, 1.1],
  ])('of N((m, m), s²I) to N(0, I) is Σ m²/(2 − s²) − log s√(2 − s²): m = %f, s = %f', (m, s) => {
    const exact = 2 * ((m * m) / (2 - s * s) - Math.log(s * Math.sqrt(2 - s * s)))
    expect(renyiDivergence(gaussian(normal.box, [m, m], s), normal)).toBeCloseTo(exact, 4)
  })

  it('of π to itself is 0', () => {
    expect(renyiDivergence(normal.density, normal)).toBeCloseTo(0, 12)
  })
})

describe('splits', () => {
  it('begin with the whole law, hold less and less of it near, and bound KL at time 0', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.3, max: 1.9, noNaN: true }),
        fc.double({ min: -1.5, max: 1.5, noNaN: true }),
        (s, m) => {
          const density = gaussian(normal.box, [m, 0], s)
          const splits = splitsOf(density, normal)
          const kl = fokkerPlanckOf(normal).kl(density)
          expect(splits[0]).toMatchObject({ mass: 1, rest: 0 })
          for (const [i, { mass, renyi, rest }] of splits.entries()) {
            expect(mass * renyi + rest).toBeGreaterThan(kl - 1e-9)
            if (i === 0) continue
            expect(mass).toBeLessThan(splits[i - 1]!.mass)
            expect(rest).toBeGreaterThan(-1e-9)
          }
        },
      ),
      { numRuns: 12 },
    )
  })

  it('certify a start that is wider than π, whose χ² is infinite on the plane', () => {
    const splits = splitsOf(gaussian(normal.box, [0, 0], 1.6), normal)
    const whole = certifiedTime(splits.slice(0, 1), 1, 0.1)!.time
    expect(splits[0]!.renyi).toBeGreaterThan(7)
    expect(certifiedTime(splits, 1, 0.1)!.time).toBeLessThan(0.8 * whole)
  })
})

describe('the certified time', () => {
  it('is log(χ²/(e^δ − 1))/(2λ), and 0 where log(1 + χ²) ≤ δ', () => {
    const at = (renyi: number, delta: number) =>
      certifiedTime([{ mass: 1, renyi, rest: 0 }], 0.25, delta)!.time
    expect(at(2, 0.1)).toBeCloseTo(Math.log(Math.expm1(2) / Math.expm1(0.1)) / 0.5, 12)
    expect(at(0.1, 0.1)).toBe(0)
    expect(at(0, 0.1)).toBe(0)
    // No overflow where e^renyi has one.
    expect(at(1000, 0.1)).toBeCloseTo((1000 - Math.log(Math.expm1(0.1))) / 0.5, 9)
    expect(certifiedTime([{ mass: 0.9, renyi: 1, rest: 0.2 }], 1, 0.1)).toBeNull()
  })

  it('holds for the Ornstein–Uhlenbeck process, whose gap and KL are known', () => {
    for (const [m, s] of [
      [2, 0.5],
      [1, 1.3],
      [0, 1.6],
    ] as const) {
      const splits = splitsOf(gaussian(normal.box, [m, 0], s), normal)
      for (const delta of [1, 0.1, 1e-3]) {
        const time = certifiedTime(splits, 1, delta)!.time
        const decay = Math.exp(-2 * time)
        const s2 = 1 + (s * s - 1) * decay
        const kl = 0.5 * m * m * decay + (s2 - 1 - Math.log(s2))
        expect(kl).toBeLessThan(delta)
      }
    }
  })

  it('with a proved gap holds for the continuous dynamics on energies of any shape', () => {
    let followed = 0
    fc.assert(
      fc.property(
        landscapes,
        fc.tuple(
          fc.double({ min: -0.7, max: 0.7, noNaN: true }),
          fc.double({ min: -0.7, max: 0.7, noNaN: true }),
        ),
        fc.double({ min: 0.25, max: 1, noNaN: true }),
        fc.constantFrom(1, 0.1, 0.01),
        (landscape, mean, s, delta) => {
          const field = landscapeField(landscape)
          const { epsilon } = landscape
          const pi = gibbs(field, epsilon)
          const { gap } = finish(gapOnGrids(field, pi, [1, 0, 1]))
          const proved = finish(
            gapBound(field, epsilon, {
              estimate: Math.max(gap.value, 1e-6),
              mesh: { cells: 32, parts: 4 },
            }),
          )
          if (proved === null) return
          const density = gaussian(pi.box, mean, s)
          const time = certifiedTime(splitsOf(density, pi), proved.value, delta)?.time ?? 0
          const solver = fokkerPlanckOf(pi)
          // A gap as small as a well is deep takes too long to follow.
          if (time === 0 || time > 2000 * solver.stepLimit) return
          followed++
          expect(solver.advance(density, time)).toBeLessThanOrEqual(delta)
        },
      ),
      { numRuns: 20 },
    )
    expect(followed).toBeGreaterThan(0)
  })
})
