import { describe, expect, it } from 'vitest'
import { quadraticEnergy } from '../../fields/analytic.ts'
import type { EnergyField } from '../../fields/energyField.ts'
import { tabulateEnergy } from '../../fields/energyGrid.ts'
import { gibbs } from '../../fields/gibbs.ts'
import { centres, createTransition, type TransitionParameters } from '../../fields/transition.ts'
import { log } from '../../maths/elementary.ts'
import { cholesky2 } from '../../maths/linalg2.ts'
import { gaussianPair, Purpose } from '../../maths/rng.ts'
import { initialLaw } from './initialLaw.ts'
import { createKlEstimator } from '../estimators/nativeKl.ts'
import { transportKl } from '../estimators/transportKl.ts'

/**
 * The problem OU_A: V = ½(x−b)ᵀA(x−b), A = [[2, .8], [.8, 1]], b = (.3, −.2), ε = .5. Every law is
 * Gaussian, so the law of the discrete chain and its KL are known in closed form. The chain is run
 * here by hand (analysis may not know the samplers).
 */
const A = [2, 0.8, 1] as const
const B = [0.3, -0.2] as const
const EPSILON = 0.5
const IDENTITY = [
  [1, 0],
  [0, 1],
] as const

function ouField(halfWidth: number): EnergyField {
  return {
    grid: tabulateEnergy(
      { halfWidth, cells: 128 },
      quadraticEnergy(B, [
        [A[0], A[1]],
        [A[1], A[2]],
      ]),
    ),
    barriers: [],
  }
}

interface Law {
  m: [number, number]
  /** [xx, xy, yy] */
  s: [number, number, number]
}

/** One step of mean and covariance: m ← m − ηDA(m−b), S ← MSMᵀ + noise, M = I − ηDA. */
function advance(law: Law, drift: readonly number[], noise: readonly number[]): void {
  const [d11, d12, d21, d22] = drift as [number, number, number, number]
  const m11 = 1 - (d11 * A[0] + d12 * A[1])
  const m12 = -(d11 * A[1] + d12 * A[2])
  const m21 = -(d21 * A[0] + d22 * A[1])
  const m22 = 1 - (d21 * A[1] + d22 * A[2])
  const dx = law.m[0] - B[0]
  const dy = law.m[1] - B[1]
  law.m = [B[0] + m11 * dx + m12 * dy, B[1] + m21 * dx + m22 * dy]
  const [xx, xy, yy] = law.s
  law.s = [
    m11 * m11 * xx + 2 * m11 * m12 * xy + m12 * m12 * yy + noise[0]!,
    m11 * m21 * xx + (m11 * m22 + m12 * m21) * xy + m12 * m22 * yy + noise[1]!,
    m21 * m21 * xx + 2 * m21 * m22 * xy + m22 * m22 * yy + noise[2]!,
  ]
}

/** KL(N(m, S)‖N(b, Σ)), Σ = εA⁻¹ + extra·I; S widened by extra too. */
function gaussianKl(law: Law, extra = 0): number {
  const detA = A[0] * A[2] - A[1] * A[1]
  const p = [
    (EPSILON * A[2]) / detA + extra,
    (-EPSILON * A[1]) / detA,
    (EPSILON * A[0]) / detA + extra,
  ] as const
  const s = [law.s[0] + extra, law.s[1], law.s[2] + extra] as const
  const detP = p[0] * p[2] - p[1] * p[1]
  const detS = s[0] * s[2] - s[1] * s[1]
  const dx = law.m[0] - B[0]
  const dy = law.m[1] - B[1]
  const trace = (p[2] * s[0] - 2 * p[1] * s[1] + p[0] * s[2]) / detP
  const square = (p[2] * dx * dx - 2 * p[1] * dx * dy + p[0] * dy * dy) / detP
  return 0.5 * (trace + square - 2 + log(detP / detS))
}

