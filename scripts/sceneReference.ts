/** `npm run docs:scene`: writes the tables of all fields of a scene, of all kinds of barriers and of the words of the page into docs/scene.md, from the registries. */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { format, resolveConfig } from 'prettier'
import { EDITORS } from '../src/app/views/barriers/registry.ts'
import {
  shapesOf,
  type AnyField,
  type Form,
  type Shape,
} from '../src/lab/scene/fields/fieldKinds.ts'
import { describeRange } from '../src/lab/scene/fields/ranges.ts'
import { GLOSSARY, type Entry } from '../src/lab/scene/glossary.ts'
import { SCENE } from '../src/lab/scene/sceneSpec.ts'
import { ROOT } from './suites.ts'

export const PAGE = path.join(ROOT, 'docs/scene.md')

/** Cells of a table. */
type Row = readonly string[]

/** The tables that the page holds between `<!-- name: npm run docs:scene -->` and `<!-- end of name -->`, titles first. */
export function referenceTables(): Readonly<Record<string, readonly Row[]>> {
  const levels = Object.entries(EDITORS).map(([kind, { level }]) => [
    code(kind),
    level.replaceAll('|', '\\|'),
  ])
  return {
    levels: [['`kind`', 'level h(x)'], ...levels],
    words: [['symbol', 'name', 'what it is'], ...glossaryRows()],
    fields: [['field', 'of', 'what', 'default', 'allowed'], ...referenceRows()],
  }
}

function glossaryRows(): readonly Row[] {
  return Object.values<Entry>(GLOSSARY).map(({ symbol = '', name, formula, exactly }) => [
    symbol.replaceAll('*', '\\*'),
    name,
    [...(formula === undefined ? [] : [code(formula.plain.replaceAll('|', '\\|'))]), exactly]
      .join(': ')
      .replaceAll(/(?<!\\)\|/g, '\\|'),
  ])
}

/** The rows of all fields of a scene, in their order; fields of several kinds of one sum type stand once where they are alike. */
function referenceRows(): readonly Row[] {
  const merged = new Map<string, Row>()
  for (const [path, of, ...rest] of rows(SCENE, '', '')) {
    const key = JSON.stringify([path, rest])
    const before = merged.get(key)?.[1]
    merged.set(key, [path!, before === undefined ? of! : `${before}, ${of!}`, ...rest])
  }
  return [...merged.values()]
}

function* rows(field: AnyField, path: string, of: string): Generator<Row> {
  const { form, allowed, fallback } = field
  if (allowed !== '') {
    const missing = fallback === undefined ? 'must be given' : code(fallback)
    const left = field.optional === true ? 'may be left out' : missing
    yield [code(path), of, labelOf(field), left, allowed + entries(form)]
  }
  if (form.kind === 'record') yield* shapeRows(form.shape, path, '')
  // A section that may be missing as a whole.
  if (form.kind === 'nullable' && form.of.form.kind === 'record') yield* rows(form.of, path, of)
  if (form.kind === 'variants')
    for (const kind of Object.keys(form.kinds))
      for (const shape of shapesOf(form.kinds, kind)) yield* shapeRows(shape, path, kind)
  // The points and numbers of a list are told with it.
  if (form.kind === 'list' && !['vector', 'number'].includes(form.entry.form.kind))
    yield* rows(form.entry, path, '')
}

function* shapeRows(shape: Shape, path: string, of: string): Generator<Row> {
  for (const [key, field] of Object.entries(shape))
    yield* rows(field, path === '' ? key : `${path}.${key}`, of)
}

function labelOf({ form }: AnyField): string {
  if (form.kind === 'nullable') return labelOf(form.of)
  if (form.kind === 'list') return labelOf(form.entry)
  return 'range' in form ? form.range.label : ''
}

function entries(form: Form): string {
  return form.kind === 'matrix' ? `, each entry ${describeRange(form.range)}` : ''
}

function code(value: unknown): string {
  if (value === '') return 'empty'
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
}

function markdown([titles, ...rows]: readonly Row[]): string {
  const line = (cells: Row) => `| ${cells.join(' | ')} |`
  return [titles!, titles!.map(() => '---'), ...rows].map(line).join('\n')
}

/** What stands in a page before, in and after the place of a table. */
export function placeOf(name: string, page: string): readonly [string, string, string] {
  const [begin, end] = [`<!-- ${name}: npm run docs:scene -->`, `<!-- end of ${name} -->`]
  const [before, rest] = page.split(begin)
  const [inside, after] = rest?.split(end) ?? []
  if (inside === undefined || after === undefined)
    throw new Error(`docs/scene.md lacks ${begin} or ${end}`)
  return [before! + begin, inside, end + after]
}

if (process.argv[1] === import.meta.filename) {
  let page = readFileSync(PAGE, 'utf8')
  for (const [name, table] of Object.entries(referenceTables())) {
    const [before, , after] = placeOf(name, page)
    page = `${before}\n\n${markdown(table)}\n\n${after}`
  }
  writeFileSync(PAGE, await format(page, { ...(await resolveConfig(PAGE)), filepath: PAGE }))
}
