import { describe, expect, it } from 'vitest'
import { chainLoop, operationsOf } from './peak.ts'

describe('the loop that finds the peak', () => {
  it.each(['simd', 'scalar'] as const)(
    'does the arithmetic that it is counted for: %s',
    async (kind) => {
      const run = await chainLoop(kind)
      const expected = (rounds: number) => {
        let sum = 0
        for (let k = 0; k < 12; k++) {
          let x = 0.1 * k
          for (let i = 0; i < rounds; i++) x = x * 0.5 + 0.25
          sum += x
        }
        return sum
      }
      for (const rounds of [1, 2, 7]) expect(run(rounds)).toBeCloseTo(expected(rounds), 5)
      expect(operationsOf(kind)).toBe(12 * 2 * (kind === 'simd' ? 4 : 1))
    },
  )
})
