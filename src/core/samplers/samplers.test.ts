import { describe, expect, it } from 'vitest'
import { quadraticEnergy } from '../fields/analytic.ts'
import type { EnergyField } from '../fields/energyField.ts'
import { tabulateEnergy } from '../fields/energyGrid.ts'
import { createTransition } from '../fields/transition.ts'
import { log } from '../maths/elementary.ts'
import { Purpose, Rng } from '../maths/rng.ts'
import { erf } from '../maths/special.ts'
import { gradientFlow } from './gradientFlow.ts'
import { langevin } from './langevin.ts'
import { SAMPLERS } from './registry.ts'
import { createCloud } from './sampler.ts'

const identity = [
  [1, 0],
  [0, 1],
] as const
const key = { seed: 21, purpose: Purpose.dynamics }
const quadratic: EnergyField = {
  grid: tabulateEnergy(
    { halfWidth: 10, cells: 64 },
    quadraticEnergy(
      [0.3, -0.2],
      [
        [2, 0.8],
        [0.8, 1],
      ],
    ),
  ),
  barriers: [],
}
const flat: EnergyField = {
  grid: tabulateEnergy({ halfWidth: 1, cells: 32 }, (_x, _y, out) => out.fill(0)),
  barriers: [],
}

function uniformCloud(n: number, w: number): Float64Array {
  const rng = new Rng({ seed: 2, purpose: Purpose.initial })
  return Float64Array.from({ length: 2 * n }, () => w * (2 * rng.uniform() - 1))
}

describe('langevin', () => {
  it('adds noise of mean 0 and covariance 2ηεP to the centres, P anisotropic', () => {
    const n = 40000
    const t = createTransition({
      stepSize: 0.05,
      epsilon: 0.5,
      skew: 0.7,
      preconditioner: [
        [1.4, 0.5],
        [0.5, 0.6],
      ],
    })
    const cloud = createCloud(uniformCloud(n, 2))
    langevin.step(cloud, quadratic, t, key, 1)
    const sums = [0, 0, 0, 0, 0]
    for (let i = 0; i < n; i++) {
      const dx = cloud.xy[2 * i]! - cloud.centres[2 * i]!
      const dy = cloud.xy[2 * i + 1]! - cloud.centres[2 * i + 1]!
      ;[dx, dy, dx * dx, dx * dy, dy * dy].forEach((v, k) => (sums[k]! += v / n))
    }
    const [xx, xy, yy] = t.covariance
    // Standard errors of moments of n Gaussians: √(Σ/n) and √((Σ_ii Σ_jj + Σ_ij²)/n).
    expect(Math.abs(sums[0]!)).toBeLessThan(4 * Math.sqrt(xx / n))
    expect(Math.abs(sums[1]!)).toBeLessThan(4 * Math.sqrt(yy / n))
    expect(Math.abs(sums[2]! - xx)).toBeLessThan(4 * Math.sqrt((2 * xx * xx) / n))
    expect(Math.abs(sums[3]! - xy)).toBeLessThan(4 * Math.sqrt((xx * yy + xy * xy) / n))
    expect(Math.abs(sums[4]! - yy)).toBeLessThan(4 * Math.sqrt((2 * yy * yy) / n))
  })

  it('gives a particle the same path whatever cloud it is in', () => {
    const t = createTransition({
      stepSize: 0.02,
      epsilon: 1,
      skew: 0,
      preconditioner: identity,
    })
    const xy = uniformCloud(50, 3)
    const large = createCloud(xy)
    const small = createCloud(xy.slice(0, 20))
    for (let k = 1; k <= 5; k++) {
      langevin.step(large, quadratic, t, key, k)
      langevin.step(small, quadratic, t, key, k)
    }
    expect(small.xy).toEqual(large.xy.slice(0, 20))
    expect(xy).not.toEqual(large.xy)
  })

  it('folds at the wall: the share is that of the noise beyond it, and the uniform law stays uniform', () => {
    const n = 40000
    const t = createTransition({
      stepSize: 0.02,
      epsilon: 0.5,
      skew: 0,
      preconditioner: identity,
    })
    const s = Math.sqrt(0.02)
    const cloud = createCloud(uniformCloud(n, 1))
    const folded = langevin.step(cloud, flat, t, key, 1)
    // For x uniform on [−1, 1] and ξ ~ N(0, s²), P(|x + ξ| > 1) = ½∫P(ξ > 1 − x)dx·2 = s/√(2π) up to
    // tails of both walls (e^{−2/s²}); a particle folds when either coordinate does.
    const one = s / Math.sqrt(2 * Math.PI)
    const expected = 1 - (1 - one) * (1 - one)
    expect(Math.abs(folded / n - expected)).toBeLessThan(4 * Math.sqrt(expected / n))
    const counts = new Float64Array(100)
    for (let i = 0; i < n; i++) {
      const column = Math.floor(5 * (cloud.xy[2 * i]! + 1))
      const row = Math.floor(5 * (cloud.xy[2 * i + 1]! + 1))
      counts[10 * Math.min(9, row) + Math.min(9, column)]! += 1
    }
    let chi2 = 0
    for (const c of counts) chi2 += (c - n / 100) ** 2 / (n / 100)
    expect(chi2).toBeLessThan(99 + 4 * Math.sqrt(2 * 99))
    expect(erf(1 / (s * Math.SQRT2))).toBeGreaterThan(0.999999)
  })
})

