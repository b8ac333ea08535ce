import { TARGET_IDS } from '../../core/targets/ids.ts'
import { newReading, type Field } from './fields/fieldKinds.ts'
import {
  BARRIER,
  INITIAL,
  SCENE,
  TARGET,
  type BarrierSpec,
  type InitialSpec,
  type SceneSpec,
  type TargetId,
  type TargetSpec,
} from './sceneSpec.ts'

/** The scene that an empty file or an empty link stands for. */
export const DEFAULT_SCENE: SceneSpec = SCENE.read({}, '', newReading(0))!

/** A sum type of one kind, every field that is not given at its default. */
function ofKind<T extends { readonly kind: string }, K extends T['kind']>(
  field: Field<T, string>,
  kind: K,
  given: object = {},
): Extract<T, { readonly kind: K }> {
  return field.read({ kind, ...given }, '', newReading(0)) as Extract<T, { readonly kind: K }>
}

/** A barrier of the default strength. */
export function newBarrier<K extends BarrierSpec['kind']>(
  kind: K,
  shape: Omit<Extract<BarrierSpec, { readonly kind: K }>, 'kind' | 'strength'>,
): Extract<BarrierSpec, { readonly kind: K }> {
  return ofKind(BARRIER, kind, shape)
}

/** An initial law as it is first picked. */
export function defaultInitial<K extends InitialSpec['kind']>(
  kind: K,
): Extract<InitialSpec, { readonly kind: K }> {
  return ofKind(INITIAL, kind)
}

/** The built-in targets, in the order of the gallery: known densities, and the real data. */
export const BUILT_IN_TARGETS = [...TARGET_IDS, 'old-faithful'] as const

/** A built-in target as it is first picked: a known density at its default sharpness, or the real data. */
export function defaultTarget(kind: (typeof BUILT_IN_TARGETS)[number]): TargetSpec {
  return ofKind<TargetSpec, typeof kind>(TARGET, kind)
}

/** A target that is a data set, in the scene or in a file. */
export type DataTarget = Extract<TargetSpec, { readonly kind: 'points' | 'old-faithful' }>

/** Whether a target has a density by formula: everything but data. */
export function hasKnownDensity(target: TargetSpec): target is Exclude<TargetSpec, DataTarget> {
  return target.kind !== 'points' && target.kind !== 'old-faithful'
}

/** Whether a string names a built-in target with a known density. */
export function isTargetId(text: string): text is TargetId {
  return (TARGET_IDS as readonly string[]).includes(text)
}

/** Two moons trained far too briefly: shipped for scenes that show what a wrong energy does, and on no shelf. */
export const HALF_TRAINED = 'two-moons-half'
