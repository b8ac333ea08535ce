import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { nudged } from './nudge.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A queue of a browser that looks for what is done every 100 ms, and whenever something is submitted. */
function polledQueue(done: () => boolean) {
  let settle: (() => void) | null = null
  const look = () => {
    if (done()) settle?.()
  }
  const poll = setInterval(look, 100)
  const submissions: unknown[] = []
  const queue = {
    submit(buffers: readonly unknown[]) {
      submissions.push(buffers)
      look()
    },
  } as unknown as GPUQueue
  const map = new Promise<void>((resolve) => {
    settle = () => {
      clearInterval(poll)
      resolve()
    }
  })
  return { queue, map, submissions }
}

it('hears of work a few milliseconds after it is done, where the browser looks every hundred', async () => {
  const begun = Date.now()
  const { queue, map, submissions } = polledQueue(() => Date.now() - begun >= 10)
  const heard = nudged(queue, map).then(() => Date.now() - begun)
  await vi.advanceTimersByTimeAsync(99)
  expect(await heard).toBeLessThan(15)
  expect(submissions).toEqual([[], [], []])
  expect(vi.getTimerCount()).toBe(0)
})

it('ends with the wait, also where that fails', async () => {
  const submit = vi.fn()
  const failed = nudged({ submit } as unknown as GPUQueue, Promise.reject(new Error('lost')))
  await expect(failed).rejects.toThrow('lost')
  expect(vi.getTimerCount()).toBe(0)
  expect(submit).not.toHaveBeenCalled()
})
