import { addProblem, nameKey, show, type Problem } from '../reading/problem.ts'
import { describeRange, inRange, type Range } from './ranges.ts'

/**
 * The kinds of fields of a scene. Each reads its value from JSON, writes the least JSON that reads back to a value, and
 * describes its form, so that the types, the tests' arbitraries and the tables of docs/scene.md all follow
 * from the one table in `sceneSpec.ts`.
 */

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/** The state of one reading of one scene. */
export interface Reading {
  readonly problems: Problem[]
  /** Number of lists of terms around the value that is being read. */
  depth: number
  /** Number of terms that the sums of the scene may still have. */
  termsLeft: number
}

/** `P`: the paths inside the field of its ranged numbers, without list indices; '' for the field itself. */
export interface Field<T, P extends string = never> {
  /**
   * Reads the value that JSON stands for. For a mistake it adds a problem to the reading and returns the default.
   * @param json undefined where the key is missing
   * @returns undefined where the field has no default either
   */
  read(json: unknown, path: string, reading: Reading): T | undefined
  /** Returns the least JSON that reads back to the value; undefined where the key can be left out. */
  prune(value: T): Json | undefined
  readonly form: Form
  /** Whether values may lack the key. */
  readonly optional?: true
  /** The allowed values in words; '' for a record. */
  readonly allowed: string
  /** The value of a missing key; undefined where the key is required, and for a record. */
  readonly fallback?: unknown
  /** A type only, never a value: the paths of the ranged numbers. */
  readonly paths?: P
}

/** The form of a field, from which arbitraries, tables of the docs and ranges are derived. */
export type Form =
  | { readonly kind: 'number' | 'matrix'; readonly range: Range }
  | {
      readonly kind: 'vector'
      readonly range: Range
      readonly distinct: boolean
      readonly nonZero: boolean
    }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'fixed'; readonly value: Json }
  | { readonly kind: 'choice'; readonly ids: readonly string[] }
  | { readonly kind: 'subset'; readonly ids: readonly string[]; readonly least: number }
  | { readonly kind: 'text'; readonly pattern: RegExp }
  | {
      readonly kind: 'list'
      readonly entry: AnyField
      readonly least: number
      readonly most: number
    }
  | { readonly kind: 'record'; readonly shape: Shape }
  | { readonly kind: 'variants'; readonly kinds: Kinds }
  | { readonly kind: 'nullable'; readonly of: AnyField }
  /** A field that is defined elsewhere in the table, or that contains this one. */
  | { readonly kind: 'elsewhere'; readonly of: () => AnyField }

/** A field of any value, for tables whose types name the values. */
export type AnyField = Field<unknown, string>
export type Shape = Readonly<Record<string, AnyField>>
/** For each kind its fields besides `kind`, in one shape or in several that differ by their first key. */
export type Kinds = Readonly<Record<string, Shape | readonly Shape[]>>

export type ValueOf<F> = F extends Field<infer T, string> ? T : never

type Flat<T> = { [K in keyof T]: T[K] }
type OptionalKey<S, K extends keyof S> = S[K] extends { readonly optional: true } ? K : never
export type RecordOf<S> = Flat<
  {
    readonly [K in keyof S as K extends OptionalKey<S, K> ? never : K]: ValueOf<S[K]>
  } & {
    readonly [K in keyof S as OptionalKey<S, K>]?: ValueOf<S[K]>
  }
>

export type VariantsOf<V> = {
  [K in keyof V]: V[K] extends readonly (infer S)[]
    ? S extends Shape
      ? Flat<{ readonly kind: K } & RecordOf<S>>
      : never
    : Flat<{ readonly kind: K } & RecordOf<V[K]>>
}[keyof V]

type InnerPaths<F> = F extends Field<unknown, infer P> ? P : never
type Below<K extends string, P extends string> = P extends '' ? K : `${K}.${P}`
export type PathsOf<S> = S extends readonly (infer E)[]
  ? E extends Shape
    ? PathsOf<E>
    : never
  : { [K in keyof S & string]: Below<K, InnerPaths<S[K]>> }[keyof S & string]
