import { recoverScene } from '../reading/decode.ts'
import { DEFAULT_SCENE } from '../defaults.ts'
import type { AnyField, Json, JsonObject, Shape } from '../fields/fieldKinds.ts'
import { minimal } from '../normalise.ts'
import { describeRange, inRange } from '../fields/ranges.ts'
import {
  SCENE,
  BACKEND_CHOICES,
  RANGES,
  type BackendChoice,
  type SceneSpec,
  type Vector2,
} from '../sceneSpec.ts'
import { seal, open as unseal } from './linkSeal.ts'
import { packPoints, unpackPoints } from './packedPoints.ts'
import { addProblem, show } from '../reading/problem.ts'
import type { Problem } from '../reading/problem.ts'

/**
 * A scene as a location hash, and back.
 *
 *     #target=banana&target.sharpness=1&epsilon=0.5&initial=point&initial.at=-1,1&delta=0.1
 *
 * `key=value` pairs joined by `&`; a key is the dotted path in the scene, list indices included, with the
 * section names `domain`, `dynamics`, `stopping` and `view` left out; a sum type's kind stands under the
 * path of the type itself (`energy=quadratic&energy.matrix=2,0.8;0.8,1`). Only what differs from the
 * defaults is written. A value is
 *
 *     0.5  true  null  langevin     a number, a boolean, null, a plain word
 *     'any%20text                   any other string, after an apostrophe
 *     1,2    1,    ,                lists of numbers or words: two, one, no entries
 *     1,0;0,1    1,2;               lists of lists of numbers: two, one
 *     ~q…  ~p…  ~d…                 more than 8 points, packed (packedPoints.ts)
 *     !%7B%22…                      anything else as JSON
 *
 * and is percent-encoded where a URL needs it. Numbers have the shortest digits that read back to the
 * same double, so a link reproduces a scene exactly. A seal surrounds the pairs (linkSeal.ts).
 */

export interface Opened {
  readonly scene: SceneSpec
  /** The mistakes in the link, in order. */
  readonly problems: readonly Problem[]
  /** `?backend=` and `?haltAt=` of the query; null where not given or not valid (then among `problems`). */
  readonly overrides: Overrides
  /** A fault of the link as a whole; null where it has none. */
  readonly flaw: Flaw | null
  /** The pairs that were read. */
  readonly pairs: string
}

/**
 * - `changed`: the checksum does not fit the pairs, which are read all the same
 * - `open`: the link has no seal and ends in packed points, of which some may be missing; those in the link are read
 * - `cut`: the end of the link is missing, and nothing of it is read; `size` is null where it is unknown
 * - `long`: the text is too long to be a link
 */
export type Flaw =
  | { readonly kind: 'changed' }
  | { readonly kind: 'open' }
  | { readonly kind: 'cut'; readonly found: number; readonly size: number | null }
  | { readonly kind: 'long'; readonly found: number }

export interface Overrides {
  readonly backend: BackendChoice | null
  readonly haltAt: number | null
}

const SECTIONS = ['domain', 'dynamics', 'stopping', 'view'] as const

/** The section of each key that a link writes without its section. No two sections share a key. */
const SECTION_OF: ReadonlyMap<string, (typeof SECTIONS)[number]> = new Map(
  SECTIONS.flatMap((section) =>
    Object.keys(shapeOf(shapeOf(SCENE)[section]!)).map((key) => [key, section] as const),
  ),
)

/** The fields of a record, those among them that a scene may lack. */
function shapeOf({ form }: AnyField): Shape {
  return form.kind === 'record' ? form.shape : {}
}

/** Paths deeper or lists longer than this are garbage, not scenes. */
const DEEPEST = 40
const LONGEST_LIST = 1000
/** Most pairs that are read. */
const MOST_PAIRS = 5000
/** Longest text of a value, unless it is packed points. */
const LONGEST_VALUE = 20_000

/** The hash of a scene, `#` included; empty for the default scene. @param first pairs to stand before those of the scene */
export function encodeHash(scene: SceneSpec, first: readonly string[] = []): string {
  const pairs: string[] = [...first]
  const top = minimal(scene)
  for (const [key, value] of Object.entries(top)) {
    if (isSection(key) && isObject(value)) flatten(value, '', pairs)
    else flattenValue(value, key, pairs)
  }
  return pairs.length === 0 ? '' : `#${seal(pairs.join('&'))}`
}

/**
 * The scene of a link. Total: a bad field takes its default and is named, garbage gives the default scene
 * and a message; never throws.
 * @param hash `location.hash`, with or without `#`
 * @param search `location.search`, with or without `?`; keys other than those of `Overrides` are ignored
 */
export function decodeLocation(hash: string, search = ''): Opened {
  const own: Problem[] = []
  const overrides = readOverrides(search, own)
  const opening = unseal(hash.startsWith('#') ? hash.slice(1) : hash)
  if (opening.kind !== 'pairs')
    return { scene: DEFAULT_SCENE, problems: own, overrides, flaw: opening, pairs: '' }
  const { scene, problems, pairs } = readFirst(opening.ways)
  return {
    scene,
    problems: [...own, ...problems],
    overrides,
    flaw: flawOf(opening.seal, pairs),
    pairs,
  }
}

