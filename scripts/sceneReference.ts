/** `npm run docs:scene`: writes the table of all fields of a scene into docs/scene.md, from the fields themselves. */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { format, resolveConfig } from 'prettier'
import { shapesOf, type AnyField, type Form, type Shape } from '../src/lab/scene/fieldKinds.ts'
import { describeRange } from '../src/lab/scene/ranges.ts'
import { SCENE } from '../src/lab/scene/sceneSpec.ts'
import { ROOT } from './suites.ts'

export const PAGE = path.join(ROOT, 'docs/scene.md')
const [BEGIN, END] = ['<!-- fields: npm run docs:scene -->', '<!-- end of fields -->']

/** Cells of a table. */
type Row = readonly string[]
export const HEAD: Row = ['field', 'of', 'what', 'default', 'allowed']

/** The rows of all fields of a scene, in their order; fields of several kinds of one sum type stand once where they are alike. */
export function referenceRows(): readonly Row[] {
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
  if (form.kind === 'variants')
    for (const kind of Object.keys(form.kinds))
      for (const shape of shapesOf(form.kinds, kind)) yield* shapeRows(shape, path, kind)
  // The points of a list are told with it.
  if (form.kind === 'list' && form.entry.form.kind !== 'vector') yield* rows(form.entry, path, '')
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

function table(): string {
  const line = (cells: Row) => `| ${cells.join(' | ')} |`
  return [line(HEAD), line(HEAD.map(() => '---')), ...referenceRows().map(line)].join('\n')
}

if (process.argv[1] === import.meta.filename) {
  const page = readFileSync(PAGE, 'utf8')
  const [before, rest] = page.split(BEGIN)
  const after = rest?.split(END)[1]
  if (after === undefined) throw new Error(`docs/scene.md lacks ${BEGIN} or ${END}`)
  const text = `${before!}${BEGIN}\n\n${table()}\n\n${END}${after}`
  writeFileSync(PAGE, await format(text, { ...(await resolveConfig(PAGE)), filepath: PAGE }))
}
