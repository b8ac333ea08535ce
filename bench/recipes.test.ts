import { describe, expect, it } from 'vitest'
import { benchmark, bestTemperature, CENTRES, klAt } from './recipes.ts'

describe('KL of a benchmark', async () => {
  const { density } = await benchmark('two-gaussians')
  const exact = density.logDensity.map((l) => -l)

  it('is 0 for the density itself, whatever constant stands before V', () => {
    expect(klAt(density, exact, 1)).toBeCloseTo(0, 10)
    expect(
      klAt(
        density,
        exact.map((v) => 3 * v + 7),
        3,
      ),
    ).toBeCloseTo(0, 10)
  })

  it('is that of the uniform law for V = 0', () => {
    const h = 8 / 128
    let entropy = 0
    density.density.forEach((p, k) => (entropy -= p > 0 ? p * density.logDensity[k]! * h * h : 0))
    expect(klAt(density, new Float64Array(exact.length), 1)).toBeCloseTo(Math.log(64) - entropy, 9)
  })

  it('is least at the temperature that the energy was made for', () => {
    const best = bestTemperature(
      density,
      exact.map((v) => 0.15 * v),
    )
    expect(best.epsilon).toBeCloseTo(0.15, 3)
    expect(best.kl).toBeCloseTo(0, 5)
  })

  it('is taken at the centres of the cells, x fastest', () => {
    const h = 8 / 128
    expect([...CENTRES.slice(0, 4)]).toEqual([-4 + h / 2, -4 + h / 2, -4 + 1.5 * h, -4 + h / 2])
  })
})
