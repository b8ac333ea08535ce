import { describe, expect, it } from 'vitest'
import { Purpose, Rng } from '../../../core/maths/rng.ts'
import { DataHistogram } from './dataHistogram.ts'
import { blurredHistogram, contrast, readBlurred } from './farField.ts'

const blurred = (data: Float32Array, x: number, y: number) => {
  const out = new Float64Array(3)
  readBlurred(data, new Float64Array(data.length / 2).fill(2 / data.length), x, y, out)
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

  it('has the weight of its formula: next to none where there is data, more the farther from it', () => {
    const weights: [q: number, w: number][] = []
    for (let step = 0; step < 50; step++) {
      const { xy, w, u } = contrast(context(4), step, 256, 256)
      for (let i = 0; i < w!.length; i++) {
        const [x, y] = [xy[2 * i]!, xy[2 * i + 1]!]
        const [q, qx, qy] = blurred(data, x, y)
        // W = 22 Σ relu(|xᵢ| − 3.2)² on [−4, 4]².
        const wall = (z: number) => 44 * Math.max(0, Math.abs(z) - 3.2) * Math.sign(z)
        expect(u![2 * i]! / (qx - wall(x))).toBeCloseTo(1, 4)
        expect(u![2 * i + 1]! / (qy - wall(y))).toBeCloseTo(1, 4)
        // λ|Ω|/32 for λ = 2.5e-6 a unit of area, κ = 0.03 and q₀ = 1e-4.
        const ratio = q / 1e-4
        const expected =
          (((2.5e-6 * 64) / 32) * (1 + 0.03 * Math.log(1 + 1 / ratio))) / (1 + ratio * ratio)
        expect(w![i]! / expected).toBeCloseTo(1, 4)
        weights.push([q, w![i]!])
      }
    }
    const of = (from: number, to: number) =>
      weights.filter(([q]) => q >= from && q < to).map(([, w]) => w)
    const [near, edge, far] = [of(1e-3, Infinity), of(1e-5, 1e-3), of(0, 1e-10)]
    for (const list of [near, edge, far]) expect(list.length).toBeGreaterThan(20)
    expect(Math.max(...near)).toBeLessThan(0.02 * Math.max(...edge))
    expect(Math.min(...far)).toBeGreaterThan(1.2 * Math.max(...edge))
  })

  it('weighs as much at a place in any box, for each unit of area', () => {
    // The same places in a box twice as large, with data twice as far apart, would have another q; one point of data at
    // the centre has the same q at the same distance.
    const one = (halfWidth: number) => {
      const { xy, w } = contrast(
        { seed: 7, problem: { halfWidth, batch: (_step, _n, out) => out.fill(0) } },
        3,
        256,
        256,
      )
      return Array.from(w!, (weight, i) => {
        const [q] = blurred(Float32Array.of(0, 0), xy[2 * i]!, xy[2 * i + 1]!)
        const g = (1 + 0.03 * Math.log(1 + 1e-4 / q)) / (1 + (q / 1e-4) ** 2)
        return weight / (g * 4 * halfWidth * halfWidth)
      })
    }
    for (const density of [...one(4), ...one(8)]) expect(density / (2.5e-6 / 32)).toBeCloseTo(1, 4)
  })

  it('of a blurred histogram leads to the bulk of the data, past single draws of their tail', () => {
    // A thousandth of the mass lies in a square far off, and two draws lie alone.
    const far = (i: number) => i % 1000 === 0
    const problem = {
      halfWidth: 4,
      batch: (_step: number, n: number, out: Float32Array) => {
        const rng = new Rng({ seed: 2, purpose: Purpose.data })
        for (let i = 0; i < n; i++) {
          const [x, y] = i < 2 ? [-3, 3] : far(i) ? [3, 3] : [0, -2]
          out[2 * i] = x + (i < 2 ? 0 : 0.3 * (rng.uniform() - 0.5))
          out[2 * i + 1] = y + (i < 2 ? 0 : 0.3 * (rng.uniform() - 0.5))
        }
      },
    }
    const blurred = blurredHistogram(new DataHistogram({ problem, steps: 5 }))
    const at = (x: number, y: number) => {
      const [place, read] = [new Float64Array(3), new Float64Array(3)]
      blurred.place(x, y, place)
      blurred.read(place[0]!, place[1]!, read)
      return { place, q: read[0]!, slope: [read[1]!, read[2]!] as const }
    }
    // The centre of the cell, less than half a cell away.
    const { place } = at(0.3, 0.4)
    expect(Math.hypot(place[0]! - 0.3, place[1]! - 0.4)).toBeLessThan(0.0625 * Math.SQRT2)
    expect((place[0]! / 0.125) % 1).toBeCloseTo(0.5, 9)
    // Beside the two draws the slope leads to the bulk; beside the square it leads to the square.
    expect(at(-2.6, 3).slope[0]).toBeGreaterThan(0)
    expect(at(-2.6, 3).slope[1]).toBeLessThan(0)
    expect(at(2.3, 3).slope[0]).toBeGreaterThan(0)
    // Near the bulk q is that of a square with nearly all of the mass.
    expect(at(0, -2).q).toBeGreaterThan(1)
    const { w, u } = contrast({ seed: 7, problem }, 3, 256, 256, blurred)
    expect([...w!, ...u!].every(Number.isFinite)).toBe(true)
  })

  it('leaves the wall out where data lie nearer to it: no well before them', () => {
    const problem = {
      halfWidth: 8,
      batch: (_step: number, _n: number, out: Float32Array) => {
        for (let i = 0; i < out.length; i++) out[i] = i % 2 === 0 ? 7.8 : 0
      },
    }
    let [towards, away] = [0, 0]
    for (let step = 0; step < 20; step++) {
      const { xy, w, u } = contrast({ seed: 7, problem }, step, 256, 256)
      for (let i = 0; i < w!.length; i++) {
        const [x, slope] = [xy[2 * i]!, -u![2 * i]!]
        // The wall begins at 6.4. On the side of the data V falls towards them, on the other it falls off the wall.
        if (x > 6.4 && x < 7.7) {
          expect(slope).toBeLessThan(0)
          towards++
        }
        if (x < -6.5) {
          expect(slope).toBeLessThan(-44 * (-x - 6.4))
          away++
        }
      }
    }
    expect(Math.min(towards, away)).toBeGreaterThan(10)
  })
})
