import { CRITERION_IDS, type CriterionId } from '../../core/analysis/ids.ts'
import { SAMPLER_IDS } from '../../core/samplers/ids.ts'
import { DEFAULT_SHARPNESS, TARGET_IDS, type TargetId } from '../../core/targets/ids.ts'
import { BACKEND_NAMES, OBJECTIVE_IDS, type BackendChoice } from '../../learning/ids.ts'
import {
  boolean,
  checked,
  choice,
  dataPoint,
  direction,
  each,
  elsewhere,
  fixed,
  list,
  nested,
  newReading,
  nullable,
  number,
  oneOrBoth,
  optional,
  orDefault,
  record,
  shapesOf,
  spdMatrix,
  subset,
  text,
  variants,
  vector,
  type AnyField,
  type Field,
  type KindPaths,
  type Matrix2,
  type PathsOf,
  type Shape,
  type ValueOf,
  type VariantsOf,
  type Vector2,
} from './fields/fieldKinds.ts'
import { describeRange, type Range } from './fields/ranges.ts'
import { AXES, DECIMALS, SEPARATORS } from './fields/tableForm.ts'
import { show } from './reading/problem.ts'

/**
 * Everything that a run depends on, and nothing else, field by field: kind, range, default, label, unit. The page, the
 * link, the workers, the headless runner and the tests all exchange scenes; `view` never changes a number of a run.
 *
 * A person may leave out any key; a `SceneSpec` is normalised: it holds every default that is known without computing.
 * `null` marks values that are computed at run time (`stepSize`: 0.5/L95 of the scene's energy).
 */

export type { BackendChoice, CriterionId, Matrix2, TargetId, Vector2 }

export const ORIGIN: Vector2 = [0, 0]
export const IDENTITY: Matrix2 = [
  [1, 0],
  [0, 1],
]

/** A range on a linear slider, by default in steps of 0.05. */
function linear(
  label: string,
  [min, max]: readonly [number, number],
  more: Partial<Range> = {},
): Range {
  return { min, max, scale: 'linear', step: 0.05, unit: '', label, ...more }
}

/** A range on a logarithmic slider, in notches of `step` decades. */
function decades(
  label: string,
  [min, max]: readonly [number, number],
  more: Partial<Range> = {},
): Range {
  return { min, max, scale: 'log', step: 0.05, unit: '', label, ...more }
}

const coordinate = (label: string) => linear(label, [-20, 20])
const matrixEntry = (label: string) => linear(label, [-10_000, 10_000])
/** A count of steps from `min` on. */
const steps = (label: string, min: number, step: number) =>
  linear(label, [min, 100_000], { integer: true, step, unit: 'steps' })

// ─── targets ────────────────────────────────────────────────────────────────

/** Fewest and most points that a target may hold inline; larger sets need a file. */
export const MIN_POINTS = 10
export const MAX_POINTS = 20_000

/** A path without control characters, since it appears in one-line messages, and without lone surrogates, which links cannot hold. */
const PATH = text(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{1,1024}$/u, 'a file path of 1 to 1024 characters')
const SEED = number(linear('Seed', [0, 4_294_967_295], { integer: true, step: 1 }), 1)

const COLUMN = linear('Column', [0, 999], { integer: true, step: 1 })

/**
 * A data set in a file of its own. Since two files may have one name, the lab accepts only a file with the SHA-256 of the
 * scene, where the scene has one. The other keys are those of `TableForm`.
 */
const POINTS_FILE = {
  file: PATH,
  /** 0-based; null: the first two columns that hold numbers and do not number the rows. */
  columns: nullable(
    vector(COLUMN, undefined, {
      allowed: `two different column numbers, each ${describeRange(COLUMN)}`,
      distinct: true,
    }),
    'null: chosen by what they hold',
  ),
  /** Absent where the contents of the file are not known. */
  hash: optional(
    text(/^[0-9a-f]{64}$/u, 'the SHA-256 of the file, 64 lower-case hexadecimal digits'),
  ),
  separator: optional(choice(SEPARATORS)),
  decimal: optional(choice(DECIMALS)),
  log: optional(oneOrBoth(AXES)),
  clip: optional(
    number(decades('Far rows', [1, 1_000_000], { step: 0.1 })),
    'null: all rows are read',
  ),
}

