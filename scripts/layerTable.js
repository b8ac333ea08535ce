import { readFileSync } from 'node:fs'
import path from 'node:path'

/**
 * The rooms of src/ and what each may know, read from the table of docs/architecture.md, which is where it is written.
 *
 * `may`: rooms and files whose code the room may import. `types`: those of which it may import types alone.
 * `packages`: npm packages (and `node:` modules) that it may import; `*` stands for any ending.
 * @typedef {{ name: string, may: string[], types: string[], packages: string[] }} Room
 */

const PAGE = path.resolve(import.meta.dirname, '../docs/architecture.md')

/** @returns {Room[]} in the order of the page */
function readRooms() {
  const [titles, , ...rows] = readFileSync(PAGE, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map(cellsOf)
  const expected = ['room', 'may import', 'types only', 'packages']
  if (titles?.join() !== expected.join())
    throw new Error(`docs/architecture.md has no table of ${expected.join(', ')}`)
  return rows.map(([name = '', ...lists]) => {
    const [may = [], types = [], packages = []] = lists.map((list) =>
      list === '–' ? [] : list.split(', '),
    )
    return { name, may, types, packages }
  })
}

/** The cells of a line of a Markdown table. @param {string} line */
function cellsOf(line) {
  return line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.replaceAll('\\', '').trim())
}

export const ROOMS = readRooms()
