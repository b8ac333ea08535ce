import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quadraticEnergy } from '../../fields/analytic.ts'
import type { Barrier } from '../../fields/barriers/registry.ts'
import { type EnergyFunction, readValue } from '../../fields/energyGrid.ts'
import { type Gibbs, gibbs } from '../../fields/gibbs.ts'
import { spacing } from '../../maths/grid.ts'
import { finish } from '../../maths/pieces.ts'
import { fokkerPlanckOf } from '../laws/fokkerPlanck.ts'
import {
  fieldOf,
  gapOnLine,
  landscapeField,
  landscapes,
  mixture as sharedMixture,
  quarticWell,
  ringOfEight,
  twoWells,
} from '../landscapes.testing.ts'
import { logSobolevEstimate, logSobolevLowerBound, twoStateFactor } from './logSobolev.ts'
import { extrapolatedGap, furtherModes, gapOnGrids, spectralGap } from './spectrum.ts'

const ou = quadraticEnergy(
  [0, 0],
  [
    [2, 0.8],
    [0.8, 1],
  ],
)

/** π on n² cells whose centres are nodes of the table, so that the values there are exact. */
function lawOf(energy: EnergyFunction, epsilon: number, halfWidth: number, cells: number): Gibbs {
  const table = fieldOf(energy, { halfWidth, cells: 2 * cells })
  return gibbs(table, epsilon, { halfWidth, cells })
}

function gapOf(energy: EnergyFunction, epsilon: number, halfWidth: number, cells: number): number {
  const gap = spectralGap(lawOf(energy, epsilon, halfWidth, cells))
  expect(gap.converged).toBe(true)
  return gap.value
}

/** The gap of the continuum from those on two grids. */
function continuum(coarse: number, fine: number): number {
  return extrapolatedGap({ value: coarse, lost: false }, { value: fine, lost: false }).value
}

/** Two Gaussians of deviation ½ at (±1, 0) with masses w and 1 − w, ε = 1. */
const mixture =
  (w: number): EnergyFunction =>
  (x, y, out) => {
    const a = w * Math.exp(-2 * (x - 1) ** 2)
    const b = (1 - w) * Math.exp(-2 * (x + 1) ** 2)
    out[0] = -Math.log(a + b) + 2 * y * y
    out[1] = (4 * (x - 1) * a + 4 * (x + 1) * b) / (a + b)
    out[2] = 4 * y
  }

