import { CRITERION_IDS } from '../../core/analysis/ids.ts'
import { DEFAULT_SHARPNESS, TARGET_IDS } from '../../core/targets/ids.ts'
import { BACKEND_NAMES, OBJECTIVE_IDS } from '../../learning/ids.ts'
import {
  DEFAULT_COMPONENT,
  DEFAULT_DISC,
  DEFAULT_HALF_PLANE,
  DEFAULT_INITIAL,
  DEFAULT_POINT,
  DEFAULT_POLYGON_STRENGTH,
  DEFAULT_QUADRATIC,
  DEFAULT_SCENE,
  DEFAULT_TRAINING_STEPS,
  DEFAULT_UNIFORM,
  hasKnownDensity,
  isTargetId,
  CHART_IDS,
  LAYER_IDS,
  SAMPLER_IDS,
  THEME_IDS,
} from './defaults.ts'
import { addProblem, nameKey, show } from './problem.ts'
import type { Problem } from './problem.ts'
import { describeRange, inRange, rangeOf } from './ranges.ts'
import type { RangePath } from './ranges.ts'
import type {
  BackendChoice,
  BarrierSpec,
  DynamicsSpec,
  EnergySpec,
  InitialSpec,
  LayerId,
  Matrix2,
  MixtureComponent,
  SceneSpec,
  ShelfRecipe,
  StoppingSpec,
  SumTerm,
  TargetSpec,
  TrainingSpec,
  Vector2,
  ViewSpec,
} from './sceneSpec.ts'
import { AXES, DECIMALS, SEPARATORS, type Axis, type TableForm } from './tableForm.ts'

/** Fewest and most points that a target may hold inline; larger sets go by file. */
export const MIN_POINTS = 10
export const MAX_POINTS = 20_000
/** Most components of a mixture, terms of a sum, barriers, and corners of a polygon. */
export const MAX_COMPONENTS = 100
export const MAX_TERMS = 16
export const MAX_BARRIERS = 32
export const MAX_CORNERS = 200
/** How deep sums may stand inside sums, and how many terms they may have together. */
export const MAX_DEPTH = 6
export const MAX_ALL_TERMS = 256

export const BACKEND_CHOICES = [
  'auto',
  ...BACKEND_NAMES,
] as const satisfies readonly BackendChoice[]
export const TARGET_KINDS = [
  ...TARGET_IDS,
  'old-faithful',
  'gaussian-mixture',
  'points',
] as const satisfies readonly TargetSpec['kind'][]
export const ENERGY_KINDS = [
  'trained',
  'pretrained',
  'shelf',
  'exact',
  'quadratic',
  'file',
  'sum',
] as const satisfies readonly EnergySpec['kind'][]
export const BARRIER_KINDS = [
  'disc',
  'half-plane',
  'polygon',
] as const satisfies readonly BarrierSpec['kind'][]
export const INITIAL_KINDS = [
  'gaussian',
  'uniform',
  'point',
  'data',
  'gibbs',
] as const satisfies readonly InitialSpec['kind'][]

export type Parsed = { readonly scene: SceneSpec } | { readonly error: Problem }

export interface Recovered {
  readonly scene: SceneSpec
  /** In the order of the fields; empty when nothing was wrong. */
  readonly problems: readonly Problem[]
}

/**
 * A scene from any JSON value, strictly: the first unknown key, wrong type or value out of range refuses
 * the whole and is named. Missing keys take their defaults. For files and the headless runner.
 */
export function parseScene(json: unknown): Parsed {
  const { scene, problems } = recoverScene(json)
  const [first] = problems
  return first === undefined ? { scene } : { error: first }
}

/**
 * A scene from any JSON value, keeping what can be kept: a bad field takes its default and is named, an
 * unknown key is named and left out, the rest stands. Total: never throws. For links.
 */
export function recoverScene(json: unknown): Recovered {
  const problems: Problem[] = []
  const scene = decodeScene(new Fields(problems, json, ''))
  return { scene, problems }
}

