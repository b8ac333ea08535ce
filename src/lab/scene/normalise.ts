import { recoverScene } from './decode.ts'
import {
  DEFAULT_COMPONENT,
  DEFAULT_DISC,
  DEFAULT_DYNAMICS,
  DEFAULT_HALF_PLANE,
  DEFAULT_INITIAL,
  DEFAULT_POINT,
  DEFAULT_POLYGON_STRENGTH,
  DEFAULT_QUADRATIC,
  DEFAULT_SCENE,
  DEFAULT_STOPPING,
  DEFAULT_UNIFORM,
  DEFAULT_VIEW,
  defaultTarget,
  isTargetId,
} from './defaults.ts'
import type {
  BarrierSpec,
  EnergySpec,
  InitialSpec,
  SceneSpec,
  ShelfRecipe,
  SumTerm,
  TargetSpec,
  TrainingSpec,
} from './sceneSpec.ts'

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/**
 * The scene as every reader would write it: the order of keys of `SceneSpec`, every default filled in,
 * −0 as 0, layers in their drawing order. The identity (up to key order) on valid scenes.
 */
export function normaliseScene(scene: SceneSpec): SceneSpec {
  return recoverScene(scene).scene
}

/** The scene as pretty JSON for a file, in the order of keys of `SceneSpec`, with a final newline. */
export function sceneText(scene: SceneSpec): string {
  return `${JSON.stringify(normaliseScene(scene), null, 2)}\n`
}

/**
 * One line of JSON with sorted keys: two scenes are the same exactly when these strings are.
 * Numbers are written in full (shortest digits that read back to the same double).
 */
export function canonicalJson(scene: SceneSpec): string {
  return JSON.stringify(sorted(scene))
}

/** Whether two scenes are the same in everything, the view included. */
export function sameScene(a: SceneSpec, b: SceneSpec): boolean {
  return a === b || canonicalJson(a) === canonicalJson(b)
}

/** Whether two scenes give the same numbers: everything but the view. */
export function sameNumbers(a: SceneSpec, b: SceneSpec): boolean {
  return sameScene({ ...a, view: DEFAULT_VIEW }, { ...b, view: DEFAULT_VIEW })
}

/**
 * Whether two scenes train the same energy: target, seed, training and box. The dynamics, the stop and
 * the view do not enter.
 */
export function sameTraining(a: SceneSpec, b: SceneSpec): boolean {
  const strip = (scene: SceneSpec): SceneSpec => ({
    ...DEFAULT_SCENE,
    seed: scene.seed,
    target: scene.target,
    training: scene.training,
    domain: scene.domain,
  })
  return sameScene(strip(a), strip(b))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries: [string, unknown][] = Object.entries(value)
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return Object.fromEntries(entries.map(([key, entry]) => [key, sorted(entry)]))
}

/**
 * Only what differs from the defaults: reading it back gives the same scene. Inside a sum type the
 * `kind` always stands, and its fields are measured by the defaults of that kind.
 */
export function minimal(scene: SceneSpec): JsonObject {
  return {
    ...pruned({ seed: scene.seed }, DEFAULT_SCENE),
    ...unlessEmpty('target', minimalTarget(scene.target), defaultTarget('two-moons')),
    ...unlessEmpty('energy', minimalEnergy(scene.energy), DEFAULT_SCENE.energy),
    ...section('training', minimalTraining(scene.training)),
    ...section('domain', pruned(scene.domain, DEFAULT_SCENE.domain)),
    ...section('dynamics', {
      ...pruned({ ...scene.dynamics, initial: null }, { ...DEFAULT_DYNAMICS, initial: null }),
      ...unlessEmpty('initial', minimalInitial(scene.dynamics.initial), { kind: 'gaussian' }),
    }),
    ...section('stopping', pruned(scene.stopping, DEFAULT_STOPPING)),
    ...section('view', pruned(scene.view, DEFAULT_VIEW)),
  }
}

/** A section under its name, or nothing when it says nothing. */
function section(name: string, value: JsonObject): JsonObject {
  return Object.keys(value).length === 0 ? {} : { [name]: value }
}

