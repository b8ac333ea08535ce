import fc from 'fast-check'
import { CRITERION_IDS } from '../../core/analysis/ids.ts'
import { TARGET_IDS } from '../../core/targets/ids.ts'
import { OBJECTIVE_IDS } from '../../learning/ids.ts'
import { BACKEND_CHOICES } from './decode.ts'
import { CHART_IDS, hasKnownDensity, LAYER_IDS, SAMPLER_IDS, THEME_IDS } from './defaults.ts'
import { RANGES, rangeOf } from './ranges.ts'
import { AXES, DECIMALS, SEPARATORS } from './tableForm.ts'
import type { RangePath } from './ranges.ts'
import type {
  BarrierSpec,
  EnergySpec,
  InitialSpec,
  Matrix2,
  SceneSpec,
  SumTerm,
  TargetSpec,
  TrainingSpec,
  Vector2,
} from './sceneSpec.ts'

/** Arbitrary valid scenes for property tests: every kind, every range, ends of ranges included. */

function ranged(path: RangePath): fc.Arbitrary<number> {
  const { min, max, open, integer } = rangeOf(path)
  if (integer === true) return fc.integer({ min, max })
  return fc
    .oneof(
      { weight: 4, arbitrary: fc.double({ min, max, noNaN: true, minExcluded: open === true }) },
      { weight: 1, arbitrary: fc.constantFrom(...(open === true ? [max] : [min, max])) },
    )
    .map((value) => value + 0)
}

function vector(path: RangePath): fc.Arbitrary<Vector2> {
  return fc.tuple(ranged(path), ranged(path))
}

/** LLᵀ with a diagonal away from zero; symmetric to the bit. */
const spd: fc.Arbitrary<Matrix2> = fc
  .tuple(
    fc.double({ min: 0.05, max: 3, noNaN: true }),
    fc.double({ min: -3, max: 3, noNaN: true }),
    fc.double({ min: 0.05, max: 3, noNaN: true }),
  )
  .map(([a, b, c]) => [
    [a * a, a * b + 0],
    [a * b + 0, b * b + c * c],
  ])

const plainPoint = fc.tuple(
  fc.double({ min: -1e9, max: 1e9, noNaN: true }).map((x) => x + 0),
  fc.double({ min: -1e9, max: 1e9, noNaN: true }).map((x) => x + 0),
)
const drawnPoint = fc.tuple(
  fc.integer({ min: -40_000, max: 40_000 }).map((i) => i / 10_000 + 0),
  fc.integer({ min: -40_000, max: 40_000 }).map((i) => i / 10_000 + 0),
)

function varies(points: readonly Vector2[]): boolean {
  return [0, 1].every((axis) => points.some((point) => point[axis] !== points[0]![axis]))
}

const path = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  .filter((text) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text))

const known: fc.Arbitrary<TargetSpec> = fc.oneof(
  fc.record({ kind: fc.constantFrom(...TARGET_IDS), sharpness: ranged('target.sharpness') }),
  fc.record({
    kind: fc.constant('gaussian-mixture' as const),
    components: fc.array(
      fc.record({
        weight: ranged('target.components.weight'),
        mean: vector('target.components.mean'),
        covariance: spd,
      }),
      { minLength: 1, maxLength: 4 },
    ),
  }),
)

export const targetArbitrary: fc.Arbitrary<TargetSpec> = fc.oneof(
  { weight: 3, arbitrary: known },
  { weight: 1, arbitrary: fc.constant<TargetSpec>({ kind: 'old-faithful' }) },
  {
    weight: 1,
    arbitrary: fc.record(
      {
        kind: fc.constant('points' as const),
        file: path,
        columns: fc.option(
          fc
            .uniqueArray(ranged('target.columns'), { minLength: 2, maxLength: 2 })
            .map(([a, b]): [number, number] => [a!, b!]),
        ),
        hash: fc.stringMatching(/^[0-9a-f]{64}$/),
        separator: fc.constantFrom(...SEPARATORS),
        decimal: fc.constantFrom(...DECIMALS),
        log: fc.subarray([...AXES], { minLength: 1 }),
        clip: ranged('target.clip'),
      },
      { requiredKeys: ['kind', 'file', 'columns'] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('points' as const),
      points: fc
        .oneof(
          fc.array(plainPoint, { minLength: 10, maxLength: 20 }),
          fc.array(drawnPoint, { minLength: 10, maxLength: 60 }),
        )
        .filter(varies),
    }),
  },
)

const training: fc.Arbitrary<TrainingSpec> = fc
  .record({
    objective: fc.constantFrom(...OBJECTIVE_IDS),
    backend: fc.constantFrom(...BACKEND_CHOICES),
    budget: fc.oneof(
      ranged('training.steps').map((steps) => ({ steps, seconds: null })),
      ranged('training.seconds').map((seconds) => ({ steps: null, seconds })),
    ),
  })
  .map(({ objective, backend, budget }) => ({ objective, ...budget, backend }))

