import { describe, expect, it } from 'vitest'
import { quadraticEnergy } from '../fields/analytic.ts'
import { fieldGradient, fieldJet } from '../fields/fieldReading.ts'
import { isAllowed, isFoldedClear } from '../fields/barriers/ways.ts'
import type { EnergyField } from '../fields/energyField.ts'
import type { Barrier } from '../fields/barriers/registry.ts'
import { tabulateEnergy } from '../fields/energyGrid.ts'
import { BLOCK, createTransition, isInjectiveAt, type Transition } from '../fields/transition.ts'
import { log } from '../maths/elementary.ts'
import { fold } from '../maths/grid.ts'
import { gaussianPair, Purpose, Rng } from '../maths/rng.ts'
import { erf } from '../maths/special.ts'
import { gradientFlow } from './gradientFlow.ts'
import { langevin } from './langevin.ts'
import { SAMPLERS } from './registry.ts'
import { type Cloud, createCloud, piecesOf, stepInPieces } from './sampler.ts'

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

/** One particle's step as the papers write it, one particle at a time; noise only where `key` is given. */
function plainStep(
  cloud: Cloud,
  field: EnergyField,
  t: Transition,
  noise: { readonly step: number; readonly first: number } | null,
): number {
  const w = field.grid.box.halfWidth
  const [d11, d12, d21, d22] = t.drift
  const [l11, l21, l22] = t.root
  const g = new Float64Array(2)
  const jet = new Float64Array(6)
  const xi = new Float64Array(4)
  let folded = 0
  cloud.refused = 0
  for (let i = 0, k = 0; k < cloud.xy.length; i++, k += 2) {
    let x = cloud.xy[k]!
    let y = cloud.xy[k + 1]!
    const from = [x, y] as const
    fieldGradient(field, x, y, g)
    let expansion = 0
    if (cloud.logDensity !== null) {
      fieldJet(field, x, y, jet)
      ;[g[0], g[1]] = [jet[1]!, jet[2]!]
      const [vxx, vxy, vyy] = [jet[3]!, jet[4]!, jet[5]!]
      const determinant =
        (1 - d11 * vxx - d12 * vxy) * (1 - d21 * vxy - d22 * vyy) -
        (d11 * vxy + d12 * vyy) * (d21 * vxx + d22 * vxy)
      expansion = log(Math.abs(determinant))
      if (!isInjectiveAt(t, vxx, vxy, vyy)) cloud.injective = false
    }
    x -= d11 * g[0]! + d12 * g[1]!
    y -= d21 * g[0]! + d22 * g[1]!
    cloud.centres[k] = x
    cloud.centres[k + 1] = y
    if (noise !== null) {
      gaussianPair(key, noise.first + i, noise.step, xi)
      x += l11 * xi[0]!
      y = y + l21 * xi[0]! + l22 * xi[1]!
    }
    const end = [fold(x, w), fold(y, w)] as const
    if (!isAllowed(field, ...end) || !isFoldedClear(field.barriers, w, ...from, x, y)) {
      cloud.refused++
      continue
    }
    if (end[0] !== x || end[1] !== y) folded++
    ;[cloud.xy[k], cloud.xy[k + 1]] = end
    if (cloud.logDensity !== null) cloud.logDensity[i] = cloud.logDensity[i]! - expansion
  }
  if (noise === null && folded + cloud.refused > 0) cloud.injective = false
  return folded
}

describe('a wall thinner than a step', () => {
  const flat = tabulateEnergy({ halfWidth: 2, cells: 32 }, (_x, _y, out) => out.fill(0))
  // From one wall of the box to another, slanted; no step of length .6 is likely to end in it.
  const wall: Barrier = {
    kind: 'polygon',
    points: [
      [-0.602, -2.1],
      [-0.6, -2.1],
      [0.702, 2.1],
      [0.7, 2.1],
    ],
    strength: 0,
  }
  const side = (x: number, y: number): boolean => x < -0.6 + (1.3 * (y + 2.1)) / 4.2
  const t = createTransition({ stepSize: 0.18, epsilon: 1, skew: 0, preconditioner: identity })

  it.each(
    [...Object.values(SAMPLERS), gradientFlow]
      .filter(({ filtering }) => filtering === undefined)
      .map((sampler) => [sampler.id, sampler] as const),
  )('is not hopped over, nor round by way of the walls of the box: %s', (_, sampler) => {
    const field: EnergyField = { grid: flat, barriers: [wall] }
    const start = new Float64Array(1200)
    const rng = new Rng({ seed: 9, purpose: Purpose.initial })
    for (let k = 0; k < start.length; k++) start[k] = 2 * (2 * rng.uniform() - 1)
    const cloud = createCloud(start)
    for (let step = 1; step <= 60; step++) sampler.step(cloud, field, t, key, step)
    for (let k = 0; k < start.length; k += 2) {
      expect(side(cloud.xy[k]!, cloud.xy[k + 1]!)).toBe(side(start[k]!, start[k + 1]!))
    }
    if (sampler !== gradientFlow) expect(cloud.xy).not.toEqual(start)
  })
})

