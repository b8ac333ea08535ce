import fc from 'fast-check'
import { hasKnownDensity } from './defaults.ts'
import type { Range } from './fields/ranges.ts'
import { shapesOf, type AnyField, type Form, type Shape } from './fields/fieldKinds.ts'
import {
  RANGES,
  SCENE,
  withShares,
  type EnergySpec,
  type Matrix2,
  type RangePath,
  type SceneSpec,
  type TargetSpec,
  type Vector2,
} from './sceneSpec.ts'

/** Arbitrary valid scenes for property tests, by the table of fields: every kind, every range, ends of ranges included. */

/** How many sums an arbitrary energy may stand in. */
const DEEPEST = 2
/** Longest lists, where the table lets them be longer. */
const LONGEST = 4

function arbitrary({ form }: AnyField, depth: number): fc.Arbitrary<unknown> {
  switch (form.kind) {
    case 'number':
      return ranged(form)
    case 'vector':
      return vector(form)
    case 'matrix':
      return spd
    case 'boolean':
      return fc.boolean()
    case 'fixed':
      return fc.constant(form.value)
    case 'choice':
      return fc.constantFrom(...form.ids)
    case 'subset':
      return fc.subarray([...form.ids], { minLength: form.least })
    case 'text':
      return text(form.pattern)
    case 'list':
      return list(form, depth)
    case 'nullable':
      return fc.option(arbitrary(form.of, depth))
    case 'record':
      return record(form.shape, depth)
    case 'elsewhere':
      return arbitrary(form.of(), depth + 1)
    case 'variants':
      return fc.oneof(
        ...Object.keys(form.kinds).flatMap((kind) =>
          shapesOf(form.kinds, kind)
            .filter((shape) => !('terms' in shape) || depth < DEEPEST)
            .map((shape) => record(shape, depth).map((fields) => ({ kind, ...fields }))),
        ),
      )
  }
}

function record(shape: Shape, depth: number): fc.Arbitrary<object> {
  const fields = Object.fromEntries(
    Object.entries(shape).map(([key, field]) => [key, arbitrary(field, depth)]),
  )
  if ('seconds' in shape) {
    return fc
      .tuple(fc.record({ ...fields, seconds: fc.constant(null) }), fields.seconds!, ranged(STEPS))
      .map(([training, seconds, steps]) => ({
        ...training,
        ...(seconds === null ? { steps } : { steps: null, seconds }),
      }))
  }
  const requiredKeys = Object.keys(shape).filter((key) => shape[key]!.optional !== true)
  return fc.record(fields, { requiredKeys })
}

interface Ranged {
  readonly range: Range
}
const STEPS: Ranged = { range: RANGES['training.steps'] }

function ranged({ range: { min, max, open, integer } }: Ranged): fc.Arbitrary<number> {
  if (integer === true) return fc.integer({ min, max })
  return fc
    .oneof(
      { weight: 4, arbitrary: fc.double({ min, max, noNaN: true, minExcluded: open === true }) },
      { weight: 1, arbitrary: fc.constantFrom(...(open === true ? [max] : [min, max])) },
    )
    .map((value) => value + 0)
}

function vector(form: Extract<Form, { readonly kind: 'vector' }>) {
  return fc
    .tuple(ranged(form), ranged(form))
    .filter(([x, y]) => (!form.nonZero || x !== 0 || y !== 0) && (!form.distinct || x !== y))
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

/** Texts that links could take for something else among them. */
function text(pattern: RegExp): fc.Arbitrary<string> {
  return fc
    .oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
      fc.stringMatching(/^[0-9a-f]{64}$/),
      fc.constantFrom('two-moons', '7', 'true', 'null', 'a:b._-C', ''),
    )
    .filter((string) => pattern.test(string))
}

/** Some of the points of a data set lie on a lattice, as drawn ones do: links pack these in another way. */
const drawnPoint = fc.tuple(
  fc.integer({ min: -40_000, max: 40_000 }).map((i) => i / 10_000 + 0),
  fc.integer({ min: -40_000, max: 40_000 }).map((i) => i / 10_000 + 0),
)

function list({ entry, least, most }: Extract<Form, { readonly kind: 'list' }>, depth: number) {
  const data = least >= LONGEST
  const maxLength = Math.min(most, data ? 6 * least : LONGEST)
  const lists = fc.array(arbitrary(entry, depth), { minLength: least, maxLength })
  if (!data) return lists
  return fc
    .oneof(lists, fc.array(drawnPoint, { minLength: least, maxLength }))
    .filter((points) =>
      [0, 1].every((axis) => new Set(points.map((point) => (point as Vector2)[axis])).size > 1),
    )
}

/** The energy with `trained` where `exact` has no density to be of, and with weights that its mixtures may have. */
function possible(energy: EnergySpec, target: TargetSpec): EnergySpec {
  if (energy.kind === 'exact' && !hasKnownDensity(target)) return { kind: 'trained' }
  if (energy.kind !== 'sum') return energy
  const terms = energy.terms.map((term) => ({
    ...term,
    energy: possible(term.energy, term.target ?? target),
  }))
  return { ...energy, terms: energy.operation === 'or' ? withShares(terms) : terms }
}

export const sceneArbitrary = (arbitrary(SCENE, 0) as fc.Arbitrary<SceneSpec>).map(
  (scene): SceneSpec => ({ ...scene, energy: possible(scene.energy, scene.target) }),
)

/** Paths of `RANGES`, for tests over the table. */
export const rangePaths = Object.keys(RANGES).filter((key): key is RangePath => key in RANGES)