function start(): Law {
  return { m: [-1, 1], s: [0.3, 0.05, 0.2] }
}
const START = {
  kind: 'gaussian',
  mean: [-1, 1],
  covariance: [
    [0.3, 0.05],
    [0.05, 0.2],
  ],
} as const

describe('the reference itself', () => {
  it('reproduces the golden KL of the discrete chain (OU_A, to 1e-10)', () => {
    const golden = [
      [0.01, 1, 2.7093189294809235],
      [0.01, 10, 2.1579610966409417],
      [0.01, 100, 0.540220617097614],
      [0.05, 20, 0.5316636414860434],
      [0.2, 60, 0.022428242408921967],
    ] as const
    for (const [eta, steps, kl] of golden) {
      const law = start()
      const noise = 2 * eta * EPSILON
      for (let k = 0; k < steps; k++) advance(law, [eta, 0, 0, eta], [noise, 0, noise])
      expect(gaussianKl(law)).toBeCloseTo(kl, 10)
    }
  })
})

describe('KL at step 0', () => {
  it('is that of the initial Gaussian, 2.7850956351554896, to 1e-4 on the default box', () => {
    const field = ouField(4)
    const law = initialLaw(START, { field, gibbs: gibbs(field, EPSILON), target: null })
    expect(Math.abs(law.kl! - 2.7850956351554896)).toBeLessThan(1e-4)
    const wide = ouField(10)
    const exact = initialLaw(START, { field: wide, gibbs: gibbs(wide, EPSILON), target: null })
    expect(exact.kl).toBeCloseTo(2.7850956351554896, 8)
  })
})

/** Runs the chain by hand and counts the evaluations within 3 SE of the closed form. */
function agreement(
  parameters: Omit<TransitionParameters, 'epsilon'>,
  particles: number,
  steps: number,
  seed: number,
  label: 'native' | 'smoothed',
): { within: number; evaluated: number } {
  const field = ouField(4)
  const t = createTransition({ ...parameters, epsilon: EPSILON })
  const estimator = createKlEstimator({ field, transition: t, particles })
  expect(estimator.estimator).toBe(label)
  const [nxx, , nyy] = t.covariance
  const smallest =
    0.5 * (nxx + nyy) - Math.sqrt(0.25 * (nxx - nyy) ** 2 + t.covariance[1] * t.covariance[1])
  const extra = label === 'native' ? 0 : estimator.bandwidth ** 2 - smallest
  const law = start()
  const xy = initialLaw(START, { field, gibbs: gibbs(field, EPSILON), target: null }).sample(
    particles,
    seed,
  )
  const c = new Float64Array(2 * particles)
  const pair = new Float64Array(4)
  const [l11, l21, l22] = t.root
  let within = 0
  let evaluated = 0
  for (let k = 1; k <= steps; k++) {
    centres(field, t, xy, c)
    for (let i = 0; i < particles; i++) {
      gaussianPair({ seed, purpose: Purpose.dynamics }, i, k, pair)
      xy[2 * i] = c[2 * i]! + l11 * pair[0]!
      xy[2 * i + 1] = c[2 * i + 1]! + l21 * pair[0]! + l22 * pair[1]!
    }
    advance(law, t.drift, t.covariance)
    if (k % 10 !== 0) continue
    const reading = estimator.read(c)
    evaluated++
    if (Math.abs(reading.kl - gaussianKl(law, extra)) <= 3 * reading.standardError!) within++
  }
  return { within, evaluated }
}

