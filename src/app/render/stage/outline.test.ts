import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Point } from '../../../core/maths/grid.ts'
import { isSimple, largestLoop, outlineOf, simplifyLine } from './outline.ts'
import { doubleArea } from './regions.ts'

const LIMITS = { tolerance: 0.02, most: 60, area: 0.01 }

/** A round stroke as of an unsteady hand: radius 1 with ripples, `turns` times round. */
function stroke(turns: number, n = 240): Point[] {
  return Array.from({ length: n }, (_, i) => {
    const angle = (2 * Math.PI * turns * i) / n
    const radius = 1 + 0.15 * Math.sin(3 * angle) + 0.02 * Math.sin(17 * i)
    return [radius * Math.cos(angle), radius * Math.sin(angle)]
  })
}

describe('the outline of a stroke', () => {
  it('has few corners and nearly the area that was drawn round', () => {
    const drawn = stroke(1)
    const outline = outlineOf(drawn, LIMITS)!
    expect(outline.length).toBeLessThanOrEqual(60)
    expect(outline.length).toBeGreaterThan(10)
    const ratio = Math.abs(doubleArea(outline) / doubleArea(drawn))
    expect(ratio).toBeGreaterThan(0.97)
    expect(ratio).toBeLessThan(1.03)
  })

  it('drops the loose ends of a hand that overshoots', () => {
    const outline = outlineOf(stroke(1.08), LIMITS)!
    expect(isSimple(outline)).toBe(true)
    expect(Math.abs(doubleArea(outline)) / 2).toBeGreaterThan(2.8)
  })

  it('keeps the larger loop of an eight', () => {
    const eight: Point[] = [
      [0, 0],
      [2, 2],
      [2, 0],
      [0, 2],
      [-1, 0.5],
    ]
    const loop = largestLoop(eight)
    expect(isSimple(loop)).toBe(true)
    expect(Math.abs(doubleArea(loop)) / 2).toBeCloseTo(2, 12)
  })

  it('is nothing for a dot, a line or a scratch', () => {
    expect(outlineOf([], LIMITS)).toBeNull()
    expect(outlineOf([[1, 1]], LIMITS)).toBeNull()
    const line = Array.from({ length: 50 }, (_, i): Point => [i / 10, i / 10])
    expect(outlineOf(line, LIMITS)).toBeNull()
    expect(
      outlineOf(
        stroke(1).map(([x, y]): Point => [0.02 * x, 0.02 * y]),
        LIMITS,
      ),
    ).toBeNull()
  })

  it('crosses itself nowhere and keeps to its corners, whatever is scribbled', () => {
    const coordinate = fc.double({ min: -4, max: 4, noNaN: true })
    fc.assert(
      fc.property(fc.array(fc.tuple(coordinate, coordinate), { maxLength: 60 }), (drawn) => {
        const outline = outlineOf(drawn, { ...LIMITS, most: 12 })
        if (outline === null) return
        expect(outline.length).toBeGreaterThanOrEqual(3)
        expect(outline.length).toBeLessThanOrEqual(12)
        expect(isSimple(outline)).toBe(true)
        expect(Math.abs(doubleArea(outline))).toBeGreaterThanOrEqual(2 * LIMITS.area)
      }),
      { numRuns: 200 },
    )
  })
})

describe('a simplified line', () => {
  it('keeps its ends and stays within the tolerance of every point', () => {
    const wave = Array.from({ length: 200 }, (_, i): Point => [i / 40, Math.sin(i / 20)])
    const simple = simplifyLine(wave, 0.05)
    expect(simple[0]).toEqual(wave[0])
    expect(simple.at(-1)).toEqual(wave.at(-1))
    expect(simple.length).toBeLessThan(20)
    for (const [x, y] of wave) {
      const away = simple.slice(1).map(([bx, by], i) => {
        const [ax, ay] = simple[i]!
        const t = Math.max(
          0,
          Math.min(
            1,
            ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2),
          ),
        )
        return Math.hypot(x - ax - t * (bx - ax), y - ay - t * (by - ay))
      })
      expect(Math.min(...away)).toBeLessThanOrEqual(0.05 + 1e-12)
    }
  })
})
