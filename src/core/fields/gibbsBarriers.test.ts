import { describe, expect, it } from 'vitest'
import { exp, log } from '../maths/elementary.ts'
import { type Box, spacing } from '../maths/grid.ts'
import { Purpose } from '../maths/rng.ts'
import { erfc } from '../maths/special.ts'
import { quadraticEnergy } from './analytic.ts'
import { barrierLevel } from './barriers/levels.ts'
import { fieldValue } from './fieldReading.ts'
import { isAllowed } from './barriers/ways.ts'
import type { EnergyField } from './energyField.ts'
import type { Barrier } from './barriers/registry.ts'
import { tabulateEnergy } from './energyGrid.ts'
import { gibbs, gibbsSampler, visitGibbs } from './gibbs.ts'

const box: Box = { halfWidth: 4, cells: 64 }

function quadratic(a: number, b: number, barriers: readonly Barrier[], on = box): EnergyField {
  const energy = quadraticEnergy(
    [0, 0],
    [
      [a, 0],
      [0, b],
    ],
  )
  return { grid: tabulateEnergy(on, energy), barriers }
}

function flat(barriers: readonly Barrier[]): EnergyField {
  return { grid: tabulateEnergy(box, (_x, _y, out) => out.fill(0)), barriers }
}

/** Mass of N(0, s²) between −4 and 4 above u. */
function above(u: number, s: number): number {
  return 0.5 * (erfc(u / (s * Math.SQRT2)) - erfc(4 / (s * Math.SQRT2)))
}

describe('log Z with hard walls', () => {
  it.each([-0.513, 0, 0.071, 0.9])(
    'of a Gaussian in the half-plane x > %d: closed form',
    (offset) => {
      const wall: Barrier = { kind: 'half-plane', normal: [2, 0], offset, strength: 0 }
      const g = gibbs(quadratic(1, 4, [wall]), 1)
      const full = log(Math.PI)
      expect(Math.abs(g.logZ - full - log(above(offset, 1)))).toBeLessThan(1.5e-4)
    },
  )

  it.each([
    [0, 0, 1],
    [0.313, -0.127, 0.71],
    [3.2, 3.9, 0.5],
  ])('of the box without a disc at (%d, %d) of radius %d', (x, y, radius) => {
    const disc: Barrier = { kind: 'disc', center: [x, y], radius, strength: 0 }
    const g = gibbs(flat([disc]), 1)
    // At (3.2, 3.9) the wall of the box cuts the disc at a chord .1 above its centre.
    const cap = radius * radius * Math.acos(0.1 / radius) - 0.1 * Math.sqrt(radius * radius - 0.01)
    const area = Math.PI * radius * radius - (y === 3.9 ? cap : 0)
    expect(Math.abs(exp(g.logZ) / (64 - area) - 1)).toBeLessThan(1e-4)
  })

  it('of the box without a star, by its area', () => {
    const points = Array.from({ length: 10 }, (_, k) => {
      const r = k % 2 === 0 ? 1.9 : 0.8
      return [
        r * Math.cos(0.31 + (k * Math.PI) / 5),
        r * Math.sin(0.31 + (k * Math.PI) / 5),
      ] as const
    })
    let area = 0
    points.forEach(([x, y], k) => {
      const [u, v] = points[(k + 1) % 10]!
      area += 0.5 * (x * v - y * u)
    })
    const g = gibbs(flat([{ kind: 'polygon', points, strength: 0 }]), 1)
    expect(Math.abs(exp(g.logZ) / (64 - area) - 1)).toBeLessThan(1e-4)
  })

  it('with two walls, and with a wall along the edges of cells', () => {
    const walls: Barrier[] = [
      { kind: 'half-plane', normal: [1, 0], offset: -0.25, strength: 0 },
      { kind: 'half-plane', normal: [0, -1], offset: -1.13, strength: 0 },
    ]
    const g = gibbs(quadratic(1, 1, walls), 1)
    const mass = above(-0.25, 1) * above(-1.13, 1)
    expect(Math.abs(g.logZ - log(2 * Math.PI * mass))).toBeLessThan(1e-4)
  })
})