describe('native-kernel KL against the closed form of the chain, within 3 SE at ≥ 95 % of the steps', () => {
  it.each([
    [0.01, 4096, 100, 1],
    [0.02, 2048, 200, 2],
    [0.05, 2048, 200, 4],
    [0.2, 2048, 100, 5],
  ] as const)('plain Langevin, η = %d, N = %d', (stepSize, particles, steps, seed) => {
    const a = agreement(
      { stepSize, skew: 0, preconditioner: IDENTITY },
      particles,
      steps,
      seed,
      'native',
    )
    expect(a.evaluated).toBe(steps / 10)
    expect(a.within).toBeGreaterThanOrEqual(0.95 * a.evaluated)
  })

  it('rotated preconditioner with skew drift', () => {
    const preconditioner = [
      [1.2, 0.5],
      [0.5, 0.8],
    ] as const
    const a = agreement({ stepSize: 0.05, skew: 0.5, preconditioner }, 2048, 100, 4, 'native')
    expect(a.within).toBeGreaterThanOrEqual(0.95 * a.evaluated)
  })

  it('smoothed, at a step too small for the native kernel: both laws widened by the same Gaussian', () => {
    const a = agreement(
      { stepSize: 0.001, skew: 0, preconditioner: IDENTITY },
      2048,
      50,
      5,
      'smoothed',
    )
    expect(a.within).toBeGreaterThanOrEqual(0.95 * a.evaluated)
  })
})

describe('transport KL of the deterministic map', () => {
  it('agrees with the golden rows deterministic_map (η = .02, S₀ = [[3, .5], [.5, 2]]) within 3 SE', () => {
    const golden = [
      [0, 8.402510542161444],
      [20, 1.304024254020036],
      [40, 0.9386436746035991],
      [80, 2.615110938691682],
      [200, 9.567168447417291],
    ] as const
    const field = ouField(10)
    const g = gibbs(field, EPSILON)
    const law = initialLaw(
      {
        kind: 'gaussian',
        mean: [-1, 1],
        covariance: [
          [3, 0.5],
          [0.5, 2],
        ],
      },
      { field, gibbs: g, target: null },
    )
    expect(Math.abs(law.kl! - golden[0][1])).toBeLessThan(1e-3)
    const n = 4096
    const xy = law.sample(n, 7)
    const l = new Float64Array(n)
    for (let i = 0; i < n; i++) l[i] = law.logDensity!(xy[2 * i]!, xy[2 * i + 1]!)
    const t = createTransition({
      stepSize: 0.02,
      epsilon: EPSILON,
      skew: 0,
      preconditioner: IDENTITY,
    })
    // The map is linear here: −log det(I − ηA) a step.
    const drop = log((1 - 0.02 * A[0]) * (1 - 0.02 * A[2]) - (0.02 * A[1]) ** 2)
    let row = 0
    for (let k = 0; k <= 200; k++) {
      if (k === golden[row]![0]) {
        const estimate = transportKl(xy, l, field, EPSILON, g.logZ)
        expect(estimate.standardError!).toBeLessThan(0.2)
        expect(Math.abs(estimate.value - golden[row]![1])).toBeLessThan(3 * estimate.standardError!)
        row++
      }
      centres(field, t, xy, xy)
      for (let i = 0; i < n; i++) l[i] = l[i]! - drop
    }
    expect(row).toBe(5)
  })
})

describe('transport KL of one particle', () => {
  it('comes without an error bar', () => {
    const field = ouField(4)
    const one = transportKl(new Float64Array([0, 0]), new Float64Array([0]), field, EPSILON, 0)
    expect(one.standardError).toBeNull()
  })
})

describe('the start of a run', () => {
  it('has the sample moments of its Gaussian', () => {
    const field = ouField(10)
    const law = initialLaw(START, { field, gibbs: gibbs(field, EPSILON), target: null })
    const n = 20000
    const xy = law.sample(n, 3)
    let mx = 0
    let cxy = 0
    for (let i = 0; i < n; i++) mx += xy[2 * i]! / n
    for (let i = 0; i < n; i++) cxy += ((xy[2 * i]! + 1) * (xy[2 * i + 1]! - 1)) / n
    const [l11] = cholesky2(0.3, 0.05, 0.2)
    expect(Math.abs(mx + 1)).toBeLessThan((4 * l11) / Math.sqrt(n))
    expect(Math.abs(cxy - 0.05)).toBeLessThan(4 * Math.sqrt((0.3 * 0.2 + 0.05 * 0.05) / n))
  })
})
