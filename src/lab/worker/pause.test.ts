import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { restingPause } from './pause.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('rests as long as it has worked, once the sprint is over, and not before', async () => {
  let now = 0
  const pause = restingPause(
    () => Promise.resolve(),
    () => now,
    1,
  )
  now = 0.5
  await pause()
  expect(vi.getTimerCount()).toBe(0)

  now = 1.2
  let rested = false
  const resting = pause().then(() => {
    rested = true
  })
  // Since the last pause 0.7 s have passed: more than the longest rest.
  await vi.advanceTimersByTimeAsync(249)
  expect(rested).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(rested).toBe(true)
  await resting

  now = 1.212
  const second = pause()
  await vi.advanceTimersByTimeAsync(11)
  expect(vi.getTimerCount()).toBe(1)
  await vi.advanceTimersByTimeAsync(1)
  await second
})
