import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { centreCoordinate, fold, nodeCoordinate, sameBox, spacing } from './grid.ts'

const width = fc.double({ min: 1, max: 20, noNaN: true })
const position = fc.double({ min: -1e4, max: 1e4, noNaN: true })
const runs = { numRuns: 2000 }

describe('fold', () => {
  it('always lands inside', () => {
    fc.assert(
      fc.property(position, width, (x, w) => {
        expect(Math.abs(fold(x, w))).toBeLessThanOrEqual(w)
      }),
      runs,
    )
  })
  it('is the identity inside, bit for bit', () => {
    fc.assert(
      fc.property(fc.double({ min: -1, max: 1, noNaN: true }), width, (t, w) => {
        const x = t * w
        expect(fold(x, w)).toBe(x)
      }),
      runs,
    )
  })
  it('is unchanged by reflection at either wall, hence even and 4w-periodic about the walls', () => {
    fc.assert(
      fc.property(position, width, (x, w) => {
        const tolerance = 1e-11
        expect(Math.abs(fold(2 * w - x, w) - fold(x, w))).toBeLessThan(tolerance)
        expect(Math.abs(fold(-2 * w - x, w) - fold(x, w))).toBeLessThan(tolerance)
        expect(Math.abs(fold(x + 4 * w, w) - fold(x, w))).toBeLessThan(tolerance)
        expect(Math.abs(fold(-x, w) + fold(x, w))).toBeLessThan(tolerance)
      }),
      runs,
    )
  })
  it('reflects once just beyond a wall and never lengthens a step', () => {
    expect(fold(4.25, 4)).toBe(3.75)
    expect(fold(-4.25, 4)).toBe(-3.75)
    expect(fold(12.5, 4)).toBe(-3.5)
    fc.assert(
      fc.property(position, position, width, (x, y, w) => {
        expect(Math.abs(fold(x, w) - fold(y, w))).toBeLessThanOrEqual(Math.abs(x - y) + 1e-11)
      }),
      runs,
    )
  })
  it('hands non-finite input back as non-finite', () => {
    expect(fold(Number.NaN, 4)).toBeNaN()
    expect(Number.isFinite(fold(Infinity, 4))).toBe(false)
    expect(Number.isFinite(fold(-Infinity, 4))).toBe(false)
  })
})

describe('box', () => {
  it('has its nodes on the cell corners and its centres between them', () => {
    const box = { halfWidth: 4, cells: 128 }
    expect(nodeCoordinate(box, 0)).toBe(-4)
    expect(nodeCoordinate(box, 128)).toBe(4)
    expect(nodeCoordinate(box, 64)).toBe(0)
    for (const i of [0, 1, 77, 127]) {
      expect(centreCoordinate(box, i)).toBeCloseTo(
        (nodeCoordinate(box, i) + nodeCoordinate(box, i + 1)) / 2,
        14,
      )
    }
    expect(spacing(box) * box.cells).toBe(8)
  })
  it('is the same box only when both numbers agree', () => {
    expect(sameBox({ halfWidth: 4, cells: 64 }, { halfWidth: 4, cells: 64 })).toBe(true)
    expect(sameBox({ halfWidth: 4, cells: 64 }, { halfWidth: 4, cells: 65 })).toBe(false)
    expect(sameBox({ halfWidth: 4, cells: 64 }, { halfWidth: 5, cells: 64 })).toBe(false)
  })
})
