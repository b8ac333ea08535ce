import { expect, test } from 'vitest'
import { workPrinter } from './progress.ts'

test('says what is being worked on from the first second, and only after a silence', () => {
  let now = 10
  let lines: string[] = []
  const work = workPrinter(
    (line) => lines.push(line),
    () => now,
  )
  const at = (seconds: number): string[] => {
    now = 10 + seconds
    lines = []
    work.tick()
    return lines
  }
  // Nothing is being worked on yet.
  expect(at(0.9)).toEqual([])
  let step = 0
  now = 10
  work.working(() => `step ${step}`)
  expect(at(0.7)).toEqual([])
  step = 3
  expect(at(0.9)).toEqual(['working on step 3'])
  expect(at(2.8)).toEqual([])
  expect(at(3)).toEqual(['working on step 3'])
  // Whatever else is said ends the silence.
  work.print('something else')
  expect(at(4.9)).toEqual([])
  expect(at(5.1)).toEqual(['working on step 3'])
})
