import { describe, expect, it } from 'vitest'
import { tabulateEnergy, type EnergyFunction } from '../../fields/energyGrid.ts'
import { quadraticEnergy } from '../../fields/analytic.ts'
import type { EnergyField } from '../../fields/energyField.ts'
import { gibbs } from '../../fields/gibbs.ts'
import { centreCoordinate } from '../../maths/grid.ts'
import { basinsOf, startMasses, strayShare } from './basins.ts'

const BOX = { halfWidth: 4, cells: 64 }

function basins(
  energy: EnergyFunction,
  box = BOX,
  barriers: EnergyField['barriers'] = [],
  epsilon = 1,
) {
  const field = { grid: tabulateEnergy(box, energy), barriers }
  const pi = gibbs(field, epsilon, box)
  return { ...basinsOf(field, pi), pi }
}

/** V = −log Σ wᵢ N(x; mᵢ, s²I), up to a constant. */
const mixture =
  (
    s: number,
    parts: readonly (readonly [weight: number, x: number, y: number])[],
  ): EnergyFunction =>
  (x, y, out) => {
    let [sum, sx, sy] = [0, 0, 0]
    // The nearest centre first, so that no exponential underflows.
    const q = parts.map(
      ([w, mx, my]) => Math.log(w) - ((x - mx) ** 2 + (y - my) ** 2) / (2 * s * s),
    )
    const top = Math.max(...q)
    for (const [i, [, mx, my]] of parts.entries()) {
      const e = Math.exp(q[i]! - top)
      sum += e
      sx += (e * (x - mx)) / (s * s)
      sy += (e * (y - my)) / (s * s)
    }
    out[0] = -top - Math.log(sum)
    out[1] = sx / sum
    out[2] = sy / sum
  }