/** Reads one JSON object key by key, reporting what is wrong, and at the end the keys nobody asked for. */
class Fields {
  readonly problems: Problem[]
  readonly path: string
  private readonly record: Readonly<Record<string, unknown>>
  private readonly asked = new Set<string>()

  constructor(problems: Problem[], value: unknown, path: string) {
    this.problems = problems
    this.path = path
    if (value === undefined) this.record = {}
    else if (isRecord(value)) this.record = value
    else {
      this.record = {}
      addProblem(problems, { field: path || 'scene', found: show(value), allowed: 'a JSON object' })
    }
  }

  /** Dotted path of a key of this object. */
  at(key: string): string {
    return this.path === '' ? key : `${this.path}.${key}`
  }

  /** The raw value; undefined where the key is missing. */
  raw(key: string): unknown {
    this.asked.add(key)
    return Object.hasOwn(this.record, key) ? this.record[key] : undefined
  }

  report(key: string, found: unknown, allowed: string): void {
    this.tell(key, show(found), allowed)
  }

  /** `report` where what was found is said in words. */
  tell(key: string, found: string, allowed: string): void {
    addProblem(this.problems, { field: this.at(key), found, allowed })
  }

  object(key: string): Fields {
    return new Fields(this.problems, this.raw(key), this.at(key))
  }

  number(key: string, range: RangePath, fallback: number): number {
    const value = this.raw(key)
    if (value === undefined) return fallback
    const read = asNumber(value, range)
    if (read !== null) return read
    this.report(key, value, describeRange(rangeOf(range)))
    return fallback
  }

  /** A number where null, too, has a meaning. */
  numberOrNull(key: string, range: RangePath, meaning: string): number | null {
    const value = this.raw(key)
    if (value === undefined || value === null) return null
    const read = asNumber(value, range)
    if (read === null) this.report(key, value, `${describeRange(rangeOf(range))}, or ${meaning}`)
    return read
  }

  boolean(key: string, fallback: boolean): boolean {
    const value = this.raw(key)
    if (value === undefined) return fallback
    if (typeof value === 'boolean') return value
    this.report(key, value, 'true or false')
    return fallback
  }

  choice<T extends string, F extends T | null>(key: string, ids: readonly T[], fallback: F): T | F {
    const value = this.raw(key)
    if (value === undefined) return fallback
    const found = ids.find((id) => id === value)
    if (found !== undefined) return found
    this.report(key, value, oneOf(ids))
    return fallback
  }

  /** The kind of a sum type; null (reported) where it is none of the ids. */
  kind<T extends string>(ids: readonly T[], fallback: T | null): T | null {
    const value = this.raw('kind')
    if (value === undefined && fallback !== null) return fallback
    const found = ids.find((id) => id === value)
    if (found !== undefined) return found
    this.report('kind', value, oneOf(ids))
    return null
  }

  vector(key: string, range: RangePath, fallback: Vector2): Vector2 {
    const value = this.raw(key)
    if (value === undefined) return fallback
    const read = asVector(value, range)
    if (read !== null) return read
    this.report(key, value, `two numbers [x, y], each ${describeRange(rangeOf(range))}`)
    return fallback
  }

  /** A vector where null, too, has a meaning. */
  vectorOrNull(key: string, range: RangePath, meaning: string): Vector2 | null {
    const value = this.raw(key)
    if (value === undefined || value === null) return null
    const read = asVector(value, range)
    if (read === null) {
      const each = describeRange(rangeOf(range))
      this.report(key, value, `two numbers [x, y], each ${each}, or ${meaning}`)
    }
    return read
  }

  /** A symmetric positive definite 2 × 2 matrix. */
  spdMatrix(key: string, range: RangePath, fallback: Matrix2): Matrix2 {
    const value = this.raw(key)
    if (value === undefined) return fallback
    const read = asSpdMatrix(value, range)
    if (read !== null) return read
    this.report(key, value, 'a symmetric positive definite matrix [[a, b], [b, c]]')
    return fallback
  }

  /** A string without control characters; null (reported) where it is missing or malformed. */
  text(key: string, pattern: RegExp, allowed: string): string | null {
    const value = this.raw(key)
    if (typeof value === 'string' && pattern.test(value)) return value
    this.report(key, value, allowed)
    return null
  }