/** A sum type under its name, or nothing when it says no more than the kind of the default. */
function unlessEmpty(
  name: string,
  value: JsonObject,
  fallback: { readonly kind: string },
): JsonObject {
  const bare = Object.keys(value).length === 1 && value.kind === fallback.kind
  return bare ? {} : { [name]: value }
}

/** The entries of `value` that are not the same in `fallback`. */
function pruned(value: object, fallback: object): JsonObject {
  const defaults = new Map<string, unknown>(Object.entries(fallback))
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, entry]) => JSON.stringify(entry) !== JSON.stringify(defaults.get(key)))
      .map(([key, entry]) => [key, asJson(entry)]),
  )
}

/** Scene values are JSON by construction; anything else becomes null, as in JSON.stringify. */
function asJson(value: unknown): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null
  if (Array.isArray(value)) return value.map(asJson)
  if (typeof value !== 'object') return null
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, asJson(entry)]))
}

/** What a kind's missing fields become, the kind itself left out so that it is never pruned. */
function minimalVariant(value: { readonly kind: string }, fallback: object): JsonObject {
  return { kind: value.kind, ...pruned({ ...value, kind: null }, { ...fallback, kind: null }) }
}

function minimalTarget(target: TargetSpec): JsonObject {
  if (isTargetId(target.kind)) return minimalVariant(target, defaultTarget(target.kind))
  if (target.kind === 'gaussian-mixture') {
    const components = target.components.map((component) => pruned(component, DEFAULT_COMPONENT))
    return { kind: target.kind, components }
  }
  return minimalVariant(target, { columns: null })
}

function minimalEnergy(energy: EnergySpec): JsonObject {
  switch (energy.kind) {
    case 'trained':
    case 'exact':
    case 'pretrained':
    case 'file':
      return minimalVariant(energy, {})
    case 'shelf': {
      const { recipe, ...named } = energy
      return {
        ...minimalVariant(named, { hash: '' }),
        ...(recipe === null ? {} : { recipe: minimalRecipe(recipe) }),
      }
    }
    case 'quadratic':
      return minimalVariant(energy, DEFAULT_QUADRATIC)
    case 'sum':
      return {
        kind: energy.kind,
        terms: energy.terms.map(minimalTerm),
        ...(energy.barriers.length === 0 ? {} : { barriers: energy.barriers.map(minimalBarrier) }),
      }
    default:
      return energy satisfies never
  }
}

function minimalTerm({ weight, energy, target }: SumTerm): JsonObject {
  return {
    ...pruned({ weight }, { weight: 1 }),
    ...unlessEmpty('energy', minimalEnergy(energy), { kind: 'trained' }),
    ...(target === null ? {} : { target: minimalTarget(target) }),
  }
}

function minimalRecipe({ seed, target, training }: ShelfRecipe): JsonObject {
  return {
    ...pruned({ seed }, DEFAULT_SCENE),
    target: minimalTarget(target),
    ...section('training', minimalTraining(training)),
  }
}

function minimalTraining(training: TrainingSpec): JsonObject {
  const { steps, seconds, objective, backend } = training
  return {
    ...pruned({ objective, backend }, DEFAULT_SCENE.training),
    ...(seconds === null ? pruned({ steps }, DEFAULT_SCENE.training) : { seconds }),
  }
}

function minimalInitial(initial: InitialSpec): JsonObject {
  switch (initial.kind) {
    case 'gaussian':
      return minimalVariant(initial, DEFAULT_INITIAL)
    case 'uniform':
      return minimalVariant(initial, DEFAULT_UNIFORM)
    case 'point':
      return minimalVariant(initial, DEFAULT_POINT)
    case 'data':
    case 'gibbs':
      return { kind: initial.kind }
    default:
      return initial satisfies never
  }
}

function minimalBarrier(barrier: BarrierSpec): JsonObject {
  switch (barrier.kind) {
    case 'disc':
      return minimalVariant(barrier, DEFAULT_DISC)
    case 'half-plane':
      return minimalVariant(barrier, DEFAULT_HALF_PLANE)
    case 'polygon':
      return minimalVariant(barrier, { strength: DEFAULT_POLYGON_STRENGTH })
    default:
      return barrier satisfies never
  }
}