describe('basins', () => {
  it('of a convex energy: one well, at its minimum, that holds everything', () => {
    for (const [at, matrix] of [
      [
        [0.31, -1.2],
        [
          [1, 0],
          [0, 1],
        ],
      ],
      [
        [-2, 1],
        [
          [400, 100],
          [100, 30],
        ],
      ],
      [
        [0, 0],
        [
          [2500, 0],
          [0, 0.01],
        ],
      ],
    ] as const) {
      const { wells, wellOf } = basins(quadraticEnergy(at, matrix))
      expect(wells).toHaveLength(1)
      expect(wells[0]!.at[0]).toBeCloseTo(at[0], 3)
      expect(wells[0]!.at[1]).toBeCloseTo(at[1], 3)
      expect(wells[0]!.mass).toBeCloseTo(1, 9)
      expect(new Set(wellOf)).toEqual(new Set([0]))
    }
  })

  it('with its minimum beyond a wall or a corner: at the nearest place by V', () => {
    const beyond = basins(
      quadraticEnergy(
        [6, 1],
        [
          [1, 0],
          [0, 3],
        ],
      ),
    )
    expect(beyond.wells).toHaveLength(1)
    expect(beyond.wells[0]!.at[0]).toBe(4)
    expect(beyond.wells[0]!.at[1]).toBeCloseTo(1, 3)
    const corner = basins((x, y, out) => {
      out.set([x + 2 * y, 1, 2])
    })
    expect(corner.wells).toHaveLength(1)
    expect(corner.wells[0]!.at).toEqual([-4, -4])
  })

  it('of a mixture: each cell ends in the well of its side, and the masses are those of the sides', () => {
    const { wells, wellOf, box } = basins(
      mixture(0.4, [
        [0.7, -1.5, 0],
        [0.3, 1.5, 0],
      ]),
    )
    expect(wells.map(({ mass }) => mass.toFixed(3))).toEqual(['0.700', '0.300'])
    expect(wells[0]!.at[0]).toBeCloseTo(-1.5, 2)
    // V rises to the ridge x = s² log(0.7/0.3)/3.
    const ridge = (0.16 * Math.log(0.7 / 0.3)) / 3
    for (let k = 0; k < wellOf.length; k++) {
      const x = centreCoordinate(box, k % box.cells)
      if (Math.abs(x - ridge) > 8 / box.cells) expect(wellOf[k]).toBe(x < ridge ? 0 : 1)
    }
  })

  it('of eight wells from an even grid, whose diagonals run into saddles', () => {
    const ring = Array.from({ length: 8 }, (_, i) => {
      const angle = (i * Math.PI) / 4
      return [1 / 8, 2 * Math.cos(angle), 2 * Math.sin(angle)] as const
    })
    for (const cells of [63, 64]) {
      const { wells } = basins(mixture(0.3, ring), { ...BOX, cells })
      expect(wells).toHaveLength(8)
      for (const { mass, at } of wells) {
        expect(mass).toBeCloseTo(1 / 8, cells === 64 ? 2 : 1)
        expect(Math.hypot(...at)).toBeCloseTo(2, 1)
      }
    }
  })

  it('follows a narrow valley that winds to its one end', () => {
    // The valley y = sin 2x, steep across and level along but for a slope of 0.5.
    const { wells } = basins(
      (x, y, out) => {
        const d = y - Math.sin(2 * x)
        out[0] = 100 * d * d + 0.5 * x
        out[1] = -400 * d * Math.cos(2 * x) + 0.5
        out[2] = 200 * d
      },
      { ...BOX, cells: 128 },
    )
    expect(wells[0]!.at[0]).toBe(-4)
    expect(wells[0]!.mass).toBeGreaterThan(0.98)
  })

  it('counts a well less than ε/2 deep with its neighbour, and a deeper one by itself', () => {
    // Along x a double well ¼b(x² − 1)², of depth b/4 at ±1; −0.01x makes the left one the higher.
    for (const [b, epsilon, wells] of [
      [1, 1, 1],
      [3, 1, 2],
      [1, 0.2, 2],
      [3, 4, 1],
    ] as const) {
      const found = basins(
        (x, y, out) => {
          out[0] = 0.25 * b * (x * x - 1) ** 2 + 2 * y * y - 0.01 * x
          out[1] = b * x * (x * x - 1) - 0.01
          out[2] = 4 * y
        },
        BOX,
        [],
        epsilon,
      )
      expect(found.wells).toHaveLength(wells)
      expect(found.wells[0]!.at[0]).toBeCloseTo(1, 1)
      expect(found.wells.reduce((sum, { mass }) => sum + mass, 0)).toBeCloseTo(1, 9)
    }
  })

  it('of a ring whose ridge is level but for ripples: one', () => {
    const { wells } = basins(
      (x, y, out) => {
        const r = Math.max(1e-9, Math.hypot(x, y))
        const angle = Math.atan2(y, x)
        const along = -0.1 * 9 * Math.sin(9 * angle)
        out[0] = 20 * (r - 2) ** 2 + 0.1 * Math.cos(9 * angle)
        out[1] = (40 * (r - 2) * x) / r - (along * y) / (r * r)
        out[2] = (40 * (r - 2) * y) / r + (along * x) / (r * r)
      },
      { ...BOX, cells: 128 },
    )
    expect(wells).toHaveLength(1)
  })

  it('of thin rings that fall slowly round their bend: one, wherever paths come to rest on the way', () => {
    for (const [radius, width] of [
      [0.55, 0.045],
      [0.55, 0.065],
      [0.69, 0.055],
      [0.83, 0.065],
      [1.2, 0.045],
      [1.2, 0.055],
    ] as const) {
      const [tilt, stiff] = [0.08, 1 / (width * width)]
      const { wells } = basins(
        (x, y, out) => {
          const r = Math.max(1e-9, Math.hypot(x, y))
          out[0] = (stiff / 2) * (r - radius) ** 2 + tilt * x
          out[1] = (stiff * (r - radius) * x) / r + tilt
          out[2] = (stiff * (r - radius) * y) / r
        },
        { ...BOX, cells: 128 },
      )
      expect(wells.filter(({ stray }) => stray)).toEqual([])
    }
  })

  it('has one well on level ground', () => {
    const { wells } = basins((_x, _y, out) => {
      out.fill(0)
    })
    expect(wells).toHaveLength(1)
    expect(wells[0]!.mass).toBeCloseTo(1, 9)
  })

  it('goes along a wall to its lowest place, and does not cross it', () => {
    const slope: EnergyFunction = (x, y, out) => {
      out.set([0.5 * (x * x + 5 * y * y) + 0.3 * x, x + 0.3, 5 * y])
    }
    for (const strength of [0, 0.1]) {
      const disc = { kind: 'disc', center: [-0.3, 0], radius: 1, strength } as const
      const { wells, wellOf, pi } = basins(slope, BOX, [disc])
      for (let k = 0; k < wellOf.length; k++) expect(wellOf[k]! < 0).toBe(pi.density[k] === 0)
      expect(wells.reduce((sum, { mass }) => sum + mass, 0)).toBeCloseTo(1, 9)
      // The valley lies along y = 0, and the disc cuts it; what stays is its two sides.
      expect(wells[0]!.mass + wells[1]!.mass).toBeGreaterThan(0.97)
      expect(Math.abs(wells[0]!.mass - wells[1]!.mass)).toBeLessThan(0.05)
    }
    const plane = { kind: 'half-plane', normal: [1, 0], offset: 0.01, strength: 0 } as const
    const { wells } = basins(
      mixture(0.4, [
        [0.7, -1.5, 0],
        [0.3, 1.5, 0],
      ]),
      BOX,
      [plane],
    )
    expect(wells[0]!.mass).toBeGreaterThan(0.99)
  })
})

