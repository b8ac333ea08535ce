import { describe, expect, it } from 'vitest'
import { hermiteValue } from '../../../core/maths/hermite.ts'
import type { Landscape } from '../../../lab/protocol/calls.ts'
import { axisTicks } from '../charts/axes.ts'
import { world } from '../coordinates.ts'
import { differenceBins, gibbsMass, particleMass, smooth } from './difference.ts'
import { arrowLength, contourLevels, fillDensity, massLevel } from './landscape.ts'
import { readLandscape, tableOf } from '../charts/readout.ts'
import { extent, sampleEnergy, sampleRaster } from './sampling.ts'

/** V = x²/2 + y² + xy/4 + y³/50 with exact derivatives: a bicubic table holds it without error. */
function cubic(cells = 32, halfWidth = 4): Landscape {
  const n = cells + 1
  const make = (f: (x: number, y: number) => number): Float64Array =>
    Float64Array.from({ length: n * n }, (_, i) => {
      const h = (2 * halfWidth) / cells
      return f((i % n) * h - halfWidth, Math.floor(i / n) * h - halfWidth)
    })
  return {
    halfWidth,
    cells,
    v: make((x, y) => (x * x) / 2 + y * y + (x * y) / 4 + y ** 3 / 50),
    vx: make((x, y) => x + y / 4),
    vy: make((x, y) => 2 * y + x / 4 + (3 * y * y) / 50),
    vxy: make(() => 1 / 4),
    epsilon: 1,
    barriers: [],
    logZ: 0.5,
  }
}

const landscape = cubic()

describe('sampling', () => {
  it('is the bicubic interpolant at pixel centres, y down', () => {
    const [width, height] = [45, 37]
    const out = new Float32Array(width * height)
    sampleEnergy(landscape, width, height, out)
    const table = tableOf(landscape)
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const x = ((column + 0.5) / width) * 8 - 4
        const y = 4 - ((row + 0.5) / height) * 8
        expect(out[row * width + column]).toBeCloseTo(hermiteValue(table, x, y), 4)
        expect(out[row * width + column]).toBeCloseTo(
          (x * x) / 2 + y * y + (x * y) / 4 + y ** 3 / 50,
          4,
        )
      }
    }
  })

  it('gives a raster back at its own resolution, flipped, and a constant everywhere else', () => {
    const values = Float32Array.from([1, 2, 3, 4])
    const out = new Float32Array(4)
    sampleRaster({ halfWidth: 1, cells: 2, values }, 2, 2, out)
    expect([...out]).toEqual([3, 4, 1, 2])
    const large = new Float32Array(49)
    sampleRaster({ halfWidth: 1, cells: 1, values: Float32Array.from([7]) }, 7, 7, large)
    expect(extent(large)).toEqual([7, 7])
  })

  it('keeps a plane a plane between cell centres', () => {
    const cells = 8
    const values = Float32Array.from(
      { length: 64 },
      (_, i) => (i % cells) + 10 * Math.floor(i / cells),
    )
    const out = new Float32Array(16 * 16)
    sampleRaster({ halfWidth: 1, cells, values }, 16, 16, out)
    // Pixel (5, 6 from the bottom): cell coordinates 5.5/2 − 0.5 and 6.5/2 − 0.5.
    expect(out[(15 - 6) * 16 + 5]).toBeCloseTo(2.25 + 10 * 2.75, 4)
  })
})

describe('contour levels', () => {
  it('rise from the lowest point in units of ε and stay below the highest', () => {
    expect(contourLevels(-3, 6, 1)).toEqual([-2, -1, 0, 1, 3, 5])
    expect(contourLevels(0, 1000, 0.5)).toEqual([0.5, 1, 1.5, 2, 3, 4, 6, 8])
  })

  it('are round numbers on a landscape flatter than ε, and none on a flat one', () => {
    expect(contourLevels(0, 1, 1)).toEqual([0.2, 0.4, 0.6, 0.8])
    expect(contourLevels(5, 5, 1)).toEqual([])
    expect(contourLevels(0, 0, 1)).toEqual([])
    expect(contourLevels(1e6, 1e6 + 1e-6, 1)).toEqual([])
  })

  it('hold their share of the mass', () => {
    const values = Float32Array.from({ length: 400 }, (_, i) => Math.exp(-i / 40))
    for (const share of [0.5, 0.9]) {
      const level = massLevel(values, share)!
      const total = values.reduce((a, b) => a + b, 0)
      const held = values.filter((v) => v >= level).reduce((a, b) => a + b, 0)
      expect(held / total).toBeGreaterThanOrEqual(share)
      expect(held / total).toBeLessThan(share + 0.03)
    }
    expect(massLevel(new Float32Array(9), 0.5)).toBeNull()
  })
})

