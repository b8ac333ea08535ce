import { describe, expect, it } from 'vitest'
import { quadraticEnergy } from '../fields/analytic.ts'
import { fieldValue } from '../fields/fieldReading.ts'
import { isAllowed } from '../fields/barriers/ways.ts'
import type { EnergyField } from '../fields/energyField.ts'
import type { Barrier } from '../fields/barriers/registry.ts'
import { type EnergyFunction, tabulateEnergy } from '../fields/energyGrid.ts'
import { gibbs, gibbsSampler, visitGibbs } from '../fields/gibbs.ts'
import { centres, createTransition, type TransitionParameters } from '../fields/transition.ts'
import { cos, exp, log, sin } from '../maths/elementary.ts'
import { spacing } from '../maths/grid.ts'
import { Purpose } from '../maths/rng.ts'
import { gradientFlow } from './gradientFlow.ts'
import { uniformJump, withJumps } from './jump.ts'
import { langevin } from './langevin.ts'
import { mala } from './mala.ts'
import { createCloud, departureOf, type Sampler } from './sampler.ts'

const IDENTITY = [
  [1, 0],
  [0, 1],
] as const
const key = { seed: 17, purpose: Purpose.dynamics }

/** Eight Gaussians of deviation 0.35 on a circle of radius 2, V = −log density. */
const ring8: EnergyFunction = (x, y, out) => {
  const s2 = 0.35 * 0.35
  const parts = Array.from({ length: 8 }, (_, k) => {
    const dx = x - 2 * cos((k * Math.PI) / 4)
    const dy = y - 2 * sin((k * Math.PI) / 4)
    return [dx, dy, (dx * dx + dy * dy) / (2 * s2)] as const
  })
  const least = Math.min(...parts.map((p) => p[2]))
  let sum = 0
  let gx = 0
  let gy = 0
  for (const [dx, dy, e] of parts) {
    const p = exp(least - e)
    sum += p
    gx += p * dx
    gy += p * dy
  }
  out[0] = least - log(sum / (8 * 2 * Math.PI * s2))
  out[1] = gx / sum / s2
  out[2] = gy / sum / s2
}

/** A tilted bowl that leans on the right wall of a small box, with a disc cut out of it. */
const disc: Barrier = { kind: 'disc', center: [0.35, -0.2], radius: 0.4, strength: 0.15 }
const small: EnergyField = {
  grid: tabulateEnergy(
    { halfWidth: 1, cells: 32 },
    quadraticEnergy(
      [0.5, 0.1],
      [
        [2, 0.9],
        [0.9, 1.5],
      ],
    ),
  ),
  barriers: [disc],
}

function transition(parameters: Partial<TransitionParameters>) {
  return createTransition({
    stepSize: 0.1,
    epsilon: 0.6,
    skew: 0,
    preconditioner: IDENTITY,
    ...parameters,
  })
}

/** χ² of a cloud against π on 8 × 8 squares, less its mean, in standard deviations. */
function deviationFromGibbs(xy: Float64Array, field: EnergyField, epsilon: number): number {
  const w = field.grid.box.halfWidth
  const squares = new Float64Array(64)
  const at = (x: number): number => Math.min(7, Math.floor((4 * (x + w)) / w))
  visitGibbs(field, gibbs(field, epsilon, { halfWidth: w, cells: 128 }), (x, y, m) => {
    squares[8 * at(y) + at(x)]! += m
  })
  const counts = new Float64Array(64)
  for (let k = 0; k < xy.length; k += 2) counts[8 * at(xy[k + 1]!) + at(xy[k]!)]! += 1
  const n = xy.length / 2
  let chi2 = 0
  let degrees = -1
  squares.forEach((p, k) => {
    if (n * p < 5) return
    chi2 += (counts[k]! - n * p) ** 2 / (n * p)
    degrees++
  })
  expect(degrees).toBeGreaterThan(30)
  return (chi2 - degrees) / Math.sqrt(2 * degrees)
}

function exactDraws(n: number): Float64Array {
  return gibbsSampler(small, 0.6).sample({ seed: 3, purpose: Purpose.initial }, n)
}

