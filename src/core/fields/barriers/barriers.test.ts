import { describe, expect, it } from 'vitest'
import { exp, log } from '../../maths/elementary.ts'
import { fold, type Point } from '../../maths/grid.ts'
import { minEigenvalue2 } from '../../maths/linalg2.ts'
import { Purpose, Rng } from '../../maths/rng.ts'
import { barrierLevel, levelRange } from './levels.ts'
import { barrierLogMean, barrierMean, visitSimple } from './means.ts'
import { fieldGradient, fieldJet, fieldValue } from '../fieldReading.ts'
import { isAllowed, isClear, isFoldedClear } from './ways.ts'
import type { EnergyField } from '../energyField.ts'
import { kindOf, type Barrier } from './registry.ts'
import { tabulateEnergy } from '../energyGrid.ts'

const flat = tabulateEnergy({ halfWidth: 4, cells: 32 }, (_x, _y, out) => out.fill(0))
/** Convex corners and a reflex one, two edges of unequal length through no special place. */
const arrow: readonly Point[] = [
  [-1.1, -0.9],
  [1.2, -0.2],
  [-0.8, 1.3],
  [-0.3, 0.1],
]
const disc: Barrier = { kind: 'disc', center: [0.4, -0.3], radius: 0.8, strength: 0.3 }
const half: Barrier = { kind: 'half-plane', normal: [3, -4], offset: -0.5, strength: 0.2 }
const polygon: Barrier = { kind: 'polygon', points: arrow, strength: 0.15 }
const all: EnergyField = { grid: flat, barriers: [disc, half, polygon] }

function distance(points: readonly Point[], x: number, y: number): number {
  let least = Infinity
  points.forEach(([ax, ay], i) => {
    const [bx, by] = points[(i + 1) % points.length]!
    const [ex, ey] = [bx - ax, by - ay]
    const t = Math.min(1, Math.max(0, ((x - ax) * ex + (y - ay) * ey) / (ex * ex + ey * ey)))
    least = Math.min(least, Math.hypot(x - ax - t * ex, y - ay - t * ey))
  })
  return least
}

/** Points of the box, seeded. */
function points(n: number, seed: number, w = 3): Point[] {
  const rng = new Rng({ seed, purpose: Purpose.probe })
  return Array.from({ length: n }, () => [w * (2 * rng.uniform() - 1), w * (2 * rng.uniform() - 1)])
}

