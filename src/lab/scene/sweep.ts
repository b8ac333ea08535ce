import { exp, log } from '../../core/maths/elementary.ts'
import { newReading } from './fields/fieldKinds.ts'
import { describeRange, inRange, type Range } from './fields/ranges.ts'
import type { Problem } from './reading/problem.ts'
import {
  RANGES,
  SWEEP,
  SWEEP_FIELDS,
  type EnergySpec,
  type InitialSpec,
  type SceneSpec,
  type SweepField,
  type SweepSpec,
  type TargetSpec,
  type Vector2,
} from './sceneSpec.ts'

/** A sweep with its seeds and criteria at their defaults. */
export function newSweep(part: Pick<SweepSpec, 'over' | 'values'>): SweepSpec {
  return { ...SWEEP.read(part, '', newReading(0))!, ...part }
}

/** What a field that can be swept is, and the scene that has a value in it. */
interface Swept {
  readonly range: Range
  /** Null where the scene has no such field. */
  readonly scene: (scene: SceneSpec, value: number) => SceneSpec | null
}

const SWEPT: Readonly<Record<SweepField, Swept>> = {
  stepSize: inDynamics('stepSize'),
  epsilon: inDynamics('epsilon'),
  delta: {
    range: RANGES['stopping.delta'],
    scene: (scene, delta) => ({ ...scene, stopping: { ...scene.stopping, delta } }),
  },
  particles: inDynamics('particles'),
  seed: { range: RANGES.seed, scene: (scene, seed) => ({ ...scene, seed }) },
  'start.x': inStart(RANGES['dynamics.initial.at'], (initial, x) => moved(initial, x, null)),
  'start.y': inStart(RANGES['dynamics.initial.at'], (initial, y) => moved(initial, null, y)),
  'start.size': inStart(RANGES['dynamics.initial.spread'], (initial, size) => {
    if (initial.kind === 'uniform') return { ...initial, halfWidth: size }
    return initial.kind === 'point' ? { ...initial, spread: size } : null
  }),
}

function inDynamics(key: 'stepSize' | 'epsilon' | 'particles'): Swept {
  return {
    range: RANGES[`dynamics.${key}`],
    scene: (scene, value) => ({ ...scene, dynamics: { ...scene.dynamics, [key]: value } }),
  }
}

function inStart(
  range: Range,
  change: (initial: InitialSpec, value: number) => InitialSpec | null,
): Swept {
  return {
    range,
    scene(scene, value) {
      const initial = change(scene.dynamics.initial, value)
      return initial === null ? null : { ...scene, dynamics: { ...scene.dynamics, initial } }
    },
  }
}

/** The start at another place; null where it has none. */
function moved(initial: InitialSpec, x: number | null, y: number | null): InitialSpec | null {
  const to = ([a, b]: Vector2): Vector2 => [x ?? a, y ?? b]
  if (initial.kind === 'gaussian') return { ...initial, mean: to(initial.mean) }
  return initial.kind === 'point' ? { ...initial, at: to(initial.at) } : null
}

/** The fields that can be swept in a scene: those that it has. */
export function sweepFields(scene: SceneSpec): readonly SweepField[] {
  return SWEEP_FIELDS.filter((field) => SWEPT[field].scene(scene, SWEPT[field].range.max) !== null)
}

/** The range of a field that can be swept. */
export function sweepRange(field: SweepField): Range {
  return SWEPT[field].range
}

/** Significant digits of the values inside a range, so that they read and link well. */
const DIGITS = 6

/**
 * The values of a sweep, each once, in their order: the ends of a range exactly, those between to six significant digits, rounded where the field
 * holds whole numbers.
 */
export function sweepValues({
  over,
  values,
}: Pick<SweepSpec, 'over' | 'values'>): readonly number[] {
  if (values.kind === 'list') return [...new Set(values.values)]
  const { kind, from, to, count } = values
  const integer = SWEPT[over].range.integer === true
  const at = (share: number): number => {
    const value =
      kind === 'log'
        ? exp((1 - share) * log(from) + share * log(to))
        : (1 - share) * from + share * to
    return integer ? Math.round(value) : Number(value.toPrecision(DIGITS))
  }
  const between = Array.from({ length: count }, (_, i) =>
    i === 0 ? from : i === count - 1 ? to : at(i / (count - 1)),
  )
  return [...new Set(between)]
}

/** What is wrong with the sweep of a scene, beyond what a reader of its fields can see; null where it can be made. */
export function sweepProblem(
  scene: SceneSpec,
  { over, values, criteria }: SweepSpec,
): Problem | null {
  const { range, scene: change } = SWEPT[over]
  if (change(scene, range.max) === null) {
    const found = `${over} with a start of the kind ${scene.dynamics.initial.kind}`
    return { field: 'sweep.over', found, allowed: `one of ${sweepFields(scene).join(', ')}` }
  }
  if (values.kind === 'log' && !(values.from > 0 && values.to > 0)) {
    const found = `log from ${values.from} to ${values.to}`
    return { field: 'sweep.values', found, allowed: 'a logarithmic range of numbers above 0' }
  }
  const wrong = sweepValues({ over, values }).find((value) => !inRange(range, value))
  if (wrong !== undefined) {
    const allowed = `${describeRange(range)} (${range.label})`
    return { field: 'sweep.values', found: String(wrong), allowed }
  }
  return criteria.length === 0
    ? { field: 'sweep.criteria', found: 'none', allowed: 'at least one criterion' }
    : null
}

/** The seeds of the runs of a value: `seeds` of them from the scene's on; the value itself where the seed is swept. */
export function sweepSeeds(
  { seed }: Pick<SceneSpec, 'seed'>,
  { over, seeds }: Pick<SweepSpec, 'over' | 'seeds'>,
  value: number,
): readonly number[] {
  // Seeds have 32 bits; after the last comes the first.
  return over === 'seed' ? [value] : Array.from({ length: seeds }, (_, i) => (seed + i) % 2 ** 32)
}

/**
 * The scene of one run of a sweep, as it opens on the stage: the energy is that of the swept scene whatever the seed, which moves the
 * particles alone. A scene without the field stays as it is: `sweepProblem` refuses it.
 */
export function sweptScene(
  scene: SceneSpec,
  over: SweepField,
  value: number,
  seed: number,
): SceneSpec {
  const fixed = { ...scene, energy: withRecipes(scene.energy, scene, scene.target, 'swept') }
  const changed = SWEPT[over].scene(fixed, value) ?? fixed
  return { ...changed, seed }
}

/** The energy with the recipe of this scene in the place of each that is trained: no other seed trains it anew. */
function withRecipes(
  energy: EnergySpec,
  scene: SceneSpec,
  target: TargetSpec,
  id: string,
): EnergySpec {
  switch (energy.kind) {
    case 'trained': {
      const { seed, training } = scene
      return { kind: 'shelf', id, hash: '', recipe: { seed, target, training } }
    }
    case 'sum':
      return {
        ...energy,
        terms: energy.terms.map((term, i) => ({
          ...term,
          energy: withRecipes(term.energy, scene, term.target ?? target, `${id}.${i}`),
        })),
      }
    default:
      return energy
  }
}
