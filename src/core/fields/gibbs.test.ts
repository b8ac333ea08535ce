import { describe, expect, it } from 'vitest'
import { cos, exp, log, sin } from '../maths/elementary.ts'
import { type Box, spacing } from '../maths/grid.ts'
import { Purpose } from '../maths/rng.ts'
import { quadraticEnergy } from './analytic.ts'
import type { EnergyField } from './energyField.ts'
import { type EnergyFunction, readValue, tabulateEnergy } from './energyGrid.ts'
import { gibbs, gibbsSampler, visitGibbs } from './gibbs.ts'

function field(box: Box, energy: EnergyFunction): EnergyField {
  return { grid: tabulateEnergy(box, energy), barriers: [] }
}

/** V = −log of eight Gaussians of deviation 0.35 on a circle of radius 2; ∫e^{−V} = 1. */
const ring8: EnergyFunction = (x, y, out) => {
  const s2 = 0.35 * 0.35
  const squares = Array.from({ length: 8 }, (_, k) => {
    const dx = x - 2 * cos((k * Math.PI) / 4)
    const dy = y - 2 * sin((k * Math.PI) / 4)
    return [dx, dy, (dx * dx + dy * dy) / (2 * s2)] as const
  })
  const least = Math.min(...squares.map((s) => s[2]))
  let sum = 0
  let gx = 0
  let gy = 0
  for (const [dx, dy, e] of squares) {
    const p = exp(least - e)
    sum += p
    gx += p * dx
    gy += p * dy
  }
  out[0] = least - log(sum / (8 * 2 * Math.PI * s2))
  out[1] = gx / sum / s2
  out[2] = gy / sum / s2
}

describe('gibbs', () => {
  it('gives log Z of a Gaussian: closed form 0.9909875359754197 (OU_A: A = [[2,.8],[.8,1]], ε = .5)', () => {
    const energy = quadraticEnergy(
      [0.3, -0.2],
      [
        [2, 0.8],
        [0.8, 1],
      ],
    )
    expect(gibbs(field({ halfWidth: 10, cells: 128 }, energy), 0.5).logZ).toBeCloseTo(
      0.9909875359754197,
      10,
    )
    // On the default box the tails beyond the walls are missing, 2e-5 of the mass.
    const small = gibbs(field({ halfWidth: 4, cells: 128 }, energy), 0.5)
    expect(Math.abs(small.logZ - 0.9909875359754197)).toBeLessThan(5e-5)
    expect(small.refinement).toBe(1)
  })

  it('gives log Z = 0 for a normalised mixture, up to the error of the table', () => {
    const g = gibbs(field({ halfWidth: 4, cells: 128 }, ring8), 1)
    expect(Math.abs(g.logZ)).toBeLessThan(1e-5)
  })

  it('has mass 1, and density e^(−V/ε)/Z at the centres', () => {
    const f = field({ halfWidth: 4, cells: 64 }, ring8)
    const g = gibbs(f, 2)
    let mass = 0
    for (const p of g.density) mass += p * spacing(g.box) * spacing(g.box)
    expect(mass).toBeCloseTo(1, 12)
    const k = 20 * 64 + 37
    expect(g.logDensity[k]).toBeCloseTo(-g.values[k]! / 2 - g.logZ, 12)
    expect(g.values[k]).toBe(readValue(f.grid, -4 + 37.5 / 8, -4 + 20.5 / 8))
  })

  it('refines where the cells do not resolve π: deviation 0.02 on cells of 0.0625', () => {
    const f = field(
      { halfWidth: 4, cells: 128 },
      quadraticEnergy(
        [0.01, 0.02],
        [
          [12.5, 0],
          [0, 12.5],
        ],
      ),
    )
    const g = gibbs(f, 0.005)
    expect(g.refinement).toBeGreaterThan(1)
    expect(Math.abs(g.logZ - log((2 * Math.PI * 0.005) / 12.5))).toBeLessThan(1e-4)
  })

  it.each([
    [4, 64, 1e-9],
    [4, 32, 1e-9],
    // The table of a parabola is the parabola up to rounding; mass beyond the walls is nil.
    [20, 32, 1e-4],
  ])('resolves a well of deviation 0.01 on the box ±%d of %d cells', (halfWidth, cells, error) => {
    const f = field(
      { halfWidth, cells },
      quadraticEnergy(
        [0.01, 0.02],
        [
          [50, 0],
          [0, 50],
        ],
      ),
    )
    const g = gibbs(f, 0.005)
    expect(Math.abs(g.logZ - log((2 * Math.PI * 0.005) / 50))).toBeLessThan(error)
    // The points behind it carry mass 1, in the right place and of the right spread.
    const sums = [0, 0, 0]
    visitGibbs(f, g, (x, y, m) => {
      sums[0]! += m
      sums[1]! += m * y
      sums[2]! += m * (x - 0.01) * (x - 0.01)
    })
    expect(sums[0]).toBeCloseTo(1, 12)
    expect(Math.abs(sums[1]! - 0.02)).toBeLessThan(1e-4)
    expect(Math.abs(sums[2]! / 1e-4 - 1)).toBeLessThan(5e-3)
  })

  it('adds −c/ε to log Z when c is added to V, at any scale of V', () => {
    const f = field({ halfWidth: 4, cells: 64 }, ring8)
    const shifted: EnergyField = {
      grid: { ...f.grid, v: f.grid.v.map((v) => v + 5000) },
      barriers: [],
    }
    expect(gibbs(shifted, 1).logZ).toBeCloseTo(gibbs(f, 1).logZ - 5000, 8)
  })
})

