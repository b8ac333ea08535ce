import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { ESLint } from 'eslint'
import { describe, expect, it } from 'vitest'
import { ROOMS } from './layerTable.js'

/**
 * Proves the walls that the linter builds from the table of docs/architecture.md: for every room a file is made up that
 * imports every other room (once for code, once for types) and every package, and the linter must object to exactly
 * those lines that the table does not allow.
 */
const ROOT = path.resolve(import.meta.dirname, '..')
const PACKAGES = [
  ...['react', 'react-dom/client', 'zustand', 'katex', 'idb', 'd3', 'd3-scale', 'vite'],
  ...['@tensorflow/tfjs-core', '#tensorflow/gradients', 'node:fs'],
]

const isFile = (name: string): boolean => /\.tsx?$/.test(name)
const within = (inner: string, outer: string): boolean =>
  inner === outer || inner.startsWith(`${outer}/`)
const fits = (name: string, pattern: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : within(name, pattern)

const sources = readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => isFile(file) && !/\.(test|testing)\.tsx?$/.test(file))
  .sort()

/** Every single file that the table names, and of each room one that it does not name. */
function landmarks(): string[] {
  const named = new Set(
    ROOMS.flatMap(({ name, may, types }) => [name, ...may, ...types]).filter(isFile),
  )
  const others = ROOMS.flatMap(({ name }) =>
    isFile(name)
      ? []
      : sources.filter((file) => within(file, name) && !named.has(file)).slice(0, 1),
  )
  return [...named, ...others].filter((file) => sources.includes(file))
}

const WALLS = ['import-x/no-restricted-paths', '@typescript-eslint/no-restricted-imports']
const DETERMINISM = ['no-restricted-properties', 'no-restricted-globals', 'no-restricted-syntax']

/** The lines of a made-up file at which the rules object. */
async function refusedLines(
  rules: readonly string[],
  file: string,
  lines: readonly string[],
): Promise<string[]> {
  const linter = new ESLint({
    cwd: ROOT,
    ruleFilter: ({ ruleId }) => rules.includes(ruleId),
    overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
  })
  const [result] = await linter.lintText(lines.join('\n'), {
    filePath: path.join(ROOT, 'src', file),
  })
  const messages = result?.messages ?? []
  expect(messages.filter(({ ruleId }) => ruleId === null)).toEqual([])
  return lines.filter((_, index) => messages.some(({ line }) => line === index + 1))
}

describe('the layer table of docs/architecture.md is what the linter enforces', () => {
  const places = landmarks()

  it('has a landmark in every room', () => {
    const empty = ROOMS.filter(({ name }) => !places.some((place) => within(place, name)))
    expect(empty.map(({ name }) => name)).toEqual([])
  })

  it('has a room for every file', () => {
    expect(sources.filter((file) => !ROOMS.some(({ name }) => within(file, name)))).toEqual([])
  })

  it('names no file that is not there', () => {
    const named = ROOMS.flatMap(({ name, may, types }) => [name, ...may, ...types])
    const missing = named.filter(
      (name) => !existsSync(path.join(ROOT, 'src', name.replace(/\?.*$/, ''))),
    )
    expect(missing).toEqual([])
  })

  it.each(ROOMS)('$name', async (room) => {
    const file = isFile(room.name) ? room.name : `${room.name}/madeUp.ts`
    const lines: string[] = []
    const refused: string[] = []
    const judge = (line: string, allowed: boolean): void => {
      lines.push(line)
      if (!allowed) refused.push(line)
    }
    for (const place of places) {
      if (place === file) continue
      const relative = path.posix.relative(path.posix.dirname(file), place)
      const specifier = relative.startsWith('.') ? relative : `./${relative}`
      const code = within(place, room.name) || room.may.some((other) => within(place, other))
      const types = code || room.types.some((other) => within(place, other))
      judge(`import { a } from '${specifier}'`, code)
      judge(`import type { A } from '${specifier}'`, types)
    }
    for (const name of PACKAGES) {
      judge(
        `import { a } from '${name}'`,
        room.packages.some((pattern) => fits(name, pattern)),
      )
    }
    expect(await refusedLines(WALLS, file, lines)).toEqual(refused)
  })

  it('lets a test look at its own floor and those below, and no higher', async () => {
    const above = `import { a } from '../../learning/ids.ts'`
    const lines = [`import { a } from '../targets/ids.ts'`, above, `import { it } from 'vitest'`]
    expect(await refusedLines(WALLS, 'core/samplers/madeUp.test.ts', lines)).toEqual([above])
  })
})

describe('the determinism wall', () => {
  const forbidden = [
    'Math.random()',
    'Math.exp(1)',
    'Math.hypot(3, 4)',
    'const { sin } = Math',
    'Date.now()',
    'new Date()',
    'performance.now()',
    '2 ** 0.5',
    'document.title',
  ]
  const allowed = ['Math.sqrt(2)', 'Math.fround(1)', 'Math.imul(3, 5)', '3 ** 2']

  it.each(['core/maths', 'core/analysis', 'learning/kernels', 'learning/training', 'lab/engine'])(
    'stands round %s',
    async (room) => {
      const lines = [...forbidden, ...allowed]
      expect(await refusedLines(DETERMINISM, `${room}/madeUp.ts`, lines)).toEqual(forbidden)
    },
  )

  it.each(['app/views', 'lab/worker'])('leaves %s alone', async (room) => {
    const lines = [...forbidden, ...allowed]
    expect(await refusedLines(DETERMINISM, `${room}/madeUp.ts`, lines)).toEqual([])
  })
})
