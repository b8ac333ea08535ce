import { describe, expect, it } from 'vitest'
import { Purpose, Rng } from '../../maths/rng.ts'
import { studentUpperQuantile } from '../../maths/special.ts'
import { mean, standardError } from '../../maths/statistics.ts'
import type { StoppingInput } from './criterion.ts'
import { energyPlateau } from './energyPlateau.ts'
import { gradientNorm } from './gradientNorm.ts'
import { blankInput } from './criterion.testing.ts'
import { errorsAtLook, jackknifeErrorsAtLook } from './looks.ts'
import { stein } from './stein.ts'
import { statisticalWindow } from './statistical.ts'

const STEPS = 100
const blank = blankInput(STEPS)
const at = (f: (k: number) => number | null, every = 1) =>
  Array.from({ length: STEPS + 1 }, (_, k) => (k % every === 0 ? f(k) : null))

describe('looking at every step', () => {
  it('spends 5 % over all looks together', () => {
    const levels = Array.from({ length: 10_000 }, (_, i) => 6 / (Math.PI ** 2 * (i + 1) ** 2))
    expect(levels.reduce((a, b) => a + b)).toBeCloseTo(1, 3)
    // P(N > z_1) = 0.0304.
    expect(errorsAtLook(1)).toBeCloseTo(1.8751, 3)
    for (let look = 2; look < 1000; look *= 2)
      expect(errorsAtLook(look)).toBeGreaterThan(errorsAtLook(look / 2))
  })

  it('would not hold for sixteen groups by normal quantiles', () => {
    // P(T > t) by bisection of its inverse.
    const beyond = (t: number): number => {
      let [low, high] = [1e-12, 0.5]
      for (let i = 0; i < 60; i++) {
        const middle = Math.sqrt(low * high)
        if (studentUpperQuantile(middle, 15) > t) low = middle
        else high = middle
      }
      return low
    }
    let spent = 0
    for (let look = 1; look <= 20; look++) spent += beyond(errorsAtLook(look))
    expect(spent).toBeGreaterThan(0.09)
    expect(spent).toBeLessThan(0.1)
  })

  it('holds for standard errors from sixteen groups, at any look', () => {
    const groups = 16
    const runs = 40_000
    const rng = new Rng({ seed: 11, purpose: Purpose.probe })
    const looks = [1, 2, 3]
    const errors = looks.map(() => 0)
    const values = new Float64Array(groups)
    for (let run = 0; run < runs; run++) {
      for (let g = 0; g < groups; g++) values[g] = rng.normal()
      const off = -mean(values) / standardError(values)
      looks.forEach((look, i) => {
        if (off > jackknifeErrorsAtLook(look)) errors[i]!++
      })
    }
    looks.forEach((look, i) => {
      const level = 0.3 / (Math.PI * look) ** 2
      const within = 4 * Math.sqrt(level / runs)
      expect(Math.abs(errors[i]! / runs - level), `look ${look}`).toBeLessThan(within)
    })
  })
})

describe('gradient-norm', () => {
  const input = (gradient: (k: number) => number, rest: Partial<StoppingInput> = {}) => ({
    ...blank,
    delta: 0.01,
    flow: {
      kl: at((k) => 0.1 * k),
      lowerBound: at(() => null).map(() => false),
      gradient: at(gradient, 5),
    },
    ...rest,
  })

  it('stops at the first evaluated step at which the share δ is left, with the KL of the flow', () => {
    const found = gradientNorm.evaluate(input((k) => 4 * Math.exp(-k / 10)))
    // e^(−k/10) = .01 at k = 46.05: the next multiple of 5.
    expect(found).toMatchObject({
      step: 50,
      kl: 5,
      klMeaning: 'KL of the noiseless flow',
      status: 'none',
      outcome: 'stopped',
    })
  })

  it('says where the KL is a lower bound, and keeps its step when more is known', () => {
    const falling = (k: number) => 4 * Math.exp(-k / 10)
    const later = input(falling, { computed: 60 })
    expect(gradientNorm.evaluate(later).step).toBe(50)
    expect(gradientNorm.evaluate({ ...later, computed: 49 }).outcome).toBe('unfired')
    const flow = { ...later.flow, lowerBound: at(() => 1).map(() => true) }
    expect(gradientNorm.evaluate({ ...later, flow }).klMeaning).toBe(
      'lower bound of the KL of the noiseless flow',
    )
  })

  it('does not stop where the slope stays, or at a start on top of a hill', () => {
    expect(gradientNorm.evaluate(input(() => 3)).outcome).toBe('unfired')
    expect(gradientNorm.evaluate(input(() => 0)).step).toBeNull()
  })

  it('takes no share of 1 or more for a fall', () => {
    for (const delta of [1, 10]) {
      const { outcome, reason } = gradientNorm.evaluate(input(() => 3, { delta }))
      expect(outcome).toBe('unfired')
      expect(reason).not.toMatch(/has fallen/)
    }
  })
})