describe('MALA', () => {
  it.each([
    ['plain', {}],
    ['with a skew drift', { skew: 1.5 }],
    [
      'preconditioned and skew',
      {
        skew: -0.8,
        preconditioner: [
          [1.4, 0.5],
          [0.5, 0.6],
        ],
      },
    ],
  ] as const)('keeps π at a step at which Langevin is far off, %s', (_, parameters) => {
    const t = transition({ stepSize: 0.35, ...parameters })
    const run = (sampler: Sampler): Float64Array => {
      const cloud = createCloud(exactDraws(20000))
      for (let k = 1; k <= 12; k++) sampler.step(cloud, small, t, key, k)
      return cloud.xy
    }
    expect(deviationFromGibbs(run(mala), small, 0.6)).toBeLessThan(4)
    expect(deviationFromGibbs(run(langevin), small, 0.6)).toBeGreaterThan(20)
  })

  it('finds π from afar', () => {
    const cloud = createCloud(new Float64Array(20000).fill(-0.7))
    const t = transition({})
    for (let k = 1; k <= 120; k++) mala.step(cloud, small, t, key, k)
    expect(deviationFromGibbs(cloud.xy, small, 0.6)).toBeLessThan(4)
  })

  it('RING8, η = .05: 90 % accepted and E_π V = 2.74, where Langevin rests at 2.96', () => {
    const field: EnergyField = {
      grid: tabulateEnergy({ halfWidth: 4, cells: 96 }, ring8),
      barriers: [],
    }
    const t = transition({ stepSize: 0.05, epsilon: 1 })
    const mean = (sampler: Sampler): { energy: number; accepted: number } => {
      const n = 8000
      const cloud = createCloud(
        gibbsSampler(field, 1).sample({ seed: 5, purpose: Purpose.initial }, n),
      )
      let refused = 0
      for (let k = 1; k <= 30; k++) {
        sampler.step(cloud, field, t, key, k)
        refused += cloud.refused
      }
      let sum = 0
      for (let i = 0; i < n; i++) sum += fieldValue(field, cloud.xy[2 * i]!, cloud.xy[2 * i + 1]!)
      return { energy: sum / n, accepted: 1 - refused / (30 * n) }
    }
    const adjusted = mean(mala)
    expect(adjusted.accepted).toBeGreaterThan(0.88)
    expect(adjusted.accepted).toBeLessThan(0.92)
    // Var V ≈ 1: standard error .011.
    expect(Math.abs(adjusted.energy - 2.7399)).toBeLessThan(0.045)
    expect(Math.abs(mean(langevin).energy - 2.959)).toBeLessThan(0.05)
  })

  it('never leaves the box nor enters a barrier, and refuses instead of folding', () => {
    const cloud = createCloud(exactDraws(2000))
    const t = transition({ stepSize: 1 })
    const before = cloud.xy.slice()
    expect(mala.step(cloud, small, t, key, 1)).toBe(0)
    let stayed = 0
    for (let k = 0; k < before.length; k += 2) {
      const [x, y] = [cloud.xy[k]!, cloud.xy[k + 1]!]
      expect(Math.abs(x) <= 1 && Math.abs(y) <= 1 && isAllowed(small, x, y)).toBe(true)
      if (x === before[k] && y === before[k + 1]) stayed++
    }
    expect(cloud.refused).toBe(stayed)
    expect(stayed).toBeGreaterThan(1000)
  })
})

