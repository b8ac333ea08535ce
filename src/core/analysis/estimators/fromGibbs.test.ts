import { expect, it } from 'vitest'
import { finish } from '../../maths/pieces.ts'
import { Purpose, Rng } from '../../maths/rng.ts'
import { FromGibbs } from './fromGibbs.ts'

const N = 4096
const rng = new Rng({ seed: 5, purpose: Purpose.probe })
const start = Float64Array.from({ length: 2 * N }, () => rng.normal())

/** The law of a linear map of N(0, I), by its stretch along the axes. */
function stretched(a: number, b: number) {
  const xy = start.map((x, k) => x * (k % 2 === 0 ? a : b))
  // ρ/π at y = Tx: log N(x; 0, I) − log ab − log N(y; 0, I).
  const logRatio = Float64Array.from({ length: N }, (_, i) => {
    const [x, y] = [start[2 * i]!, start[2 * i + 1]!]
    return 0.5 * ((a * a - 1) * x * x + (b * b - 1) * y * y) - Math.log(a * b)
  })
  return { xy, logRatio }
}

it('χ² and W₂ of shrunken Gaussians are those of the closed forms', () => {
  const away = new FromGibbs(start)
  finish(away.note(0, start, new Float64Array(N)))
  const maps = [
    [0.9, 0.8],
    [0.4, 0.7],
  ] as const
  maps.forEach(([a, b], k) => {
    const { xy, logRatio } = stretched(a, b)
    finish(away.note(k + 1, xy, logRatio))
  })
  const { renyi, renyiError, moved, sliced } = away.curves
  expect([renyi[0], moved[0], sliced[0]]).toEqual([0, 0, 0])
  maps.forEach(([a, b], k) => {
    // 1 + χ² = ∫ρ²/π = Π 1/(s √(2 − s²)).
    const chi = -Math.log(a * b * Math.sqrt((2 - a * a) * (2 - b * b)))
    expect(Math.abs(renyi[k + 1]! - chi)).toBeLessThan(4 * renyiError[k + 1]!)
    // A symmetric positive map is optimal: W₂² = (1 − a)² + (1 − b)².
    const distance = Math.hypot(1 - a, 1 - b)
    expect(moved[k + 1]).toBeCloseTo(distance, 1)
    expect(sliced[k + 1]).toBeLessThanOrEqual(moved[k + 1]! * 1.02)
    expect(sliced[k + 1]).toBeGreaterThan(0.9 * distance)
  })
})

it('is bounded from both sides where the coupling is not optimal', () => {
  const away = new FromGibbs(start)
  // A quarter turn moves every particle and leaves the law as it is.
  const turned = start.map((_, k) => (k % 2 === 0 ? -start[k + 1]! : start[k - 1]!))
  finish(away.note(0, turned, null))
  const { moved, sliced, renyi } = away.curves
  expect(moved[0]).toBeCloseTo(2, 1)
  expect(sliced[0]).toBeLessThan(0.1)
  expect(renyi[0]).toBeNull()
})
