import { encodeHash } from '../scene/link/urlCodec.ts'
import { LONGEST_LINK } from '../scene/link/linkSeal.ts'
import type { SceneSpec } from '../scene/sceneSpec.ts'

/** The version in package.json, to which a test holds it. */
export const LAB_VERSION = '0.1.0'

/** What every exported file says of where it comes from. */
export interface About {
  /** The scene in a word, for names of files: lower-case letters, digits, hyphens. */
  readonly name: string
  readonly seed: number
  /** Of the lab. */
  readonly version: string
  /** The address that opens the scene; null where it would be too long for one. */
  readonly link: string | null
}

/**
 * @param scene as it ran, with the step size filled in
 * @param base address of the page, without `#`
 */
export function aboutScene(scene: SceneSpec, base: string): About {
  const link = `${base}${encodeHash(scene)}`
  return {
    name: nameOf(scene),
    seed: scene.seed,
    version: LAB_VERSION,
    link: link.length <= LONGEST_LINK ? link : null,
  }
}

/** The scene in a word: the target, or what was composed. */
function nameOf({ energy, target }: SceneSpec): string {
  if (energy.kind === 'sum') return energy.operation === 'or' ? 'mixture' : 'composition'
  return 'file' in target ? slug(target.file.replace(/\.\w+$/u, '')) : target.kind
}

/** A text as a part of a file's name. */
export function slug(text: string): string {
  const plain = text.toLowerCase().replace(/[^a-z0-9]+/gu, '-')
  return plain.replace(/^-|-$/gu, '').slice(0, 60) || 'unnamed'
}

/** The name of a downloaded file: `two-moons-1-curves.csv`. */
export function fileName({ name, seed }: About, file: string): string {
  return `${name}-${String(seed)}-${file}`
}

/** Lines that say what a file holds and where it comes from. */
export function aboutLines({ name, seed, version, link }: About, what: string): string[] {
  return [
    `Lyapunov Lab ${version}: ${what}`,
    `scene: ${name}, seed: ${String(seed)}`,
    `link: ${link ?? 'none, the scene is too long for an address; scene.json holds it'}`,
  ]
}
