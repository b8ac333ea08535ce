import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Point } from '../../maths/grid.ts'
import { filterMean } from './filter.ts'
import { barrierLevel } from './levels.ts'
import { leastVector, leastViolation, type Rows } from './planeQp.ts'
import type { Barrier } from './registry.ts'

const within = (least: number, most: number) => fc.double({ min: least, max: most, noNaN: true })
const places = fc.tuple(within(-2, 2), within(-2, 2))

const rowsOf = (list: readonly (readonly [a: number, b: number, c: number])[]): Rows => ({
  count: list.length,
  a: Float64Array.from(list, ([a]) => a),
  b: Float64Array.from(list, ([, b]) => b),
  c: Float64Array.from(list, ([, , c]) => c),
})
const lists = fc.array(fc.tuple(fc.integer({ min: 0, max: 359 }), within(-1, 1)), {
  minLength: 1,
  maxLength: 5,
})
const turned = (list: readonly (readonly [number, number])[]) =>
  rowsOf(
    list.map(([degrees, c]) => {
      const angle = (degrees * Math.PI) / 180
      return [2 * Math.cos(angle), 2 * Math.sin(angle), c]
    }),
  )
/** Most by which a vector misses a half-plane. */
const missing = ({ count, a, b, c }: Rows, [x, y]: Point): number =>
  Math.max(...Array.from({ length: count }, (_, j) => c[j]! - a[j]! * x - b[j]! * y))

describe('the shortest vector in half-planes', () => {
  it('is in all of them, and a combination of the normals of the edges that it lies on: no other is as short', () => {
    let [found, corners] = [0, 0]
    fc.assert(
      fc.property(lists, (list) => {
        const rows = turned(list)
        const v = new Float64Array(2)
        if (!leastVector(rows, v)) return
        found++
        const [x, y] = v as unknown as Point
        expect(missing(rows, [x, y])).toBeLessThanOrEqual(1e-9)
        const active = list.flatMap((_, j) =>
          Math.abs(rows.a[j]! * x + rows.b[j]! * y - rows.c[j]!) < 1e-9 ? [j] : [],
        )
        // v = Σ λ a over one or two active rows, λ ≥ 0: Karush, Kuhn and Tucker.
        const length = Math.hypot(x, y)
        const one = active.some((j) => {
          const along = (rows.a[j]! * x + rows.b[j]! * y) / 2
          return Math.abs(along - length) <= 1e-7 * (1 + length)
        })
        const two = active.some((i) =>
          active.some((j) => {
            const det = rows.a[i]! * rows.b[j]! - rows.a[j]! * rows.b[i]!
            const p = (x * rows.b[j]! - y * rows.a[j]!) / det
            const q = (rows.a[i]! * y - rows.b[i]! * x) / det
            return p >= -1e-9 && q >= -1e-9
          }),
        )
        if (!one && two) corners++
        expect(length === 0 || one || two).toBe(true)
      }),
    )
    expect(found).toBeGreaterThan(40)
    expect(corners).toBeGreaterThan(2)
  })

  it('where there is none misses the worst of them by the least that any vector does', () => {
    let found = 0
    fc.assert(
      fc.property(lists, fc.array(places, { minLength: 20, maxLength: 20 }), (list, others) => {
        const rows = turned(list)
        const v = new Float64Array(2)
        if (leastVector(rows, v)) return
        found++
        leastViolation(rows, v)
        const least = missing(rows, [v[0]!, v[1]!])
        for (const [dx, dy] of others)
          for (const size of [0.01, 0.3, 1])
            expect(missing(rows, [v[0]! + size * dx, v[1]! + size * dy])).toBeGreaterThan(
              least - 1e-9,
            )
      }),
    )
    expect(found).toBeGreaterThan(5)
    const facing = rowsOf([
      [1, 0, 1],
      [-1, 0, 2],
    ])
    const v = new Float64Array(2)
    expect(leastVector(facing, v)).toBe(false)
    leastViolation(facing, v)
    expect([...v]).toEqual([expect.closeTo(-0.5, 12), 0])
  })
})

const discs = fc.record({
  kind: fc.constant('disc' as const),
  center: places,
  radius: within(0.2, 1),
  strength: fc.constant(0),
})
const planes = fc
  .tuple(fc.integer({ min: 0, max: 359 }), within(-1.5, 0.5))
  .map(([degrees, offset]) => ({
    kind: 'half-plane' as const,
    normal: [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)] as const,
    offset,
    strength: 0,
  }))
/** Stars: convex corners and reflex ones. */
const polygons = fc
  .tuple(places, fc.array(within(0.2, 1), { minLength: 3, maxLength: 7 }))
  .map(([[x, y], radii]) => ({
    kind: 'polygon' as const,
    points: radii.map((r, i): Point => {
      const angle = (2 * Math.PI * i) / radii.length
      return [x + r * Math.cos(angle), y + r * Math.sin(angle)]
    }),
    strength: 0,
  }))
const scenes = fc.array(fc.oneof(discs, planes, polygons), { minLength: 1, maxLength: 4 })
const keeps = fc.oneof(within(0, 1), fc.constantFrom(0, 1))

