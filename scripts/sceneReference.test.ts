import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { HEAD, PAGE, referenceRows } from './sceneReference.ts'

it('docs/scene.md tells every field as the program reads it; npm run docs:scene writes it anew', () => {
  const lines = readFileSync(PAGE, 'utf8').split('\n')
  const cells = lines
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
  const first = cells.findIndex((row) => row.join() === HEAD.join())
  const rows = referenceRows()
  expect(cells.slice(first + 2, first + 2 + rows.length)).toEqual(rows)
  expect(rows.length).toBeGreaterThan(50)
})