  /** A list with least … most entries; null (reported) otherwise. */
  list(key: string, least: number, most: number, of: string): readonly unknown[] | null {
    const value = this.raw(key)
    const entries: readonly unknown[] | null = Array.isArray(value) ? value : null
    if (entries !== null && entries.length >= least && entries.length <= most) return entries
    const found = entries === null ? show(value) : `${String(entries.length)} entries`
    this.tell(key, found, `a list of ${String(least)} to ${String(most)} ${of}`)
    return null
  }

  /** Reports every key that nobody asked for. */
  finish(): void {
    const unknown = Object.keys(this.record).filter((key) => !this.asked.has(key))
    if (unknown.length === 0) return
    const allowed = oneOf([...this.asked])
    for (const key of unknown) {
      addProblem(this.problems, {
        field: this.at(nameKey(key)),
        found: 'an unknown key',
        allowed,
      })
    }
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function oneOf(ids: readonly string[]): string {
  return ids.length === 1 ? `only ${ids.join()}` : `one of ${ids.join(', ')}`
}

/** A finite number inside the range, −0 as 0; else null. */
function asNumber(value: unknown, range: RangePath): number | null {
  return typeof value === 'number' && inRange(rangeOf(range), value) ? value + 0 : null
}

function asVector(value: unknown, range: RangePath): Vector2 | null {
  if (!Array.isArray(value) || value.length !== 2) return null
  const x = asNumber(value[0], range)
  const y = asNumber(value[1], range)
  return x === null || y === null ? null : [x, y]
}

function asSpdMatrix(value: unknown, range: RangePath): Matrix2 | null {
  if (!Array.isArray(value) || value.length !== 2) return null
  const first = asVector(value[0], range)
  const second = asVector(value[1], range)
  if (first === null || second === null) return null
  const matrix: Matrix2 = [first, second]
  return isPositiveDefinite(matrix) ? matrix : null
}

/**
 * Whether a matrix is symmetric and positive definite with room for arithmetic: both diagonal entries
 * above 1e-8 and the determinant above 1e-10 of their product (correlation below 1 − 5e-11).
 */
export function isPositiveDefinite(matrix: Matrix2): boolean {
  const [[a, b], [c, d]] = matrix
  return b === c && a >= 1e-8 && d >= 1e-8 && a * d - b * c > 1e-10 * a * d
}

function decodeScene(fields: Fields): SceneSpec {
  const version = fields.raw('version')
  if (version !== undefined && version !== 1) fields.report('version', version, '1')
  const seed = fields.number('seed', 'seed', DEFAULT_SCENE.seed)
  const target = decodeTarget(fields.object('target')) ?? DEFAULT_SCENE.target
  const nesting = { depth: 0, left: { terms: MAX_ALL_TERMS } }
  const energy = decodeEnergy(fields.object('energy'), target, nesting) ?? DEFAULT_SCENE.energy
  const training = decodeTraining(fields.object('training'))
  const box = fields.object('domain')
  const domain = {
    halfWidth: box.number('halfWidth', 'domain.halfWidth', DEFAULT_SCENE.domain.halfWidth),
    cells: box.number('cells', 'domain.cells', DEFAULT_SCENE.domain.cells),
  }
  box.finish()
  const dynamics = decodeDynamics(fields.object('dynamics'))
  const stopping = decodeStopping(fields.object('stopping'))
  const view = decodeView(fields.object('view'))
  fields.finish()
  return { version: 1, seed, target, energy, training, domain, dynamics, stopping, view }
}

/** Null when nothing of it can stand; the caller then puts its default. */
function decodeTarget(fields: Fields): TargetSpec | null {
  const kind = fields.kind(TARGET_KINDS, 'two-moons')
  if (kind === null) return null
  const target = decodeTargetOf(kind, fields)
  fields.finish()
  return target
}

function decodeTargetOf(kind: TargetSpec['kind'], fields: Fields): TargetSpec | null {
  if (isTargetId(kind)) {
    return {
      kind,
      sharpness: fields.number('sharpness', 'target.sharpness', DEFAULT_SHARPNESS[kind]),
    }
  }
  switch (kind) {
    case 'old-faithful':
      return { kind }
    case 'gaussian-mixture': {
      const list = fields.list('components', 1, MAX_COMPONENTS, 'components')
      if (list === null) return null
      const path = fields.at('components')
      const components = list.map((entry, i) =>
        decodeComponent(new Fields(fields.problems, entry, `${path}.${String(i)}`)),
      )
      return { kind, components }
    }
    case 'points':
      return decodePoints(fields)
    default:
      kind satisfies never
      return null
  }
}

function decodeComponent(fields: Fields): MixtureComponent {
  const component = {
    weight: fields.number('weight', 'target.components.weight', DEFAULT_COMPONENT.weight),
    mean: fields.vector('mean', 'target.components.mean', DEFAULT_COMPONENT.mean),
    covariance: fields.spdMatrix(
      'covariance',
      'target.components.covariance',
      DEFAULT_COMPONENT.covariance,
    ),
  }
  fields.finish()
  return component
}

function decodePoints(fields: Fields): TargetSpec | null {
  if (fields.raw('file') !== undefined && fields.raw('points') !== undefined) {
    fields.tell('points', 'both file and points', 'one of the two')
    return null
  }
  if (fields.raw('points') === undefined) {
    const file = fields.text('file', PATH, PATH_ALLOWED)
    const columns = decodeColumns(fields)
    const hash =
      fields.raw('hash') === undefined ? null : fields.text('hash', WHOLE_HASH, WHOLE_HASH_ALLOWED)
    const form = decodeForm(fields)
    return file === null
      ? null
      : { kind: 'points', file, columns, ...(hash !== null && { hash }), ...form }
  }
  const list = fields.list('points', MIN_POINTS, MAX_POINTS, 'points [x, y]')
  if (list === null) return null
  const points: Vector2[] = []
  for (const [i, entry] of list.entries()) {
    if (!isFinitePair(entry)) {
      fields.report(`points.${String(i)}`, entry, 'two finite numbers [x, y]')
      return null
    }
    points.push([entry[0] + 0, entry[1] + 0])
  }
  for (const [axis, name] of ['x', 'y'].entries()) {
    if (points.every((point) => point[axis] === points[0]?.[axis])) {
      fields.tell('points', `one value of ${name} in all points`, 'points that differ in x and y')
      return null
    }
  }
  return { kind: 'points', points }
}

/** Magnitudes up to 1e9, so that means and variances stay far from overflow. */
function isFinitePair(value: unknown): value is [number, number] {
  return (
    Array.isArray(value) &&
    value.length === 2 &&
    value.every((entry) => typeof entry === 'number' && Math.abs(entry) <= 1e9)
  )
}

function decodeColumns(fields: Fields): readonly [number, number] | null {
  const value = fields.raw('columns')
  if (value === undefined || value === null) return null
  const columns = asVector(value, 'target.columns')
  if (columns !== null && columns[0] !== columns[1]) return columns
  const allowed = `two different column numbers, each ${COLUMN_RANGE}, or null: chosen by what they hold`
  fields.report('columns', value, allowed)
  return null
}

function decodeForm(fields: Fields): TableForm {
  const separator = fields.choice('separator', SEPARATORS, null)
  const decimal = fields.choice('decimal', DECIMALS, null)
  const clip = fields.numberOrNull('clip', 'target.clip', 'null: all rows are read')
  const log = decodeLog(fields)
  return {
    ...(separator !== null && { separator }),
    ...(decimal !== null && { decimal }),
    ...(log.length > 0 && { log }),
    ...(clip !== null && { clip }),
  }
}

function decodeLog(fields: Fields): readonly Axis[] {
  const value = fields.raw('log')
  if (value === undefined) return []
  const named: readonly unknown[] = Array.isArray(value) ? value : [value]
  const log = AXES.filter((axis) => named.includes(axis))
  if (log.length > 0 && log.length === named.length) return log
  fields.report('log', value, 'a list of x, y or both')
  return []
}

const COLUMN_RANGE = describeRange(rangeOf('target.columns'))
/** No control characters (a path goes into one-line messages) and no half characters (a link holds none). */
const PATH = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{1,1024}$/u
const PATH_ALLOWED = 'a file path of 1 to 1024 characters'
const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/u
const NAME_ALLOWED = 'the name of a shipped energy: lower-case letters, digits and hyphens'
const ID = /^[\w.:-]{1,128}$/u
const ID_ALLOWED = 'an id of 1 to 128 letters, digits, and . : _ -'
const WHOLE_HASH = /^[0-9a-f]{64}$/u
const WHOLE_HASH_ALLOWED = 'the SHA-256 of the file, 64 lower-case hexadecimal digits'
const HASH = /^[0-9a-f]{0,64}$/u
const HASH_ALLOWED = 'a SHA-256 in lower-case hexadecimal digits, or empty'

/** Where an energy stands among sums. */
interface Nesting {
  readonly depth: number
  /** Of the scene as a whole: how many more terms its sums may have. */
  readonly left: { terms: number }
}

function decodeEnergy(fields: Fields, target: TargetSpec, nesting: Nesting): EnergySpec | null {
  const kind = fields.kind(ENERGY_KINDS, 'trained')
  if (kind === null) return null
  const energy = decodeEnergyOf(kind, fields, target, nesting)
  fields.finish()
  return energy
}

function decodeEnergyOf(
  kind: EnergySpec['kind'],
  fields: Fields,
  target: TargetSpec,
  nesting: Nesting,
): EnergySpec | null {
  switch (kind) {
    case 'trained':
      return { kind }
    case 'exact':
      if (hasKnownDensity(target)) return { kind }
      fields.tell('kind', `exact with the target ${target.kind}`, 'a target with a density')
      return null
    case 'pretrained': {
      const name = fields.text('name', NAME, NAME_ALLOWED)
      return name === null ? null : { kind, name }
    }
    case 'shelf': {
      const id = fields.text('id', ID, ID_ALLOWED)
      const hash = fields.raw('hash') === undefined ? '' : fields.text('hash', HASH, HASH_ALLOWED)
      const recipe = decodeRecipe(fields)
      return id === null ? null : { kind, id, hash: hash ?? '', recipe }
    }
    case 'quadratic':
      return {
        kind,
        center: fields.vector('center', 'energy.center', DEFAULT_QUADRATIC.center),
        matrix: fields.spdMatrix('matrix', 'energy.matrix', DEFAULT_QUADRATIC.matrix),
      }
    case 'file': {
      const path = fields.text('path', PATH, PATH_ALLOWED)
      return path === null ? null : { kind, path }
    }
    case 'sum':
      return decodeSum(fields, target, nesting)
    default:
      return kind satisfies never
  }
}

function decodeSum(fields: Fields, target: TargetSpec, nesting: Nesting): EnergySpec | null {
  const terms = fields.list('terms', 1, MAX_TERMS, 'terms')
  const barriers =
    fields.raw('barriers') === undefined ? [] : fields.list('barriers', 0, MAX_BARRIERS, 'barriers')
  if (terms === null) return null
  if (nesting.depth >= MAX_DEPTH) {
    fields.tell('terms', 'a sum nested too deeply', `at most ${String(MAX_DEPTH)} levels of sums`)
    return null
  }
  nesting.left.terms -= terms.length
  if (nesting.left.terms < 0) {
    const allowed = `at most ${String(MAX_ALL_TERMS)} terms in all sums together`
    fields.tell('terms', 'more terms than the scene may have', allowed)
    return null
  }
  return {
    kind: 'sum',
    terms: terms.map((entry, i) =>
      decodeTerm(
        new Fields(fields.problems, entry, `${fields.at('terms')}.${String(i)}`),
        target,
        nesting,
      ),
    ),
    barriers: (barriers ?? []).flatMap((entry, i) => {
      const path = `${fields.at('barriers')}.${String(i)}`
      return decodeBarrier(new Fields(fields.problems, entry, path)) ?? []
    }),
  }
}

function decodeTerm(fields: Fields, sceneTarget: TargetSpec, nesting: Nesting): SumTerm {
  const weight = fields.number('weight', 'energy.terms.weight', 1)
  const raw = fields.raw('target')
  const target = raw === undefined || raw === null ? null : decodeTarget(fields.object('target'))
  const deeper = { ...nesting, depth: nesting.depth + 1 }
  const energy = decodeEnergy(fields.object('energy'), target ?? sceneTarget, deeper) ?? {
    kind: 'trained',
  }
  fields.finish()
  return { weight, energy, target }
}

function decodeBarrier(fields: Fields): BarrierSpec | null {
  const kind = fields.kind(BARRIER_KINDS, null)
  if (kind === null) return null
  const barrier = decodeBarrierOf(kind, fields)
  fields.finish()
  return barrier
}

function decodeBarrierOf(kind: BarrierSpec['kind'], fields: Fields): BarrierSpec | null {
  switch (kind) {
    case 'disc':
      return {
        kind,
        center: fields.vector('center', 'energy.barriers.center', DEFAULT_DISC.center),
        radius: fields.number('radius', 'energy.barriers.radius', DEFAULT_DISC.radius),
        strength: fields.number('strength', 'energy.barriers.strength', DEFAULT_DISC.strength),
      }
    case 'half-plane': {
      const given = fields.vector('normal', 'energy.barriers.normal', DEFAULT_HALF_PLANE.normal)
      const zero = given[0] === 0 && given[1] === 0
      if (zero) fields.report('normal', given, 'a vector that is not zero')
      return {
        kind,
        normal: zero ? DEFAULT_HALF_PLANE.normal : given,
        offset: fields.number('offset', 'energy.barriers.offset', DEFAULT_HALF_PLANE.offset),
        strength: fields.number(
          'strength',
          'energy.barriers.strength',
          DEFAULT_HALF_PLANE.strength,
        ),
      }
    }
    case 'polygon': {
      const strength = fields.number(
        'strength',
        'energy.barriers.strength',
        DEFAULT_POLYGON_STRENGTH,
      )
      const list = fields.list('points', 3, MAX_CORNERS, 'corners [x, y]')
      if (list === null) return null
      const points: Vector2[] = []
      for (const [i, entry] of list.entries()) {
        const corner = asVector(entry, 'energy.barriers.points')
        if (corner === null) {
          const range = describeRange(rangeOf('energy.barriers.points'))
          fields.report(`points.${String(i)}`, entry, `two numbers [x, y], each ${range}`)
          return null
        }
        points.push(corner)
      }
      return { kind, points, strength }
    }
    default:
      return kind satisfies never
  }
}

function decodeRecipe(fields: Fields): ShelfRecipe | null {
  const raw = fields.raw('recipe')
  if (raw === undefined || raw === null) return null
  const recipe = fields.object('recipe')
  const seed = recipe.number('seed', 'seed', DEFAULT_SCENE.seed)
  const target = decodeTarget(recipe.object('target'))
  const training = decodeTraining(recipe.object('training'))
  recipe.finish()
  return target === null ? null : { seed, target, training }
}

function decodeTraining(fields: Fields): TrainingSpec {
  const objective = fields.choice('objective', OBJECTIVE_IDS, DEFAULT_SCENE.training.objective)
  const steps = fields.numberOrNull('steps', 'training.steps', 'null when seconds decides')
  const seconds = fields.numberOrNull('seconds', 'training.seconds', 'null when steps decides')
  const backend = fields.choice('backend', BACKEND_CHOICES, DEFAULT_SCENE.training.backend)
  if (steps !== null && seconds !== null) {
    fields.tell('seconds', 'both steps and seconds', 'one of the two')
  }
  fields.finish()
  if (steps !== null) return { objective, steps, seconds: null, backend }
  if (seconds !== null) return { objective, steps: null, seconds, backend }
  return { objective, steps: DEFAULT_TRAINING_STEPS, seconds: null, backend }
}

function decodeDynamics(fields: Fields): DynamicsSpec {
  const fallback = DEFAULT_SCENE.dynamics
  const dynamics: DynamicsSpec = {
    epsilon: fields.number('epsilon', 'dynamics.epsilon', fallback.epsilon),
    stepSize: fields.numberOrNull('stepSize', 'dynamics.stepSize', 'null for 0.5/L95'),
    steps: fields.number('steps', 'dynamics.steps', fallback.steps),
    particles: fields.number('particles', 'dynamics.particles', fallback.particles),
    sampler: fields.choice('sampler', SAMPLER_IDS, fallback.sampler),
    skew: fields.number('skew', 'dynamics.skew', fallback.skew),
    preconditioner: fields.spdMatrix(
      'preconditioner',
      'dynamics.preconditioner',
      fallback.preconditioner,
    ),
    jumpEvery: fields.number('jumpEvery', 'dynamics.jumpEvery', fallback.jumpEvery),
    initial: decodeInitial(fields.object('initial')) ?? fallback.initial,
    companion: fields.vectorOrNull('companion', 'dynamics.companion', 'null for none'),
  }
  fields.finish()
  return dynamics
}

function decodeInitial(fields: Fields): InitialSpec | null {
  const kind = fields.kind(INITIAL_KINDS, 'gaussian')
  if (kind === null) return null
  const initial = decodeInitialOf(kind, fields)
  fields.finish()
  return initial
}

function decodeInitialOf(kind: InitialSpec['kind'], fields: Fields): InitialSpec {
  switch (kind) {
    case 'gaussian':
      return {
        kind,
        mean: fields.vector('mean', 'dynamics.initial.mean', DEFAULT_INITIAL.mean),
        covariance: fields.spdMatrix(
          'covariance',
          'dynamics.initial.covariance',
          DEFAULT_INITIAL.covariance,
        ),
      }
    case 'uniform':
      return {
        kind,
        halfWidth: fields.number(
          'halfWidth',
          'dynamics.initial.halfWidth',
          DEFAULT_UNIFORM.halfWidth,
        ),
      }
    case 'point':
      return {
        kind,
        at: fields.vector('at', 'dynamics.initial.at', DEFAULT_POINT.at),
        spread: fields.number('spread', 'dynamics.initial.spread', DEFAULT_POINT.spread),
      }
    case 'data':
    case 'gibbs':
      return { kind }
    default:
      return kind satisfies never
  }
}

function decodeStopping(fields: Fields): StoppingSpec {
  const fallback = DEFAULT_SCENE.stopping
  const stopping = {
    criterion: fields.choice('criterion', CRITERION_IDS, fallback.criterion),
    strict: fields.boolean('strict', fallback.strict),
    delta: fields.number('delta', 'stopping.delta', fallback.delta),
  }
  fields.finish()
  return stopping
}

function decodeView(fields: Fields): ViewSpec {
  const fallback = DEFAULT_SCENE.view
  const view: ViewSpec = {
    layers: decodeLayers(fields),
    chart: fields.choice('chart', CHART_IDS, fallback.chart),
    speed: fields.number('speed', 'view.speed', fallback.speed),
    haltAt: fields.numberOrNull('haltAt', 'view.haltAt', 'null for the last step'),
    pauseAtStop: fields.boolean('pauseAtStop', fallback.pauseAtStop),
    theme: fields.choice('theme', THEME_IDS, fallback.theme),
  }
  fields.finish()
  return view
}

/** The layers in their drawing order, each once, whatever the order in the list. */
function decodeLayers(fields: Fields): readonly LayerId[] {
  const value = fields.raw('layers')
  if (value === undefined) return DEFAULT_SCENE.view.layers
  const known: readonly unknown[] = LAYER_IDS
  if (Array.isArray(value) && value.every((layer) => known.includes(layer))) {
    return LAYER_IDS.filter((layer) => value.includes(layer))
  }
  fields.report('layers', value, `a list of ${LAYER_IDS.join(', ')}`)
  return DEFAULT_SCENE.view.layers
}
