import { expect, it } from 'vitest'
import { flatness } from './footprint.ts'
import { isMet } from './statistics.ts'

const minutes = Array.from({ length: 48 }, (_, k) => 2 + k / 6)
const verdicts = (value: (t: number, k: number) => number) =>
  flatness(
    'memory',
    minutes.map((t, k) => [t, value(t, k)]),
  ).flatMap((row) => (row.bounds ?? []).map((bound) => isMet(row, bound)))

it('passes what is level within 5 %, and neither a leak nor a saw', () => {
  expect(verdicts((_, k) => 200 + 4 * (-1) ** k)).toEqual([true, true])
  // 100 MiB to 112 MiB: 95 % of the samples within 5.4 % of the mean, and a trend of 11 %.
  expect(verdicts((t) => 97 + 1.5 * t)).toEqual([false, false])
  expect(verdicts((_, k) => (k % 3 === 0 ? 230 : 200))).toEqual([false, true])
})

it('holds a small heap to 2 MB instead of 5 %, and to its trend', () => {
  expect(verdicts((_, k) => 8 + 1.8 * (-1) ** k)).toEqual([true, true])
  expect(verdicts((_, k) => 8 + 2 * (-1) ** k)).toEqual([false, true])
  expect(verdicts((t) => 8 + 0.1 * t)).toEqual([true, false])
})