export type KindPaths<V> = { [K in keyof V]: PathsOf<V[K]> }[keyof V]

/** A reading in which nothing has been read yet. */
export function newReading(mostTerms: number): Reading {
  return { problems: [], depth: 0, termsLeft: mostTerms }
}

function tell(reading: Reading, field: string, found: string, allowed: string): void {
  addProblem(reading.problems, { field, found, allowed })
}

function below(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

/** A field without fields inside. */
interface Leaf<T, P extends string = never> extends Field<T, P> {
  /** Returns undefined where the JSON is no such value. */
  readonly parse: (json: unknown) => T | undefined
}

function leaf<T extends Json, P extends string = never>(
  form: Form,
  allowed: string,
  parse: (json: unknown) => T | undefined,
  fallback?: T,
): Leaf<T, P> {
  return {
    form,
    allowed,
    fallback,
    parse,
    read(json, path, reading) {
      if (json === undefined && fallback !== undefined) return fallback
      const value = parse(json)
      if (value === undefined) tell(reading, path, show(json), allowed)
      return value ?? fallback
    },
    prune: (value) => (fallback !== undefined && same(value, fallback) ? undefined : value),
  }
}

function same(a: Json, b: Json): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

export function fixed<T extends number | string>(value: T): Field<T> {
  const parse = (json: unknown) => (json === value ? value : undefined)
  return leaf({ kind: 'fixed', value }, String(value), parse, value)
}

export function boolean(fallback: boolean): Field<boolean> {
  const parse = (json: unknown) => (typeof json === 'boolean' ? json : undefined)
  return leaf({ kind: 'boolean' }, 'true or false', parse, fallback)
}

/** A finite number in a range; −0 is read as 0. */
export function number(range: Range, fallback?: number): Leaf<number, ''> {
  const parse = (json: unknown) => numberIn(range, json)
  return leaf({ kind: 'number', range }, describeRange(range), parse, fallback)
}

function numberIn(range: Range, json: unknown): number | undefined {
  return typeof json === 'number' && inRange(range, json) ? json + 0 : undefined
}

export type Vector2 = readonly [number, number]
export type Matrix2 = readonly [readonly [number, number], readonly [number, number]]

export function vector(
  range: Range,
  fallback?: Vector2,
  { allowed = `two numbers [x, y], each ${describeRange(range)}`, distinct = false } = {},
): Leaf<Vector2, ''> {
  return leaf(
    { kind: 'vector', range, distinct, nonZero: false },
    allowed,
    (json) => {
      const pair = pairIn(range, json)
      return distinct && pair?.[0] === pair?.[1] ? undefined : pair
    },
    fallback,
  )
}

function pairIn(range: Range, json: unknown): Vector2 | undefined {
  if (!Array.isArray(json) || json.length !== 2) return undefined
  const x = numberIn(range, json[0])
  const y = numberIn(range, json[1])
  return x === undefined || y === undefined ? undefined : [x, y]
}

/** A vector that gives a direction: not zero. */
export function direction(range: Range, fallback: Vector2): Field<Vector2, ''> {
  const any = vector(range, fallback)
  return {
    ...checked(any, (value, report) => {
      if (value[0] !== 0 || value[1] !== 0) return value
      report('', show(value), 'a vector that is not zero')
      return fallback
    }),
    form: { kind: 'vector', range, distinct: false, nonZero: true },
  }
}

/** Range of the points of a data set, so wide that it only keeps means and variances far from overflow. */
const DATA_RANGE: Range = { min: -1e15, max: 1e15, scale: 'linear', step: 1, unit: '', label: '' }

export const dataPoint: Field<Vector2> = {
  ...vector(DATA_RANGE, undefined, { allowed: 'two finite numbers [x, y]' }),
  paths: undefined as never,
}

/** A symmetric positive definite 2 × 2 matrix. */
export function spdMatrix(range: Range, fallback: Matrix2): Field<Matrix2, ''> {
  return leaf(
    { kind: 'matrix', range },
    'a symmetric positive definite matrix [[a, b], [b, c]]',
    (json) => {
      if (!Array.isArray(json) || json.length !== 2) return undefined
      const first = pairIn(range, json[0])
      const second = pairIn(range, json[1])
      if (first === undefined || second === undefined) return undefined
      return isPositiveDefinite([first, second]) ? [first, second] : undefined
    },
    fallback,
  )
}

/**
 * Whether a matrix is symmetric and positive definite with room for arithmetic: both diagonal entries
 * above 1e-8 and the determinant above 1e-10 of their product (correlation below 1 − 5e-11).
 */
export function isPositiveDefinite([[a, b], [c, d]]: Matrix2): boolean {
  return b === c && a >= 1e-8 && d >= 1e-8 && a * d - b * c > 1e-10 * a * d
}

export function choice<T extends string>(ids: readonly T[], fallback?: T): Field<T> {
  const parse = (json: unknown) => ids.find((id) => id === json)
  return leaf({ kind: 'choice', ids }, oneOf(ids), parse, fallback)
}

function oneOf(ids: readonly string[]): string {
  return ids.length === 1 ? `only ${ids.join()}` : `one of ${ids.join(', ')}`
}

/** Some of the ids, each once; the value has them in the order of `ids`. */
export function subset<T extends string>(
  ids: readonly T[],
  fallback: readonly T[],
): Field<readonly T[]> {
  const known: readonly unknown[] = ids
  return leaf(
    { kind: 'subset', ids, least: 0 },
    `a list of ${ids.join(', ')}`,
    (json) =>
      Array.isArray(json) && json.every((id) => known.includes(id))
        ? ids.filter((id) => json.includes(id))
        : undefined,
    fallback,
  )
}

/** One id, or a list of one or both, each once. */
export function oneOrBoth<T extends string>(ids: readonly [T, T]): Field<readonly T[]> {
  return leaf<readonly T[]>(
    { kind: 'subset', ids, least: 1 },
    `a list of ${ids.join(', ')} or both`,
    (json) => {
      const named: readonly unknown[] = Array.isArray(json) ? json : [json]
      const found = ids.filter((id) => named.includes(id))
      return found.length > 0 && found.length === named.length ? found : undefined
    },
  )
}

export function text(pattern: RegExp, allowed: string, fallback?: string): Field<string> {
  const parse = (json: unknown) =>
    typeof json === 'string' && pattern.test(json) ? json : undefined
  return leaf({ kind: 'text', pattern }, allowed, parse, fallback)
}

/** The field or null; a missing key means null, too. @param meaning of null, for the message */
export function nullable<T, P extends string>(
  field: Field<T, P> | Leaf<T, P>,
  meaning?: string,
): Field<T | null, P> {
  const allowed = meaning === undefined ? field.allowed : `${field.allowed}, or ${meaning}`
  return {
    form: { kind: 'nullable', of: field },
    allowed,
    fallback: null,
    read(json, path, reading) {
      if (json === undefined || json === null) return null
      if (!('parse' in field) || meaning === undefined)
        return field.read(json, path, reading) ?? null
      const value = field.parse(json)
      if (value === undefined) tell(reading, path, show(json), allowed)
      return value ?? null
    },
    prune: (value) => (value === null ? undefined : field.prune(value)),
  }
}

/** A key that the JSON and then the value may lack. @param meaning of null, where null stands for a missing key */
export function optional<T, P extends string>(
  field: Field<T, P> | Leaf<T, P>,
  meaning?: string,
): Field<T, P> & { readonly optional: true } {
  const orNull = nullable(field, meaning)
  return {
    ...field,
    optional: true,
    allowed: orNull.allowed,
    read: (json, path, reading) =>
      json === undefined || (json === null && meaning === undefined)
        ? field.read(json, path, reading)
        : (orNull.read(json, path, reading) ?? undefined),
  }
}

/** The field with the default of its default kind where `field.read` returns undefined; `prune` leaves that default out. */
export function orDefault<T extends { readonly kind: string }, P extends string>(
  field: Field<T, P>,
): Field<T, P> {
  return {
    ...field,
    read: (json, path, reading) =>
      field.read(json, path, reading) ?? field.read({}, path, { ...reading, problems: [] }),
    prune(value) {
      const json = field.prune(value)
      const fallback = field.read({}, '', newReading(0))
      return Object.keys(json ?? {}).length === 1 && value.kind === fallback?.kind
        ? undefined
        : json
    },
  }
}

type Report = (key: string, found: string, allowed: string) => void

/** The field with a further rule, which reports mistakes. @param rule returns undefined where it refuses the whole value */
export function checked<T, P extends string>(
  field: Field<T, P>,
  rule: (value: T, report: Report) => T | undefined,
): Field<T, P> {
  return {
    form: field.form,
    allowed: field.allowed,
    fallback: field.fallback,
    prune: (value) => field.prune(value),
    read(json, path, reading) {
      const value = field.read(json, path, reading)
      if (value === undefined) return undefined
      return rule(value, (key, found, allowed) => {
        tell(reading, key === '' ? path : below(path, key), found, allowed)
      })
    },
  }
}

/** A list with least … most entries. */
export function list<T, P extends string>(
  entry: Field<T, P>,
  [least, most]: readonly [least: number, most: number],
  noun: string,
  {
    fallback,
    skips = false,
  }: {
    readonly fallback?: readonly T[]
    /** Whether the list leaves out an entry without a value; otherwise the whole list has no value then. */
    readonly skips?: boolean
  } = {},
): Field<readonly T[], P> {
  const allowed = `a list of ${String(least)} to ${String(most)} ${noun}`
  return {
    form: { kind: 'list', entry, least, most },
    allowed,
    fallback,
    read(json, path, reading) {
      if (json === undefined && fallback !== undefined) return fallback
      if (!Array.isArray(json) || json.length < least || json.length > most) {
        const found = Array.isArray(json) ? `${String(json.length)} entries` : show(json)
        tell(reading, path, found, allowed)
        return fallback
      }
      const values: T[] = []
      for (let i = 0; i < json.length; i++) {
        const value = entry.read(json[i], below(path, String(i)), reading)
        if (value !== undefined) values.push(value)
        else if (!skips) return undefined
      }
      return values
    },
    prune: (values) =>
      values.length === 0 && fallback?.length === 0
        ? undefined
        : values.map((value) => entry.prune(value) ?? {}),
  }
}

/** Lists of terms inside terms: at most `deepest` levels, and no more terms than the reading has left of `mostTerms`. */
export function nested<T, P extends string>(
  terms: Field<readonly T[], P>,
  [deepest, mostTerms]: readonly [deepest: number, mostTerms: number],
): Field<readonly T[], P> {
  return {
    ...terms,
    read(json, path, reading) {
      const { form } = terms
      const fits =
        form.kind === 'list' &&
        Array.isArray(json) &&
        json.length >= form.least &&
        json.length <= form.most
      if (!fits) return terms.read(json, path, reading)
      if (reading.depth >= deepest) {
        const allowed = `at most ${String(deepest)} levels of sums`
        tell(reading, path, 'a sum nested too deeply', allowed)
        return undefined
      }
      reading.termsLeft -= json.length
      if (reading.termsLeft < 0) {
        const allowed = `at most ${String(mostTerms)} terms in all sums together`
        tell(reading, path, 'more terms than the scene may have', allowed)
        return undefined
      }
      reading.depth++
      const values = terms.read(json, path, reading)
      reading.depth--
      return values
    },
  }
}

/** A field that is defined elsewhere; the paths of its ranged numbers belong to that definition. */
export function elsewhere<T>(of: () => Field<T, string>): Field<T> {
  return {
    form: { kind: 'elsewhere', of },
    allowed: '',
    read: (json, path, reading) => of().read(json, path, reading),
    prune: (value) => of().prune(value),
  }
}

export function record<S extends Shape>(shape: S): Field<RecordOf<S>, PathsOf<S>> {
  return {
    form: { kind: 'record', shape },
    allowed: '',
    read: (json, path, reading) =>
      readShape(shape, asRecord(json, path, reading), path, reading, []) as RecordOf<S> | undefined,
    prune: (value) => pruneShape(shape, value),
  }
}

/** A sum type. @param fallback the kind where the key `kind` is missing */
export function variants<V extends Kinds>(
  kinds: V,
  fallback?: keyof V & string,
): Field<VariantsOf<V>, KindPaths<V>> {
  const ids = Object.keys(kinds)
  return {
    form: { kind: 'variants', kinds },
    allowed: oneOf(ids),
    fallback,
    read(json, path, reading) {
      const object = asRecord(json, path, reading)
      const named = own(object, 'kind')
      const kind =
        named === undefined && fallback !== undefined ? fallback : ids.find((id) => id === named)
      if (kind === undefined) {
        tell(reading, below(path, 'kind'), show(named), oneOf(ids))
        return undefined
      }
      const shapes = shapesOf(kinds, kind)
      const marks = shapes.length > 1 ? shapes.map(markOf) : []
      const given = marks.filter((mark) => own(object, mark) !== undefined)
      if (given.length > 1) {
        tell(reading, below(path, given[1]!), `both ${given.join(' and ')}`, 'one of the two')
        return undefined
      }
      const shape = shapes[Math.max(0, marks.indexOf(given[0] ?? ''))]!
      const value = readShape(shape, object, path, reading, ['kind', ...marks])
      return value === undefined ? undefined : ({ kind, ...value } as VariantsOf<V>)
    },
    prune(value) {
      const { kind, ...rest } = value as { readonly kind: string }
      const shape = shapesOf(kinds, kind).find((one) => markOf(one) in rest)
      return { kind, ...pruneShape(shape ?? {}, rest) }
    },
  }
}

/** The same shape for each of several kinds. */
export function each<K extends string, S extends Shape>(
  ids: readonly K[],
  shape: (id: K) => S,
): Readonly<Record<K, S>> {
  return Object.fromEntries(ids.map((id) => [id, shape(id)])) as Record<K, S>
}

export function shapesOf(kinds: Kinds, kind: string): readonly Shape[] {
  const shapes = kinds[kind]!
  return Array.isArray(shapes) ? (shapes as readonly Shape[]) : [shapes as Shape]
}

/** The first key of a shape. */
function markOf(shape: Shape): string {
  return Object.keys(shape)[0] ?? ''
}

type JsonRecord = Readonly<Record<string, unknown>>

function asRecord(json: unknown, path: string, reading: Reading): JsonRecord {
  if (json === undefined) return {}
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as JsonRecord
  tell(reading, path || 'scene', show(json), 'a JSON object')
  return {}
}

function own(object: JsonRecord, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

/** @param others known keys besides those of the shape; messages name them first */
function readShape(
  shape: Shape,
  object: JsonRecord,
  path: string,
  reading: Reading,
  others: readonly string[],
): Record<string, unknown> | undefined {
  const value: Record<string, unknown> = {}
  let whole = true
  for (const [key, field] of Object.entries(shape)) {
    const json = own(object, key)
    if (json === undefined && field.optional === true) continue
    const read: unknown = field.read(json, below(path, key), reading)
    if (read !== undefined) value[key] = read
    else if (field.optional !== true) whole = false
  }
  const known = [...new Set([...others, ...Object.keys(shape)])]
  for (const key of Object.keys(object)) {
    if (!known.includes(key)) {
      tell(reading, below(path, nameKey(key)), 'an unknown key', oneOf(known))
    }
  }
  return whole ? value : undefined
}

function pruneShape(shape: Shape, value: object): JsonObject {
  const least: Record<string, Json> = {}
  for (const [key, entry] of Object.entries(value)) {
    const field = shape[key]
    const json = field?.prune(entry)
    if (json === undefined) continue
    // An empty section is left out; an empty entry of a list still counts.
    if (field?.form.kind === 'record' && Object.keys(json ?? {}).length === 0) continue
    least[key] = json
  }
  return least
}
