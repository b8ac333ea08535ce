import { describe, expect, it } from 'vitest'
import { assign, assignPoints } from './assignment.ts'
import { Purpose, Rng } from './rng.ts'

const rng = (index: number) => new Rng({ seed: 11, purpose: Purpose.warmup }, index)
const cloud = (n: number, index: number) => {
  const r = rng(index)
  return Float64Array.from({ length: 2 * n }, () => r.normal())
}

function bruteForce(cost: Float64Array, n: number): number {
  const used = new Array<boolean>(n).fill(false)
  let best = Infinity
  const place = (i: number, sum: number) => {
    if (i === n) {
      best = Math.min(best, sum)
      return
    }
    for (let j = 0; j < n; j++) {
      if (used[j]) continue
      used[j] = true
      place(i + 1, sum + cost[i * n + j]!)
      used[j] = false
    }
  }
  place(0, 0)
  return best
}

/** The theorem: a feasible dual that meets the primal proves both optimal. */
function proveOptimal(cost: Float64Array, n: number, tolerance = 1e-12): void {
  const { columnOf, cost: total, u, v } = assign(cost, n)
  expect([...columnOf].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i))
  let primal = 0
  let dual = 0
  let worst = Infinity
  for (let i = 0; i < n; i++) {
    primal += cost[i * n + columnOf[i]!]!
    dual += u[i]! + v[i]!
    for (let j = 0; j < n; j++) worst = Math.min(worst, cost[i * n + j]! - u[i]! - v[j]!)
  }
  const scale = 1 + Math.max(...cost.map(Math.abs))
  expect(worst).toBeGreaterThan(-tolerance * scale)
  expect(Math.abs(primal - dual)).toBeLessThan(tolerance * scale * n)
  expect(Math.abs(primal - total)).toBeLessThan(tolerance * scale * n)
}

describe('assign', () => {
  it('agrees with every permutation tried, n ≤ 7', () => {
    for (let n = 1; n <= 7; n++) {
      for (let trial = 0; trial < 12; trial++) {
        const r = rng(100 * n + trial)
        const cost = Float64Array.from({ length: n * n }, () => r.normal() * 3)
        expect(assign(cost, n).cost).toBeCloseTo(bruteForce(cost, n), 12)
        proveOptimal(cost, n)
      }
    }
  })
  it('agrees with every permutation where costs tie', () => {
    for (let n = 2; n <= 7; n++) {
      for (let trial = 0; trial < 12; trial++) {
        const r = rng(1000 * n + trial)
        const cost = Float64Array.from({ length: n * n }, () => r.integer(3))
        expect(assign(cost, n).cost).toBe(bruteForce(cost, n))
        proveOptimal(cost, n)
      }
    }
  })
  it('carries its proof at n = 64 and 256, whatever the shape of the costs', () => {
    for (const n of [64, 256]) {
      const r = rng(n)
      proveOptimal(
        Float64Array.from({ length: n * n }, () => r.uniform()),
        n,
      )
      // Rank-one costs: every row prefers the same columns, the hard case for the reductions.
      proveOptimal(
        Float64Array.from({ length: n * n }, (_, k) => Math.floor(k / n) * (k % n)),
        n,
      )
      proveOptimal(new Float64Array(n * n).fill(0.1), n)
    }
  })
  it('refuses what is not a finite square matrix', () => {
    expect(() => assign(new Float64Array(5), 2)).toThrow(/4 entries/)
    expect(() => assign(Float64Array.of(1, 2, 3, Number.NaN), 2)).toThrow(/finite/)
    expect(() => assign(Float64Array.of(1, 2, 3, Infinity), 2)).toThrow(/finite/)
  })
})

describe('assignPoints', () => {
  it('recovers a permuted, shifted cloud: a translation is its own optimal map', () => {
    const n = 50
    const source = cloud(n, 1)
    const order = Array.from({ length: n }, (_, i) => (i * 7 + 3) % n)
    const target = new Float64Array(2 * n)
    order.forEach((to, i) => {
      target[2 * to] = source[2 * i]! + 3
      target[2 * to + 1] = source[2 * i + 1]! - 2
    })
    const { columnOf, cost } = assignPoints(source, target)
    expect([...columnOf]).toEqual(order)
    expect(cost).toBeCloseTo(13 * n, 10)
  })
  it('returns potentials of the uncentred costs', () => {
    const n = 40
    const a = cloud(n, 6)
    const b = cloud(n, 7).map((t) => t + 2)
    const { columnOf, cost, u, v } = assignPoints(a, b)
    let dual = 0
    for (let i = 0; i < n; i++) {
      dual += u[i]! + v[i]!
      for (let j = 0; j < n; j++) {
        const c = (b[2 * j]! - a[2 * i]!) ** 2 + (b[2 * j + 1]! - a[2 * i + 1]!) ** 2
        const slack = c - u[i]! - v[j]!
        expect(slack).toBeGreaterThan(-1e-11)
        if (columnOf[i] === j) expect(slack).toBeLessThan(1e-11)
      }
    }
    expect(Math.abs(dual - cost)).toBeLessThan(1e-9)
  })
  it('is cyclically monotone in pairs', () => {
    const n = 128
    const a = cloud(n, 2)
    const b = cloud(n, 3).map((v) => 1.5 * v)
    const { columnOf } = assignPoints(a, b)
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < i; k++) {
        const p = columnOf[i]!
        const q = columnOf[k]!
        const inner =
          (a[2 * i]! - a[2 * k]!) * (b[2 * p]! - b[2 * q]!) +
          (a[2 * i + 1]! - a[2 * k + 1]!) * (b[2 * p + 1]! - b[2 * q + 1]!)
        expect(inner).toBeGreaterThan(-1e-12)
      }
    }
  })
  it('gives the same answer for Float32 input and an empty cloud', () => {
    const a = Float32Array.from(cloud(20, 4))
    const b = Float32Array.from(cloud(20, 5))
    expect(assignPoints(a, b).columnOf).toEqual(
      assignPoints(Float64Array.from(a), Float64Array.from(b)).columnOf,
    )
    expect(assignPoints([], []).cost).toBe(0)
    expect(() => assignPoints([1, 2], [1, 2, 3, 4])).toThrow(/same even length/)
  })
})
