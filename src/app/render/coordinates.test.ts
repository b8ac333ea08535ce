import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createViewport,
  onBox,
  pixelsPerUnit,
  screen,
  toScreen,
  toWorld,
  world,
} from './coordinates.ts'

const viewports = fc
  .record({
    width: fc.integer({ min: 160, max: 900 }),
    height: fc.integer({ min: 160, max: 900 }),
    ratio: fc.constantFrom(1, 1.25, 1.5, 2, 2.625, 3),
    halfWidth: fc.double({ min: 1, max: 20, noNaN: true }),
    margin: fc.integer({ min: 0, max: 30 }),
  })
  .map(({ width, height, ratio, halfWidth, margin }) =>
    createViewport({ width, height, ratio }, halfWidth, {
      top: margin,
      right: margin / 2,
      bottom: margin,
      left: 2 * margin,
    }),
  )
const coordinate = fc.double({ min: -20, max: 20, noNaN: true })

describe('the viewport', () => {
  it('maps world to screen and back', () => {
    fc.assert(
      fc.property(viewports, coordinate, coordinate, (viewport, x, y) => {
        const back = toWorld(viewport, toScreen(viewport, world(x, y)))
        expect(back[0]).toBeCloseTo(x, 9)
        expect(back[1]).toBeCloseTo(y, 9)
      }),
    )
  })

  it('puts the corners of the box on whole device pixels inside the surface', () => {
    fc.assert(
      fc.property(viewports, (viewport) => {
        const { halfWidth: w, ratio } = viewport
        for (const corner of [world(-w, w), world(w, -w)]) {
          const [x, y] = toScreen(viewport, corner)
          expect(Math.abs(x * ratio - Math.round(x * ratio))).toBeLessThan(1e-6)
          expect(Math.abs(y * ratio - Math.round(y * ratio))).toBeLessThan(1e-6)
          expect(x).toBeGreaterThanOrEqual(-1e-9)
          expect(x).toBeLessThanOrEqual(viewport.width + 1 / ratio)
          expect(y).toBeLessThanOrEqual(viewport.height + 1 / ratio)
        }
      }),
    )
  })

  it('has y upwards in the world, downwards on the screen, and one scale', () => {
    const viewport = createViewport({ width: 400, height: 300, ratio: 2 }, 4)
    expect(toScreen(viewport, world(0, 0))).toEqual([200, 150])
    const [x, y] = toScreen(viewport, world(1, 1))
    expect(x - 200).toBeCloseTo(pixelsPerUnit(viewport))
    expect(150 - y).toBeCloseTo(pixelsPerUnit(viewport))
  })

  it('knows what lies on the box', () => {
    const viewport = createViewport({ width: 400, height: 300, ratio: 1 }, 4)
    expect(onBox(viewport, screen(200, 150))).toBe(true)
    expect(onBox(viewport, screen(20, 150))).toBe(false)
  })

  it('survives a surface without room', () => {
    const viewport = createViewport({ width: 0, height: 0, ratio: 2 }, 4)
    expect(viewport.size).toBe(0.5)
    expect(toScreen(viewport, world(0, 0)).every(Number.isFinite)).toBe(true)
  })
})
