import { expect, test } from 'vitest'
import { tabulateEnergy } from '../../../core/fields/energyGrid.ts'
import { nodeCoordinate } from '../../../core/maths/grid.ts'
import { erf } from '../../../core/maths/special.ts'
import { standardNormal, strayStart } from './strayStart.ts'

test('the masses of N(0, I) in the cells are those of its error functions, restricted to the box', () => {
  const box = { halfWidth: 1.5, cells: 32 }
  const masses = standardNormal(box)
  expect(masses.reduce((a, b) => a + b)).toBeCloseTo(1, 12)
  // The cells of x < t.
  const column = 20
  const below = masses.reduce((sum, p, k) => (k % box.cells < column ? sum + p : sum), 0)
  const edge = erf(1.5 * Math.SQRT1_2)
  const expected = (erf(nodeCoordinate(box, column) * Math.SQRT1_2) + edge) / (2 * edge)
  expect(below).toBeCloseTo(expected, 12)
  expect(standardNormal({ halfWidth: 20, cells: 256 }).every((p) => p >= 0)).toBe(true)
})

/** A well at (−1, 0), another at (2, 0) that lies `depth` higher, and a ridge at x = 0.5. */
const wells = (depth: number) =>
  tabulateEnergy({ halfWidth: 4, cells: 64 }, (x, y, out) => {
    const left = x < 0.5
    const [at, floor] = left ? [-1, 0] : [2, depth]
    const scale = left ? 20 : 20 - depth
    const u = (x - at) / 1.5
    // 1 − cos on the inner side, a parabola of the same curvature on the outer: C¹ at the ridge.
    const inner = left ? u > 0 : u < 0
    out[0] =
      floor +
      (inner ? 0.5 * scale * (1 - Math.cos(Math.PI * u)) : 0.25 * scale * (Math.PI * u) ** 2) +
      4 * y * y
    out[1] = ((inner ? Math.sin(Math.PI * u) : Math.PI * u) * 0.5 * scale * Math.PI) / 1.5
    out[2] = 8 * y
  })

test('what starts beyond the ridge of a well that holds nothing is stray, and nothing where both wells hold something', () => {
  const beyond = 0.5 * (1 - erf(0.5 * Math.SQRT1_2))
  expect(strayStart({ grid: wells(10), barriers: [] })).toBeCloseTo(beyond, 2)
  expect(strayStart({ grid: wells(2), barriers: [] })).toBe(0)
})
