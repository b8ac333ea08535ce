import { describe, expect, it } from 'vitest'
import {
  FULL_INK,
  createDotSprite,
  createSheet,
  densityTable,
  dotStyle,
  findHeaps,
  heapsOfInk,
  inkTable,
  layDisc,
  splatDots,
  splatPoints,
  splatSegments,
  toneMap,
  wipe,
  type InkSheet,
} from './particles.ts'
import { PALETTES } from '../theme.ts'

const total = (sheet: InkSheet): number => sheet.ink.reduce((a, b) => a + b, 0)

describe('dots', () => {
  it('have the area of their disc wherever they fall within a pixel', () => {
    for (const radius of [0.6, 1, 1.75, 4]) {
      const { side, coverage } = createDotSprite(radius)
      const area = side * side
      for (let image = 0; image < 16; image++) {
        const ink = coverage.slice(image * area, (image + 1) * area).reduce((a, b) => a + b, 0)
        expect(Math.abs(ink / FULL_INK - Math.PI * radius ** 2)).toBeLessThan(
          0.04 * Math.PI * radius ** 2 + 0.05,
        )
      }
    }
  })

  it('sit where the particle is', () => {
    const sheet = createSheet(40, 40)
    splatDots(sheet, Float32Array.from([1, 1]), 4, createDotSprite(1.5))
    let sx = 0
    let sy = 0
    sheet.ink.forEach((ink, i) => {
      sx += ink * ((i % 40) + 0.5)
      sy += ink * (Math.floor(i / 40) + 0.5)
    })
    // World (1, 1) is pixel (25, 15); sprites are placed to an eighth of a pixel.
    expect(Math.abs(sx / total(sheet) - 25)).toBeLessThan(0.2)
    expect(Math.abs(sy / total(sheet) - 15)).toBeLessThan(0.2)
  })

  it('count those on the box, and leave out the rest and NaN', () => {
    const sheet = createSheet(40, 40)
    const xy = Float32Array.from([0, 0, 4, 4, -4, -4, 5, 0, NaN, 0, 0, -4.1])
    expect(splatDots(sheet, xy, 4, createDotSprite(1))).toBe(3)
    wipe(sheet)
    expect(splatPoints(sheet, xy, 4)).toBe(3)
    expect(splatPoints(sheet, new Float32Array(0), 4)).toBe(0)
  })

  it('add up: two clouds drawn together are the sum of the two', () => {
    const a = Float32Array.from([0, 0, 0.1, 0.05])
    const b = Float32Array.from([0.12, 0.02])
    const sprite = createDotSprite(1.5)
    const together = createSheet(40, 40)
    splatDots(together, Float32Array.from([...a, ...b]), 4, sprite)
    const apart = createSheet(40, 40)
    splatDots(apart, a, 4, sprite)
    splatDots(apart, b, 4, sprite)
    expect(together.ink).toEqual(apart.ink)
  })

  it('never overflow, with every particle there may be on one spot', () => {
    const sheet = createSheet(8, 8)
    const xy = new Float32Array(2 * 200_000)
    splatDots(sheet, xy, 4, createDotSprite(1.5))
    expect(Math.max(...sheet.ink)).toBe(200_000 * FULL_INK)
    wipe(sheet)
    splatPoints(sheet, xy, 4)
    expect(total(sheet)).toBe(200_000 * FULL_INK)
  })
})

