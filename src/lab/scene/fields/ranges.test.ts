import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inRange, notchOf, notches, valueAtNotch } from './ranges.ts'
import { RANGES } from '../sceneSpec.ts'
import { rangePaths } from '../scenes.testing.ts'

describe('ranges', () => {
  it('holds the ranges that a scene file may rely on', () => {
    const table: [string, number, number][] = [
      ['dynamics.epsilon', 0.005, 10],
      ['dynamics.stepSize', 1e-5, 1],
      ['dynamics.steps', 0, 100_000],
      ['dynamics.particles', 1, 200_000],
      ['domain.cells', 32, 256],
      ['domain.halfWidth', 1, 20],
      ['energy.terms.weight', -5, 5],
      ['stopping.delta', 1e-6, 10],
      ['dynamics.skew', -20, 20],
      ['target.sharpness', 0.2, 4],
      ['energy.barriers.strength', 0, 10],
    ]
    for (const [path, min, max] of table) {
      expect(RANGES).toMatchObject({ [path]: { min, max } })
    }
  })

  it('gives a slider only values inside the range, rising from end to end', () => {
    for (const path of rangePaths) {
      const range = RANGES[path]
      const last = Math.min(notches(range), 400)
      let before = -Infinity
      for (let i = 0; i <= last; i++) {
        const value = valueAtNotch(range, (i / last) * notches(range))
        expect(inRange(range, value), `${path} at ${String(i)}: ${String(value)}`).toBe(true)
        expect(value).toBeGreaterThanOrEqual(before)
        before = value
      }
      expect(before).toBe(range.max)
    }
  })

  it('finds the notch of a value again to within half a notch', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...rangePaths),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (path, t) => {
          const range = RANGES[path]
          if (range.integer === true) return
          const notch = Math.round(t * notches(range))
          expect(Math.abs(notchOf(range, valueAtNotch(range, notch)) - notch)).toBeLessThanOrEqual(
            1,
          )
        },
      ),
    )
  })
})
