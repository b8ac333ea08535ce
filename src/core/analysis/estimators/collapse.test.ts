import { describe, expect, it } from 'vitest'
import { energyOfDensity, quadraticEnergy } from '../../fields/analytic.ts'
import type { EnergyField } from '../../fields/energyField.ts'
import { type EnergyFunction, readJet, tabulateEnergy } from '../../fields/energyGrid.ts'
import { gibbs } from '../../fields/gibbs.ts'
import { createTransition, type Transition } from '../../fields/transition.ts'
import { log } from '../../maths/elementary.ts'
import { Purpose } from '../../maths/rng.ts'
import { gradientFlow } from '../../samplers/gradientFlow.ts'
import { type Cloud, createCloud } from '../../samplers/sampler.ts'
import type { TargetId } from '../../targets/ids.ts'
import { targetKind } from '../../targets/registry.ts'
import { bestStep, findBasins } from './collapse.ts'
import { energyBalance } from './energyBalance.ts'
import type { Collapse } from '../curves.ts'
import { initialLaw } from '../laws/initialLaw.ts'
import { ringOfEight, twoWells } from '../landscapes.testing.ts'
import { transportKl } from './transportKl.ts'

const IDENTITY = [
  [1, 0],
  [0, 1],
] as const
const key = { seed: 5, purpose: Purpose.dynamics }

function fieldOf(energy: EnergyFunction, halfWidth = 4, cells = 128): EnergyField {
  return { grid: tabulateEnergy({ halfWidth, cells }, energy), barriers: [] }
}

function exactEnergy(id: TargetId): EnergyFunction {
  const kind = targetKind(id)
  return energyOfDensity(kind.build(kind.defaultSharpness).density!)
}

function plain(stepSize: number, epsilon = 1): Transition {
  return createTransition({ stepSize, epsilon, skew: 0, preconditioner: IDENTITY })
}

function basinsOf(
  xy: Float64Array,
  field: EnergyField,
  transition: Transition,
): Pick<Collapse, 'basins' | 'slope'> {
  const search = findBasins(xy, field, transition)
  for (;;) {
    const next = search.next()
    if (next.done === true) return next.value
  }
}

function startOf(field: EnergyField, particles: number): Cloud {
  const kind = {
    kind: 'gaussian',
    mean: [0.3, -0.2],
    covariance: [
      [2, 0.4],
      [0.4, 1],
    ],
  } as const
  const law = initialLaw(kind, { field, gibbs: gibbs(field, 1), target: null })
  const xy = law.sample(particles, 9)
  const logDensity = Float64Array.from({ length: particles }, (_, i) =>
    law.logDensity!(xy[2 * i]!, xy[2 * i + 1]!),
  )
  return createCloud(xy, logDensity)
}