describe('gibbsSampler', () => {
  // Coarse cells and a steep energy: a sampler that is exact only cell by cell would fail inside them.
  const box: Box = { halfWidth: 4, cells: 32 }
  const f = field(box, (x, y, out) => {
    out[0] = 3 * x + 0.5 * y * y + sin(3 * x) + x * x * x * x * 0.05
    out[1] = 3 + 3 * cos(3 * x) + 0.2 * x * x * x
    out[2] = y
  })
  const epsilon = 0.5

  it('follows π inside the cells too: χ² over bins of a third of a cell', () => {
    const n = 60000
    const xy = gibbsSampler(f, epsilon).sample({ seed: 11, purpose: Purpose.probe }, n)
    // Exact marginal in x by fine quadrature of the interpolant.
    const fine = 32 * 3 * 8
    const h = 8 / fine
    const marginal = new Float64Array(fine)
    let total = 0
    for (let i = 0; i < fine; i++) {
      for (let j = 0; j < 256; j++) {
        const y = -4 + (j + 0.5) / 32
        const p = exp(-(readValue(f.grid, -4 + (i + 0.5) * h, y) + 20) / epsilon)
        marginal[i] = marginal[i]! + p
        total += p
      }
    }
    const bins = new Float64Array(96)
    const counts = new Float64Array(96)
    marginal.forEach((p, i) => (bins[Math.floor(i / 8)]! += (n * p) / total))
    for (let i = 0; i < n; i++) counts[Math.min(95, Math.floor((xy[2 * i]! + 4) * 12))]! += 1
    let chi2 = 0
    let degrees = -1
    let tailExpected = 0
    let tailCount = 0
    bins.forEach((expected, b) => {
      if (expected >= 20) {
        chi2 += (counts[b]! - expected) ** 2 / expected
        degrees++
      } else {
        tailExpected += expected
        tailCount += counts[b]!
      }
    })
    chi2 += (tailCount - tailExpected) ** 2 / Math.max(tailExpected, 1)
    expect(degrees).toBeGreaterThan(10)
    expect(chi2).toBeLessThan(degrees + 4 * Math.sqrt(2 * degrees))
  })

  it('ends at the lowest temperature on coarse cells: control values lie 50ε below the least V', () => {
    const cold = field(
      box,
      quadraticEnergy(
        [0.01, 0.02],
        [
          [50, 0],
          [0, 20],
        ],
      ),
    )
    const n = 4000
    const xy = gibbsSampler(cold, 0.005).sample({ seed: 3, purpose: Purpose.probe }, n)
    const sums = [0, 0, 0, 0, 0]
    for (let i = 0; i < n; i++) {
      // Standardised: deviations √(ε/a).
      const x = (xy[2 * i]! - 0.01) / 0.01
      const y = (xy[2 * i + 1]! - 0.02) / Math.sqrt(0.005 / 20)
      ;[x, y, x * x - 1, y * y - 1, x * y].forEach((v, k) => (sums[k]! += v / Math.sqrt(n)))
    }
    sums.forEach((z, k) => {
      expect(Math.abs(z)).toBeLessThan(k === 2 || k === 3 ? 4 * Math.SQRT2 : 4)
    })
  })

  it('makes each draw a function of key and index alone', () => {
    const sampler = gibbsSampler(f, epsilon)
    const key = { seed: 4, purpose: Purpose.nullFloor }
    const many = sampler.sample(key, 100)
    expect(sampler.sample(key, 30, 70)).toEqual(many.slice(140))
    expect(sampler.sample({ ...key, seed: 5 }, 100)).not.toEqual(many)
  })
})