describe('points', () => {
  it('carry FULL_INK each, in place', () => {
    const sheet = createSheet(64, 64)
    const xy = new Float32Array(2 * 300)
    for (let i = 0; i < 600; i++) xy[i] = 3.9 * Math.sin(i * i)
    splatPoints(sheet, xy, 4)
    expect(total(sheet)).toBe(300 * FULL_INK)
  })

  it('share it bilinearly among the pixels round them, to an eighth of a pixel', () => {
    const xy = new Float32Array(2 * 400)
    for (let i = 0; i < 800; i++) xy[i] = 4 * Math.sin(i * i)
    const sheet = createSheet(40, 24)
    splatPoints(sheet, xy, 4)
    const expected = createSheet(40, 24)
    for (let i = 0; i < 800; i += 2) {
      const along = (value: number, pixels: number) =>
        Math.min(pixels - 1, Math.max(0, Math.round(8 * (value - 0.5)) / 8))
      const u = along(((xy[i]! + 4) / 8) * 40, 40)
      const v = along(((4 - xy[i + 1]!) / 8) * 24, 24)
      for (let row = 0; row < 24; row++)
        for (let column = 0; column < 40; column++)
          expected.ink[row * 40 + column]! +=
            FULL_INK * Math.max(0, 1 - Math.abs(u - column)) * Math.max(0, 1 - Math.abs(v - row))
    }
    expect(sheet.ink).toEqual(expected.ink)
  })

  it('keep their ink on the border', () => {
    const sheet = createSheet(16, 16)
    splatPoints(sheet, Float32Array.from([4, 4, -4, -4, -4, 4, 4, -4]), 4)
    expect(total(sheet)).toBe(4 * FULL_INK)
    expect(sheet.ink[15]).toBe(FULL_INK)
  })
})

describe('the sheet', () => {
  it('knows what was touched: wiping leaves nothing', () => {
    const sheet = createSheet(50, 50)
    const xy = Float32Array.from([0, 0, 3.99, 3.99, -3.99, -1])
    splatDots(sheet, xy, 4, createDotSprite(2))
    splatSegments(
      sheet,
      xy,
      xy.map((v) => v * 0.9),
      4,
      5,
      100,
    )
    layDisc(sheet, 25, 25, 6, 500)
    expect(total(sheet)).toBeGreaterThan(0)
    wipe(sheet)
    expect(total(sheet)).toBe(0)
  })

  it('is coloured where it was touched, clear where there is no ink', () => {
    const sheet = createSheet(20, 20)
    splatDots(sheet, Float32Array.from([0, 0]), 4, createDotSprite(2))
    const table = inkTable(PALETTES.dark.langevin, 0.8)
    const out = new Uint32Array(400)
    toneMap(sheet, table, out)
    expect(out[10 * 20 + 10]! >>> 24).toBeGreaterThan(190)
    expect(out[0]).toBe(0)
  })
})

describe('trails', () => {
  it('lay ink along the way, none at the end point, and skip jumps', () => {
    const sheet = createSheet(80, 80)
    splatSegments(sheet, Float32Array.from([0, 0]), Float32Array.from([1, 0]), 4, 7, 10)
    expect(total(sheet)).toBe(10 * 7)
    wipe(sheet)
    splatSegments(sheet, Float32Array.from([-3, 0]), Float32Array.from([3, 0]), 4, 7, 10)
    expect(total(sheet)).toBe(0)
  })

  it('follow only so many particles, and only those that both clouds have', () => {
    const sheet = createSheet(80, 80)
    const from = Float32Array.from([0, 0, 0, 1, 0, 2])
    const to = Float32Array.from([1, 0, 1, 1, 1, 2])
    splatSegments(sheet, from, to, 4, 1, 2)
    expect(total(sheet)).toBe(20)
    splatSegments(sheet, from.slice(0, 2), to, 4, 1, 2)
    expect(total(sheet)).toBe(30)
  })
})