const strength = ranged('energy.barriers.strength')
const barrier: fc.Arbitrary<BarrierSpec> = fc.oneof(
  fc.record({
    kind: fc.constant('disc' as const),
    center: vector('energy.barriers.center'),
    radius: ranged('energy.barriers.radius'),
    strength,
  }),
  fc.record({
    kind: fc.constant('half-plane' as const),
    normal: vector('energy.barriers.normal').filter(([x, y]) => x !== 0 || y !== 0),
    offset: ranged('energy.barriers.offset'),
    strength,
  }),
  fc.record({
    kind: fc.constant('polygon' as const),
    points: fc.array(vector('energy.barriers.points'), { minLength: 3, maxLength: 12 }),
    strength,
  }),
)

const leaf: fc.Arbitrary<EnergySpec> = fc.oneof(
  fc.constant<EnergySpec>({ kind: 'trained' }),
  fc.record({
    kind: fc.constant('pretrained' as const),
    name: fc.constantFrom(...TARGET_IDS, '7', 'true', 'null'),
  }),
  fc.record({
    kind: fc.constant('shelf' as const),
    id: fc.stringMatching(/^[\w.:-]{1,128}$/),
    hash: fc.stringMatching(/^[0-9a-f]{0,64}$/),
    recipe: fc.option(fc.record({ seed: ranged('seed'), target: targetArbitrary, training })),
  }),
  fc.record({
    kind: fc.constant('quadratic' as const),
    center: vector('energy.center'),
    matrix: spd,
  }),
  fc.record({ kind: fc.constant('file' as const), path }),
)

/** An energy that is valid with this target in force: `exact` only where a density is known. */
function energy(target: TargetSpec, depth: number): fc.Arbitrary<EnergySpec> {
  const simple = hasKnownDensity(target)
    ? fc.oneof(leaf, fc.constant<EnergySpec>({ kind: 'exact' }))
    : leaf
  if (depth === 0) return simple
  const term: fc.Arbitrary<SumTerm> = fc.option(targetArbitrary).chain((own) =>
    fc.record({
      weight: ranged('energy.terms.weight'),
      energy: energy(own ?? target, depth - 1),
      target: fc.constant(own),
    }),
  )
  return fc.oneof(
    simple,
    fc.record({
      kind: fc.constant('sum' as const),
      terms: fc.array(term, { minLength: 1, maxLength: 3 }),
      barriers: fc.array(barrier, { maxLength: 3 }),
    }),
  )
}

const initial: fc.Arbitrary<InitialSpec> = fc.oneof(
  fc.record({
    kind: fc.constant('gaussian' as const),
    mean: vector('dynamics.initial.mean'),
    covariance: spd,
  }),
  fc.record({
    kind: fc.constant('uniform' as const),
    halfWidth: ranged('dynamics.initial.halfWidth'),
  }),
  fc.record({
    kind: fc.constant('point' as const),
    at: vector('dynamics.initial.at'),
    spread: ranged('dynamics.initial.spread'),
  }),
  fc.constant<InitialSpec>({ kind: 'data' }),
  fc.constant<InitialSpec>({ kind: 'gibbs' }),
)

export const sceneArbitrary: fc.Arbitrary<SceneSpec> = targetArbitrary.chain((target) =>
  fc.record({
    version: fc.constant(1 as const),
    seed: ranged('seed'),
    target: fc.constant(target),
    energy: energy(target, 2),
    training,
    domain: fc.record({
      halfWidth: ranged('domain.halfWidth'),
      cells: ranged('domain.cells'),
    }),
    dynamics: fc.record({
      epsilon: ranged('dynamics.epsilon'),
      stepSize: fc.option(ranged('dynamics.stepSize')),
      steps: ranged('dynamics.steps'),
      particles: ranged('dynamics.particles'),
      sampler: fc.constantFrom(...SAMPLER_IDS),
      skew: ranged('dynamics.skew'),
      preconditioner: spd,
      jumpEvery: ranged('dynamics.jumpEvery'),
      initial,
      companion: fc.option(vector('dynamics.companion')),
    }),
    stopping: fc.record({
      criterion: fc.constantFrom(...CRITERION_IDS),
      strict: fc.boolean(),
      delta: ranged('stopping.delta'),
    }),
    view: fc.record({
      layers: fc.subarray([...LAYER_IDS]),
      chart: fc.constantFrom(...CHART_IDS),
      speed: ranged('view.speed'),
      haltAt: fc.option(ranged('view.haltAt')),
      pauseAtStop: fc.boolean(),
      theme: fc.constantFrom(...THEME_IDS),
    }),
  }),
)

/** Paths of `RANGES`, for tests over the table. */
export const rangePaths = Object.keys(RANGES).filter((key): key is RangePath => key in RANGES)
