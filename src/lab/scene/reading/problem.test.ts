import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addProblem, show, type Problem } from './problem.ts'

describe('show', () => {
  it('writes short values as JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        const text = JSON.stringify(json).replace(/[\s\p{Cc}\p{Bidi_C}]+/gu, ' ')
        if (text.length <= 60) expect(show(json)).toBe(text)
        else expect(show(json).length).toBeLessThanOrEqual(61)
      }),
    )
    expect(show(undefined)).toBe('nothing')
    expect(show(JSON.parse('1e400'))).toBe('Infinity')
  })

  it('stays short, on one line and whole for values of any size, depth and shape', () => {
    let deep: unknown = 'x'
    for (let i = 0; i < 100_000; i++) deep = i % 2 === 0 ? [deep] : { a: deep }
    const round: unknown[] = []
    round.push(round)
    const values = [
      deep,
      round,
      'x'.repeat(1e6),
      new Array(1e5).fill('\u202E\n\t'),
      `${'a'.repeat(58)}😀😀`,
      { ['k'.repeat(1e6)]: 1 },
      10n,
      Symbol('s'),
      () => 0,
    ]
    for (const value of values) {
      const text = show(value)
      expect(text.length).toBeLessThanOrEqual(61)
      expect(text).not.toMatch(/[\n\r\t\p{Cs}\p{Bidi_C}]/u)
    }
  })
})

it('tells at most twenty problems, and that there were more', () => {
  const problems: Problem[] = []
  for (let i = 0; i < 1000; i++) addProblem(problems, { field: `f${i}`, found: '1', allowed: '2' })
  expect(problems).toHaveLength(21)
  expect(problems[19]?.field).toBe('f19')
  expect(problems[20]?.found).toBe('further mistakes')
})
