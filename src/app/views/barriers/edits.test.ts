import { describe, expect, it } from 'vitest'
import { newBarrier } from '../../../lab/scene/defaults.ts'
import { inRange } from '../../../lab/scene/fields/ranges.ts'
import { RANGES, type BarrierSpec, type Vector2 } from '../../../lab/scene/sceneSpec.ts'
import { disc } from './disc.ts'
import { anchorOf, barrierName, moveTo } from './edits.ts'
import { chordOf, halfPlane } from './halfPlane.ts'
import { EDITORS, editorOf } from './registry.ts'

const square = newBarrier('polygon', {
  points: [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 1],
  ],
})
const newDisc = (barriers: readonly BarrierSpec[] = []) => disc.create!(barriers, 4)
const newPlane = (barriers: readonly BarrierSpec[] = []) => halfPlane.create!(barriers, 4)
/** One of each kind. */
const kinds: readonly BarrierSpec[] = [
  square,
  ...Object.values(EDITORS).flatMap(({ create }) => create?.([], 4) ?? []),
]

describe('new barriers', () => {
  it('stand beside those that are there', () => {
    let barriers: BarrierSpec[] = []
    for (let i = 0; i < 8; i++) barriers = [...barriers, newDisc(barriers)]
    for (const [i, a] of barriers.entries())
      for (const b of barriers.slice(0, i)) {
        const [p, q] = [anchorOf(a, 4), anchorOf(b, 4)]
        expect(Math.hypot(p[0] - q[0], p[1] - q[1])).toBeGreaterThanOrEqual(1)
      }
    const plane = newPlane()
    expect([plane, newPlane([plane])].map((each) => halfPlane.grip!.value(each))).toEqual([0, 180])
  })

  it('go by kind, and by number where there are several of it', () => {
    expect(barrierName([newDisc(), square], 1)).toBe('Region')
    expect(barrierName([newDisc(), square, newDisc()], 2)).toBe('Disc 2')
  })
})

describe('moving', () => {
  it('brings the anchor to the place in the box', () => {
    const places: readonly Vector2[] = [
      [1.5, -2.25],
      [-3, 3],
      [9, 9],
    ]
    for (const [x, y] of places)
      for (const barrier of kinds.filter(({ kind }) => kind !== 'half-plane')) {
        const [ax, ay] = anchorOf(moveTo(barrier, [x, y], 4), 4)
        expect(ax).toBeCloseTo(Math.min(4, x), 2)
        expect(ay).toBeCloseTo(Math.min(4, y), 2)
      }
  })

  it('shifts the edge of a half-plane along its normal only', () => {
    const plane = halfPlane.grip!.set(newPlane(), [0, 0], 30)
    expect(moveTo(plane, [1, 1], 4)).toEqual({ ...plane, offset: 1.37 })
  })

  it('keeps the corners of a region in their range', () => {
    const { points } = moveTo(square, [19.9, 19.9], 20) as typeof square
    for (const value of points.flat())
      expect(inRange(RANGES['energy.barriers.points'], value)).toBe(true)
    expect(points[2]![0] - points[0]![0]).toBeCloseTo(1, 12)
  })
})

describe('shaping', () => {
  it('never leaves the range of a radius', () => {
    for (const [value, radius] of [
      [-3, 0.05],
      [1e9, 20],
    ] as const)
      expect(disc.grip!.set(newDisc(), [0, 0], value).radius).toBe(radius)
  })

  it('turns a half-plane about a point that stays on its edge', () => {
    const pivot: Vector2 = [1, -0.5]
    for (const degrees of [-170, -90, 0, 45, 180]) {
      const turned = halfPlane.grip!.set(newPlane(), pivot, degrees)
      expect(halfPlane.grip!.value(turned)).toBe(degrees)
      const [nx, ny] = turned.normal
      expect(nx * pivot[0] + ny * pivot[1]).toBeCloseTo(turned.offset, 2)
    }
  })

  it('holds the second handle apart from the first', () => {
    for (const barrier of [
      ...kinds,
      disc.grip!.set(newDisc(), [0, 0], 0.05),
      moveTo(newDisc(), [3.9, 0], 4),
      halfPlane.grip!.set(newPlane(), [-3.8, -3.8], 45),
    ]) {
      const { grip } = editorOf(barrier)
      if (grip === undefined) continue
      const anchor = anchorOf(barrier, 4)
      const place = grip.place(barrier, anchor, 4, 0.4)
      expect(Math.hypot(place[0] - anchor[0], place[1] - anchor[1])).toBeGreaterThanOrEqual(0.399)
    }
  })

  it('has the edge of a half-plane between two points of the border, both at its offset', () => {
    for (const degrees of [0, 30, 90, 135, 200, 270, 359]) {
      const angle = (degrees * Math.PI) / 180
      const normal: Vector2 = [Math.cos(angle), Math.sin(angle)]
      for (const [x, y] of chordOf(4, normal, 1.5)!) {
        expect(normal[0] * x + normal[1] * y).toBeCloseTo(1.5, 12)
        expect(Math.max(Math.abs(x), Math.abs(y))).toBeCloseTo(4, 12)
      }
    }
    expect(chordOf(4, [1, 0], 4.5)).toBeNull()
    expect(chordOf(4, [Math.SQRT1_2, Math.SQRT1_2], 5.7)).toBeNull()
  })
})
