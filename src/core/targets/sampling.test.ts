import { describe, expect, it } from 'vitest'
import { Purpose, Rng } from '../maths/rng.ts'
import { TARGETS } from './registry.ts'
import type { Density } from './target.ts'

const SIDE = 24
const EDGE = 3
const DRAWS = 20000

/** Mass of each of the 24 × 24 cells of [−3, 3]², by the midpoint rule with `sub`² points a cell. */
function cellMasses(density: Density, sub: number): Float64Array {
  const masses = new Float64Array(SIDE * SIDE)
  const h = (2 * EDGE) / (SIDE * sub)
  for (let row = 0; row < SIDE * sub; row++) {
    for (let column = 0; column < SIDE * sub; column++) {
      const cell = Math.floor(row / sub) * SIDE + Math.floor(column / sub)
      const x = -EDGE + (column + 0.5) * h
      const y = -EDGE + (row + 0.5) * h
      masses[cell]! += Math.exp(density.logDensity(x, y)) * h * h
    }
  }
  return masses
}

/** Pearson's statistic against the masses; cells expecting fewer than 5 join the outside. */
function chiSquare(xy: Float64Array, masses: Float64Array): { chi: number; degrees: number } {
  const counts = new Float64Array(SIDE * SIDE)
  for (let i = 0; i < xy.length; i += 2) {
    const column = Math.floor(((xy[i]! + EDGE) * SIDE) / (2 * EDGE))
    const row = Math.floor(((xy[i + 1]! + EDGE) * SIDE) / (2 * EDGE))
    if (column < 0 || column >= SIDE || row < 0 || row >= SIDE) continue
    counts[row * SIDE + column]! += 1
  }
  const n = xy.length / 2
  let chi = 0
  let cells = 0
  let restExpected = n
  let restFound = n
  masses.forEach((mass, k) => {
    const expected = n * mass
    if (expected < 5) return
    chi += (counts[k]! - expected) ** 2 / expected
    restExpected -= expected
    restFound -= counts[k]!
    cells++
  })
  if (restExpected >= 5) {
    chi += (restFound - restExpected) ** 2 / restExpected
    cells++
  }
  return { chi, degrees: cells - 1 }
}

/** Quantile of chi-square by Wilson–Hilferty; z = 3.719 is the 1 − 1e-4 quantile of the normal. */
function quantile(degrees: number, z: number): number {
  const t = 1 - 2 / (9 * degrees) + z * Math.sqrt(2 / (9 * degrees))
  return degrees * t * t * t
}

describe.each(TARGETS.map((kind) => [kind.id, kind] as const))('samples of %s', (_, kind) => {
  it.each([0.5, 1, 2])('match the density at sharpness %d', (sharpness) => {
    const target = kind.build(sharpness)
    const xy = target.sample(new Rng({ seed: 17, purpose: Purpose.data }), DRAWS)
    const masses = cellMasses(target.density!, sharpness > 1 ? 8 : sharpness < 1 ? 3 : 5)
    const { chi, degrees } = chiSquare(xy, masses)
    expect(degrees).toBeGreaterThan(15)
    expect(chi).toBeLessThan(quantile(degrees, 3.719))
    expect(chi).toBeGreaterThan(quantile(degrees, -3.719))
  })

  it('do not match a density wider by a third, so the test can fail', () => {
    const xy = kind.build(1).sample(new Rng({ seed: 17, purpose: Purpose.data }), DRAWS)
    const { chi, degrees } = chiSquare(xy, cellMasses(kind.build(0.75).density!, 5))
    expect(chi).toBeGreaterThan(quantile(degrees, 3.719))
  })
})