describe('a uniform jump', () => {
  it('keeps π, barriers included, and reports how many jumped', () => {
    const xy = exactDraws(20000)
    const before = xy.slice()
    let jumped = 0
    for (let k = 1; k <= 4; k++) jumped += uniformJump(xy, small, 0.6, 9, k)
    expect(deviationFromGibbs(xy, small, 0.6)).toBeLessThan(4)
    expect(jumped).toBeGreaterThan(20000)
    expect(xy).not.toEqual(before)
  })

  it('is in detailed balance: as many go from one half to the other as come back', () => {
    const xy = exactDraws(40000)
    const before = xy.slice()
    uniformJump(xy, small, 0.6, 11, 1)
    let there = 0
    let back = 0
    for (let k = 0; k < xy.length; k += 2) {
      if (before[k]! < 0.5 && xy[k]! >= 0.5) there++
      if (before[k]! >= 0.5 && xy[k]! < 0.5) back++
    }
    expect(there).toBeGreaterThan(2000)
    expect(Math.abs(there - back)).toBeLessThan(4 * Math.sqrt(there + back))
  })

  it('equilibrates two wells that Langevin alone does not leave', () => {
    const wells: EnergyField = {
      grid: tabulateEnergy({ halfWidth: 2, cells: 64 }, (x, y, out) => {
        out[0] = 8 * (x * x - 1) ** 2 + 4 * y * y
        out[1] = 32 * x * (x * x - 1)
        out[2] = 8 * y
      }),
      barriers: [],
    }
    const t = transition({ stepSize: 0.005, epsilon: 0.5 })
    const right = (every: number): number => {
      const cloud = createCloud(
        Float64Array.from({ length: 8000 }, (_, k) => (k % 2 === 0 ? -1 : 0)),
      )
      const sampler = withJumps(langevin, every)
      for (let k = 1; k <= 200; k++) sampler.step(cloud, wells, t, key, k)
      let count = 0
      for (let k = 0; k < 8000; k += 2) if (cloud.xy[k]! > 0) count++
      return count / 4000
    }
    expect(right(0)).toBe(0)
    // 1.8 % of the jumps are accepted: 200 of them leave e^(−7) of the start.
    expect(Math.abs(right(1) - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / 4000))
  })

  it('is made after the move of every so manieth step, and only then', () => {
    const t = transition({})
    const jumping = createCloud(exactDraws(500))
    const plain = createCloud(jumping.xy)
    const sampler = withJumps(langevin, 3)
    for (let k = 1; k <= 2; k++) {
      sampler.step(jumping, small, t, key, k)
      langevin.step(plain, small, t, key, k)
      expect(jumping.xy).toEqual(plain.xy)
    }
    sampler.step(jumping, small, t, key, 3)
    langevin.step(plain, small, t, key, 3)
    expect(jumping.xy).not.toEqual(plain.xy)
    uniformJump(plain.xy, small, t.epsilon, key.seed, 3)
    expect(jumping.xy).toEqual(plain.xy)
    expect(withJumps(langevin, 0)).toBe(langevin)
    expect(departureOf(sampler)).toMatch(/jumps/)
  })
})

describe('moves that a barrier refuses', () => {
  const wall: Barrier = { kind: 'half-plane', normal: [1, 0], offset: -0.5, strength: 0 }
  const open: EnergyField = {
    grid: tabulateEnergy({ halfWidth: 1, cells: 32 }, (x, _y, out) => {
      out[0] = x
      out[1] = 1
      out[2] = 0
    }),
    barriers: [wall],
  }

  it('leave Langevin particles where they are; the others move as if there were none', () => {
    const t = transition({ stepSize: 0.02, epsilon: 1 })
    const xy = Float64Array.from({ length: 2000 }, (_, k) => (k % 2 === 0 ? -0.4 : 0))
    const cloud = createCloud(xy)
    const free = createCloud(xy)
    langevin.step(cloud, open, t, key, 1)
    langevin.step(free, { ...open, barriers: [] }, t, key, 1)
    let refused = 0
    for (let k = 0; k < 2000; k += 2) {
      if (free.xy[k]! > -0.5) expect(cloud.xy[k]).toBe(free.xy[k])
      else {
        expect(cloud.xy[k]).toBe(-0.4)
        refused++
      }
    }
    // From −.42 with deviation .2: P(ξ < −.08) = .345.
    expect(cloud.refused).toBe(refused)
    expect(Math.abs(refused / 1000 - 0.345)).toBeLessThan(0.06)
  })

  it('end the claim that the deterministic map is injective, and keep its density', () => {
    const t = transition({ stepSize: 0.05, epsilon: 1 })
    const cloud = createCloud(new Float64Array([-0.47, 0.1, 0.3, 0.1]), new Float64Array([7, 7]))
    gradientFlow.step(cloud, open, t, key, 1)
    expect([...cloud.xy]).toEqual(
      [-0.47, 0.1, 0.25, 0.1].map((x) => expect.closeTo(x, 12) as number),
    )
    expect(cloud.injective).toBe(false)
    expect(cloud.refused).toBe(1)
    expect(cloud.logDensity![0]).toBe(7)
  })

  it('feel the gradient of a soft barrier: the centre moves by ημ/h', () => {
    const soft: EnergyField = { ...open, barriers: [{ ...wall, strength: 0.3 }] }
    const t = transition({ stepSize: 0.01, epsilon: 1 })
    const out = new Float64Array(2)
    centres(soft, t, new Float64Array([-0.3, 0.2]), out)
    expect(out[0]).toBeCloseTo(-0.3 - 0.01 * (1 - 0.3 / 0.2), 12)
    expect(out[1]).toBeCloseTo(0.2, 12)
    expect(spacing(soft.grid.box)).toBe(1 / 16)
  })
})