describe('log Z with soft barriers', () => {
  it.each([0.05, 0.5, 1, 3])(
    'near a wall, ∫ e^(−V) h^μ: half-normal moments, μ = %d',
    (strength) => {
      // Deviation .1: all of it lies where the cap is the identity. E|x|^μ e^{…}: ∫₀ x^μ e^{−50x²} dx.
      const wall: Barrier = { kind: 'half-plane', normal: [1, 0], offset: 0, strength }
      const g = gibbs(quadratic(100, 100, [wall], { halfWidth: 4, cells: 128 }), 1)
      // Simpson in t = √x, smooth for every μ.
      const n = 4000
      let sum = 0
      for (let i = 0; i <= n; i++) {
        const t = i / n
        const weight = i === 0 || i === n ? 1 : i % 2 === 1 ? 4 : 2
        sum += weight * 2 * t ** (2 * strength + 1) * Math.exp(-50 * t ** 4)
      }
      const exact = log((sum / (3 * n)) * Math.sqrt(2 * Math.PI) * 0.1)
      expect(Math.abs(g.logZ - exact)).toBeLessThan(2e-4)
    },
  )

  it.each([
    [1, 0.1],
    [1, 0.02],
    [10, 0.1],
    [10, 0.05],
  ])('of strength %d at ε = %d, on cells that are hardly refined', (strength, epsilon) => {
    const wall: Barrier = { kind: 'half-plane', normal: [1, 0.5], offset: -0.8, strength }
    const field = quadratic(1, 1, [wall])
    // Smooth and gone at the wall: sums over points are right to rounding.
    const n = 600
    let sum = 0
    for (let k = 0; k < n * n; k++) {
      const [x, y] = [(8 * ((k % n) + 0.5)) / n - 4, (8 * (Math.floor(k / n) + 0.5)) / n - 4]
      sum += exp(-fieldValue(field, x, y) / epsilon)
    }
    const { logZ, refinement } = gibbs(field, epsilon)
    expect(Math.abs(logZ - log(sum * (8 / n) ** 2))).toBeLessThan(1e-5)
    expect(refinement).toBeLessThanOrEqual(4)
  })

  it('goes over into the hard wall as μ → 0', () => {
    const disc = (strength: number): Barrier => ({
      kind: 'disc',
      center: [0.3, 0.2],
      radius: 0.9,
      strength,
    })
    const hard = gibbs(flat([disc(0)]), 1).logZ
    expect(Math.abs(gibbs(flat([disc(1e-7)]), 1).logZ - hard)).toBeLessThan(1e-6)
  })
})

describe('the cells', () => {
  const disc: Barrier = { kind: 'disc', center: [0.313, -0.127], radius: 0.71, strength: 0.2 }
  const g = gibbs(quadratic(1, 2, [disc]), 0.7)
  const h = spacing(box)

  it('hold mass 1; those inside are closed, those outside open, with −∞ for closed', () => {
    let mass = 0
    for (let k = 0; k < g.density.length; k++) {
      mass += g.density[k]! * h * h
      const x = -4 + ((k % 64) + 0.5) * h
      const y = -4 + (Math.floor(k / 64) + 0.5) * h
      const level = Math.hypot(x - 0.313, y + 0.127) - 0.71
      expect(g.density[k] === 0).toBe(g.logDensity[k] === -Infinity)
      if (level < -h) expect(g.logDensity[k]).toBe(-Infinity)
      if (level > 0) expect(g.density[k]).toBeGreaterThan(0)
      expect(g.values[k] === Infinity).toBe(level <= 0)
    }
    expect(mass).toBeCloseTo(1, 12)
    let visited = 0
    visitGibbs(quadratic(1, 2, [disc]), g, (_x, _y, m) => (visited += m))
    expect(visited).toBeCloseTo(1, 12)
  })

  it('are refused where nothing is left of the box', () => {
    const closed: Barrier = { kind: 'disc', center: [0, 0], radius: 6, strength: 0.1 }
    expect(() => gibbs(flat([closed]), 1)).toThrow('The barriers leave no room in the box')
    expect(() => gibbsSampler(flat([closed]), 1)).toThrow(RangeError)
  })
})

