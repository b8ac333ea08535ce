import fc from 'fast-check'
import { expect, test } from 'vitest'
import { tick } from './clock.ts'

test('a worker that answers at once is asked for speed × time steps', () => {
  let position = 0
  let shown = 0
  for (let frame = 0; frame < 600; frame++) {
    const { position: next, ask } = tick(position, {
      elapsed: 1 / 60,
      speed: 24,
      shown,
      busy: false,
      limit: 1000,
      stride: Infinity,
    })
    position = next
    if (ask !== null) shown = ask
  }
  expect(shown).toBeGreaterThanOrEqual(239)
  expect(shown).toBeLessThanOrEqual(240)
})

test('a slow worker is never asked to leap more than a quarter second of playback', () => {
  let position = 0
  for (let frame = 0; frame < 1000; frame++)
    position = tick(position, {
      elapsed: 1 / 60,
      speed: 40,
      shown: 7,
      busy: true,
      limit: 1e6,
      stride: Infinity,
    }).position
  const ready = { elapsed: 1 / 60, speed: 40, shown: 7, busy: false, limit: 1e6 }
  expect(tick(position, { ...ready, stride: Infinity }).ask).toBe(17)
  // Nor more than it answers in good time, but always one step.
  expect(tick(position, { ...ready, stride: 3.9 }).ask).toBe(10)
  expect(tick(position, { ...ready, stride: 0.2 }).ask).toBe(8)
})

test('never asks past the limit, never backwards, never while busy', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1e4, noNaN: true }),
      fc.double({ min: 0, max: 1e3, noNaN: true }),
      fc.double({ min: 1, max: 240, noNaN: true }),
      fc.nat(5000),
      fc.boolean(),
      fc.nat(5000),
      fc.double({ min: 0, max: 500, noNaN: true }),
      (position, elapsed, speed, shown, busy, limit, stride) => {
        const { ask } = tick(position, { elapsed, speed, shown, busy, limit, stride })
        if (ask === null) return
        expect(ask - shown).toBeLessThanOrEqual(Math.max(1, stride))
        expect(busy).toBe(false)
        expect(ask).toBeGreaterThan(shown)
        expect(ask).toBeLessThanOrEqual(limit)
      },
    ),
  )
})

test('stands at the limit', () => {
  const still = { elapsed: 0.05, speed: 100, shown: 50, busy: false, limit: 50, stride: Infinity }
  const at = tick(50, still)
  expect(at).toEqual({ position: 50, ask: null })
})