/** Packed points at the very end. */
const OPEN_END = /=~[\w-]+$/u

function flawOf(seal: 'whole' | 'changed' | 'none', pairs: string): Flaw | null {
  if (seal === 'changed') return { kind: 'changed' }
  return seal === 'none' && OPEN_END.test(pairs) ? { kind: 'open' } : null
}

/** The first of several readings that has no problems, or else the very first. */
function readFirst(ways: Iterable<string>): Pick<Opened, 'scene' | 'problems' | 'pairs'> {
  let first: Pick<Opened, 'scene' | 'problems' | 'pairs'> | null = null
  for (const pairs of ways) {
    const problems: Problem[] = []
    const recovered = recoverScene(readPairs(pairs, problems))
    const read = { scene: recovered.scene, problems: [...problems, ...recovered.problems], pairs }
    if (read.problems.length === 0) return read
    first ??= read
  }
  return first ?? { scene: DEFAULT_SCENE, problems: [], pairs: '' }
}

/** The scene with the backend and the step to halt at from the query, where it gives them. */
export function applyOverrides(scene: SceneSpec, overrides: Overrides): SceneSpec {
  const { backend, haltAt } = overrides
  return {
    ...scene,
    training: backend === null ? scene.training : { ...scene.training, backend },
    view: haltAt === null ? scene.view : { ...scene.view, haltAt },
  }
}

function isSection(key: string): boolean {
  return (SECTIONS as readonly string[]).includes(key)
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value)
}

/** Array.isArray, which alone would turn the entries of a readonly list into `any`. */
function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function flatten(object: JsonObject, path: string, pairs: string[]): void {
  for (const [key, value] of Object.entries(object)) {
    flattenValue(value, path === '' ? key : `${path}.${key}`, pairs)
  }
}

function flattenValue(value: Json, path: string, pairs: string[]): void {
  if (isList(value) && value.length > 0 && value.every(isObject)) {
    for (const [i, entry] of value.entries()) flattenValue(entry, `${path}.${String(i)}`, pairs)
  } else if (isObject(value)) {
    const { kind, ...rest } = value
    // An empty entry of a list (a term with every default) still has to be counted.
    if (typeof kind === 'string') pairs.push(`${path}=${writeValue(kind)}`)
    else if (Object.keys(value).length === 0) pairs.push(`${path}=!%7B%7D`)
    flatten(rest, path, pairs)
  } else {
    pairs.push(`${path}=${writeValue(value)}`)
  }
}

const WORD = /^[A-Za-z][\w.-]*$/u
const NUMBER = /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/iu
const PACK_ABOVE = 8

function writeValue(value: Json): string {
  if (typeof value === 'number') return writeNumber(value)
  if (typeof value === 'boolean' || value === null) return String(value)
  if (typeof value === 'string') return isWord(value) ? value : `'${encodeURIComponent(value)}`
  if (isList(value)) {
    if (value.every(isListEntry)) return writeList(value)
    if (value.length > PACK_ABOVE && value.every(isPair)) return `~${packPoints(value)}`
    if (value.every(isNumberList)) {
      return value.length === 1 ? `${writeList(value[0]!)};` : value.map(writeList).join(';')
    }
  }
  return `!${encodeURIComponent(JSON.stringify(value))}`
}

function writeNumber(value: number): string {
  return String(value).replace('+', '')
}

function writeList(list: readonly (number | string)[]): string {
  const words = list.map((entry) => (typeof entry === 'number' ? writeNumber(entry) : entry))
  return words.length < 2 ? `${words.join('')},` : words.join(',')
}

function isWord(value: Json): value is string {
  return typeof value === 'string' && WORD.test(value) && !RESERVED.has(value)
}

/** Whether a list holds the value as plain text. */
function isListEntry(value: Json): value is number | string {
  return typeof value === 'number' || isWord(value)
}

const RESERVED: ReadonlySet<string> = new Set(['true', 'false', 'null'])

function isNumberList(value: Json): value is readonly number[] {
  return isList(value) && value.every((entry) => typeof entry === 'number')
}

function isPair(value: Json): value is Vector2 {
  return isNumberList(value) && value.length === 2
}

/** A tree of paths, from which JSON is built. */
interface Node {
  value: Json | undefined
  readonly children: Map<string, Node>
}

