import { expect, it } from 'vitest'
import { readDraft } from './keepUnfinished.ts'

it('takes strokes as they were kept, and anything else for an empty pad', () => {
  const strokes = [[0, 1, 2, 3], [], [-1.5, 0.25]]
  expect(readDraft(JSON.stringify(strokes))).toEqual(strokes)
  for (const kept of [undefined, 7, '', '{', '{}', '[1]', '[[1]]', '[[1, null]]', '[["1", "2"]]'])
    expect(readDraft(kept), String(kept)).toEqual([])
})
