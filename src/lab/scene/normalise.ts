import { recoverScene } from './reading/decode.ts'
import { DEFAULT_SCENE } from './defaults.ts'
import type { JsonObject } from './fields/fieldKinds.ts'
import { SCENE, type SceneSpec } from './sceneSpec.ts'

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
 * Only what differs from the defaults: reading it back gives the same scene. Inside a sum type the
 * `kind` always stands, and its fields are measured by the defaults of that kind.
 */
export function minimal(scene: SceneSpec): JsonObject {
  return SCENE.prune(scene) as JsonObject
}

/**
 * Whether two parts of scenes are equal up to the order of their keys. A part that an edit has left alone is the same
 * object in both scenes, and is not compared entry by entry.
 */
export function samePart(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && samePart(Reflect.get(a, key), Reflect.get(b, key)))
  )
}

const keys = new WeakMap<object, string>()

/** JSON that identifies a part of a scene; it is written once for each object, and edits keep the objects of other parts. */
export function partKey(part: object): string {
  const known = keys.get(part)
  if (known !== undefined) return known
  const key = JSON.stringify(part)
  keys.set(part, key)
  return key
}

/** Whether two scenes are equal, the view included. */
export function sameScene(a: SceneSpec, b: SceneSpec): boolean {
  return samePart(a, b)
}

/** Whether two scenes give the same numbers: everything but the view and the sweep. */
export function sameNumbers(a: SceneSpec, b: SceneSpec): boolean {
  const { sweep, view } = DEFAULT_SCENE
  return sameScene({ ...a, sweep, view }, { ...b, sweep, view })
}

/**
 * Whether two scenes train the same energy: target, seed, training and box. The dynamics, the stop and
 * the view do not enter.
 */
export function sameTraining(a: SceneSpec, b: SceneSpec): boolean {
  return (['seed', 'training', 'domain', 'target'] as const).every((key) =>
    samePart(a[key], b[key]),
  )
}
