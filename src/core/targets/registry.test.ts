import { describe, expect, it } from 'vitest'
import { Purpose, Rng } from '../maths/rng.ts'
import { variance } from '../maths/statistics.ts'
import { DEFAULT_SHARPNESS, TARGET_IDS, type TargetId } from './ids.ts'
import { TARGETS, targetKind } from './registry.ts'
import type { Density } from './target.ts'

const SHARPNESS = [0.5, 1, 2]

/** Midpoint sum over [−5, 5] × [−5, 7.5]: spectrally accurate once h is about the noise width. */
function integral(density: Density, h: number): number {
  let sum = 0
  for (let y = -5 + h / 2; y < 7.5; y += h) {
    for (let x = -5 + h / 2; x < 5; x += h) sum += Math.exp(density.logDensity(x, y))
  }
  return sum * h * h
}

/** Fourth-order central difference of log ρ along (dx, dy). */
function slope(density: Density, x: number, y: number, dx: number, dy: number): number {
  const at = (k: number) => density.logDensity(x + k * dx, y + k * dy)
  return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * (dx + dy))
}

describe('the registry', () => {
  it('holds every id once, in the order of the gallery', () => {
    expect(TARGETS.map((t) => t.id)).toEqual([...TARGET_IDS])
    for (const id of TARGET_IDS) {
      expect(targetKind(id).id).toBe(id)
      expect(targetKind(id).defaultSharpness).toBe(DEFAULT_SHARPNESS[id])
      expect(DEFAULT_SHARPNESS[id]).toBeGreaterThanOrEqual(0.5)
      expect(DEFAULT_SHARPNESS[id]).toBeLessThanOrEqual(0.67)
      expect(targetKind(id).label).not.toBe('')
      expect(targetKind(id).summary).toMatch(/\.$/)
    }
  })
  it('refuses an unknown id by name', () => {
    expect(() => targetKind('nowhere' as TargetId)).toThrow(/'nowhere'/)
  })
})

describe.each(TARGETS.map((kind) => [kind.id, kind] as const))('%s', (_, kind) => {
  it.each(SHARPNESS)('is normalised at sharpness %d', (sharpness) => {
    const density = kind.build(sharpness).density!
    // The pinwheel's arms are sheared to a third of their width.
    const h = (kind.id === 'pinwheel' ? 0.05 : 0.1) / Math.max(1, sharpness)
    expect(Math.abs(integral(density, h) - 1)).toBeLessThan(1e-4)
  })

  it('has the gradient of its log-density as score', () => {
    const out = new Float64Array(2)
    for (const sharpness of [...SHARPNESS, 4]) {
      const target = kind.build(sharpness)
      const density = target.density!
      const near = target.sample(new Rng({ seed: 3, purpose: Purpose.probe }), 40)
      // Points at the data, between the modes, and far outside.
      const points = [
        ...near,
        ...near.map((v, i) => 1.7 * v + (i % 3) - 1),
        0.3,
        -0.2,
        20,
        20,
        -20,
        3,
      ]
      const step = 2e-5
      for (let i = 0; i < points.length; i += 2) {
        const x = points[i]!
        const y = points[i + 1]!
        density.score(x, y, out)
        const size = Math.hypot(out[0]!, out[1]!)
        const tolerance = 1e-6 * (1 + size) + 2e-12 * Math.abs(density.logDensity(x, y))
        const at = `(${x}, ${y}) at sharpness ${sharpness}`
        expect(Math.abs(slope(density, x, y, step, 0) - out[0]!), at).toBeLessThan(tolerance)
        expect(Math.abs(slope(density, x, y, 0, step) - out[1]!), at).toBeLessThan(tolerance)
      }
    }
  })

  it('is finite far away, where the density itself underflows', () => {
    const out = new Float64Array(2)
    for (const sharpness of [0.2, 1, 4]) {
      const density = kind.build(sharpness).density!
      for (const [x, y] of [
        [20, 20],
        [-20, 20],
        [0, -20],
      ] as const) {
        const l = density.logDensity(x, y)
        expect(l).toBeLessThan(-30)
        expect(l).toBeGreaterThan(-1e7)
        density.score(x, y, out)
        // Outside, up the density is towards the centre (the pinwheel's arms go on winding there).
        if (kind.id !== 'pinwheel') expect(out[0]! * x + out[1]! * y).toBeLessThan(0)
      }
    }
  })

  it('lies in [−3, 3]² with about unit spread at sharpness 1', () => {
    const xy = kind.build(1).sample(new Rng({ seed: 1, purpose: Purpose.data }), 20000)
    const x = xy.filter((_, i) => i % 2 === 0)
    const y = xy.filter((_, i) => i % 2 === 1)
    const spread = Math.sqrt((variance(x) + variance(y)) / 2)
    expect(spread).toBeGreaterThan(0.75)
    expect(spread).toBeLessThan(1.5)
    const outside = x.filter((v, i) => Math.max(Math.abs(v), Math.abs(y[i]!)) > 3).length
    expect(outside / 20000).toBeLessThan(2e-3)
  })

  it('draws the same points for the same key, and others for another', () => {
    const target = kind.build(1)
    const draw = (seed: number) => target.sample(new Rng({ seed, purpose: Purpose.data }), 50)
    expect(draw(5)).toEqual(draw(5))
    expect(draw(5)).not.toEqual(draw(6))
    expect(draw(5)).toHaveLength(100)
  })
})
