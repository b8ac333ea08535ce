import { describe, expect, it } from 'vitest'
import { quadraticEnergy } from '../../fields/analytic.ts'
import type { EnergyField } from '../../fields/energyField.ts'
import { readGradient } from '../../fields/energyGrid.ts'
import { gibbsSampler } from '../../fields/gibbs.ts'
import { Purpose, Rng } from '../../maths/rng.ts'
import { fieldOf, ringOfEight, twoWells } from '../landscapes.testing.ts'
import { steinDiscrepancy, steinDiscrepancyInPieces } from './stein.ts'

const BOX = { halfWidth: 6, cells: 96 }
/** π = N(0, I) at ε = 1. */
const normal: EnergyField = fieldOf(
  quadraticEnergy(
    [0, 0],
    [
      [1, 0],
      [0, 1],
    ],
  ),
  BOX,
)

function cloud(n: number, seed: number, place: (x: number, y: number) => [number, number]) {
  const rng = new Rng({ seed, purpose: Purpose.probe })
  return Float64Array.from(
    Array.from({ length: n }, () => place(rng.normal(), rng.normal())).flat(),
  )
}

/** The mean of k_π over pairs of different groups of sixteen, term by term. */
function bruteForce(xy: Float64Array, field: EnergyField, epsilon: number): number {
  const n = xy.length / 2
  const scores = Array.from({ length: n }, (_, i) => {
    const out = new Float64Array(2)
    readGradient(field.grid, xy[2 * i]!, xy[2 * i + 1]!, out)
    return out.map((g) => -g / epsilon)
  })
  let sum = 0
  let pairs = 0
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      if (i % 16 === j % 16) continue
      const [dx, dy] = [xy[2 * i]! - xy[2 * j]!, xy[2 * i + 1]! - xy[2 * j + 1]!]
      const r2 = dx * dx + dy * dy
      const k = Math.exp(-r2 / 2)
      const [a, b] = [scores[i]!, scores[j]!]
      // ∇_y k = (x − y) k, ∇_x k = −(x − y) k, ∇_x·∇_y k = (2 − r²) k.
      sum +=
        (a[0]! * b[0]! + a[1]! * b[1]! + (a[0]! - b[0]!) * dx + (a[1]! - b[1]!) * dy + 2 - r2) * k
      pairs++
    }
  return sum / pairs
}

describe('the kernel Stein discrepancy', () => {
  it('is the mean of k_π over all pairs of different groups', () => {
    for (const [field, epsilon, seed] of [
      [normal, 1, 1],
      [fieldOf(ringOfEight, { halfWidth: 4, cells: 96 }), 0.5, 2],
      [fieldOf(twoWells, { halfWidth: 3, cells: 64 }), 2, 3],
    ] as const) {
      const xy = cloud(200, seed, (x, y) => [0.7 * x + 0.3, 0.9 * y - 0.2])
      const expected = bruteForce(xy, field, epsilon)
      const { value } = steinDiscrepancy(xy, field, epsilon)
      // The quadrature leaves 1e-6 of terms that cancel each other.
      expect(Math.abs(value - expected)).toBeLessThan(1e-4 * (1 + Math.abs(expected)))
    }
  })

  it('of a moved or stretched standard normal law is that of the closed form, within its error', () => {
    const n = 16_384
    for (const m of [0, 0.1, 0.5, 1]) {
      const { value, standardError } = steinDiscrepancy(
        cloud(n, 4, (x, y) => [x + m, y]),
        normal,
        1,
      )
      // ∇log ρ/π is constant, and E k = (1 + 2)^(−2/2).
      expect(Math.abs(value - (m * m) / 3)).toBeLessThan(4 * standardError!)
      expect(standardError).toBeLessThan(0.02)
    }
    // ρ = N(0, sI): ∇log ρ/π = (1 − 1/s) x, and E[x·y k] = 2s²/(1 + 2s)².
    for (const s of [0.5, 2]) {
      const { value, standardError } = steinDiscrepancy(
        cloud(n, 5, (x, y) => [Math.sqrt(s) * x, Math.sqrt(s) * y]),
        normal,
        1,
      )
      const expected = ((1 - 1 / s) ** 2 * 2 * s * s) / (1 + 2 * s) ** 2
      expect(Math.abs(value - expected)).toBeLessThan(4 * standardError!)
    }
  })

  it('is 0 at π within an error bar that means what it says', () => {
    const field = fieldOf(ringOfEight, { halfWidth: 4, cells: 96 })
    const sampler = gibbsSampler(field, 1)
    const scores = Array.from({ length: 40 }, (_, seed) => {
      const xy = sampler.sample({ seed, purpose: Purpose.probe }, 1024)
      const { value, standardError } = steinDiscrepancy(xy, field, 1)
      return value / standardError!
    })
    expect(Math.abs(scores.reduce((a, b) => a + b) / 40)).toBeLessThan(0.6)
    expect(scores.filter((score) => Math.abs(score) > 3).length).toBeLessThanOrEqual(1)
  })

  it('hardly sees with all mass in one of two wells far apart what it sees at once beside it', () => {
    const wells = fieldOf(twoWells, { halfWidth: 3, cells: 96 })
    const inOne = cloud(8192, 6, (x, y) => [1 + 0.5 * x, 0.5 * y])
    // Fills only the right well, where the law of the cloud is nearly that of π: KL = log 2, nearly.
    const blind = steinDiscrepancy(inOne, wells, 1)
    const beside = steinDiscrepancy(
      inOne.map((x, k) => (k % 2 === 0 ? x + 0.5 : x)),
      wells,
      1,
    )
    expect(beside.value).toBeGreaterThan(10 * Math.abs(blind.value))
  })

  it('has no value for one particle and no error bar for a few', () => {
    const one = steinDiscrepancy(Float64Array.of(0.1, 0.2), normal, 1)
    expect(one.standardError).toBeNull()
    expect(one.value).toBeNaN()
    const few = steinDiscrepancy(
      cloud(16, 7, (x, y) => [x, y]),
      normal,
      1,
    )
    expect(few.standardError).toBeNull()
    expect(few.value).toBeTypeOf('number')
  })

  it('is read in pieces, of the first 16,384 particles', () => {
    const xy = cloud(20_000, 8, (x, y) => [x, y])
    const work = steinDiscrepancyInPieces(xy, normal, 1)
    let pieces = 0
    let next = work.next()
    for (; next.done !== true; next = work.next()) pieces++
    expect(pieces).toBeGreaterThanOrEqual(15)
    expect(next.value).toEqual(steinDiscrepancy(xy.slice(0, 2 * 16_384), normal, 1))
  })
})
