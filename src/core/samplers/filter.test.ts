import { afterEach, describe, expect, it } from 'vitest'
import { isAllowed, isFoldedClear } from '../fields/barriers/ways.ts'
import type { Barrier } from '../fields/barriers/registry.ts'
import type { EnergyField } from '../fields/energyField.ts'
import { tabulateEnergy } from '../fields/energyGrid.ts'
import { setStepKernel } from '../fields/stepKernel.ts'
import { createTransition } from '../fields/transition.ts'
import { exp } from '../maths/elementary.ts'
import { fold } from '../maths/grid.ts'
import { finish } from '../maths/pieces.ts'
import { gaussianPair, Purpose, Rng } from '../maths/rng.ts'
import { erf } from '../maths/special.ts'
import { filtered } from './filter.ts'
import { langevin } from './langevin.ts'
import { createCloud, piecesOf, stepInPieces } from './sampler.ts'
import { readSamplerModule } from './simd/module.testing.ts'
import { createStepKernel } from './simd/stepKernel.ts'

const kernel = createStepKernel(await readSamplerModule())

afterEach(() => {
  setStepKernel(null)
})

const identity = [
  [1, 0],
  [0, 1],
] as const
const key = { seed: 21, purpose: Purpose.dynamics }

const wells = tabulateEnergy({ halfWidth: 2, cells: 32 }, (x, y, out) => {
  out[0] = (x * x - 1) ** 2 + y * y + x * y
  out[1] = 4 * x * (x * x - 1) + y
  out[2] = 2 * y + x
})
const regions: readonly Barrier[] = [
  { kind: 'disc', center: [0.4, 0.2], radius: 0.5, strength: 0 },
  { kind: 'half-plane', normal: [0, 1], offset: -1.2, strength: 0 },
  // Thinner than a step.
  {
    kind: 'polygon',
    points: [
      [-0.602, -0.5],
      [-0.6, -0.5],
      [-0.5, 1.1],
      [-0.502, 1.1],
    ],
    strength: 0,
  },
]

function start(n: number, barriers: readonly Barrier[]): Float64Array {
  const rng = new Rng({ seed: 5, purpose: Purpose.initial })
  const xy = new Float64Array(2 * n)
  for (let k = 0; k < xy.length; k += 2) {
    do {
      xy[k] = 2 * (2 * rng.uniform() - 1)
      xy[k + 1] = 2 * (2 * rng.uniform() - 1)
    } while (!isAllowed({ barriers }, xy[k]!, xy[k + 1]!))
  }
  return xy
}

