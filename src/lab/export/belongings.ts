import { namedAssets, type AssetName } from '../scene/assets.ts'
import type { EnergySpec, SceneSpec, TargetSpec } from '../scene/sceneSpec.ts'
import { writeBundle } from '../io/bundle.ts'
import { slug } from './about.ts'
import { utf8 } from './bytes.ts'

/** A file with its name. */
export interface NamedFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** Where the bytes of what a scene names come from; null where they are not at hand. */
export interface Belongings {
  /** Of an asset that only its maker has. */
  asset(name: AssetName): Uint8Array | null
  /** Of the energy that the scene trains. */
  trained(): Uint8Array | null
  /** Of an energy that ships with the lab. */
  pretrained(name: string): Promise<Uint8Array>
  /** Of the data set that ships with the lab. */
  oldFaithful(): Promise<Uint8Array>
}

/** The networks in an energy, each once, with what each is called. */
export function networksOf({ energy, target }: Pick<SceneSpec, 'energy' | 'target'>): Network[] {
  const found = new Map<string, Network>()
  const names = new Set<string>()
  collect(energy, target, (network, called) => {
    const key = JSON.stringify(network)
    if (found.has(key)) return
    let name = slug(called)
    for (let n = 2; names.has(name); n++) name = `${slug(called)}-${String(n)}`
    names.add(name)
    found.set(key, { file: `energy-${name}.safetensors`, energy: network })
  })
  return [...found.values()]
}

type NetworkSpec = Extract<EnergySpec, { kind: 'trained' | 'pretrained' | 'shelf' | 'file' }>

export interface Network {
  /** Name of its file. */
  readonly file: string
  readonly energy: NetworkSpec
}

function collect(
  energy: EnergySpec,
  target: TargetSpec,
  add: (energy: NetworkSpec, called: string) => void,
): void {
  switch (energy.kind) {
    case 'sum':
      for (const term of energy.terms) collect(term.energy, term.target ?? target, add)
      break
    case 'trained':
      add(energy, target.kind)
      break
    case 'pretrained':
      add(energy, energy.name)
      break
    case 'shelf':
      add(energy, energy.recipe?.target.kind ?? target.kind)
      break
    case 'file':
      add(energy, energy.path.replace(/\.safetensors$/u, ''))
      break
    case 'exact':
    case 'quadratic':
      break
    default:
      energy satisfies never
  }
}

/**
 * The weights of a network as the lab keeps and reads them, byte for byte: their SHA-256 names the energy in links, and recipe and
 * seed stand in their metadata. Null where they are not at hand.
 */
export async function weightsOf(
  { energy }: Network,
  belongings: Belongings,
): Promise<Uint8Array | null> {
  switch (energy.kind) {
    case 'trained':
      return belongings.trained()
    case 'pretrained':
      return belongings.pretrained(energy.name)
    case 'shelf':
      return belongings.asset(`shelf:${energy.id}`)
    case 'file':
      return belongings.asset(`file:${energy.path}`)
    default:
      return energy satisfies never
  }
}

/** The weights of all networks of a scene, and its data points, as far as they are at hand. */
export async function belongingsOf(scene: SceneSpec, belongings: Belongings): Promise<NamedFile[]> {
  const files: NamedFile[] = []
  for (const network of networksOf(scene)) {
    const bytes = await weightsOf(network, belongings)
    if (bytes !== null) files.push({ name: network.file, bytes })
  }
  for (const [name, asset] of namedAssets(scene)) {
    if (asset.kind !== 'points') continue
    const bytes = belongings.asset(name)
    const ending = /\.(\w{1,8})$/u.exec(asset.file)?.[1] ?? 'csv'
    const called = slug(asset.file.replace(/\.\w+$/u, ''))
    if (bytes !== null) files.push({ name: `data-${called}.${ending.toLowerCase()}`, bytes })
  }
  const { target } = scene
  if (target.kind === 'old-faithful')
    files.push({ name: 'data-old-faithful.csv', bytes: await belongings.oldFaithful() })
  if (target.kind === 'points' && 'points' in target) {
    const lines = target.points.map((point) => point.join(','))
    files.push({ name: 'data-points.csv', bytes: utf8(`${['x,y', ...lines].join('\n')}\n`) })
  }
  return files
}

/**
 * A scene as a file that the runner and the page read: JSON, and where the scene names bytes that only its maker has, a bundle
 * with them. @throws RangeError where bytes are missing that nothing could replace
 */
export function sceneFile(
  scene: SceneSpec,
  belongings: Pick<Belongings, 'asset'>,
): Uint8Array<ArrayBuffer> {
  const names = [...namedAssets(scene).keys()]
  if (names.length === 0) return utf8(`${JSON.stringify(scene, null, 2)}\n`)
  const assets = new Map<AssetName, Uint8Array>()
  for (const name of names) {
    const bytes = belongings.asset(name)
    if (bytes !== null) assets.set(name, bytes)
  }
  return utf8(writeBundle(scene, assets))
}