describe('the steps in blocks', () => {
  const wells = tabulateEnergy({ halfWidth: 4, cells: 64 }, (x, y, out) => {
    out[0] = (x * x - 1) ** 2 + y * y + x * y
    out[1] = 4 * x * (x * x - 1) + y
    out[2] = 2 * y + x
  })
  const fields: readonly EnergyField[] = [
    { grid: wells, barriers: [] },
    {
      grid: wells,
      barriers: [
        { kind: 'disc', center: [0.4, 0.2], radius: 0.5, strength: 0.1 },
        { kind: 'half-plane', normal: [0, 1], offset: -2, strength: 0 },
        {
          kind: 'polygon',
          points: [
            [1, 1],
            [2.5, 1.2],
            [1.4, 2.2],
          ],
          strength: 0.05,
        },
      ],
    },
  ]
  const transitions = [
    createTransition({ stepSize: 0.01, epsilon: 0.5, skew: 0, preconditioner: identity }),
    createTransition({
      stepSize: 0.05,
      epsilon: 0.8,
      skew: 0.6,
      preconditioner: [
        [1.5, 0.4],
        [0.4, 0.8],
      ],
    }),
  ]

  it('are the step of one particle after the other, bit for bit, with the same counts', () => {
    const n = 2 * BLOCK + 77
    let folded = 0
    let refused = 0
    for (const field of fields) {
      const start = new Float64Array(2 * n)
      const rng = new Rng({ seed: 5, purpose: Purpose.initial })
      for (let i = 0; i < n; i++) {
        do {
          start[2 * i] = 4 * (2 * rng.uniform() - 1)
          start[2 * i + 1] = 4 * (2 * rng.uniform() - 1)
        } while (!isAllowed(field, start[2 * i]!, start[2 * i + 1]!))
      }
      for (const t of transitions) {
        for (const [sampler, density] of [
          [langevin, null],
          [gradientFlow, null],
          [gradientFlow, new Float64Array(n)],
        ] as const) {
          const fast = createCloud(start, density)
          const slow = createCloud(start, density)
          for (let step = 1; step <= 4; step++) {
            const first = 31 * step
            const count = sampler.step(fast, field, t, key, step, first)
            expect(count).toBe(
              plainStep(slow, field, t, sampler === langevin ? { step, first } : null),
            )
            expect(fast).toEqual(slow)
            folded += count
            refused += fast.refused
          }
        }
      }
    }
    // Both ways out of the plain step were taken.
    expect(folded).toBeGreaterThan(100)
    expect(refused).toBeGreaterThan(100)
  })

  it('are the same when a cloud is stepped in pieces', () => {
    const n = 1500
    for (const sampler of [langevin, gradientFlow]) {
      for (const field of fields) {
        const start = new Float64Array(2 * n).fill(-1)
        const rng = new Rng({ seed: 6, purpose: Purpose.initial })
        for (let k = 0; k < start.length; k += 2) start[k] = -1 - 2.9 * rng.uniform()
        const whole = createCloud(start, new Float64Array(n))
        const cut = createCloud(start, new Float64Array(n))
        const pieces = piecesOf(cut, 400)
        expect(pieces.map(({ first }) => first)).toEqual([0, 400, 800, 1200])
        for (let step = 1; step <= 3; step++) {
          const t = transitions[1]!
          const expected = sampler.step(whole, field, t, key, step, 9)
          const work = stepInPieces(sampler, cut, pieces, field, t, key, step, 9)
          let pauses = 0
          let next = work.next()
          for (; next.done !== true; next = work.next()) pauses++
          expect(pauses).toBe(3)
          expect(next.value).toBe(expected)
          expect(cut).toEqual(whole)
        }
      }
    }
  })

  it('take no memory, whatever the number of particles', () => {
    const n = 100000
    const t = transitions[0]!
    const clouds = [
      [langevin, createCloud(new Float64Array(2 * n))],
      [gradientFlow, createCloud(new Float64Array(2 * n), new Float64Array(n))],
    ] as const
    for (const [sampler, cloud] of clouds) {
      const { xy, centres, logDensity } = cloud
      sampler.step(cloud, fields[0]!, t, key, 1)
      const before = process.memoryUsage().arrayBuffers
      for (let step = 2; step <= 6; step++) {
        sampler.step(cloud, fields[0]!, t, key, step)
        expect(process.memoryUsage().arrayBuffers).toBeLessThanOrEqual(before)
      }
      expect(cloud.xy).toBe(xy)
      expect(cloud.centres).toBe(centres)
      expect(cloud.logDensity).toBe(logDensity)
    }
  })
})

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