describe('the levels', () => {
  it('of a disc and a half-plane are as stated, whatever the length of the normal', () => {
    for (const [x, y] of points(50, 1)) {
      const r2 = (x - 0.4) ** 2 + (y + 0.3) ** 2
      expect(barrierLevel(disc, x, y)).toBeCloseTo((r2 - 0.64) / 1.6, 13)
      expect(barrierLevel(half, x, y)).toBeCloseTo(0.6 * x - 0.8 * y + 0.5, 13)
    }
  })

  it('of a polygon is its signed distance times a factor in [n^(−1/16), 1], negative exactly inside', () => {
    let inside = 0
    for (const [x, y] of points(3000, 2, 1.8)) {
      const d = distance(arrow, x, y)
      const h = barrierLevel(polygon, x, y)
      if (d > 1.5) continue
      expect(Math.abs(h)).toBeLessThanOrEqual(d * (1 + 1e-12))
      expect(Math.abs(h)).toBeGreaterThanOrEqual(4 ** (-1 / 16) * d * (1 - 1e-12))
      // The reflex corner: inside both triangles that the diagonal through it cuts off.
      const left = (i: number, j: number): boolean => {
        const [[ax, ay], [bx, by]] = [arrow[i]!, arrow[j]!]
        return (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0
      }
      const within =
        (left(0, 1) && left(1, 3) && left(3, 0)) || (left(1, 2) && left(2, 3) && left(3, 1))
      expect(h < 0).toBe(within)
      if (within) inside++
    }
    expect(inside).toBeGreaterThan(200)
    // Beside an edge the other ones hardly count.
    const [ex, ey] = [2.3, 0.7]
    const length = Math.hypot(ex, ey)
    const h = barrierLevel(
      polygon,
      0.2 + (0.2 * ey) / length,
      -0.5043478260869565 - (0.2 * ex) / length,
    )
    expect(h).toBeCloseTo(0.2, 5)
  })

  it('stay within their bounds near a point', () => {
    const rng = new Rng({ seed: 3, purpose: Purpose.probe })
    for (const [x, y] of points(400, 3, 1.6)) {
      const r = 0.5 * rng.uniform()
      const angle = 6.283 * rng.uniform()
      const [px, py] = [x + r * Math.cos(angle), y + r * Math.sin(angle)]
      for (const barrier of all.barriers) {
        const [low, high] = levelRange(barrier, x, y, r)
        const h = barrierLevel(barrier, px, py)
        if (h >= 1.5) continue
        expect(h).toBeGreaterThanOrEqual(low - 1e-12)
        expect(h).toBeLessThanOrEqual(high + 1e-12)
      }
    }
  })
})

describe('the term', () => {
  it('is −μ log h up to ½, nothing from 3/2 on, and +∞ beyond the wall', () => {
    const field: EnergyField = {
      grid: flat,
      barriers: [{ kind: 'half-plane', normal: [1, 0], offset: -0.5, strength: 0.7 }],
    }
    for (const h of [1e-9, 0.01, 0.3, 0.5]) {
      expect(fieldValue(field, h - 0.5, 1)).toBeCloseTo(-0.7 * log(h), 6)
    }
    expect(fieldValue(field, 0.5, 1)).toBeGreaterThan(0)
    expect(fieldValue(field, 1, 1)).toBe(0)
    expect(fieldValue(field, 3, 1)).toBe(0)
    for (const x of [-0.5, -0.6, -4]) {
      expect(fieldValue(field, x, 0)).toBe(Infinity)
      expect(isAllowed(field, x, 0)).toBe(false)
      const jet = new Float64Array(6)
      fieldJet(field, x, 0, jet)
      expect(jet).toEqual(new Float64Array([Infinity, NaN, NaN, NaN, NaN, NaN]))
      const g = new Float64Array(2)
      fieldGradient(field, x, 0, g)
      expect(g).toEqual(new Float64Array([NaN, NaN]))
    }
    expect(isAllowed(field, -0.499, 0)).toBe(true)
  })

  it('is drawn along its edge, where its level is zero, and along the box', () => {
    for (const barrier of all.barriers)
      for (const [x, y] of kindOf(barrier).outline(barrier, 4)) {
        const h = barrierLevel(barrier, x, y)
        if (h < -1e-12) expect(Math.max(Math.abs(x), Math.abs(y)), barrier.kind).toBe(4)
        else expect(h, barrier.kind).toBeCloseTo(0, 12)
      }
  })

  it('is −μ log of the capped level that docs/scene.md states, for every kind and any length of the normal', () => {
    const capped = (h: number): number => {
      if (h <= 0.5) return h
      const u = h - 0.5
      return h < 1.5 ? 0.5 + u - u ** 3 + u ** 4 / 2 : 1
    }
    const levels = {
      disc: (x: number, y: number) => ((x - 0.4) ** 2 + (y + 0.3) ** 2 - 0.8 ** 2) / 1.6,
      'half-plane': (x: number, y: number) => (3 * x - 4 * y) / 5 + 0.5,
      polygon: (x: number, y: number) => {
        let sum = 0
        arrow.forEach((a, i) => {
          sum += distance([a, arrow[(i + 1) % arrow.length]!], x, y) ** -16
        })
        return sum ** (-1 / 16)
      },
    }
    for (const barrier of all.barriers) {
      const tried = { near: 0, between: 0, far: 0 }
      for (const [x, y] of points(400, 11)) {
        if (!isAllowed({ barriers: [barrier] }, x, y)) continue
        const h = levels[barrier.kind](x, y)
        tried[h <= 0.5 ? 'near' : h < 1.5 ? 'between' : 'far']++
        const value = fieldValue({ grid: flat, barriers: [barrier] }, x, y)
        expect(value).toBeCloseTo(-barrier.strength * Math.log(capped(h)), 10)
      }
      expect(Math.min(...Object.values(tried)), barrier.kind).toBeGreaterThan(10)
    }
  })

  it('is nothing at strength 0 but the wall', () => {
    const field: EnergyField = { grid: flat, barriers: [{ ...disc, strength: 0 }] }
    const jet = new Float64Array(6)
    fieldJet(field, 0.4, 0.5001, jet)
    expect(jet).toEqual(new Float64Array(6))
    expect(fieldValue(field, 0.4, 0.4)).toBe(Infinity)
  })

  it('has its formulas for derivatives, by differences of the order below', () => {
    const jet = new Float64Array(6)
    const up = new Float64Array(6)
    const down = new Float64Array(6)
    const g = new Float64Array(2)
    const step = 1e-6
    let tested = 0
    for (const [x, y] of points(2000, 4)) {
      if (!isAllowed(all, x, y)) continue
      const h = Math.min(...all.barriers.map((b) => barrierLevel(b, x, y)))
      if (h < 0.02) continue
      // Second derivatives of the polygon jump where the foot of an edge becomes a corner.
      const jump = arrow.some(([ax, ay], i) => {
        const [bx, by] = arrow[(i + 1) % 4]!
        const t = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)
        return Math.min(Math.abs(t), Math.abs(t - 1)) < 1e-4
      })
      if (jump) continue
      fieldJet(all, x, y, jet)
      fieldGradient(all, x, y, g)
      expect(fieldValue(all, x, y)).toBeCloseTo(jet[0]!, 12)
      expect(g[0]).toBeCloseTo(jet[1]!, 12)
      expect(g[1]).toBeCloseTo(jet[2]!, 12)
      const scale = 1 + (1 / h) ** 3
      fieldJet(all, x + step, y, up)
      fieldJet(all, x - step, y, down)
      const dx = up.map((v, i) => (v - down[i]!) / (2 * step))
      fieldJet(all, x, y + step, up)
      fieldJet(all, x, y - step, down)
      const dy = up.map((v, i) => (v - down[i]!) / (2 * step))
      for (const [found, wanted] of [
        [dx[0], jet[1]],
        [dy[0], jet[2]],
        [dx[1], jet[3]],
        [dy[1], jet[4]],
        [dx[2], jet[4]],
        [dy[2], jet[5]],
      ]) {
        expect(Math.abs(found! - wanted!)).toBeLessThan(1e-7 * scale)
      }
      tested++
    }
    expect(tested).toBeGreaterThan(300)
  })

  it('is convex for a half-plane', () => {
    const field: EnergyField = { grid: flat, barriers: [half] }
    const jet = new Float64Array(6)
    for (const [x, y] of points(500, 5)) {
      fieldJet(field, x, y, jet)
      if (jet[0] === Infinity) continue
      expect(minEigenvalue2(jet[3]!, jet[4]!, jet[5]!)).toBeGreaterThan(-1e-12)
    }
  })

  it('is as smooth across the crease of the distance at a reflex corner as elsewhere', () => {
    // Across the bisector of the two edges at (−.3, .1) the gradient of the distance jumps.
    const a = new Float64Array(2)
    const b = new Float64Array(2)
    const field: EnergyField = { grid: flat, barriers: [polygon] }
    let jump = 0
    for (let i = 0; i < 400; i++) {
      const t = -0.2 + i / 1000
      fieldGradient(field, -0.75, t, a)
      fieldGradient(field, -0.75, t + 1e-6, b)
      jump = Math.max(jump, Math.hypot(a[0]! - b[0]!, a[1]! - b[1]!))
    }
    expect(jump).toBeLessThan(1e-3)
  })
})