describe('stray share', () => {
  const start = (cells: number) => {
    const h = 8 / cells
    const raw = Float64Array.from({ length: cells * cells }, (_, k) => {
      const [x, y] = [-4 + h * ((k % cells) + 0.5), -4 + h * (Math.floor(k / cells) + 0.5)]
      return Math.exp(-0.5 * (x * x + y * y))
    })
    const sum = raw.reduce((a, b) => a + b)
    return raw.map((p) => p / sum)
  }

  it('is the part of the start in wells of less than 10⁻³ of π', () => {
    // A well of 2·10⁻⁴ takes the half-plane beyond its ridge.
    const tiny = basins(
      mixture(0.4, [
        [1 - 2e-4, -0.5, 0],
        [2e-4, 2.5, 0],
      ]),
    )
    const ridge = 1 + (0.16 * Math.log((1 - 2e-4) / 2e-4)) / 3
    const beyond = start(64).reduce(
      (sum, p, k) => (-4 + (8 / 64) * ((k % 64) + 0.5) > ridge ? sum + p : sum),
      0,
    )
    expect(tiny.wells).toHaveLength(2)
    expect(strayShare(tiny, start(64))).toBeCloseTo(beyond, 2)
    const large = basins(
      mixture(0.5, [
        [0.99, -0.5, 0],
        [0.01, 2.5, 0],
      ]),
    )
    expect(strayShare(large, start(64))).toBe(0)
  })

  it('counts points and cells of any size where they lie, and nothing that a barrier forbids', () => {
    const plane = { kind: 'half-plane', normal: [1, 0], offset: 0.01, strength: 0 } as const
    const { pi } = basins(
      quadraticEnergy(
        [1, 0],
        [
          [1, 0],
          [0, 1],
        ],
      ),
      BOX,
      [plane],
    )
    const at = (x: number, y: number) => Math.floor((x + 4) * 8) + 64 * Math.floor((y + 4) * 8)
    const points = startMasses(
      { xy: Float64Array.of(1.03, 2.03, 4, -4, -2, 0), mass: Float64Array.of(3, 1, 5) },
      0,
      pi,
    )!
    expect(points[at(1.03, 2.03)]).toBe(0.75)
    expect(points[63]).toBe(0.25)
    for (const cells of [32, 64, 128]) {
      const law = startMasses({ density: start(cells) }, cells, pi)!
      expect(law.reduce((a, b) => a + b)).toBeCloseTo(1, 12)
      let mean = 0
      for (const [k, mass] of law.entries()) mean += mass * centreCoordinate(pi.box, k % 64)
      // |x| of N(0, 1).
      expect(Math.abs(mean - Math.sqrt(2 / Math.PI))).toBeLessThan(0.08)
      for (let k = 0; k < 64 * 64; k++) if (k % 64 < 32) expect(law[k]).toBe(0)
    }
    expect(startMasses({ xy: Float64Array.of(-2, 0) }, 0, pi)).toBeNull()
  })
})
