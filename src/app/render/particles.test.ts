import { describe, expect, it } from 'vitest'
import {
  FULL_INK,
  createDotSprite,
  createSheet,
  dotStyle,
  findHeaps,
  inkTable,
  layDisc,
  splatDots,
  splatPoints,
  splatSegments,
  toneMap,
  wipe,
  type InkSheet,
} from './particles.ts'
import { PALETTES } from './theme.ts'

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

  it('never overflow', () => {
    const sheet = createSheet(8, 8)
    const xy = new Float32Array(2 * 5000)
    splatDots(sheet, xy, 4, createDotSprite(1.5))
    expect(Math.max(...sheet.ink)).toBe(65535)
    splatPoints(sheet, xy, 4)
    expect(Math.max(...sheet.ink)).toBe(65535)
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

  it('follow only so many particles, and only clouds of one size', () => {
    const sheet = createSheet(80, 80)
    const from = Float32Array.from([0, 0, 0, 1, 0, 2])
    const to = Float32Array.from([1, 0, 1, 1, 1, 2])
    splatSegments(sheet, from, to, 4, 1, 2)
    expect(total(sheet)).toBe(20)
    splatSegments(sheet, from.slice(2), to, 4, 1, 2)
    expect(total(sheet)).toBe(20)
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
