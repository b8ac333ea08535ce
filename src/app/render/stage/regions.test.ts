import { describe, expect, it } from 'vitest'
import type { Point } from '../../../core/fields/energyField.ts'
import { chordOf, clipToHalfPlane, doubleArea, unitNormal } from './regions.ts'

const BOX: readonly Point[] = [
  [-4, -4],
  [4, -4],
  [4, 4],
  [-4, 4],
]

describe('a half-plane in the box', () => {
  it('covers its share: all, a strip, a triangle, nothing', () => {
    const area = (normal: Point, offset: number) =>
      doubleArea(clipToHalfPlane(BOX, unitNormal(normal), offset)) / 2
    expect(area([1, 0], 5)).toBeCloseTo(64, 12)
    expect(area([1, 0], -3)).toBeCloseTo(8, 12)
    expect(area([0, -2], -3)).toBeCloseTo(8, 12)
    // x + y ≤ −7: legs of 1 in the corner (−4, −4).
    expect(area([1, 1], -7 / Math.SQRT2)).toBeCloseTo(0.5, 12)
    expect(area([1, 0], -5)).toBe(0)
  })

  it('has the edge between two points of the border, both at its offset', () => {
    for (const degrees of [0, 30, 90, 135, 200, 270, 359]) {
      const angle = (degrees * Math.PI) / 180
      const normal: Point = [Math.cos(angle), Math.sin(angle)]
      const chord = chordOf(4, normal, 1.5)!
      for (const [x, y] of chord) {
        expect(normal[0] * x + normal[1] * y).toBeCloseTo(1.5, 12)
        expect(Math.max(Math.abs(x), Math.abs(y))).toBeCloseTo(4, 12)
      }
    }
    expect(chordOf(4, [1, 0], 4.5)).toBeNull()
    expect(chordOf(4, [Math.SQRT1_2, Math.SQRT1_2], 5.7)).toBeNull()
  })
})
