import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { BackendFault, Patience, within } from './deadline.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

it('gives on what comes in time, and leaves no timer', async () => {
  await expect(within(8, 'it', Promise.resolve(3))).resolves.toBe(3)
  await expect(within(8, 'it', Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(vi.getTimerCount()).toBe(0)
})

it('rejects at the limit, not before, and hands on what comes after it', async () => {
  const late = vi.fn()
  let answer = (_value: number) => {}
  const waiting = within(8, 'it', new Promise<number>((resolve) => (answer = resolve)), late)
  const settled = vi.fn()
  waiting.then(settled, settled)
  await vi.advanceTimersByTimeAsync(7999)
  expect(settled).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(settled).toHaveBeenCalledWith(new BackendFault('it did not answer within 8 s'))
  expect(late).not.toHaveBeenCalled()
  answer(5)
  await vi.advanceTimersByTimeAsync(0)
  expect(late).toHaveBeenCalledWith(5)
})

it('a sleep of a minute uses up a part of the limit', async () => {
  const settled = vi.fn()
  within(8, 'it', new Promise(() => {})).catch(settled)
  // As timers do that were due long ago when the machine wakes up: the first of them fires, the next is set from now.
  vi.setSystemTime(Date.now() + 60_000)
  await vi.advanceTimersToNextTimerAsync()
  expect(settled).not.toHaveBeenCalled()
})

it('has patience with a device that is known to be slow', async () => {
  const patience = new Patience('the GPU', 20)
  const slow = patience.wait(new Promise((resolve) => setTimeout(resolve, 5000)))
  await vi.advanceTimersByTimeAsync(5000)
  await slow
  const settled = vi.fn()
  patience.wait(new Promise(() => {})).catch(settled)
  await vi.advanceTimersByTimeAsync(99_999)
  expect(settled).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(settled).toHaveBeenCalledWith(new BackendFault('the GPU did not answer within 100 s'))
})