describe('gradientFlow', () => {
  it('carries the density of a linear map exactly, through skew and preconditioner', () => {
    const t = createTransition({
      stepSize: 0.1,
      epsilon: 1,
      skew: 0.5,
      preconditioner: [
        [1.2, 0.3],
        [0.3, 0.7],
      ],
    })
    const cloud = createCloud(uniformCloud(10, 3), new Float64Array(10))
    for (let k = 1; k <= 7; k++) gradientFlow.step(cloud, quadratic, t, key, k)
    const [d11, d12, d21, d22] = t.drift
    const det =
      (1 - d11 * 2 - d12 * 0.8) * (1 - d21 * 0.8 - d22) - (d11 * 0.8 + d12) * (d21 * 2 + d22 * 0.8)
    for (const l of cloud.logDensity!) expect(l).toBeCloseTo(-7 * log(det), 8)
    expect(cloud.injective).toBe(true)
  })

  it('moves as Langevin does without its noise, with and without the density', () => {
    const t = createTransition({
      stepSize: 0.1,
      epsilon: 1,
      skew: 0.5,
      preconditioner: identity,
    })
    const xy = uniformCloud(20, 3)
    const a = createCloud(xy)
    const b = createCloud(xy, new Float64Array(20))
    const c = createCloud(xy)
    gradientFlow.step(a, quadratic, t, key, 1)
    gradientFlow.step(b, quadratic, t, key, 1)
    langevin.step(c, quadratic, t, key, 1)
    a.xy.forEach((x, k) => expect(Math.abs(x - b.xy[k]!)).toBeLessThan(1e-13))
    expect(a.xy).toEqual(c.centres)
  })

  it('drops the claim of injectivity at a steep point and at the wall, for good', () => {
    const steep = createTransition({
      stepSize: 0.5,
      epsilon: 1,
      skew: 0,
      preconditioner: identity,
    })
    // λmax of A is 2.44: η·λmax > 1.
    const cloud = createCloud(uniformCloud(5, 3), new Float64Array(5))
    gradientFlow.step(cloud, quadratic, steep, key, 1)
    expect(cloud.injective).toBe(false)
    const gentle = createTransition({
      stepSize: 0.01,
      epsilon: 1,
      skew: 0,
      preconditioner: identity,
    })
    gradientFlow.step(cloud, quadratic, gentle, key, 2)
    expect(cloud.injective).toBe(false)

    const slope: EnergyField = {
      grid: tabulateEnergy({ halfWidth: 1, cells: 32 }, (x, _y, out) => {
        out[0] = -x
        out[1] = -1
        out[2] = 0
      }),
      barriers: [],
    }
    const wall = createCloud(new Float64Array([0.995, 0]), new Float64Array(1))
    expect(gradientFlow.step(wall, slope, gentle, key, 1)).toBe(1)
    expect(wall.injective).toBe(false)
    expect(wall.xy[0]).toBeCloseTo(0.995, 12)
  })
})

describe('the registry', () => {
  it('lists each sampler under its own id', () => {
    for (const [id, sampler] of Object.entries(SAMPLERS)) expect(sampler.id).toBe(id)
  })
})