describe('the late slope of the exact-transport KL', () => {
  const cases: readonly (readonly [string, EnergyFunction, number, number, number])[] = [
    // name, energy, η, steps, wells; the basins are found from half-way, the slope measured at the end.
    ['eight Gaussians', exactEnergy('eight-gaussians'), 0.005, 1200, 8],
    ['two Gaussians', exactEnergy('two-gaussians'), 0.01, 1500, 2],
    ['three Gaussians', exactEnergy('three-gaussians'), 0.005, 1500, 3],
    ['GM2', twoWells, 0.02, 600, 2],
    ['RING8', ringOfEight, 0.01, 500, 8],
  ]
  it.each(cases)('is Σ p_i growth_i: %s', (_name, energy, eta, steps, wells) => {
    const field = fieldOf(energy)
    const pi = gibbs(field, 1)
    const t = plain(eta)
    const cloud = startOf(field, 500)
    let found = basinsOf(cloud.xy, field, t)
    const kl: number[] = []
    for (let k = 1; k <= steps; k++) {
      gradientFlow.step(cloud, field, t, key, k)
      if (k === steps / 2) found = basinsOf(cloud.xy, field, t)
      if (k > steps - 20) kl.push(transportKl(cloud.xy, cloud.logDensity!, field, 1, pi.logZ).value)
    }
    const measured = (kl.at(-1)! - kl[0]!) / (kl.length - 1)
    expect(found.basins).toHaveLength(wells)
    expect(found.basins.reduce((sum, { mass }) => sum + mass, 0)).toBeCloseTo(1, 12)
    expect(Math.abs(measured / found.slope! - 1)).toBeLessThan(1e-4)
    // The continuous rate is that of the minima, too.
    const rate = found.basins.reduce((sum, { mass, laplacian }) => sum + mass * laplacian, 0)
    expect(Math.abs(energyBalance(cloud.xy, field, t).rate.value / rate - 1)).toBeLessThan(1e-4)
  })

  it('does not depend on when the basins are looked for', () => {
    const field = fieldOf(ringOfEight)
    const t = plain(0.01)
    const cloud = startOf(field, 2000)
    const early = basinsOf(cloud.xy, field, t)
    for (let k = 1; k <= 200; k++) gradientFlow.step(cloud, field, t, key, k)
    const late = basinsOf(cloud.xy, field, t)
    expect(Math.abs(early.slope! / late.slope! - 1)).toBeLessThan(1e-3)
    const nearest = (at: readonly [number, number]): number =>
      early.basins.find((basin) => Math.hypot(basin.at[0] - at[0], basin.at[1] - at[1]) < 1e-6)!
        .mass
    for (const { at, mass } of late.basins) expect(Math.abs(nearest(at) - mass)).toBeLessThan(0.01)
  })

  it('knows RING8: slope 16.3046 of the flow, −2 log(1 − .0815 …) of the map (reference)', () => {
    const field = fieldOf(ringOfEight)
    const t = plain(0.01)
    const { basins, slope } = basinsOf(startOf(field, 2000).xy, field, t)
    expect(basins.reduce((sum, b) => sum + b.mass * b.laplacian, 0)).toBeCloseTo(16.3046, 2)
    expect(100 * slope!).toBeCloseTo(17.0077, 2)
  })

  it('in a quadratic is −log det(I − ηDA), with preconditioner and skew', () => {
    const field = fieldOf(
      quadraticEnergy(
        [0.31, -0.2],
        [
          [2, 0.8],
          [0.8, 1],
        ],
      ),
    )
    const t = createTransition({
      stepSize: 0.1,
      epsilon: 0.5,
      skew: 0.7,
      preconditioner: [
        [1.2, 0.3],
        [0.3, 0.7],
      ],
    })
    const [d11, d12, d21, d22] = t.drift
    const det =
      (1 - d11 * 2 - d12 * 0.8) * (1 - d21 * 0.8 - d22) - (d11 * 0.8 + d12) * (d21 * 2 + d22 * 0.8)
    const { basins, slope } = basinsOf(startOf(field, 300).xy, field, t)
    expect(basins).toHaveLength(1)
    expect(basins[0]!.at[0]).toBeCloseTo(0.31, 9)
    expect(basins[0]!.at[1]).toBeCloseTo(-0.2, 9)
    expect(slope).toBeCloseTo(-log(det), 9)
  })

  it('is not claimed where the step is too large for the minimum', () => {
    const field = fieldOf(quadraticEnergy([0, 0], IDENTITY))
    const cloud = startOf(field, 5)
    expect(basinsOf(cloud.xy, field, plain(0.9)).slope).toBeCloseTo(-2 * log(0.1), 8)
    const steep = fieldOf(
      quadraticEnergy(
        [0, 0],
        [
          [3, 0],
          [0, 1],
        ],
      ),
    )
    const { basins, slope } = basinsOf(cloud.xy, steep, plain(0.9))
    expect(basins).toEqual([])
    expect(slope).toBeNull()
  })

  it('is not claimed at the walls nor on a saddle', () => {
    const slope = fieldOf(
      (x, y, out) => {
        out[0] = x + 0.5 * y * y
        out[1] = 1
        out[2] = y
      },
      1,
      32,
    )
    expect(basinsOf(new Float64Array([0.2, 0.3]), slope, plain(0.05)).slope).toBeNull()
    const field = fieldOf(twoWells)
    const half = basinsOf(new Float64Array([0, 0.7, 0.4, 0.3]), field, plain(0.02))
    expect(half.slope).toBeNull()
    expect(half.basins.map(({ mass }) => mass)).toEqual([0.5])
  })

  it('counts the curvature of a barrier, and ends at none behind a hard wall', () => {
    // V = ½(x² + 2y²) − μ log(x − ½) near the wall: x(x − ½) = μ, V_xx = 1 + μ/(x − ½)² at the minimum.
    const { grid } = fieldOf(
      quadraticEnergy(
        [0, 0],
        [
          [1, 0],
          [0, 2],
        ],
      ),
    )
    const wall = { kind: 'half-plane', normal: [1, 0], offset: 0.5 } as const
    const xy = new Float64Array([1.2, 0.4, 0.8, -0.7, 2, 0.1])
    const soft = basinsOf(xy, { grid, barriers: [{ ...wall, strength: 0.1 }] }, plain(0.02))
    const x = 0.25 + Math.sqrt(0.0625 + 0.1)
    const bend = 1 + 0.1 / (x - 0.5) ** 2
    expect(soft.basins).toHaveLength(1)
    expect(soft.basins[0]!.at[0]).toBeCloseTo(x, 9)
    expect(soft.basins[0]!.laplacian).toBeCloseTo(bend + 2, 6)
    expect(soft.slope).toBeCloseTo(-log((1 - 0.02 * bend) * (1 - 0.04)), 8)
    const hard = basinsOf(xy, { grid, barriers: [{ ...wall, strength: 0 }] }, plain(0.02))
    expect(hard).toEqual({ basins: [], slope: null })
  })

  it('finds a minimum on an edge of cells, and takes the mean of its sides', () => {
    // V_xx is 2 on the left of x = 0 and 6 on the right: a node line.
    const field = fieldOf(
      (x, y, out) => {
        const a = x < 0 ? 1 : 3
        out[0] = a * x * x + y * y
        out[1] = 2 * a * x
        out[2] = 2 * y
      },
      4,
      32,
    )
    const jet = new Float64Array(6)
    readJet(field.grid, -1e-9, 0.1, jet)
    expect(jet[3]).toBeCloseTo(2, 6)
    readJet(field.grid, 1e-9, 0.1, jet)
    expect(jet[3]).toBeCloseTo(6, 6)
    const { basins } = basinsOf(new Float64Array([0.9, 0.8, -0.7, -1.2]), field, plain(0.05))
    expect(basins).toHaveLength(1)
    expect(Math.hypot(...basins[0]!.at)).toBeLessThan(1e-9)
    expect(basins[0]!.laplacian).toBeCloseTo(6, 5)
    expect(basins[0]!.growth).toBeCloseTo(-log(0.9) - 0.5 * (log(0.9) + log(0.7)), 6)
  })
})