/** The mean that the filter makes of one, and what it says of it. */
function filter(barriers: readonly Barrier[], [x, y]: Point, keep: number, mean: Point) {
  const means = new Float64Array([NaN, ...mean, NaN])
  const said = filterMean(barriers, x, y, keep, means, 1)
  return { said, mean: [means[1]!, means[2]!] as const }
}

/** Whether the condition holds at a mean, up to rounding. */
const holds = (barriers: readonly Barrier[], [x, y]: Point, keep: number, [mx, my]: Point) =>
  barriers.every(
    (barrier) =>
      barrierLevel(barrier, mx, my) >= keep * Math.min(1.5, barrierLevel(barrier, x, y)) - 1e-11,
  )

const distance = ([x, y]: Point, [px, py]: Point) => Math.hypot(x - px, y - py)

describe('the barrier filter on the mean of a step', () => {
  it('keeps its condition from every safe place, before any regions, and leaves alone what keeps it already', () => {
    let changed = 0
    fc.assert(
      fc.property(scenes, places, keeps, places, (barriers, at, keep, mean) => {
        fc.pre(barriers.every((barrier) => barrierLevel(barrier, ...at) > 0))
        const { said, mean: kept } = filter(barriers, at, keep, mean)
        expect(said).not.toBe('infeasible')
        expect(holds(barriers, at, keep, kept)).toBe(true)
        if (said === 'changed') changed++
        else expect(kept).toEqual(mean)
      }),
      { numRuns: 400 },
    )
    expect(changed).toBeGreaterThan(50)
  })

  it('is the closed form before one wall and beside one disc', () => {
    fc.assert(
      fc.property(planes, discs, places, keeps, places, (plane, disc, at, keep, mean) => {
        const h = barrierLevel(plane, ...at)
        if (h > 0) {
          const pushed = filter([plane], at, keep, mean)
          const up = Math.max(0, keep * Math.min(1.5, h) - barrierLevel(plane, ...mean))
          const [nx, ny] = plane.normal
          expect(distance(pushed.mean, [mean[0] + up * nx, mean[1] + up * ny])).toBeLessThan(1e-12)
        }
        const g = barrierLevel(disc, ...at)
        const away = distance(mean, disc.center)
        if (g > 0 && away > 1e-3) {
          const { radius: r } = disc
          const least = Math.sqrt(r * r + 2 * r * keep * Math.min(1.5, g))
          const push = Math.max(1, least / away)
          const wanted: Point = [
            disc.center[0] + push * (mean[0] - disc.center[0]),
            disc.center[1] + push * (mean[1] - disc.center[1]),
          ]
          expect(distance(filter([disc], at, keep, mean).mean, wanted)).toBeLessThan(1e-9)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('changes the mean by no more than any other that keeps the condition near by', () => {
    const walls = fc.array(planes, { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(walls, places, keeps, places, places, (barriers, at, keep, mean, other) => {
        fc.pre(barriers.every((barrier) => barrierLevel(barrier, ...at) > 0))
        const { mean: kept } = filter(barriers, at, keep, mean)
        for (const share of [1, 0.1, 0.01]) {
          const tried: Point = [kept[0] + share * other[0], kept[1] + share * other[1]]
          if (holds(barriers, at, keep, tried))
            expect(distance(tried, mean)).toBeGreaterThan(distance(kept, mean) - 1e-9)
        }
      }),
      { numRuns: 300 },
    )
    fc.assert(
      fc.property(
        polygons,
        places,
        within(0, 0.99),
        places,
        places,
        (barrier, at, keep, by, to) => {
          fc.pre(barrierLevel(barrier, ...at) > 0.05)
          const mean: Point = [at[0] + 0.1 * by[0], at[1] + 0.1 * by[1]]
          const { mean: kept } = filter([barrier], at, keep, mean)
          const tried: Point = [kept[0] + 1e-3 * to[0], kept[1] + 1e-3 * to[1]]
          if (holds([barrier], at, keep, tried))
            expect(distance(tried, mean)).toBeGreaterThan(distance(kept, mean) - 1e-5)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('says where it finds no way, and misses both conditions there by the same', () => {
    // Out of both kept sides, which do not meet.
    const facing: readonly Barrier[] = [
      { kind: 'half-plane', normal: [1, 0], offset: 1, strength: 0 },
      { kind: 'half-plane', normal: [-1, 0], offset: 0.5, strength: 0 },
    ]
    const { said, mean } = filter(facing, [0.25, 1], 0.5, [2, 1.1])
    expect(said).toBe('infeasible')
    expect(mean[0]).toBeCloseTo(0.25, 12)
    expect(mean[1]).toBe(1.1)
    // With room between them it walks out again, from the wrong side of one.
    const apart: readonly Barrier[] = [facing[0]!, { ...facing[1]!, offset: -2 } as Barrier]
    const out = filter(apart, [0, 0], 0.5, [0, 0])
    expect(out).toEqual({ said: 'changed', mean: [0.5, 0] })
  })
})
