import { expect, it } from 'vitest'
import { createFrameMeter } from './frameMeter.ts'

function setup() {
  const reports: number[] = []
  const waiting = new Map<number, (now: number) => void>()
  let handles = 0
  const meter = createFrameMeter((rate) => void reports.push(rate), {
    request: (callback) => {
      waiting.set(++handles, callback)
      return handles
    },
    cancel: (handle) => void waiting.delete(handle),
  })
  const frame = (now: number) => {
    const callbacks = [...waiting.values()]
    waiting.clear()
    for (const callback of callbacks) callback(now)
  }
  return { meter, reports, waiting, frame }
}

it('reports the frames a second of each whole window', () => {
  const { meter, reports, frame } = setup()
  meter.run(true)
  meter.run(true)
  for (let now = 0; now <= 2000; now += 20) frame(now)
  expect(reports).toEqual([50, 50])
  // A stall is part of the figure.
  for (const now of [2500, 3000]) frame(now)
  expect(reports).toEqual([50, 50, 2])
})

it('asks for no frames while it is off, and counts nothing across a pause', () => {
  const { meter, reports, waiting, frame } = setup()
  meter.run(true)
  for (let now = 0; now <= 500; now += 20) frame(now)
  meter.run(false)
  expect(waiting.size).toBe(0)
  meter.run(true)
  for (let now = 9000; now <= 9500; now += 20) frame(now)
  meter.run(false)
  meter.run(true)
  for (let now = 60_000; now <= 61_000; now += 10) frame(now)
  expect(reports).toEqual([100])
})