describe('the sampler with a barrier filter', () => {
  const t = createTransition({ stepSize: 0.05, epsilon: 0.5, skew: 0.6, preconditioner: identity })
  const sampler = filtered(8)

  it('counts every way into a region or through one, by the ways themselves', () => {
    const field: EnergyField = { grid: wells, barriers: regions }
    const cloud = createCloud(start(1500, regions))
    const total = { exits: 0, crossings: 0, changed: 0, outside: 0 }
    const xi = new Float64Array(4)
    for (let step = 1; step <= 12; step++) {
      const before = cloud.xy.slice()
      sampler.step(cloud, field, t, key, step)
      const [l11, l21, l22] = t.root
      let [exits, crossings, outside] = [0, 0, 0]
      for (let i = 0, k = 0; k < before.length; i++, k += 2) {
        gaussianPair(key, i, step, xi)
        const x = cloud.centres[k]! + l11 * xi[0]!
        const y = cloud.centres[k + 1]! + l21 * xi[0]! + l22 * xi[1]!
        expect([cloud.xy[k], cloud.xy[k + 1]]).toEqual([fold(x, 2), fold(y, 2)])
        const ends = isAllowed(field, fold(x, 2), fold(y, 2))
        if (!ends) outside++
        if (!isAllowed(field, before[k]!, before[k + 1]!)) continue
        if (!ends) exits++
        else if (!isFoldedClear(regions, 2, before[k]!, before[k + 1]!, x, y)) crossings++
      }
      expect(cloud.filtered).toMatchObject({ exits: exits + crossings, outside, infeasible: 0 })
      expect(cloud.refused).toBe(0)
      total.exits += exits
      total.crossings += crossings
      total.changed += cloud.filtered!.changed
    }
    // Each of these happens.
    expect(Math.min(total.exits, total.crossings, total.changed)).toBeGreaterThan(20)
  })

  it('takes the steps of Langevin where there is nothing to keep out of', () => {
    const field: EnergyField = { grid: wells, barriers: [] }
    const [with_, without] = [createCloud(start(600, [])), createCloud(start(600, []))]
    for (let step = 1; step <= 3; step++) {
      sampler.step(with_, field, t, key, step)
      langevin.step(without, field, t, key, step)
    }
    expect(with_.xy).toEqual(without.xy)
  })

  it('has the same bits with the step kernel and without, whole and in pieces', () => {
    const field: EnergyField = { grid: wells, barriers: regions }
    const clouds = [false, true].map((fast) => {
      setStepKernel(fast ? kernel : null)
      const cloud = createCloud(start(1500, regions))
      const pieces = fast ? piecesOf(cloud, 1024) : []
      for (let step = 1; step <= 4; step++) {
        if (!fast) sampler.step(cloud, field, t, key, step)
        else finish(stepInPieces(sampler, cloud, pieces, field, t, key, step))
      }
      return cloud
    })
    const [plain, fast] = clouds as [(typeof clouds)[0], (typeof clouds)[0]]
    expect(fast.xy).toEqual(plain.xy)
    expect(fast.centres).toEqual(plain.centres)
    expect({ ...fast.filtered, work: 0 }).toEqual({ ...plain.filtered, work: 0 })
    expect(fast.filtered!.work).toBeCloseTo(plain.filtered!.work, 6)
  })

  it('leaves a wall by as much as the law on the line says: x ← max(x − ηV′, (1 − αη)x) and noise', () => {
    const wall: Barrier = { kind: 'half-plane', normal: [1, 0], offset: 0, strength: 0 }
    // V = 2x: the drift runs into the wall.
    const slope = tabulateEnergy({ halfWidth: 2, cells: 32 }, (x, _y, out) => {
      out[0] = 2 * x
      out[1] = 2
    })
    const line = createTransition({
      stepSize: 0.04,
      epsilon: 0.1,
      skew: 0,
      preconditioner: identity,
    })
    const rate = 4
    const [s, keep, cells] = [Math.sqrt(2 * 0.04 * 0.1), 1 - rate * 0.04, 400]
    const h = 4 / cells
    const centre = (i: number) => -2 + (i + 0.5) * h
    const mean = (x: number) => Math.max(x - 0.08, keep * x)
    let law = Float64Array.from({ length: cells }, (_, i) =>
      Math.abs(centre(i) - 1) < 0.5 ? h : 0,
    )
    const steps = 20
    let exits = 0
    const below = (m: number) => 0.5 * (1 + erf(-m / (s * Math.SQRT2)))
    for (let step = 0; step < steps; step++) {
      const next = new Float64Array(cells)
      exits = 0
      law.forEach((mass, i) => {
        if (mass < 1e-18) return
        const m = mean(centre(i))
        if (centre(i) > 0) exits += mass * below(m)
        const from = Math.max(0, Math.floor((m - 7 * s + 2) / h))
        const to = Math.min(cells - 1, Math.ceil((m + 7 * s + 2) / h))
        for (let j = from; j <= to; j++) {
          const z = (centre(j) - m) / s
          next[j] = next[j]! + (mass * h * exp(-0.5 * z * z)) / (s * Math.sqrt(2 * Math.PI))
        }
      })
      law = next
    }
    const outside = law.reduce((sum, mass, i) => sum + (centre(i) < 0 ? mass : 0), 0)
    const n = 20_000
    const xy = new Float64Array(2 * n)
    const rng = new Rng({ seed: 3, purpose: Purpose.initial })
    for (let k = 0; k < xy.length; k += 2) xy[k] = 0.5 + rng.uniform()
    const cloud = createCloud(xy)
    const field: EnergyField = { grid: slope, barriers: [wall] }
    for (let step = 1; step <= steps; step++) filtered(rate).step(cloud, field, line, key, step)
    for (const [share, expected] of [
      [cloud.filtered!.outside / n, outside],
      [cloud.filtered!.exits / n, exits],
    ] as const) {
      expect(expected).toBeGreaterThan(0.02)
      expect(Math.abs(share - expected)).toBeLessThan(4 * Math.sqrt(expected / n))
    }
  })
})
