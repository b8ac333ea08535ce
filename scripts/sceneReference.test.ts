import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { PAGE, placeOf, referenceTables } from './sceneReference.ts'

it.each(Object.entries(referenceTables()))(
  'docs/scene.md has the %s as the program reads them; npm run docs:scene writes them anew',
  (name, table) => {
    const [, inside] = placeOf(name, readFileSync(PAGE, 'utf8'))
    const cells = inside
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) =>
        line
          .slice(1, -1)
          .split(/(?<!\\)\|/)
          .map((cell) => cell.trim()),
      )
    expect([cells[0], ...cells.slice(2)]).toEqual(table)
    expect(table.length).toBeGreaterThan(3)
  },
)