describe('colours of a density', () => {
  const ramp = Uint32Array.from({ length: 256 }, (_, i) => i)

  it('run from the ramp’s start at 0 to its end at the maximum, rising', () => {
    const out = new Uint32Array(5)
    fillDensity(Float32Array.from([0, 0.01, 0.1, 0.5, 2]), ramp, out)
    expect(out[0]).toBe(0)
    expect(out[4]).toBe(255)
    for (let i = 1; i < 5; i++) expect(out[i]).toBeGreaterThan(out[i - 1]!)
  })

  it('take the start where there is no mass', () => {
    const out = new Uint32Array(3).fill(9)
    fillDensity(new Float32Array(3), ramp, out)
    expect([...out]).toEqual([0, 0, 0])
  })
})

describe('a reading of the landscape', () => {
  it('gives V, |∇V| and π', () => {
    const reading = readLandscape(landscape, world(1, -0.5))!
    const v = 0.5 + 0.25 - 0.125 - 0.0025
    expect(reading.v).toBeCloseTo(v, 10)
    expect(reading.slope).toBeCloseTo(Math.hypot(1 - 0.125, -1 + 0.25 + 0.015), 10)
    expect(reading.density).toBeCloseTo(Math.exp(-v - 0.5), 10)
  })

  it('is null outside the box', () => {
    expect(readLandscape(landscape, world(4.01, 0))).toBeNull()
    expect(readLandscape(landscape, world(NaN, 0))).toBeNull()
  })
})

describe('the difference layer', () => {
  it('has unit mass on both sides', () => {
    const sum = (values: Float32Array): number => values.reduce((a, b) => a + b, 0)
    expect(sum(gibbsMass(landscape, 24))).toBeCloseTo(1, 4)
    expect(sum(particleMass(Float32Array.from([0, 0, 1, 1, -3.9, 3.9, 9, 9]), 4, 24))).toBeCloseTo(
      0.75,
      6,
    )
    expect(sum(particleMass(new Float32Array(0), 4, 24))).toBe(0)
  })

  it('puts a particle into the square it is in, y down', () => {
    const mass = particleMass(Float32Array.from([-3.9, 3.9]), 4, 16)
    expect(mass[0]).toBe(1)
  })

  it('integrates e^(−V/ε): closed form for a separable quadratic', () => {
    const flat = {
      ...landscape,
      v: landscape.v.map(() => 3),
      vx: landscape.vx.map(() => 0),
      vy: landscape.vy.map(() => 0),
      vxy: landscape.vxy.map(() => 0),
    }
    for (const value of gibbsMass(flat, 16)) expect(value).toBeCloseTo(1 / 256, 7)
  })

  it('keeps mass when smoothed', () => {
    const values = new Float32Array(64)
    values[0] = 1
    values[27] = 2
    expect(smooth(values, 8).reduce((a, b) => a + b, 0)).toBeCloseTo(3, 5)
  })

  it('takes finer bins for more particles', () => {
    expect(differenceBins(100)).toBe(16)
    expect(differenceBins(8192)).toBe(32)
    expect(differenceBins(1e6)).toBe(64)
  })
})

describe('arrows and axes', () => {
  it('never get longer than they may and vanish with the slope', () => {
    expect(arrowLength(0, 0, 20)).toBe(0)
    expect(arrowLength(3, 3, 20)).toBe(10)
    expect(arrowLength(1e9, 3, 20)).toBeLessThanOrEqual(20)
  })

  it('tick symmetrically round 0, fewer on small canvases', () => {
    for (const halfWidth of [1, 2.5, 4, 10, 20]) {
      for (const size of [120, 300, 700]) {
        const ticks = axisTicks(halfWidth, size)
        expect(ticks).toContain(0)
        expect([...ticks].reverse().map((t) => -t + 0)).toEqual(ticks)
        expect(Math.max(...ticks)).toBeLessThanOrEqual(halfWidth)
        expect(ticks.length).toBeLessThanOrEqual(13)
      }
    }
    expect(axisTicks(4, 400)).toEqual([-4, -2, 0, 2, 4])
  })
})