describe('the exact sampler with barriers', () => {
  const wall: Barrier = { kind: 'half-plane', normal: [1, 0], offset: -0.3, strength: 0 }

  it('never draws where a barrier forbids, and follows the restricted Gaussian', () => {
    const n = 20000
    const xy = gibbsSampler(quadratic(1, 1, [wall]), 1).sample(
      { seed: 5, purpose: Purpose.probe },
      n,
    )
    const cells = new Float64Array(40)
    for (let i = 0; i < n; i++) {
      expect(xy[2 * i]!).toBeGreaterThan(-0.3)
      const u = 1 - above(xy[2 * i]!, 1) / above(-0.3, 1)
      cells[Math.floor(40 * u)]! += 1
    }
    let chi2 = 0
    for (const c of cells) chi2 += (c - n / 40) ** 2 / (n / 40)
    expect(chi2).toBeLessThan(39 + 4 * Math.sqrt(78))
  })

  it('agrees with the quadrature near a soft wall: E log h and the masses of cells', () => {
    const disc: Barrier = { kind: 'disc', center: [0.2, 0.1], radius: 0.6, strength: 0.4 }
    const field = quadratic(2, 3, [disc])
    const n = 20000
    const xy = gibbsSampler(field, 0.5).sample({ seed: 6, purpose: Purpose.probe }, n)
    let sum = 0
    let squares = 0
    for (let i = 0; i < n; i++) {
      expect(isAllowed(field, xy[2 * i]!, xy[2 * i + 1]!)).toBe(true)
      const l = Math.min(1, barrierLevel(disc, xy[2 * i]!, xy[2 * i + 1]!))
      sum += l / n
      squares += (l * l) / n
    }
    let mean = 0
    visitGibbs(field, gibbs(field, 0.5, { halfWidth: 4, cells: 256 }), (x, y, m) => {
      mean += m * Math.min(1, barrierLevel(disc, x, y))
    })
    expect(Math.abs(sum - mean)).toBeLessThan(4 * Math.sqrt((squares - sum * sum) / n) + 2e-4)
  })

  it('ends where the pit of the table is forbidden, at low temperature', () => {
    // All but a ring is closed: the deepest V allowed lies 100ε above the pit.
    const pit: Barrier = { kind: 'disc', center: [0, 0], radius: 1, strength: 0 }
    const field = quadratic(2, 2, [pit])
    const xy = gibbsSampler(field, 0.01).sample({ seed: 7, purpose: Purpose.probe }, 2000)
    let mean = 0
    for (let i = 0; i < 2000; i++) {
      const r2 = xy[2 * i]! ** 2 + xy[2 * i + 1]! ** 2
      expect(r2).toBeGreaterThan(1)
      mean += r2 / 2000
    }
    // V = r², so r² − 1 is exponential of mean ε.
    expect(Math.abs(mean - 1.01)).toBeLessThan((4 * 0.01) / Math.sqrt(2000))
    const g = gibbs(field, 0.01)
    // The layer at the wall is 1/200 thick; midpoints of squares δ err by (200δ)²/24.
    const delta = spacing(box) / g.refinement
    expect(g.refinement).toBe(128)
    expect(Math.abs(g.logZ - log(Math.PI * 0.01 * Math.exp(-100)))).toBeLessThan(
      (1.1 * (200 * delta) ** 2) / 24,
    )
  })

  it('ends in a narrow channel between strong barriers', () => {
    const channel: Barrier[] = [
      { kind: 'half-plane', normal: [1, 0], offset: -0.25, strength: 2 },
      { kind: 'half-plane', normal: [-1, 0], offset: -0.25, strength: 2 },
    ]
    const xy = gibbsSampler(quadratic(1, 1, channel), 0.02).sample(
      { seed: 8, purpose: Purpose.probe },
      2000,
    )
    let mean = 0
    for (let i = 0; i < 4000; i += 2) mean += (xy[i]! * xy[i]!) / 2000
    // (1/16 − x²)^100 e^(−25x²): nearly Gaussian, 1/(2·1650).
    expect(mean).toBeGreaterThan(0.00025)
    expect(mean).toBeLessThan(0.00035)
  })
})