describe('spectral gap', () => {
  // Sparse eigenvalues of the same generator by an independent program, absolute accuracy 1e-6.
  it.each([
    ['OU_A', 48, ou, 0.5, 4, 0.5503077736],
    ['OU_A', 96, ou, 0.5, 4, 0.5550474798],
    ['OU_A', 128, ou, 0.5, 4, 0.555742205],
    ['OU_A', 192, ou, 0.5, 4, 0.5562389887],
    ['two wells', 48, twoWells, 1, 4, 0.4787345952],
    ['two wells', 96, twoWells, 1, 4, 0.4768948225],
    ['two wells', 128, twoWells, 1, 4, 0.4766179105],
    ['two wells', 192, twoWells, 1, 4, 0.4764187422],
    ['quartic well', 48, quarticWell, 0.25, 2.5, 0.0301100744],
    ['quartic well', 96, quarticWell, 0.25, 2.5, 0.0298622021],
    ['quartic well', 128, quarticWell, 0.25, 2.5, 0.0298260596],
    ['quartic well', 192, quarticWell, 0.25, 2.5, 0.0298002446],
    ['ring of eight', 96, ringOfEight, 1, 4, 0.1901897],
    ['ring of eight', 128, ringOfEight, 1, 4, 0.1901127],
    ['ring of eight', 192, ringOfEight, 1, 4, 0.1900562],
  ] as const)('%s on %d² cells', (_, cells, energy, epsilon, halfWidth, wanted) => {
    expect(Math.abs(gapOf(energy, epsilon, halfWidth, cells) - wanted)).toBeLessThan(1e-6)
  })

  it('converges to the continuum at second order, and faster extrapolated', () => {
    // Continuum: exact for OU; spectral collocation in one dimension, absolute accuracy 2e-9, for the wells.
    for (const [energy, epsilon, halfWidth, exact, digits] of [
      [ou, 0.5, 4, 0.5566018867943396, 2e-4],
      [twoWells, 1, 4, 0.47625857786483167, 1e-4],
      [quarticWell, 0.25, 2.5, 0.029779593309870733, 1e-4],
    ] as const) {
      const coarse = gapOf(energy, epsilon, halfWidth, 48)
      const fine = gapOf(energy, epsilon, halfWidth, 96)
      const ratio = (coarse - exact) / (fine - exact)
      expect(ratio).toBeGreaterThan(3.7)
      expect(ratio).toBeLessThan(4.3)
      expect(Math.abs(continuum(coarse, fine) / exact - 1)).toBeLessThan(digits)
    }
  })

  it.each([
    // Origin as above; the ring of eight by a Fourier method, 3e-9.
    ['the quartic well, ε = 1', quarticWell, 1, 2.75, 0.7486816723491488, 1e-4],
    ['the quartic well, ε = .5', quarticWell, 0.5, 2.5, 0.22727330100838938, 1e-4],
    ['the quartic well, ε = .15, metastable', quarticWell, 0.15, 2.25, 0.0021427937482181763, 1e-3],
    ['the ring of eight, a degenerate pair', ringOfEight, 1, 4, 0.1900100202489542, 1e-4],
  ] as const)(
    'extrapolates to the continuum: %s',
    (_, energy, epsilon, halfWidth, exact, digits) => {
      const gap = continuum(
        gapOf(energy, epsilon, halfWidth, 64),
        gapOf(energy, epsilon, halfWidth, 128),
      )
      expect(Math.abs(gap / exact - 1)).toBeLessThan(digits)
    },
  )

  it.each([0.1, 0.125, 0.15, 0.2])(
    'of two wells of deviation %f, however rarely one is left',
    (deviation) => {
      // On a line: to leave a well of mass m takes ∫ dx/π between the wells, and the rate is 1/(m(1 − m) ∫).
      let across = 0
      const n = 4000
      const p = (x: number) =>
        Math.exp(-(x * x) / (2 * deviation ** 2)) / (2 * deviation * Math.sqrt(2 * Math.PI))
      for (let i = 0; i < n; i++) {
        const x = (2 * (i + 0.5)) / n - 1
        across += 2 / n / (p(x - 1) + p(x + 1))
      }
      const energy = sharedMixture(
        [
          [0.5, -1, 0],
          [0.5, 1, 0],
        ],
        deviation ** 2,
      )
      const [coarse, fine] = [64, 128].map((cells) => gapOf(energy, 1, 2.5, cells))
      const error = (gap: number) => Math.abs(Math.log(gap * 0.25 * across))
      // The table of the narrower wells is itself off by a part of V's rise between them.
      expect(error(fine!)).toBeLessThan(0.4 * error(coarse!))
      expect(error(fine!)).toBeLessThan(0.01 / deviation ** 2)
    },
  )

  it.each(
    [0.05, 0.1, 0.2, 0.5].flatMap((variance) =>
      [1, 2, 3].map((distance) => [variance, distance] as const),
    ),
  )('of wells of variance %f at ±%d: within its error, or said to be rough', (variance, at) => {
    const energy = sharedMixture(
      [
        [0.5, -at, 0],
        [0.5, at, 0],
      ],
      variance,
    )
    for (const cells of [32, 64, 100, 128]) {
      const field = fieldOf(energy, { halfWidth: 4, cells })
      const { gap } = finish(gapOnGrids(field, gibbs(field, 1), [1, 0, 1]))
      const truth = gapOnLine((x) => readValue(field.grid, x, 0), 4)
      const where = [cells, gap, truth]
      expect([Math.abs(gap.value - truth) <= gap.error, where]).toEqual([true, where])
      if (gap.resolved) expect(Math.abs(gap.value - truth)).toBeLessThan(0.06 * truth)
      else expect(gap.error).toBeGreaterThanOrEqual(gap.value)
      if (cells % 64 === 0 && truth > 1e-20) expect([gap.resolved, where]).toEqual([true, where])
    }
  })

  describe('beside hard walls, ε = .7: within its error, however they cut the cells', () => {
    const epsilon = 0.7
    const halfWidth = 4
    const found = (energy: EnergyFunction, barriers: readonly Barrier[], cells: number) => {
      const field = { ...fieldOf(energy, { halfWidth, cells }), barriers }
      return finish(gapOnGrids(field, gibbs(field, epsilon), [1, 0, 1])).gap
    }
    const check = (energy: EnergyFunction, barriers: readonly Barrier[], truth: number) => {
      for (const cells of [64, 77]) {
        const gap = found(energy, barriers, cells)
        const where = [cells, gap, truth]
        expect([Math.abs(gap.value - truth) <= gap.error, where]).toEqual([true, where])
        expect([gap.resolved && gap.error < 0.15 * truth, where]).toEqual([true, where])
        expect([Math.abs(gap.value - truth) < 0.015 * truth, where]).toEqual([true, where])
      }
    }
    const wall = (angle: number, offset: number): Barrier => ({
      kind: 'half-plane',
      normal: [Math.cos(angle), Math.sin(angle)],
      offset,
      strength: 0,
    })
    const walls = [
      [0, 0],
      [0, 0.037],
      [0.3, -0.41],
      [Math.PI / 4, 0],
      [1.2, 0.6],
    ] as const

    it.each(walls)(
      'half-plane at angle %f, offset %f, the mode along the wall',
      (angle, offset) => {
        // Of a round quadratic: along the wall the law is Gaussian, across it log-concave beyond that.
        const round = quadraticEnergy(
          [0, 0],
          [
            [1, 0],
            [0, 1],
          ],
        )
        check(round, [wall(angle, offset)], 1)
      },
    )

    it.each(walls)('half-plane at angle %f, offset %f, the mode across it', (angle, offset) => {
      // Curvature 1 along the normal, 5 along the wall: the gap of the line beyond the wall.
      const [c, s] = [Math.cos(angle), Math.sin(angle)]
      const energy = quadraticEnergy(
        [0, 0],
        [
          [1 + 4 * s * s, -4 * c * s],
          [-4 * c * s, 1 + 4 * c * c],
        ],
      )
      const [middle, half] = [0.5 * (halfWidth + offset), 0.5 * (halfWidth - offset)]
      const truth = epsilon * gapOnLine((x) => (middle + x) ** 2 / (2 * epsilon), half)
      check(energy, [wall(angle, offset)], truth)
    })

    it.each([
      // Outside a disc about the centre of a round quadratic f = g(r) cos φ: finite volumes in r, absolute accuracy 1e-7.
      [0.33, 0, 0, 0.8465474],
      [0.33, 0.131, -0.213, 0.8465474],
      [0.5, 0.02, 0.11, 0.6954364],
      [1.1, 0.131, -0.213, 0.3248907],
    ] as const)('disc of radius %f about (%f, %f)', (radius, x, y, truth) => {
      const energy = quadraticEnergy(
        [x, y],
        [
          [1, 0],
          [0, 1],
        ],
      )
      check(energy, [{ kind: 'disc', center: [x, y], radius, strength: 0 }], truth)
    })

    it('disc off the centre', () => {
      // Two-dimensional finite volumes on 301² to 799² cells of a box of half width 5 agree on .8457 within .0005.
      const energy = quadraticEnergy(
        [0.3, -0.2],
        [
          [1, 0],
          [0, 2],
        ],
      )
      check(energy, [{ kind: 'disc', center: [0.7, 0.2], radius: 0.33, strength: 0 }], 0.846)
    })

    it('and as without them where they cut next to no mass', () => {
      const free = found(ou, [], 64)
      const walled = found(ou, [wall(0.3, -3.8)], 64)
      expect(Math.abs(walled.value - free.value)).toBeLessThan(1e-4)
      // With a barrier the density of a cell is its mean over at least 2² midpoints, which moves the error by O(h²).
      expect(walled.error).toBeLessThan(1.2 * free.error)
    })
  })

  it('of preconditioned dynamics on a quadratic: the smallest eigenvalue of PA', () => {
    // A = [[2, .8], [.8, 1]]. P = A⁻¹ makes every direction relax at rate 1.
    const inverse = [1 / 1.36, -0.8 / 1.36, 2 / 1.36] as const
    for (const [metric, exact] of [
      [[0.5, 0, 1], 1 - Math.sqrt(0.32)],
      [inverse, 1],
    ] as const) {
      const [coarse, fine] = [48, 96].map((cells) => {
        const gap = spectralGap(lawOf(ou, 0.5, 4, cells), { metric })
        expect(gap.converged).toBe(true)
        return gap.value
      })
      expect(Math.abs(continuum(coarse!, fine!) / exact - 1)).toBeLessThan(1e-3)
    }
  })

  it('on random landscapes: normalised, and its mode dies out at that rate', () => {
    fc.assert(
      fc.property(landscapes, (landscape) => {
        const pi = gibbs(landscapeField(landscape), landscape.epsilon)
        const { value, mode, converged } = spectralGap(pi, { tolerance: 1e-6 })
        expect(converged).toBe(true)
        const area = spacing(pi.box) ** 2
        const mean = (f: (k: number) => number): number =>
          pi.density.reduce((sum, p, k) => sum + p * area * f(k), 0)
        expect(Math.abs(mean((k) => mode[k]!))).toBeLessThan(1e-8)
        expect(Math.abs(mean((k) => mode[k]! ** 2) - 1)).toBeLessThan(1e-8)
        // ρ = π(1 + c f) stays of that form; a step of Crank–Nicolson multiplies c by 1 − λdt to first order.
        const solver = fokkerPlanckOf(pi)
        const density = pi.density.map((p, k) => p * (1 + 1e-3 * mode[k]!))
        const dt = solver.stepLimit / 50
        for (let i = 0; i < 10; i++) solver.step(density, dt)
        const left = 1e3 * density.reduce((sum, p, k) => sum + p * area * mode[k]!, 0)
        expect(Math.abs(-Math.log(left) / (10 * dt * value) - 1)).toBeLessThan(2e-2)
      }),
      { numRuns: 12, seed: 6, endOnFailure: true },
    )
  })

  it('no simple function has a smaller Rayleigh quotient', () => {
    fc.assert(
      fc.property(
        landscapes,
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 }),
        (landscape, c) => {
          const pi = gibbs(landscapeField(landscape), landscape.epsilon)
          const { cells, halfWidth } = pi.box
          const h = spacing(pi.box)
          const f = pi.density.map((_, k) => {
            const x = ((k % cells) + 0.5) * h - halfWidth
            const y = (Math.floor(k / cells) + 0.5) * h - halfWidth
            return (
              c[0]! * x +
              c[1]! * y +
              c[2]! * x * x +
              c[3]! * x * y +
              c[4]! * y * y +
              c[5]! * Math.sin(3 * x - y)
            )
          })
          const area = h * h
          const m1 = pi.density.reduce((s, p, k) => s + p * area * f[k]!, 0)
          const variance = pi.density.reduce((s, p, k) => s + p * area * (f[k]! - m1) ** 2, 0)
          // Continuum Dirichlet form by central differences: agrees with the grid's to a few per cent.
          let energy = 0
          f.forEach((value, k) => {
            for (const stride of [1, cells]) {
              const inside = stride === 1 ? k % cells < cells - 1 : k < cells * (cells - 1)
              if (!inside) continue
              const p = Math.sqrt(pi.density[k]! * pi.density[k + stride]!)
              energy += landscape.epsilon * p * (f[k + stride]! - value) ** 2
            }
          })
          if (variance < 1e-9) return
          expect(spectralGap(pi).value).toBeLessThan((1.1 * energy) / variance)
        },
      ),
      { numRuns: 15, seed: 7, endOnFailure: true },
    )
  })
})