const POINTS = {
  points: checked(list(dataPoint, [MIN_POINTS, MAX_POINTS], 'points [x, y]'), (points, report) => {
    for (const [axis, name] of ['x', 'y'].entries()) {
      if (points.every((point) => point[axis] === points[0]?.[axis])) {
        report('', `one value of ${name} in all points`, 'points that differ in x and y')
        return undefined
      }
    }
    return points
  }),
}

const COMPONENT = record({
  weight: number(linear('Component weight', [0, 1_000_000], { open: true, step: 0.1 }), 1),
  mean: vector(coordinate('Component mean'), ORIGIN),
  covariance: spdMatrix(matrixEntry('Component covariance'), IDENTITY),
})

const SHARPNESS = linear('Sharpness', [0.2, 4])
const KNOWN_TARGETS = each(TARGET_IDS, (id) => ({
  sharpness: number(SHARPNESS, DEFAULT_SHARPNESS[id]),
}))
const OTHER_TARGETS = {
  /** The built-in real data set. */
  'old-faithful': {},
  'gaussian-mixture': { components: list(COMPONENT, [1, 100], 'components') },
  points: [POINTS_FILE, POINTS],
} as const

export type MixtureComponent = ValueOf<typeof COMPONENT>
export type TargetSpec =
  { readonly kind: TargetId; readonly sharpness: number } | VariantsOf<typeof OTHER_TARGETS>
export type PointsFile = Extract<TargetSpec, { readonly file: string }>

export const TARGET: Field<
  TargetSpec,
  KindPaths<typeof KNOWN_TARGETS & typeof OTHER_TARGETS>
> = variants({ ...KNOWN_TARGETS, ...OTHER_TARGETS }, 'two-moons')

// ─── energies ───────────────────────────────────────────────────────────────

const STRENGTH = number(linear('Barrier strength μ', [0, 10]), 0.1)
/** Barriers, each a term −strength · log c(h) in V, h and c as in `core/fields/barriers`; strength 0 is a hard wall. */
const BARRIERS = {
  disc: {
    center: vector(coordinate('Barrier centre'), ORIGIN),
    radius: number(linear('Barrier radius', [0, 20], { open: true }), 0.5),
    strength: STRENGTH,
  },
  'half-plane': {
    /** n, of any length but 0; it points into the allowed half plane. */
    normal: direction(matrixEntry('Barrier normal'), [1, 0]),
    /** Particles may be where n·x/|n| > offset: the distance of the wall from the origin along n, world units. */
    offset: number(linear('Barrier offset along the unit normal', [-30, 30]), -0.5),
    strength: STRENGTH,
  },
  polygon: {
    points: list(vector(coordinate('Barrier vertex')), [3, 200], 'corners [x, y]'),
    strength: STRENGTH,
  },
}
export const BARRIER = variants(BARRIERS)
export type BarrierSpec = ValueOf<typeof BARRIER>

/** Adam steps of the default recipe: a warm-up of 100 and 1,620 of the main part. */
const DEFAULT_TRAINING_STEPS = 1720
export const BACKEND_CHOICES = [
  'auto',
  ...BACKEND_NAMES,
] as const satisfies readonly BackendChoice[]

const TRAINING_FIELDS = record({
  objective: choice(OBJECTIVE_IDS, 'persistent'),
  /** Adam steps, warm-up included; null when `seconds` decides. */
  steps: {
    ...nullable(
      number(decades('Training steps', [1, 200_000], { integer: true, unit: 'steps' })),
      'null when seconds decides',
    ),
    fallback: DEFAULT_TRAINING_STEPS,
  },
  /** Wall-clock budget; null when `steps` decides. */
  seconds: nullable(
    number(linear('Training time', [0, 3600], { open: true, step: 1, unit: 's' })),
    'null when steps decides',
  ),
  backend: choice(BACKEND_CHOICES, 'auto'),
})
export type TrainingSpec = ValueOf<typeof TRAINING_FIELDS>

const TRAINING = {
  ...checked(TRAINING_FIELDS, (training, report) => {
    const { steps, seconds } = training
    if (steps !== null && seconds !== null) {
      report('seconds', 'both steps and seconds', 'one of the two')
    }
    if (steps !== null) return { ...training, seconds: null }
    return seconds === null ? { ...training, steps: DEFAULT_TRAINING_STEPS } : training
  }),
  prune: (training: TrainingSpec) =>
    TRAINING_FIELDS.prune(
      training.steps === DEFAULT_TRAINING_STEPS ? { ...training, steps: null } : training,
    ),
}

