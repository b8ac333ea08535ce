import { expect, test } from 'vitest'
import { sweepMark, sweepPicture, type SweptPoint } from './sweepPicture.ts'

const same = (value: number) => ({ least: value, median: value, most: value })

function point(value: number, step: number | null, kl: number | null): SweptPoint<'a' | 'b'> {
  return {
    ...{ value, criterion: 'a' },
    step: step === null ? null : same(step),
    trueKl: kl === null ? null : same(kl),
  }
}

test('equal factors are equal distances, and a stop at step 0 stands on the axis', () => {
  const points = [point(0.01, 100, 0.1), point(0.1, 10, 1), point(1, 0, null)]
  const picture = sweepPicture(
    {
      ...{ points, criteria: ['a'], values: [0.01, 0.1, 1], logarithmic: true },
      deltaAt: () => 0.1,
    },
    600,
  )
  const [steps, kl] = picture.panels
  const [x0, x1, x2] = steps.marks.map(({ x }) => x)
  expect(x1! - x0!).toBeCloseTo(x2! - x1!, 9)
  expect(steps.marks[2]?.y).toBe(steps.bottom)
  expect(steps.delta).toBeNull()
  expect(kl.marks.map(({ value }) => value)).toEqual([0.01, 0.1])
  // δ = 0.1 lies at the height of the mark whose KL is 0.1, from frame to frame.
  const ends = [...(kl.delta ?? '').matchAll(/[-\d.]+/gu)].map(([text]) => Number(text))
  expect(ends[0]).toBe(picture.left)
  expect(ends.at(-2)).toBe(picture.right)
  expect(ends[1]).toBeCloseTo(kl.marks[0]!.y, 1)
})

test('a KL of 0, one value alone and no stop at all can be drawn', () => {
  for (const logarithmic of [true, false])
    for (const points of [[point(2, 0, 0)], [point(2, null, null)], []]) {
      const picture = sweepPicture(
        { points, criteria: ['a', 'b'], values: [2], logarithmic, deltaAt: () => 0.1 },
        100,
      )
      const numbers = picture.panels.flatMap(({ marks, ticks }) => [
        ...marks.flatMap(({ x, y, low, high }) => [x, y, low, high]),
        ...ticks.map(({ at }) => at),
      ])
      expect(numbers.every(Number.isFinite)).toBe(true)
      expect(JSON.stringify(picture)).not.toContain('NaN')
    }
})

test('no two of eleven criteria have the same mark', () => {
  const marks = Array.from({ length: 11 }, (_, i) => JSON.stringify(sweepMark(i)))
  expect(new Set(marks).size).toBe(11)
})