describe('log-Sobolev rate', () => {
  it('two-state factor: 1 at ½, smooth across its series, 2/log(1/θ) far out', () => {
    expect(twoStateFactor(0.5)).toBe(1)
    expect(Math.abs(twoStateFactor(0.4995 - 1e-9) - twoStateFactor(0.4995 + 1e-9))).toBeLessThan(
      1e-11,
    )
    expect(twoStateFactor(0.2)).toBeCloseTo(1.2 / Math.log(4), 14)
    expect(twoStateFactor(1e-9) * Math.log(1e9)).toBeCloseTo(2, 6)
    expect(twoStateFactor(0.3)).toBeCloseTo(twoStateFactor(0.7), 14)
  })

  // The 1-D program of the gaps: spectral gap and minimised ε I/(2 KL), both over ε, and the two-state factor of
  // the mass beyond x = 0. Its own grid leaves a relative 2e-5.
  const tilted: EnergyFunction = (x, y, out) => {
    quarticWell(x, y, out)
    out[0]! += 0.2 * x
    out[1]! += 0.2
  }
  const bowl = quadraticEnergy(
    [0, 0],
    [
      [1, 0],
      [0, 3],
    ],
  )
  it.each([
    ['a Gaussian', bowl, 1, 5, 1.0000000663485287, 1.0000000666297901, 0.9999995225349781],
    ['two wells', twoWells, 1, 4, 0.4762481031667549, 0.4762480056231902, 0.999999984453567],
    [
      'masses .2, .8',
      mixture(0.2),
      1,
      4,
      0.5694634103606145,
      0.49079815651631775,
      0.878903997677918,
    ],
    [
      'masses .05, .95',
      mixture(0.05),
      1,
      4,
      0.8979020636989437,
      0.5384048012452751,
      0.6658233425119666,
    ],
    [
      'quartic',
      quarticWell,
      0.25,
      2.5,
      0.11911780749541277,
      0.11911780621408488,
      0.9999999998527692,
    ],
    [
      'tilted quartic',
      tilted,
      0.25,
      2.5,
      0.14902785353446477,
      0.12636201142425535,
      0.8483770070213283,
    ],
  ] as const)(
    '%s: the gap, the estimate of λ within 2 %, the factor',
    (_, energy, epsilon, halfWidth, gap, rate, factor) => {
      const [coarse, fine] = [48, 96].map((cells) => lawOf(energy, epsilon, halfWidth, cells))
      const [first, second] = [spectralGap(coarse!), spectralGap(fine!)]
      expect(Math.abs(continuum(first.value, second.value) / (epsilon * gap) - 1)).toBeLessThan(
        1e-4,
      )
      const estimate = logSobolevEstimate(fine!, [second])
      expect(estimate.status).toBe('estimate')
      expect(Math.abs(estimate.value / (epsilon * rate) - 1)).toBeLessThan(0.02)
      const area = spacing(fine!.box) ** 2
      const beyond = fine!.density.reduce((sum, p, k) => sum + (k % 96 < 48 ? 0 : p * area), 0)
      expect(Math.abs(twoStateFactor(beyond) / factor - 1)).toBeLessThan(1e-3)
    },
  )

  it('is the gap for a Gaussian', () => {
    const pi = lawOf(ou, 0.5, 4, 64)
    const gap = spectralGap(pi)
    expect(logSobolevEstimate(pi, [gap]).factor).toBeCloseTo(1, 6)
  })

  it('lower bounds: Bakry–Émery is sharp for a quadratic', () => {
    const bound = logSobolevLowerBound(fieldOf(ou, { halfWidth: 4, cells: 64 }), 0.5)!
    expect(bound.method).toBe('bakry-emery')
    expect(bound.value).toBeCloseTo(0.5566018867943396, 8)
  })

  it('lower bounds: Holley–Stroock for two wells is 4/cosh(4·halfWidth)', () => {
    // V less the quadratic of curvature 4 is −log cosh 4x.
    const bound = logSobolevLowerBound(fieldOf(twoWells, { halfWidth: 3, cells: 96 }), 1)!
    expect(bound.method).toBe('holley-stroock')
    expect(bound.value / (4 / Math.cosh(12))).toBeGreaterThan(0.999)
    expect(bound.value / (4 / Math.cosh(12))).toBeLessThan(1.02)
  })

  it('lower bounds: the uniform law has ε(π/side)², which its gap attains', () => {
    const flat = fieldOf((_x, _y, out) => out.fill(0), { halfWidth: 1.5, cells: 64 })
    const bound = logSobolevLowerBound(flat, 0.7)!
    expect(bound.method).toBe('holley-stroock-uniform')
    expect(bound.value).toBeCloseTo(0.7 * (Math.PI / 3) ** 2, 12)
    expect(spectralGap(gibbs(flat, 0.7)).value / bound.value).toBeCloseTo(1, 3)
  })

  it('lower bounds never exceed the gap, on random landscapes', () => {
    fc.assert(
      fc.property(landscapes, (landscape) => {
        const field = landscapeField(landscape)
        const gap = spectralGap(gibbs(field, landscape.epsilon))
        // The grid's gap is O(h²) off.
        expect(logSobolevLowerBound(field, landscape.epsilon)!.value).toBeLessThan(1.1 * gap.value)
      }),
      { numRuns: 15, seed: 8, endOnFailure: true },
    )
  })

  it('gives no bound where a barrier makes V infinite', () => {
    const barriers = [{ kind: 'half-plane', normal: [1, 0], offset: 0, strength: 1 }] as const
    expect(
      logSobolevLowerBound({ ...fieldOf(ou, { halfWidth: 4, cells: 32 }), barriers }, 1),
    ).toBeNull()
  })
})