const RECIPE = record({ seed: SEED, target: TARGET, training: TRAINING })
export type ShelfRecipe = ValueOf<typeof RECIPE>

const PLAIN_ENERGIES = {
  trained: {},
  pretrained: {
    name: text(
      /^[a-z0-9][a-z0-9-]{0,63}$/u,
      'the name of a shipped energy: lower-case letters, digits and hyphens',
    ),
  },
  shelf: {
    id: text(/^[\w.:-]{1,128}$/u, 'an id of 1 to 128 letters, digits, and . : _ -'),
    hash: text(/^[0-9a-f]{0,64}$/u, 'a SHA-256 in lower-case hexadecimal digits, or empty', ''),
    /** What the energy was trained on and how, so that the lab can train it again where the shelf lacks it. */
    recipe: elsewhere(() => nullable(RECIPE)),
  },
  exact: {},
  quadratic: {
    center: vector(coordinate('Centre'), ORIGIN),
    matrix: spdMatrix(matrixEntry('Matrix A'), IDENTITY),
  },
  file: { path: PATH },
} as const

export interface SumTerm {
  readonly weight: number
  readonly energy: EnergySpec
  /**
   * The target of this term, for `trained` and `exact`; null: the target of the enclosing term, and at the top
   * that of the scene.
   */
  readonly target: TargetSpec | null
}
/** An energy made of others. */
export interface Composition {
  readonly kind: 'sum'
  readonly terms: readonly SumTerm[]
  /**
   * `or`: the mixture V = −log Σ pᵢ e^(−Vᵢ)/Zᵢ, pᵢ = wᵢ/Σw, Zᵢ = ∫e^(−Vᵢ) over the box: the weights are ≥ 0, one of them
   * above 0, and no barrier stands inside a term. Absent: and, V = Σ wᵢVᵢ; a weight below 0 is a not.
   */
  readonly operation?: 'or'
  readonly barriers: readonly BarrierSpec[]
}
export type EnergySpec = VariantsOf<typeof PLAIN_ENERGIES> | Composition

export const MAX_TERMS = 16
export const MAX_BARRIERS = 32
/** Most levels of compositions inside compositions, and most terms of all of them together. */
const NESTING = [6, 256] as const

const TERM = record({
  weight: number(linear('Weight', [-5, 5]), 1),
  energy: elsewhere((): Field<EnergySpec, string> => orDefault(ENERGY)),
  target: elsewhere(() => nullable(TARGET)),
})
const ENERGY = checked(
  variants(
    {
      ...PLAIN_ENERGIES,
      sum: {
        terms: nested(list(TERM, [1, MAX_TERMS], 'terms'), NESTING),
        operation: optional(choice<'or'>(['or']), 'null for and: the sum of the terms'),
        barriers: list(BARRIER, [0, MAX_BARRIERS], 'barriers', { fallback: [], skips: true }),
      },
    },
    'trained',
  ),
  (energy, report) => {
    if (energy.kind !== 'sum' || energy.operation !== 'or') return energy
    for (const [i, { weight }] of energy.terms.entries())
      if (weight < 0)
        report(`terms.${String(i)}.weight`, show(weight), 'a weight of at least 0 in an or')
    if (energy.terms.every(({ weight }) => weight === 0))
      report('terms', 'only weights of 0', 'a weight above 0 in an or')
    return { ...energy, terms: withShares(energy.terms) }
  },
)

/** The terms with weights that a mixture may have: 1 for each below 0, and for all where all are 0. */
export function withShares(terms: readonly SumTerm[]): readonly SumTerm[] {
  const none = terms.every(({ weight }) => weight === 0)
  return terms.map((term) => (none || term.weight < 0 ? { ...term, weight: 1 } : term))
}

// ─── dynamics ───────────────────────────────────────────────────────────────

