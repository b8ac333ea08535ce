import { describe, expect, it } from 'vitest'
import { PALETTES } from '../theme.ts'
import { basinColours, type Basins, fillBasins, massLabels, sampleBasins } from './basins.ts'

const [CELLS, HALF_WIDTH] = [16, 4]

/** Wells of 70 % and 30 % left and right, a stray one in the top quarter, a forbidden corner at the bottom right. */
const basins: Basins = {
  box: { halfWidth: HALF_WIDTH, cells: CELLS },
  wellOf: Int32Array.from({ length: CELLS * CELLS }, (_, k) => {
    const [column, row] = [k % CELLS, Math.floor(k / CELLS)]
    if (row >= 12) return 2
    if (row < 4 && column >= 12) return -1
    return column < 8 ? 0 : 1
  }),
  wells: [
    { at: [-2, 0], value: 0, mass: 0.6996, stray: false },
    { at: [2, 0], value: 1, mass: 0.3, stray: false },
    { at: [0, 3.5], value: 9, mass: 4e-4, stray: true },
  ],
}
const COLOURS = { wells: [10, 11, 12], border: 20, hatch: 30 }

function filled(n: number): Uint32Array {
  const out = new Uint32Array(n * n)
  fillBasins(basins, n, 1, COLOURS, out)
  return out
}

describe('basins', () => {
  it('belong to one well at every pixel, y down, with borders where the cells have theirs', () => {
    for (const n of [16, 48, 101]) {
      const out = new Int32Array(n * n)
      sampleBasins(basins, n, out)
      const at = (x: number, y: number) =>
        out[Math.floor((0.5 - y / 8) * n) * n + Math.floor((x / 8 + 0.5) * n)]
      expect(at(-0.3, 0)).toBe(0)
      expect(at(0.3, 0)).toBe(1)
      expect(at(0, 2.3)).toBe(2)
      expect(at(0.3, 1.7)).toBe(1)
      expect(at(3.7, -3.7)).toBe(-1)
      expect(at(-3.7, -3.7)).toBe(0)
    }
  })

  it('are flat, with lines between them; stray ones alone are hatched, and nothing lies on what is forbidden', () => {
    const n = 64
    const out = filled(n)
    const colour = (column: number, row: number) => out[row * n + column]
    expect(colour(5, 30)).toBe(10)
    expect(colour(31, 30)).toBe(20)
    expect(colour(40, 30)).toBe(11)
    expect(colour(60, 60)).toBe(0)
    const top = [...out.subarray(0, 10 * n)]
    expect(new Set(top)).toEqual(new Set([12, 30]))
    const lines = top.filter((word) => word === 30).length / top.length
    expect(lines).toBeGreaterThan(0.15)
    expect(lines).toBeLessThan(0.35)
    expect([...out.subarray(20 * n)]).not.toContain(30)
  })

  it('are the stronger the more mass they hold', () => {
    for (const palette of Object.values(PALETTES)) {
      const { wells } = basinColours(basins, palette)
      const [first, second, stray] = wells.map((word) => word >>> 24)
      expect(first).toBe(255)
      expect(second).toBeLessThan(first!)
      expect(stray).toBeLessThan(second!)
      expect(new Set(wells.map((word) => word & 0xffffff)).size).toBe(3)
    }
  })

  it('have another hue than their neighbours, however many they are', () => {
    // Strips side by side, each eight ranks from the next: as far as there are hues.
    const rankOf = Array.from({ length: 21 }, (_, i) => (8 * i) % 21)
    const strips: Basins = {
      box: { halfWidth: HALF_WIDTH, cells: 21 },
      wellOf: Int32Array.from({ length: 441 }, (_, k) => rankOf[k % 21]!),
      wells: rankOf.map(() => ({ at: [0, 0], value: 0, mass: 0.05, stray: false })),
    }
    const { wells } = basinColours(strips, PALETTES.light)
    for (let i = 1; i < 21; i++) expect(wells[rankOf[i]!]).not.toBe(wells[rankOf[i - 1]!])
    expect(new Set(wells).size).toBe(8)
  })
})

describe('the masses of wells', () => {
  const widthOf = (text: string) => 7 * text.length
  const labels = (wells: Basins['wells'], size = 400) =>
    massLabels({ ...basins, wells }, size, 12, widthOf)

  it('stand beside their minima, not beside stray ones', () => {
    const [first, second, ...rest] = labels(basins.wells)
    expect([first!.text, second!.text]).toEqual(['70.0 %', '30.0 %'])
    expect(first!.box.left).toBeGreaterThan(100)
    expect(first!.box.left).toBeLessThan(120)
    expect(first!.box.top + 6).toBe(200)
    expect(rest).toEqual([])
  })

  it('move or are left out rather than cover marks, each other, or leave the box', () => {
    const wellAt = (x: number, y: number, mass: number) =>
      ({ at: [x, y], value: 0, mass, stray: false }) as const
    const [edge] = labels([wellAt(3.9, 0, 1)])
    expect(edge!.box.left + edge!.box.width).toBeLessThan(395)
    const [moved] = labels([wellAt(0, 0, 0.6), wellAt(0.5, 0, 0.4)])
    expect(moved!.box.left).toBeLessThan(200)
    const crowd = Array.from({ length: 30 }, (_, i) =>
      wellAt(0.2 * (i % 6), 0.2 * Math.floor(i / 6), 1 / 30),
    )
    const kept = labels(crowd)
    expect(kept.length).toBeLessThan(8)
    for (const [i, { box }] of kept.entries())
      for (const other of kept.slice(i + 1))
        expect(
          box.left + box.width <= other.box.left ||
            other.box.left + other.box.width <= box.left ||
            box.top + box.height <= other.box.top ||
            other.box.top + other.box.height <= box.top,
        ).toBe(true)
  })
})