describe('the modes after the slowest', () => {
  it.each([
    [
      [
        [4, 1],
        [1, 1],
      ],
      [0.3, -0.1, 0.9],
      0.5,
    ],
    [
      [
        [1, 0],
        [0, 1],
      ],
      [1, 0, 1],
      0.5,
    ],
    [
      [
        [3, -1],
        [-1, 2],
      ],
      [0.5, 0.2, 0.7],
      0.2,
    ],
  ] as const)(
    'are none of them slower than it: %j in the metric %j at ε = %f',
    (a, metric, epsilon) => {
      const field = fieldOf(quadraticEnergy([0, 0.1], a), { halfWidth: 5, cells: 96 })
      const pi = gibbs(field, epsilon, { halfWidth: 5, cells: 48 })
      const slowest = spectralGap(pi, { metric })
      // As long as asked for: the estimate is never below what a further mode could still decide.
      const modes = [...furtherModes(pi, metric, [slowest], () => Infinity)]
      expect(modes.length).toBeGreaterThan(8)
      for (const { value, converged } of modes) {
        expect(converged).toBe(true)
        expect(value).toBeGreaterThan(slowest.value * (1 - 1e-6))
      }
      // λ of a Gaussian is its gap.
      const { value } = logSobolevEstimate(pi, [slowest, ...modes])
      expect(value / slowest.value).toBeGreaterThan(0.97)
    },
  )
})