const INITIALS = {
  gaussian: {
    mean: vector(coordinate('Initial mean'), ORIGIN),
    covariance: spdMatrix(matrixEntry('Initial covariance'), IDENTITY),
  },
  uniform: {
    halfWidth: number(
      linear('Half-width of the initial square', [0, 20], { open: true, step: 0.1 }),
      3,
    ),
  },
  point: {
    at: vector(coordinate('Initial point'), ORIGIN),
    spread: number(decades('Spread round the point', [0.001, 20]), 0.1),
  },
  data: {},
  gibbs: {},
}
export const INITIAL = variants(INITIALS, 'gaussian')
export type InitialSpec = ValueOf<typeof INITIAL>

const CAP = decades('Cap c', [0.1, 1000])
const METRIC = variants({
  conformal: { beta: number(linear('Growth β', [0, 2]), 0.25), cap: number(CAP, 8) },
  'inverse-hessian': {
    softening: number(decades('Softening τ', [0.01, 1000]), 5),
    cap: number(CAP, 20),
  },
})
export type MetricSpec = ValueOf<typeof METRIC>

const DYNAMICS = record({
  /** ε of π = e^(−V/ε)/Z; energies are trained at ε = 1. */
  epsilon: number(decades('Temperature ε', [0.005, 10], { step: 0.02 }), 1),
  /** Null: 0.5/L95 of the scene's energy. */
  stepSize: nullable(number(decades('Step size η', [1e-5, 1], { step: 0.02 })), 'null for 0.5/L95'),
  steps: number(steps('Steps', 0, 10), 200),
  particles: number(decades('Particles', [1, 200_000], { integer: true }), 4096),
  sampler: choice(SAMPLER_IDS, 'langevin'),
  /** α of the sampler `filter`: the mean of a step may come nearer to a keep-out region by the share αη, at most 1. Absent: 10. */
  filterRate: optional(number(decades('Filter rate α', [0.1, 1000]))),
  skew: number(linear('Skew γ', [-20, 20], { step: 0.1 }), 0),
  preconditioner: spdMatrix(matrixEntry('Preconditioner P'), IDENTITY),
  /**
   * A metric M(x), for Langevin with P = I alone, else the engine refuses it: `conformal`, min(c, e^(βV)) with V from its
   * least value; `inverse-hessian`, c((∇²V)² + τ²)^(−½). Absent: P everywhere.
   */
  metric: optional(METRIC, 'null for none'),
  jumpEvery: number(steps('Jump every', 0, 1), 0),
  initial: orDefault(INITIAL),
  /**
   * Offset at which a second cloud (`companion`) starts beside the Langevin particles, under synchronous coupling: the rate at
   * which the two approach is the contraction. Null: no second cloud.
   */
  companion: nullable(vector(coordinate('Offset of the second cloud')), 'null for none'),
})
export type DynamicsSpec = ValueOf<typeof DYNAMICS>

const STOPPING = record({
  criterion: choice(CRITERION_IDS, 'certified-decrease'),
  strict: boolean(false),
  delta: number(decades('Tolerance δ', [1e-6, 10], { step: 0.02, unit: 'nats' }), 0.1),
})
export type StoppingSpec = ValueOf<typeof STOPPING>

// ─── how it is looked at ────────────────────────────────────────────────────

/**
 * Layers of the two canvases, in the order in which they are drawn and listed. `contraction`: the local rate
 * λmin(∇²V); `slow-mode`: the mode of the spectral gap; `basins`: the basins of attraction of the gradient flow; `chains`: the
 * negative chains of the training under way.
 */
export const LAYER_IDS = [
  'energy',
  'contraction',
  'slow-mode',
  'basins',
  'contours',
  'gradient',
  'data',
  'target',
  'particles',
  'trails',
  'difference',
  'chains',
] as const
export type LayerId = (typeof LAYER_IDS)[number]

/**
 * What the chart under the stage shows: KL to π (the Lyapunov function), the dissipation identity KL′ = −εI, KL to the
 * data, the distance of two clouds under one noise, the energy E[V], the steps that are still needed to KL ≤ δ, or the ledger of
 * the training.
 */
export const CHART_IDS = [
  'lyapunov',
  'dissipation',
  'data',
  'contraction',
  'energy',
  'needed',
  'training',
] as const
export type ChartId = (typeof CHART_IDS)[number]

const THEME_IDS = ['auto', 'light', 'dark'] as const

