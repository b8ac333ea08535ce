import { describe, expect, it } from 'vitest'
import type { Landscape } from '../../../lab/protocol/calls.ts'
import { fillRate, rateRaster } from './contraction.ts'

/** V = ½ (a x² + 2b xy + c y²) + k x³/6: a bicubic table holds it without error. */
function landscape(a: number, b: number, c: number, k = 0): Landscape {
  const [cells, halfWidth] = [32, 4]
  const n = cells + 1
  const make = (f: (x: number, y: number) => number): Float64Array =>
    Float64Array.from({ length: n * n }, (_, i) => {
      const h = (2 * halfWidth) / cells
      return f((i % n) * h - halfWidth, Math.floor(i / n) * h - halfWidth)
    })
  return {
    halfWidth,
    cells,
    v: make((x, y) => (a * x * x + 2 * b * x * y + c * y * y) / 2 + (k * x ** 3) / 6),
    vx: make((x, y) => a * x + b * y + (k * x * x) / 2),
    vy: make((x, y) => b * x + c * y),
    vxy: make(() => b),
    epsilon: 1,
    barriers: [],
    logZ: 0,
  }
}

describe('the local rate of contraction', () => {
  it('is the least curvature', () => {
    const { values, scale } = rateRaster(landscape(2, 0.5, 5), [1, 0, 1])
    const least = 3.5 - Math.hypot(1.5, 0.5)
    for (const value of values) expect(value).toBeCloseTo(least, 5)
    expect(scale).toBeCloseTo(least, 5)
  })

  it('is negative where V is concave in some direction', () => {
    // V_xx = 1 + x: below zero left of −1.
    const { values, cells } = rateRaster(landscape(1, 0, 9, 1), [1, 0, 1])
    for (const [i, value] of values.entries()) {
      const x = ((i % cells) + 0.5) * 0.25 - 4
      expect(value).toBeCloseTo(Math.min(1 + x, 9), 5)
    }
  })

  it('is one and the same in every direction of the metric A⁻¹', () => {
    const det = 2 * 5 - 0.25
    const { values } = rateRaster(landscape(2, 0.5, 5), [5 / det, -0.5 / det, 2 / det])
    for (const value of values) expect(value).toBeCloseTo(1, 5)
  })

  it('has no value where a barrier forbids, and feels its wall beside it', () => {
    const wall = { kind: 'half-plane', normal: [1, 0], offset: 0, strength: 0.5 } as const
    const { values, cells } = rateRaster({ ...landscape(1, 0, 9), barriers: [wall] }, [1, 0, 1])
    for (const [i, value] of values.entries()) {
      const x = ((i % cells) + 0.5) * 0.25 - 4
      if (x < 0) expect(value).toBeNaN()
      // −μ log x has the second derivative μ/x².
      else if (x < 0.5) expect(value).toBeCloseTo(Math.min(1 + 0.5 / (x * x), 9), 4)
      else if (x > 1.5) expect(value).toBeCloseTo(1, 5)
    }
  })

  it('is coloured by its sign, full at its scale, faint where nobody comes, not at all without a value', () => {
    const colours = Uint32Array.from({ length: 256 }, (_, i) => ((200 << 24) | i) >>> 0)
    const out = new Uint32Array(6)
    const values = Float32Array.from([-9, -0.5, 0.5, 9, 9, NaN])
    fillRate(values, Float32Array.from([1, 1, 1, 1, 0.5, 1]), 2, colours, out)
    const hues = [...out].map((word) => word & 0xff)
    expect(hues[0]).toBe(0)
    expect(hues[3]).toBe(255)
    expect(hues[1]! + hues[2]!).toBe(255)
    expect(hues[2]).toBeGreaterThan(127)
    expect([...out].map((word) => word >>> 24)).toEqual([200, 200, 200, 200, 100, 0])
  })

  it('shows fully in the wells and fades up the walls', () => {
    const { presence, cells } = rateRaster(landscape(2, 0, 5), [1, 0, 1])
    const at = (column: number, row: number) => presence.values[row * cells + column]!
    expect(at(16, 16)).toBe(1)
    expect(at(0, 0)).toBeLessThan(0.2)
    for (let column = 17; column < cells; column++)
      expect(at(column, 16)).toBeLessThanOrEqual(at(column - 1, 16))
  })
})
