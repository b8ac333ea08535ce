import { describe, expect, it } from 'vitest'
import { inRange } from '../../../lab/scene/ranges.ts'
import { RANGES, type BarrierSpec, type Vector2 } from '../../../lab/scene/sceneSpec.ts'
import {
  anchorOf,
  angleOf,
  barrierName,
  gripOf,
  moveTo,
  newDisc,
  newHalfPlane,
  turnTo,
  withRadius,
} from './barrierEdits.ts'

const square: BarrierSpec = {
  kind: 'polygon',
  strength: 0.2,
  points: [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 1],
  ],
}

describe('new barriers', () => {
  it('stand beside those that are there', () => {
    let barriers: BarrierSpec[] = []
    for (let i = 0; i < 8; i++) barriers = [...barriers, newDisc(barriers, 4)]
    for (const [i, a] of barriers.entries())
      for (const b of barriers.slice(0, i)) {
        const [p, q] = [anchorOf(a, 4), anchorOf(b, 4)]
        expect(Math.hypot(p[0] - q[0], p[1] - q[1])).toBeGreaterThanOrEqual(1)
      }
    const planes = [newHalfPlane([], 4)]
    planes.push(newHalfPlane(planes, 4))
    expect(planes.map(angleOf)).toEqual([0, 180])
  })

  it('go by kind, and by number where there are several of it', () => {
    const disc = newDisc([], 4)
    expect(barrierName([disc, square], 1)).toBe('Region')
    expect(barrierName([disc, square, disc], 2)).toBe('Disc 2')
  })
})

describe('moving', () => {
  it('brings the anchor to where it is asked for, inside the box', () => {
    const places: readonly Vector2[] = [
      [1.5, -2.25],
      [-3, 3],
      [9, 9],
    ]
    for (const [x, y] of places)
      for (const barrier of [newDisc([], 4), square]) {
        const [ax, ay] = anchorOf(moveTo(barrier, [x, y], 4), 4)
        expect(ax).toBeCloseTo(Math.min(4, x), 2)
        expect(ay).toBeCloseTo(Math.min(4, y), 2)
      }
  })

  it('shifts the edge of a half-plane along its normal only', () => {
    const plane = turnTo(newHalfPlane([], 4), 30, [0, 0])
    const moved = moveTo(plane, [1, 1], 4)
    expect(moved).toEqual({ ...plane, offset: 1.37 })
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
    expect(withRadius(newDisc([], 4), -3).radius).toBe(0.05)
    expect(withRadius(newDisc([], 4), 1e9).radius).toBe(20)
  })

  it('turns a half-plane about a point that stays on its edge', () => {
    const pivot: Vector2 = [1, -0.5]
    for (const degrees of [-170, -90, 0, 45, 180]) {
      const turned = turnTo(newHalfPlane([], 4), degrees, pivot)
      expect(angleOf(turned)).toBe(degrees)
      const [nx, ny] = turned.normal
      expect(nx * pivot[0] + ny * pivot[1]).toBeCloseTo(turned.offset, 2)
    }
  })

  it('holds the second handle apart from the first and in the box', () => {
    for (const barrier of [
      withRadius(newDisc([], 4), 0.05),
      moveTo(newDisc([], 4), [3.9, 0], 4),
      newHalfPlane([], 4),
      turnTo(newHalfPlane([], 4), 45, [-3.8, -3.8]),
    ]) {
      const [anchor, grip] = [anchorOf(barrier, 4), gripOf(barrier, 4, 0.4)!]
      expect(Math.hypot(grip[0] - anchor[0], grip[1] - anchor[1])).toBeGreaterThanOrEqual(0.399)
    }
    expect(gripOf(square, 4, 0.4)).toBeNull()
  })
})