function readPairs(text: string, problems: Problem[]): Json {
  const root: Node = { value: undefined, children: new Map() }
  for (const [i, pair] of text.split('&', MOST_PAIRS + 1).entries()) {
    if (i === MOST_PAIRS) {
      const allowed = `at most ${String(MOST_PAIRS)} key=value pairs`
      addProblem(problems, { field: 'link', found: 'more', allowed })
    }
    if (pair === '' || i === MOST_PAIRS) continue
    const cut = pair.indexOf('=')
    if (cut <= 0) {
      addProblem(problems, {
        field: 'link',
        found: show(pair),
        allowed: 'key=value pairs joined by &',
      })
      continue
    }
    const key = decodePercent(pair.slice(0, cut))
    const value = readValue(pair.slice(cut + 1))
    const field = show(key ?? pair.slice(0, cut)).slice(1, -1)
    const path = key === null ? null : fullPath(key)
    if (path === null || path.length > DEEPEST) {
      addProblem(problems, { field, found: 'not a path', allowed: 'a dotted path of a scene' })
    } else if (value === undefined) {
      addProblem(problems, {
        field,
        found: show(pair.slice(cut + 1)),
        allowed: 'a value of a scene',
      })
    } else if (!plant(root, path, value)) {
      addProblem(problems, { field, found: 'given twice', allowed: 'once' })
    }
  }
  return harvest(root, [], problems)
}

function fullPath(key: string): string[] | null {
  const path = key.split('.')
  if (path.includes('')) return null
  const section = SECTION_OF.get(path[0]!)
  return section === undefined ? path : [section, ...path]
}

function plant(root: Node, path: readonly string[], value: Json): boolean {
  let node = root
  for (const key of path) {
    let child = node.children.get(key)
    if (child === undefined) {
      child = { value: undefined, children: new Map() }
      node.children.set(key, child)
    }
    node = child
  }
  if (node.value !== undefined) return false
  node.value = value
  return true
}

/** Whether the value at a path is a sum type, so that a bare word there is its kind. */
function isVariant(path: readonly string[]): boolean {
  const last = path[path.length - 1]
  return (
    last === 'target' ||
    last === 'energy' ||
    last === 'initial' ||
    last === 'metric' ||
    path[path.length - 2] === 'barriers' ||
    path.join('.') === 'sweep.values'
  )
}

function harvest(node: Node, path: readonly string[], problems: Problem[]): Json {
  const { value, children } = node
  const variant = isVariant(path)
  if (children.size === 0) {
    if (value === undefined) return {}
    return variant && !isObject(value) ? { kind: value } : value
  }
  const entries = [...children].map(([key, child]): [string, Json] => [
    key,
    harvest(child, [...path, key], problems),
  ])
  if (isObject(value)) return { ...value, ...Object.fromEntries(entries) }
  if (variant && value !== undefined) return { kind: value, ...Object.fromEntries(entries) }
  if (value !== undefined) {
    const field = path.join('.')
    const allowed = `a section with parts such as ${field}.${entries[0]![0]}, given beside it`
    addProblem(problems, { field, found: show(value), allowed })
  }
  return asList(entries) ?? Object.fromEntries(entries)
}

/** Entries under the keys 0 … n−1 as a list; null when the keys are anything else. */
function asList(entries: readonly (readonly [string, Json])[]): readonly Json[] | null {
  if (entries.length > LONGEST_LIST) return null
  const byKey = new Map(entries)
  const list: Json[] = []
  for (let i = 0; i < entries.length; i++) {
    const entry = byKey.get(String(i))
    if (entry === undefined) return null
    list.push(entry)
  }
  return list
}

function decodePercent(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

/** Undefined when the text is no value at all. */
function readValue(raw: string): Json | undefined {
  const text = decodePercent(raw)
  if (text === null) return undefined
  if (text.startsWith("'")) return text.slice(1)
  if (text.startsWith('~')) return unpackPoints(text.slice(1)) ?? undefined
  if (text.length > LONGEST_VALUE) return undefined
  if (text.startsWith('!')) return readJson(text.slice(1))
  if (text.includes(';')) {
    const rows = text.endsWith(';') ? text.slice(0, -1).split(';') : text.split(';')
    return rows.map(readList)
  }
  return text.includes(',') ? readList(text) : readScalar(text)
}

function readList(text: string): readonly Json[] {
  if (text === ',') return []
  return (text.endsWith(',') ? text.slice(0, -1) : text).split(',').map(readScalar)
}

function readScalar(text: string): Json {
  if (text === 'true') return true
  if (text === 'false') return false
  if (text === 'null') return null
  return NUMBER.test(text) ? Number(text) : text
}

function readJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

function readOverrides(search: string, problems: Problem[]): Overrides {
  const query = new URLSearchParams(search)
  return {
    backend: readBackend(query.get('backend'), problems),
    haltAt: readHaltAt(query.get('haltAt'), problems),
  }
}

function readBackend(text: string | null, problems: Problem[]): BackendChoice | null {
  if (text === null) return null
  const choice = BACKEND_CHOICES.find((name) => name === text)
  if (choice !== undefined) return choice
  const allowed = `one of ${BACKEND_CHOICES.join(', ')}`
  addProblem(problems, { field: '?backend', found: show(text), allowed })
  return null
}

function readHaltAt(text: string | null, problems: Problem[]): number | null {
  if (text === null) return null
  const range = RANGES['view.haltAt']
  if (NUMBER.test(text) && inRange(range, Number(text))) return Number(text)
  addProblem(problems, { field: '?haltAt', found: show(text), allowed: describeRange(range) })
  return null
}