/** E[V] and its balance as of a law that relaxes like e^(−k/10). */
function relaxing(error: number): StoppingInput {
  return {
    ...blank,
    curves: {
      ...blank.curves,
      energy: at((k) => 1 + 3 * Math.exp(-k / 10), 5),
      energyError: at(() => 0.01, 5),
      energyRate: at((k) => -6 * Math.exp(-k / 10), 5),
      energyRateError: at(() => error, 5),
      energyDrift: at(() => 2, 5),
      energyDriftError: at(() => 0, 5),
    },
  }
}

describe('energy-plateau', () => {
  const w = statisticalWindow(STEPS)

  it('stops a window after the balance holds', () => {
    const { step, status, outcome } = energyPlateau.evaluate(relaxing(0.01))
    // (6 e^(−k/10) + .01 z)/2 ≤ √(2·.05) = .316 from k = 23 on, at the look at 25; and w steps of it.
    expect(step).toBe(25 + w)
    expect({ status, outcome }).toEqual({ status: 'none', outcome: 'stopped' })
  })

  it('does not take a crossing of zero for rest', () => {
    const input = relaxing(0.01)
    const curves = { ...input.curves, energyRate: at((k) => (k === 50 ? 0 : -2), 5) }
    const found = energyPlateau.evaluate({ ...input, curves })
    expect(found.outcome).toBe('unfired')
  })

  it('does not stop while error bars are wider than what it asks for, and says so', () => {
    const { outcome, reason } = energyPlateau.evaluate(relaxing(0.4))
    expect(outcome).toBe('unfired')
    expect(reason).toMatch(/error of so few particles/)
  })

  it('reads no error bar off a handful of particles', () => {
    expect(energyPlateau.evaluate({ ...relaxing(0.01), particles: 15 }).reason).toMatch(/takes 16/)
  })

  it('reckons with the error of the share that it asks for, too', () => {
    const input = relaxing(0.01)
    const curves = { ...input.curves, energyDriftError: at(() => 1, 5) }
    expect(energyPlateau.evaluate({ ...input, curves }).outcome).toBe('unfired')
  })

  it('waits while E[V] moves', () => {
    const input = relaxing(0.01)
    const curves = {
      ...input.curves,
      energyRate: at(() => 0, 5),
      energy: at((k) => 0.1 * k, 5),
    }
    expect(energyPlateau.evaluate({ ...input, curves }).step).toBeNull()
  })
})

describe('stein', () => {
  const input = (value: (k: number) => number, error: number): StoppingInput => ({
    ...blank,
    curves: { ...blank.curves, stein: at(value, 5), steinError: at(() => error, 5) },
  })

  it('stops where its upper end is ⅔δ, of all looks together', () => {
    const found = stein.evaluate(input((k) => Math.exp(-k / 10), 1e-4))
    // e^(−k/10) ≤ .0333 − .0003 from k = 34.1 on.
    expect(found.step).toBe(35)
    expect(found.status).toBe('none')
    // By a reading alone it would stop at once; the seventh look adds 4 standard errors.
    expect(stein.evaluate(input(() => 0.0333, 1e-3)).step).toBeNull()
  })

  it('claims nothing beside barriers and at walls, nor before anything is read', () => {
    const good = input(() => 0, 1e-4)
    const certificates: StoppingInput['certificates'] = {
      ...good.certificates,
      barriers: [{ kind: 'disc', center: [0, 0], radius: 1, strength: 0.1 }],
    }
    expect(stein.evaluate({ ...good, certificates }).outcome).toBe('unfired')
    const curves = { ...good.curves, foldedMass: at(() => 0.01) }
    expect(stein.evaluate({ ...good, curves }).reason).toMatch(/folded at the walls/)
    expect(stein.evaluate(blank).reason).toMatch(/once this criterion is chosen/)
  })
})
