import { describe, expect, it } from 'vitest'
import { kindOf, type Barrier } from '../../../core/fields/barriers/registry.ts'
import type { Point } from '../../../core/maths/grid.ts'
import { doubleArea } from './regions.ts'

/** Area of what is drawn of a barrier in the box [−4, 4]². */
function drawnArea(barrier: Barrier): number {
  return doubleArea(kindOf(barrier).outline(barrier, 4)) / 2
}

describe('what is drawn of a barrier', () => {
  it('is the share of a half-plane in the box: all, a strip, a triangle, nothing', () => {
    const area = (normal: Point, offset: number) =>
      drawnArea({ kind: 'half-plane', normal, offset, strength: 0 })
    expect(area([1, 0], 5)).toBeCloseTo(64, 12)
    expect(area([1, 0], -3)).toBeCloseTo(8, 12)
    expect(area([0, -2], -3)).toBeCloseTo(8, 12)
    // x + y ≤ −7: legs of 1 in the corner (−4, −4).
    expect(area([1, 1], -7 / Math.SQRT2)).toBeCloseTo(0.5, 12)
    expect(area([1, 0], -5)).toBe(0)
  })

  it('is as large as a disc, to the accuracy of a screen', () => {
    const area = drawnArea({ kind: 'disc', center: [1, -0.5], radius: 2, strength: 0 })
    expect(area / (4 * Math.PI)).toBeCloseTo(1, 3)
  })
})