function logMean(
  barriers: readonly Barrier[],
  epsilon: number,
  x: number,
  y: number,
  width: number,
  height: number,
): number {
  const out = new Float64Array(3)
  barrierMean(barriers, epsilon, x, y, width, height, out)
  return out[0]!
}

describe('the mean over a rectangle', () => {
  it('is exact for one straight wall of small level, any strength and tilt', () => {
    const rng = new Rng({ seed: 6, purpose: Purpose.probe })
    for (let k = 0; k < 60; k++) {
      const strength = [0, 0.2, 1, 3.7][k % 4]!
      const angle = k < 8 ? (k * Math.PI) / 4 : 6.283 * rng.uniform()
      const barrier: Barrier = {
        kind: 'half-plane',
        normal: [Math.cos(angle), Math.sin(angle)],
        offset: 0.08 * (rng.uniform() - 0.5),
        strength,
      }
      const [width, height] = [0.1, 0.05 + 0.05 * rng.uniform()]
      const n = 400
      let sum = 0
      for (let j = 0; j < n; j++) {
        for (let i = 0; i < n; i++) {
          const h = barrierLevel(
            barrier,
            ((i + 0.5) / n - 0.5) * width,
            ((j + 0.5) / n - 0.5) * height,
          )
          if (h > 0) sum += h ** strength
        }
      }
      const mean = sum / (n * n)
      const top = 0.12 ** strength
      expect(Math.abs(exp(logMean([barrier], 1, 0, 0, width, height)) - mean)).toBeLessThan(
        3e-3 * top,
      )
    }
  })

  it('is that of any level on a rectangle of any size, also where the cap bends it and at high powers', () => {
    const rng = new Rng({ seed: 8, purpose: Purpose.probe })
    const between = (low: number, high: number) => low + (high - low) * rng.uniform()
    for (let k = 0; k < 80; k++) {
      const angle = between(0, 6.283)
      const wall: Barrier = {
        kind: 'half-plane',
        normal: [Math.cos(angle), Math.sin(angle)],
        offset: between(-1.6, 0.2),
        strength: [0.1, 0.6, 3, 10][k % 4]!,
      }
      const [width, height, epsilon] = [between(0.02, 0.8), between(0.02, 0.8), between(0.4, 1.3)]
      const field: EnergyField = { grid: flat, barriers: [wall] }
      const n = 300
      let [sum, logs, count] = [0, 0, 0]
      for (let j = 0; j < n; j++) {
        for (let i = 0; i < n; i++) {
          const at = (u: number) => (u + 0.5) / n - 0.5
          const l = -fieldValue(field, at(i) * width, at(j) * height) / epsilon
          if (l === -Infinity) continue
          sum += exp(l)
          logs += l
          count++
        }
      }
      // A corner that few of the points lie in is none that they know.
      if (count < 0.1 * n * n) continue
      const mean = logMean([wall], epsilon, 0, 0, width, height)
      expect(Math.abs(mean - log(sum / (n * n)))).toBeLessThan(5e-3)
      const middle = new Float64Array(3)
      barrierMean([wall], Infinity, 0, 0, width, height, middle)
      const [, atX, atY] = middle as unknown as [number, number, number]
      const meanLog = barrierLogMean([wall], epsilon, 0, 0, width, height, atX, atY)
      expect(Math.abs(meanLog - logs / count)).toBeLessThan(5e-3 * (1 + wall.strength / epsilon))
    }
  })

  it('is that of a strong barrier at a low temperature, wherever the cap ends', () => {
    for (const power of [50, 500, 2000]) {
      for (const [h, width, height] of [
        [0.4, 0.25, 0.25],
        [0.8, 0.25, 0.1],
        [1.2, 0.6, 0.6],
        [1.5, 1.2, 0.3],
      ] as const) {
        const wall: Barrier = { kind: 'half-plane', normal: [3, 4], offset: -h, strength: power }
        // The levels of a rectangle have the density of a trapezium.
        const n = 4000
        const [a, b] = [0.6 * width, 0.8 * height]
        let sum = 0
        const term = (z: number) => {
          const u = z - 0.5
          const c = u <= 0 ? z : u < 1 ? 0.5 + u - u ** 3 + u ** 4 / 2 : 1
          return z > 0 ? power * Math.log(c) : -Infinity
        }
        const top = term(h + 0.5 * (a + b))
        for (let i = 0; i < n; i++) {
          const z = h + (a + b) * ((i + 0.5) / n - 0.5)
          const share = Math.min(a, b, Math.max(0, 0.5 * (a + b) - Math.abs(z - h))) / (a * b)
          sum += share * Math.exp(term(z) - top)
        }
        const reference = top + Math.log((sum * (a + b)) / n)
        expect(logMean([wall], 1, 0, 0, width, height)).toBeCloseTo(reference, 2)
      }
    }
  })

  it('knows what is closed, open, and on an edge', () => {
    const wall: Barrier = { kind: 'half-plane', normal: [1, 0], offset: 0, strength: 0 }
    expect(logMean([wall], 1, -0.05, 0, 0.1, 0.1)).toBe(-Infinity)
    expect(logMean([wall], 1, 0.05, 0, 0.1, 0.1)).toBe(0)
    expect(logMean([wall], 1, 0, 0, 0.1, 0.1)).toBeCloseTo(log(0.5), 12)
    const square: Barrier = {
      kind: 'polygon',
      points: [
        [-1, -1],
        [1, -1],
        [1, 1],
        [-1, 1],
      ],
      strength: 0,
    }
    expect(logMean([square], 1, 1, 0, 0.1, 0.1)).toBeCloseTo(log(0.5), 6)
  })
})