describe('the rate S/ε', () => {
  it('is the derivative of the transport KL along the flow, with preconditioner and skew', () => {
    const field = fieldOf(ringOfEight)
    const pi = gibbs(field, 0.7)
    const eta = 1e-5
    const t = createTransition({
      stepSize: eta,
      epsilon: 0.7,
      skew: 1.3,
      preconditioner: [
        [1.2, 0.3],
        [0.3, 0.7],
      ],
    })
    const cloud = startOf(field, 400)
    const kl = (): number => transportKl(cloud.xy, cloud.logDensity!, field, 0.7, pi.logZ).value
    const before = kl()
    const rate = energyBalance(cloud.xy, field, t).rate.value
    gradientFlow.step(cloud, field, t, key, 1)
    const after = kl()
    const rateAfter = energyBalance(cloud.xy, field, t).rate.value
    // Trapezoid over one step of the map, which differs from the flow by O(η²).
    const mean = 0.5 * (rate + rateAfter)
    expect(Math.abs((after - before) / eta / mean - 1)).toBeLessThan(2e-3)
  })

  it('changes sign where the flow passes through π: t* = log(s²m/ε)/(2m)', () => {
    // N(0, 4 I) under V = |x|²/2: t* = log 4/2, KL 0 there, up to the error of the map and of the sample.
    const field = fieldOf(quadraticEnergy([0, 0], IDENTITY), 16)
    const pi = gibbs(field, 1)
    const eta = 0.01
    const t = plain(eta)
    const covariance = [
      [4, 0],
      [0, 4],
    ] as const
    const law = initialLaw(
      { kind: 'gaussian', mean: [0, 0], covariance },
      { field, gibbs: pi, target: null },
    )
    const n = 20000
    const xy = law.sample(n, 3)
    const cloud = createCloud(
      xy,
      Float64Array.from({ length: n }, (_, i) => law.logDensity!(xy[2 * i]!, xy[2 * i + 1]!)),
    )
    const kl: number[] = []
    const klRate: number[] = []
    for (let k = 0; k <= 120; k++) {
      if (k > 0) gradientFlow.step(cloud, field, t, key, k)
      kl.push(transportKl(cloud.xy, cloud.logDensity!, field, 1, pi.logZ).value)
      klRate.push(energyBalance(cloud.xy, field, t).rate.value)
    }
    const best = bestStep({ kl, klRate })!
    // S = 2 − E|x|², of relative standard error 1/√n: it moves the root by ½/√n in time, .35 steps.
    expect(Math.abs(best * eta - log(4) / 2)).toBeLessThan(0.02)
    expect(kl[best]!).toBeLessThan(0.02)
  })
})

describe('the best step', () => {
  it('is where S turned positive, 0 where it is so from the start, the lowest of several', () => {
    expect(bestStep({ kl: [2, 1, 1.5], klRate: [-1, 0, 1] })).toBe(2)
    expect(bestStep({ kl: [2, 3], klRate: [1, 2] })).toBe(0)
    expect(bestStep({ kl: [2, 1], klRate: [-2, -1] })).toBeNull()
    expect(bestStep({ kl: [2, 3, 1, 0.5, 4], klRate: [1, 1, -1, 2, 3] })).toBe(3)
    expect(bestStep({ kl: [2, 3, 2.6, 2.5, 4], klRate: [1, 1, -1, 2, 3] })).toBe(0)
  })

  it('passes over steps that were not evaluated, and takes the first where KL is not known', () => {
    expect(bestStep({ kl: [2, null, 1], klRate: [-1, null, 1] })).toBe(2)
    expect(bestStep({ kl: [null, null, null], klRate: [1, -1, 1] })).toBe(0)
  })
})
