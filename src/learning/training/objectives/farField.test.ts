import { describe, expect, it } from 'vitest'
import { Purpose, Rng } from '../../../core/maths/rng.ts'
import { contrast, readBlurred } from './farField.ts'

const blurred = (data: Float32Array, x: number, y: number) => {
  const out = new Float64Array(3)
  readBlurred(data, x, y, out)
  return [...out] as [q: number, qx: number, qy: number]
}

const batchOf = (seed: number, n: number, spread = 1) => {
  const rng = new Rng({ seed, purpose: Purpose.probe })
  return Float32Array.from({ length: 2 * n }, () => spread * rng.normal())
}

describe('the blurred data', () => {
  it('have the density of the kernel: it sums to 1, and falls like |z|^(−2p)', () => {
    const one = Float32Array.of(0, 0)
    let mass = 0
    const h = 0.02
    for (let x = -6 + h / 2; x < 6; x += h)
      for (let y = -6 + h / 2; y < 6; y += h) mass += blurred(one, x, y)[0] * h * h
    expect(mass).toBeCloseTo(1, 4)
    const ratio = blurred(one, 40, 0)[0] / blurred(one, 20, 0)[0]
    expect(ratio / 2 ** -24).toBeCloseTo(1, 1)
    // (p − 1)/(π a²) (1 + r²/a²)^(−p) at r = a = 0.4.
    expect(blurred(one, 0.4, 0)[0]).toBeCloseTo((11 / (Math.PI * 0.16)) * 2 ** -12, 9)
  })

  it('have the slope of their logarithm', () => {
    const data = batchOf(3, 40)
    for (const [x, y] of [
      [0.3, -0.2],
      [3.9, 3.9],
      [-2.5, 0.1],
    ] as const) {
      const d = 1e-5
      const log = (x: number, y: number) => Math.log(blurred(data, x, y)[0])
      const [, qx, qy] = blurred(data, x, y)
      expect(qx).toBeCloseTo((log(x + d, y) - log(x - d, y)) / (2 * d), 6)
      expect(qy).toBeCloseTo((log(x, y + d) - log(x, y - d)) / (2 * d), 6)
    }
  })

  it('have no maximum farther than a/√p from every point: q is subharmonic there', () => {
    const radius = 0.4 / Math.sqrt(12)
    for (const [seed, n, spread] of [
      [1, 1, 1],
      [2, 2, 3],
      [3, 7, 2],
      [4, 60, 1.5],
    ] as const) {
      const data = batchOf(seed, n, spread)
      const places = batchOf(seed + 10, 300, 2)
      let tried = 0
      for (let i = 0; i < 300; i++) {
        const [x, y] = [places[2 * i]!, places[2 * i + 1]!]
        let nearest = Infinity
        for (let j = 0; j < n; j++)
          nearest = Math.min(nearest, Math.hypot(x - data[2 * j]!, y - data[2 * j + 1]!))
        const d = 1e-3
        if (nearest < radius + d) continue
        tried++
        const q = (dx: number, dy: number) =>
          blurred(data, x + dx, y + dy)[0] / blurred(data, x, y)[0]
        const laplacian = (q(d, 0) + q(-d, 0) + q(0, d) + q(0, -d) - 4) / (d * d)
        expect(laplacian).toBeGreaterThan(0)
      }
      expect(tried).toBeGreaterThan(50)
    }
  })
})

describe('the far field of a step', () => {
  const data = batchOf(5, 256, 0.5)
  const context = (halfWidth: number) => ({
    seed: 7,
    problem: {
      halfWidth,
      batch: (_step: number, n: number, out: Float32Array) => {
        out.set(data.subarray(0, 2 * n))
      },
    },
  })

  it('covers the box evenly, from step to step elsewhere', () => {
    const quarters = new Map<string, number>()
    for (let step = 0; step < 50; step++) {
      const { xy, w } = contrast(context(4), step, 256, 256)
      for (let i = 0; i < w!.length; i++) {
        const [x, y] = [xy[2 * i]!, xy[2 * i + 1]!]
        expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThanOrEqual(4)
        const key = `${Math.floor(x / 2)} ${Math.floor(y / 2)}`
        quarters.set(key, (quarters.get(key) ?? 0) + 1)
      }
    }
    expect(quarters.size).toBe(16)
    // 1,600 points in 16 squares: at random they would deviate by 10.
    for (const n of quarters.values()) expect(Math.abs(n - 100)).toBeLessThan(15)
  })

  it('has its whole weight where there is no data, and next to none where there is', () => {
    const weights: [q: number, w: number][] = []
    for (let step = 0; step < 50; step++) {
      const { xy, w, u } = contrast(context(4), step, 256, 256)
      for (let i = 0; i < w!.length; i++) {
        const [q, qx, qy] = blurred(data, xy[2 * i]!, xy[2 * i + 1]!)
        expect(u![2 * i]).toBeCloseTo(qx, 4)
        expect(u![2 * i + 1]).toBeCloseTo(qy, 4)
        weights.push([q, w![i]!])
      }
    }
    // λ|Ω|/32 with λ = 3e-6 for each unit of area.
    const most = (3e-6 * 64) / 32
    for (const [q, w] of weights) {
      expect(w).toBeLessThanOrEqual(most * (1 + 1e-6))
      if (q < 1e-5) expect(w).toBeGreaterThan(0.98 * most)
      if (q > 1e-3) expect(w).toBeLessThan(0.01 * most)
    }
    expect(weights.some(([q]) => q < 1e-5)).toBe(true)
    expect(weights.some(([q]) => q > 1e-3)).toBe(true)
  })

  it('weighs as much for each unit of area in any box', () => {
    const mean = (halfWidth: number) => {
      let sum = 0
      for (let step = 0; step < 20; step++)
        for (const w of contrast(context(halfWidth), step, 256, 256).w!) sum += w / 20
      return sum / (4 * halfWidth * halfWidth)
    }
    // All but the data, some four units of area.
    expect(mean(8)).toBeGreaterThan(0.95 * 3e-6)
    expect(mean(8)).toBeLessThanOrEqual(3e-6)
    expect(mean(4)).toBeGreaterThan(0.75 * 3e-6)
  })
})