describe('rectangles that one straight wall at most crosses', () => {
  it('leave of a rectangle what a disc leaves, however small it is and wherever it lies', () => {
    for (const radius of [0.001, 0.01, 0.02, 0.03]) {
      for (const [x, y] of [
        [0, 0],
        [0.001, 0],
        [-0.0005, 0.0011],
      ] as const) {
        const wall: Barrier = { kind: 'disc', center: [x, y], radius, strength: 0 }
        let area = 0
        visitSimple([wall], 1, 0, 0, 0.0625, 0.0625, (at, up, width, height) => {
          area += width * height * exp(logMean([wall], Infinity, at, up, width, height))
        })
        expect(area / 0.0625 ** 2).toBeCloseTo(1 - Math.PI * (radius / 0.0625) ** 2, 2)
      }
    }
  })
})

describe('a way between two allowed points', () => {
  const needle: Barrier = {
    kind: 'polygon',
    points: [
      [-2, 0.3],
      [2, 0.31],
      [2, 0.312],
    ],
    strength: 0,
  }
  const barriers = [disc, half, polygon, needle]
  const field: EnergyField = { grid: flat, barriers }
  const allowed = points(4000, 12, 2).filter(([x, y]) => isAllowed(field, x, y))

  /** The least level along a way of straight pieces, folded into [−w, w]², at 4,000 places. */
  function leastLevel(from: Point, to: Point, w: number): number {
    let least = Infinity
    for (let i = 0; i <= 4000; i++) {
      const x = fold(from[0] + (i / 4000) * (to[0] - from[0]), w)
      const y = fold(from[1] + (i / 4000) * (to[1] - from[1]), w)
      for (const barrier of barriers) least = Math.min(least, barrierLevel(barrier, x, y))
    }
    return least
  }

  it.each([false, true])('is clear where no place of it is forbidden; folded: %s', (folded) => {
    let clear = 0
    let blocked = 0
    for (let i = 0; i + 1 < 240; i += 2) {
      const from = allowed[i]!
      const [ex, ey] = allowed[i + 1]!
      // Out through walls of [−2, 2]², of several of them.
      const to: Point = folded ? [4 * (i % 3) - 4 + ex, 4 * (i % 5) - 8 - ey] : [ex, ey]
      const end = [fold(to[0], 2), fold(to[1], 2)] as const
      if (!isAllowed(field, ...end)) continue
      const is = folded
        ? isFoldedClear(barriers, 2, ...from, ...to)
        : isClear(barriers, ...from, ...to)
      const least = leastLevel(from, to, 2)
      if (is) {
        clear++
        expect(least).toBeGreaterThan(0)
      } else {
        blocked++
        expect(least).toBeLessThan(0.01)
      }
    }
    expect(Math.min(clear, blocked)).toBeGreaterThan(10)
  })
})