/** How the page shows a run; no number of a run depends on it. */
const VIEW = record({
  layers: subset(LAYER_IDS, ['energy', 'contours', 'particles']),
  chart: choice(CHART_IDS, 'lyapunov'),
  /** Steps per second while the run plays. */
  speed: number(decades('Speed', [1, 240], { unit: 'steps/s' }), 24),
  /** The step at which playback pauses; null: the last step. */
  haltAt: nullable(number(steps('Halt at step', 0, 1)), 'null for the last step'),
  pauseAtStop: boolean(false),
  theme: choice(THEME_IDS, 'auto'),
})

// ─── a sweep ────────────────────────────────────────────────────────────────

/** The fields that a sweep can vary; `start.size` is the half-width of a uniform start or the spread of a point. */
export const SWEEP_FIELDS = [
  'stepSize',
  'epsilon',
  'delta',
  'particles',
  'seed',
  'start.x',
  'start.y',
  'start.size',
] as const
export type SweepField = (typeof SWEEP_FIELDS)[number]

/** Most values of one sweep. */
export const MAX_SWEEP_VALUES = 24
/** Wide enough for every field; `sweepValues` holds each to its own range. */
const SWEPT = (label: string) => number(linear(label, [-20, 4_294_967_295]))
const SWEPT_RANGE = {
  from: SWEPT('From'),
  to: SWEPT('To'),
  count: number(linear('Values', [1, MAX_SWEEP_VALUES], { integer: true, step: 1 }), 8),
}

/** Runs of the scene that differ in one field, each with several seeds, and the criteria they are read by. */
export const SWEEP = record({
  over: choice(SWEEP_FIELDS),
  values: variants({
    linear: SWEPT_RANGE,
    log: SWEPT_RANGE,
    list: { values: list(SWEPT('Value'), [1, MAX_SWEEP_VALUES], 'values') },
  }),
  /** Runs of each value, with the seeds from that of the scene on; one where the seed itself is swept. */
  seeds: number(linear('Seeds', [1, 100], { integer: true, step: 1 }), 5),
  criteria: subset(CRITERION_IDS, ['certified-decrease', 'statistical', 'tolerance']),
})
export type SweepSpec = ValueOf<typeof SWEEP>

export const SCENE = record({
  version: fixed(1),
  seed: SEED,
  target: orDefault(TARGET),
  energy: orDefault(ENERGY),
  training: TRAINING,
  domain: record({
    halfWidth: number(linear('Half-width of the box', [1, 20], { step: 0.5 }), 4),
    cells: number(
      linear('Cells a side', [32, 256], { integer: true, step: 16, unit: 'cells' }),
      128,
    ),
  }),
  dynamics: DYNAMICS,
  stopping: STOPPING,
  /** What is swept beside the run itself, of which it changes no number; null: nothing. */
  sweep: nullable(SWEEP),
  view: VIEW,
})
export type SceneSpec = ValueOf<typeof SCENE>

/** The state for a reading of a scene. */
export const newSceneReading = () => newReading(NESTING[1])

// ─── ranges ─────────────────────────────────────────────────────────────────

/** The path of a ranged number of a scene, without list indices, e.g. `energy.terms.weight`. */
export type RangePath = PathsOf<{ scene: typeof SCENE }> extends `scene.${infer P}` ? P : never

/** Every ranged number of a scene, by its path, in the order of the fields. */
export const RANGES = Object.fromEntries(ranges(SCENE, '')) as Readonly<Record<RangePath, Range>>

function* ranges({ form }: AnyField, path: string): Generator<[string, Range]> {
  switch (form.kind) {
    case 'number':
    case 'vector':
    case 'matrix':
      if (form.range.label !== '') yield [path, form.range]
      break
    case 'list':
      yield* ranges(form.entry, path)
      break
    case 'nullable':
      yield* ranges(form.of, path)
      break
    case 'record':
      yield* rangesOf(form.shape, path)
      break
    case 'variants':
      for (const kind of Object.keys(form.kinds))
        for (const shape of shapesOf(form.kinds, kind)) yield* rangesOf(shape, path)
      break
    default:
  }
}

function* rangesOf(shape: Shape, path: string): Generator<[string, Range]> {
  for (const [key, field] of Object.entries(shape))
    yield* ranges(field, path === '' ? key : `${path}.${key}`)
}