describe('heaps', () => {
  it('are found where a cloud has collapsed, with their share, and merged across squares', () => {
    const xy = new Float32Array(2 * 1000)
    for (let i = 0; i < 1000; i++) {
      const right = i < 250
      xy[2 * i] = (right ? 2 : -2) + 1e-4 * Math.sin(i)
      xy[2 * i + 1] = 1e-4 * Math.cos(3 * i)
    }
    const heaps = findHeaps(400, 400, xy, 4, 2, 1 / 120)
    expect(heaps).toHaveLength(2)
    const shares = heaps.map((heap) => heap.share)
    expect(shares).toEqual([0.75, 0.25])
    expect(heaps[1]!.x).toBeCloseTo(300, 0)
    expect(heaps[1]!.y).toBeCloseTo(200, 0)
  })

  it('are not seen in a spread cloud, nor in none', () => {
    const xy = Float32Array.from({ length: 2000 }, (_, i) => 3.9 * Math.sin(i * i * 0.7))
    expect(findHeaps(400, 400, xy, 4, 2, 1 / 120)).toEqual([])
    expect(findHeaps(400, 400, new Float32Array(0), 4, 2, 1 / 120)).toEqual([])
  })

  it('are found in the ink of points as among the particles', () => {
    // A third on a spot between four pixels, a third on one at the border, a third far and wide.
    const n = 30_000
    const xy = Float32Array.from({ length: 2 * n }, (_, i) => {
      const particle = i >> 1
      if (particle % 3 === 0) return i % 2 === 0 ? 1.2 : 0.4
      if (particle % 3 === 1) return i % 2 === 0 ? -4 : 2
      return 3.9 * Math.sin(particle * particle * 0.7 + (i % 2) * (1 + particle))
    })
    const sheet = createSheet(400, 400)
    splatPoints(sheet, xy, 4)
    const heaps = heapsOfInk(sheet, n, 2, 1 / 120)
    const exact = findHeaps(400, 400, xy, 4, 2, 1 / 120)
    expect(heaps).toHaveLength(2)
    for (const heap of heaps) {
      const same = exact.find(({ x, y }) => Math.hypot(x - heap.x, y - heap.y) < 0.6)
      expect(same?.share).toBeCloseTo(heap.share, 2)
    }
    wipe(sheet)
    splatPoints(
      sheet,
      xy.filter((_, i) => (i >> 1) % 3 === 2),
      4,
    )
    expect(heapsOfInk(sheet, n / 3, 2, 1 / 120)).toEqual([])
  })

  it('are the same whatever was counted before, and leave out what is off the box or not a number', () => {
    const scratch = { counts: new Int32Array(0) }
    const spot = new Float32Array(2 * 100).fill(1)
    const once = findHeaps(100, 100, spot, 4, 2, 0.1, scratch)
    expect(once).toHaveLength(1)
    expect(findHeaps(100, 100, spot, 4, 2, 0.1, scratch)).toEqual(once)
    const lost = Float32Array.from(spot, (_, i) => (i < 100 ? NaN : 4.5))
    expect(findHeaps(100, 100, lost, 4, 2, 0.1, scratch)).toEqual([])
  })
})

describe('style', () => {
  it('makes many particles smaller and more translucent, never invisible', () => {
    const counts = [1, 100, 4096, 20_000, 200_000]
    const styles = counts.map((n) => dotStyle(n, 430))
    for (let i = 1; i < styles.length; i++) {
      expect(styles[i]!.radius).toBeLessThanOrEqual(styles[i - 1]!.radius)
      expect(styles[i]!.opacity).toBeLessThanOrEqual(styles[i - 1]!.opacity)
    }
    expect(styles.at(-1)!.radius).toBeGreaterThanOrEqual(0.5)
    expect(styles.at(-1)!.opacity).toBeGreaterThanOrEqual(0.3)
  })

  it('shows the density of very many particles up to that of a mode', () => {
    for (const palette of Object.values(PALETTES)) {
      const table = densityTable(palette.langevin, 12)
      const alpha = (dots: number) => table[Math.round(dots * FULL_INK)]! >>> 24
      expect(table).toHaveLength(12 * FULL_INK + 1)
      expect(alpha(0)).toBe(0)
      // A lone particle shows; each doubling of the density adds about as much until the peak is reached.
      expect(alpha(1)).toBeGreaterThan(60)
      const steps = [alpha(2) - alpha(1), alpha(4) - alpha(2), alpha(8) - alpha(4)]
      for (const step of steps) expect(step).toBeGreaterThan(35)
      expect(alpha(12)).toBeGreaterThan(240)
      expect(table[6 * FULL_INK]).not.toBe(table[12 * FULL_INK])
    }
    // Where hardly two dots meet, the scale does not collapse.
    expect(densityTable(PALETTES.dark.langevin, 0.01)).toHaveLength(4 * FULL_INK + 1)
  })

  it('grows more opaque with ink', () => {
    const table = inkTable(PALETTES.light.deterministic, 0.5)
    expect(table[0]).toBe(0)
    let before = 0
    for (const word of table) {
      expect(word >>> 24).toBeGreaterThanOrEqual(before)
      before = word >>> 24
    }
    expect(table[FULL_INK]! >>> 24).toBe(128)
  })
})
