import { describe, expect, it } from 'vitest'
import { byTarget, widened } from './liveChart.ts'

const at = (target: number, value: number) => ({
  seconds: 0,
  target,
  value,
  quantity: 'kl' as const,
})

describe('the chart of a live training', () => {
  it('knows where the target changed, and what was measured between', () => {
    expect(byTarget([])).toEqual([])
    const runs = byTarget([at(1, 4), at(1, 2), at(2, 3), at(4, 5), at(4, 1)])
    expect(runs.map((run) => run.map(({ value }) => value))).toEqual([[4, 2], [3], [5, 1]])
  })
  it('has room round its values, and an axis without any', () => {
    expect(widened([1, 3])).toEqual([0.8, 3.2])
    expect(widened([])).toEqual([0, 1])
    const [low, high] = widened([2, 2])
    expect(low).toBeLessThan(2)
    expect(high).toBeGreaterThan(2)
  })
})
