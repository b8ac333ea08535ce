import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coverCost, placeBox, type Box, type Polyline } from './labels.ts'

const bounds: Box = { left: 0, top: 0, width: 100, height: 100 }
const box = (left: number, top: number, width = 20, height = 10): Box => ({
  left,
  top,
  width,
  height,
})

describe('the cost of a place', () => {
  it('is the length of line under it', () => {
    const across: Polyline = [
      [0, 55],
      [100, 55],
    ]
    const diagonal: Polyline = [
      [0, 0],
      [100, 100],
    ]
    expect(coverCost(box(40, 50), { lines: [across], boxes: [] })).toBeCloseTo(20, 12)
    expect(coverCost(box(40, 40, 10, 10), { lines: [diagonal], boxes: [] })).toBeCloseTo(
      10 * Math.SQRT2,
      12,
    )
    expect(coverCost(box(40, 60), { lines: [across], boxes: [] })).toBe(0)
  })

  it('agrees with many small pieces of the line', () => {
    const coordinate = fc.double({ min: -50, max: 150, noNaN: true })
    fc.assert(
      fc.property(coordinate, coordinate, coordinate, coordinate, (x0, y0, x1, y1) => {
        const target = box(30, 40, 40, 30)
        const n = 4000
        let inside = 0
        for (let i = 0; i < n; i++) {
          const x = x0 + ((i + 0.5) / n) * (x1 - x0)
          const y = y0 + ((i + 0.5) / n) * (y1 - y0)
          if (x > 30 && x < 70 && y > 40 && y < 70) inside++
        }
        const length = Math.hypot(x1 - x0, y1 - y0)
        const lines: Polyline[] = [
          [
            [x0, y0],
            [x1, y1],
          ],
        ]
        expect(coverCost(target, { lines, boxes: [] })).toBeCloseTo((inside / n) * length, 0)
      }),
    )
  })
})

describe('the place of a label', () => {
  it('is the first that covers nothing', () => {
    const lines: Polyline[] = [
      [
        [0, 15],
        [100, 15],
      ],
    ]
    const places = [box(10, 10), box(10, 30), box(10, 50)]
    expect(placeBox(places, bounds, { lines, boxes: [] })).toBe(places[1])
  })

  it('leaves other labels free before it leaves lines free, and stays in the chart', () => {
    const lines: Polyline[] = [
      [
        [0, 15],
        [100, 15],
      ],
    ]
    const obstacles = { lines, boxes: [box(10, 30)] }
    const places = [box(10, 30), box(95, 50), box(10, 10)]
    expect(placeBox(places, bounds, obstacles)).toBe(places[2])
  })

  it('is the one that covers least where all cover something', () => {
    const lines: Polyline[] = [
      [
        [0, 0],
        [100, 100],
      ],
      [
        [0, 100],
        [100, 0],
      ],
    ]
    const places = [box(40, 45), box(0, 0)]
    expect(placeBox(places, bounds, { lines, boxes: [] })).toBe(places[1])
  })
})
