import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { RANGES, describeRange, type RangePath, rangeOf } from './ranges.ts'

/** Cells of every table row, without the padding that the formatter adds. */
const rows = readFileSync(new URL('../../../docs/scene.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )

it.each(Object.keys(RANGES) as RangePath[])('docs/scene.md tells the range of %s', (path) => {
  const range = rangeOf(path)
  expect(rows).toContainEqual([`\`${path}\``, range.label, describeRange(range)])
})
