import { expect, it } from 'vitest'
import { steadyClock } from './steadyClock.ts'

it('never goes back, and keeps its pace whatever the clock under it is set to', () => {
  let time = 100
  const clock = steadyClock(() => time)
  const readings = [clock()]
  for (const change of [5, -3_600_000, 5, 0, -1, 3_600_000, -7, 5]) {
    time += change
    readings.push(clock() - 100)
  }
  expect(readings.slice(1)).toEqual([5, 5, 10, 10, 10, 3_600_010, 3_600_010, 3_600_015])
})
