import { assetsOf } from '../scene/assets.ts'
import type { AssetName } from '../scene/assets.ts'
import { parseScene } from '../scene/reading/decode.ts'
import { readJsonText, withoutComments } from '../scene/reading/jsonText.ts'
import { normaliseScene } from '../scene/normalise.ts'
import { fromBase64Url, toBase64Url } from '../scene/link/packedPoints.ts'
import { nameKey, show } from '../scene/reading/problem.ts'
import type { Problem } from '../scene/reading/problem.ts'
import type { EnergySpec, SceneSpec } from '../scene/sceneSpec.ts'

/**
 * A scene with the bytes that it names, as one JSON file:
 *
 *     { "format": "lyapunov-lab-bundle", "version": 1, "scene": { … },
 *       "assets": { "file:moons.safetensors": "<base64url>", "shelf:3f…": "…", "points:data.csv": "…" } }
 *
 * A file whose top has no `format` is a bare scene; its assets lie elsewhere (beside it, or nowhere).
 */
export interface SceneFile {
  readonly scene: SceneSpec
  /** Empty for a bare scene. */
  readonly assets: ReadonlyMap<AssetName, Uint8Array<ArrayBuffer>>
  readonly bundled: boolean
}

const FORMAT = 'lyapunov-lab-bundle'

/**
 * The text of a bundle; it contains only assets that the scene names.
 * Throws RangeError when an asset is missing that nothing could replace.
 */
export function writeBundle(scene: SceneSpec, assets: ReadonlyMap<AssetName, Uint8Array>): string {
  const missing = missingAsset(scene, assets)
  if (missing !== null) throw new RangeError(`the bundle lacks ${missing}`)
  const named = assetsOf(scene).flatMap((name): [string, string][] => {
    const bytes = assets.get(name)
    return bytes === undefined ? [] : [[name, toBase64Url(bytes)]]
  })
  const json = {
    format: FORMAT,
    version: 1,
    scene: normaliseScene(scene),
    assets: Object.fromEntries(named),
  }
  return `${JSON.stringify(json, null, 1)}\n`
}

/**
 * A scene from the text of a file, bare or bundled, read strictly except for comments. Total: an error names the first wrong
 * field, the value found and the values allowed.
 */
export function readSceneFile(text: string): SceneFile | { readonly error: Problem } {
  const read = readJsonText(withoutComments(text))
  if ('error' in read) return read
  const { json } = read
  if (!isRecord(json) || !Object.hasOwn(json, 'format')) {
    const parsed = parseScene(json)
    return 'error' in parsed ? parsed : { scene: parsed.scene, assets: new Map(), bundled: false }
  }
  return readBundle(json)
}

function readBundle(
  json: Readonly<Record<string, unknown>>,
): SceneFile | { readonly error: Problem } {
  const { format, version, scene, assets: encoded, ...rest } = json
  if (format !== FORMAT) return wrong('format', show(format), FORMAT)
  if (version !== 1) return wrong('version', show(version), '1')
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) {
    const allowed = 'one of format, version, scene, assets'
    return wrong(nameKey(unknown), 'an unknown key', allowed)
  }
  const parsed = parseScene(scene)
  if ('error' in parsed) {
    return { error: { ...parsed.error, field: `scene.${parsed.error.field}` } }
  }
  if (encoded !== undefined && !isRecord(encoded)) {
    return wrong('assets', show(encoded), 'a JSON object')
  }
  const names = new Map<string, AssetName>(assetsOf(parsed.scene).map((name) => [name, name]))
  const assets = new Map<AssetName, Uint8Array<ArrayBuffer>>()
  for (const [key, value] of Object.entries(encoded ?? {})) {
    const name = names.get(key)
    const field = `assets.${nameKey(key)}`
    if (name === undefined) {
      return wrong(
        field,
        'an asset that the scene does not name',
        [...names.keys()].join(', ') || 'none',
      )
    }
    const bytes = typeof value === 'string' ? fromBase64Url(value) : null
    if (bytes === null) return wrong(field, show(value), 'base64url text')
    assets.set(name, bytes)
  }
  const missing = missingAsset(parsed.scene, assets)
  if (missing !== null) return wrong(`assets.${missing}`, 'nothing', 'base64url text')
  return { scene: parsed.scene, assets, bundled: true }
}

function wrong(field: string, found: string, allowed: string): { readonly error: Problem } {
  return { error: { field, found, allowed } }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An asset that the scene names but `assets` lacks, except shelf energies with a recipe, which can be trained again; or null. */
function missingAsset(
  scene: SceneSpec,
  assets: ReadonlyMap<AssetName, Uint8Array>,
): AssetName | null {
  const trainable = new Set<AssetName>()
  collectTrainable(scene.energy, trainable)
  return assetsOf(scene).find((name) => !assets.has(name) && !trainable.has(name)) ?? null
}

function collectTrainable(energy: EnergySpec, names: Set<AssetName>): void {
  if (energy.kind === 'shelf' && energy.recipe !== null) names.add(`shelf:${energy.id}`)
  if (energy.kind === 'sum') {
    for (const term of energy.terms) collectTrainable(term.energy, names)
  }
}
