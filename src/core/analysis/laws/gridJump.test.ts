import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Gibbs, gibbs } from '../../fields/gibbs.ts'
import { spacing } from '../../maths/grid.ts'
import { createFokkerPlanck, fokkerPlanckCurve } from './fokkerPlanck.ts'
import { gaussianLogDensity } from './gaussian.testing.ts'
import { createGridJump } from './gridJump.ts'
import { tabulateDensity } from '../estimators/kl.ts'
import {
  fieldOf,
  landscapeField,
  landscapes,
  quarticWell,
  roughDensity,
} from '../landscapes.testing.ts'

/** The same, pair by pair. */
function byPairs(pi: Gibbs, p: Float64Array): Float64Array {
  const n = p.length
  const out = p.slice()
  for (let x = 0; x < n; x++) {
    if (pi.logDensity[x] === -Infinity) continue
    for (let y = 0; y < n; y++) {
      if (y === x) continue
      const moved = (p[x]! * Math.min(1, Math.exp(pi.logDensity[y]! - pi.logDensity[x]!))) / n
      out[x]! -= moved
      out[y]! += moved
    }
  }
  return out
}

/** KL, χ² and total variation of densities on the cells of π. */
function divergences(p: Float64Array, { density, logDensity, box }: Gibbs): number[] {
  const out = [0, 0, 0]
  p.forEach((value, k) => {
    if (value > 0) out[0]! += value * (Math.log(value) - logDensity[k]!)
    if (density[k]! > 1e-200) out[1]! += (value - density[k]!) ** 2 / density[k]!
    out[2]! += Math.abs(value - density[k]!)
  })
  return out.map((sum) => sum * spacing(box) ** 2)
}

/** π with the cells of a column closed. */
function walled(pi: Gibbs): Gibbs {
  const { cells } = pi.box
  const open = (k: number): boolean => k % cells !== 5
  const density = pi.density.map((p, k) => (open(k) ? p : 0))
  const scale = density.reduce((a, b) => a + b) * spacing(pi.box) ** 2
  return {
    ...pi,
    density: density.map((p) => p / scale),
    logDensity: pi.logDensity.map((l, k) => (open(k) ? l - Math.log(scale) : -Infinity)),
  }
}

describe('a uniform Metropolis jump on the grid', () => {
  it('is the sum over all pairs, with closed cells and without', () => {
    fc.assert(
      fc.property(landscapes, fc.nat(), fc.boolean(), (landscape, seed, wall) => {
        const whole = gibbs(landscapeField(landscape, 16), landscape.epsilon)
        const pi = wall ? walled(whole) : whole
        const p = roughDensity(seed, 256, 1).map((m, k) => (pi.density[k]! > 0 ? m : 0))
        const wanted = byPairs(pi, p)
        createGridJump(pi)(p)
        p.forEach((m, k) => expect(Math.abs(m - wanted[k]!)).toBeLessThan(1e-15))
      }),
      { numRuns: 20, seed: 1 },
    )
  })

  it('keeps mass, sign and π, and never raises KL, χ² or total variation', () => {
    fc.assert(
      fc.property(landscapes, fc.nat(), fc.boolean(), (landscape, seed, wall) => {
        const whole = gibbs(landscapeField(landscape), landscape.epsilon)
        const pi = wall ? walled(whole) : whole
        const jump = createGridJump(pi)
        const area = spacing(pi.box) ** 2
        const kept = pi.density.slice()
        const p = roughDensity(seed, kept.length, area)
        let mass = 0
        p.forEach((_, k) => {
          if (pi.density[k] === 0) p[k] = 0
          mass += p[k]! * area
        })
        p.forEach((value, k) => (p[k] = value / mass))
        let before = divergences(p, pi)
        for (let i = 0; i < 3; i++) {
          jump(kept)
          jump(p)
          const after = divergences(p, pi)
          after.forEach((value, i) => expect(value).toBeLessThanOrEqual(before[i]! * (1 + 1e-12)))
          before = after
        }
        expect(Math.abs(p.reduce((a, b) => a + b) * area - 1)).toBeLessThan(1e-13)
        expect(p.reduce((a, b) => Math.min(a, b))).toBeGreaterThanOrEqual(0)
        const moved = kept.findIndex(
          (value, k) => !(Math.abs(value - pi.density[k]!) <= 1e-12 * pi.density[k]! + 1e-300),
        )
        expect(moved).toBe(-1)
      }),
      { numRuns: 20, seed: 2 },
    )
  })

  it('mixes wells that Langevin alone leaves apart, and its fall is not counted as dissipation', () => {
    const box = { halfWidth: 2.5, cells: 48 }
    const field = fieldOf(quarticWell, box)
    const start = gaussianLogDensity({ mean: [-1, 0], covariance: [0.02, 0, 0.02] })
    const final = (jumps: boolean): number => {
      const solver = createFokkerPlanck(field, 0.1)
      const density = tabulateDensity(start, box).density
      const apply = createGridJump(solver.gibbs)
      let kl = Infinity
      let flow = 0
      for (const point of fokkerPlanckCurve(
        solver,
        density,
        0.02,
        100,
        jumps ? { every: 2, apply } : undefined,
      )) {
        expect(point.kl).toBeLessThanOrEqual(kl + 1e-14)
        if (point.fallen !== null) {
          // What the flow alone has done, from the KL after the jump before.
          expect(kl - point.fallen).toBeGreaterThanOrEqual(point.kl - 1e-12)
          flow += point.fallen
        }
        kl = point.kl
      }
      expect(flow).toBeGreaterThan(0)
      return kl
    }
    expect(final(false)).toBeGreaterThan(0.6)
    expect(final(true)).toBeLessThan(0.2)
  })
})
