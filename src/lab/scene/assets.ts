import type { EnergySpec, PointsFile, SceneSpec, TargetSpec } from './sceneSpec.ts'

/** The name of bytes that a scene needs but does not hold. */
export type AssetName = `shelf:${string}` | `file:${string}` | `points:${string}`

/** The parts of a scene that name an asset: an energy of the shelf, a weight file, a data set. */
export type Asset = Extract<EnergySpec, { kind: 'shelf' | 'file' }> | PointsFile

/** The name of a data file, with the hash of its contents where the scene has it. */
export function pointsAsset({ file, hash }: Pick<PointsFile, 'file' | 'hash'>): AssetName {
  return hash === undefined ? `points:${file}` : `points:${file}#${hash}`
}

/** Every asset a scene names, each once, in the order of the scene. */
export function assetsOf(scene: SceneSpec): readonly AssetName[] {
  return [...namedAssets(scene).keys()]
}

/** Every asset that a scene names, with the part of the scene that names it first. */
export function namedAssets(scene: SceneSpec): ReadonlyMap<AssetName, Asset> {
  const names = new Map<AssetName, Asset>()
  collectTarget(scene.target, names)
  collectEnergy(scene.energy, names)
  return names
}

function collectTarget(target: TargetSpec, names: Map<AssetName, Asset>): void {
  if (target.kind === 'points' && 'file' in target) add(names, pointsAsset(target), target)
}

function add(names: Map<AssetName, Asset>, name: AssetName, asset: Asset): void {
  if (!names.has(name)) names.set(name, asset)
}

function collectEnergy(energy: EnergySpec, names: Map<AssetName, Asset>): void {
  switch (energy.kind) {
    case 'shelf':
      add(names, `shelf:${energy.id}`, energy)
      break
    case 'file':
      add(names, `file:${energy.path}`, energy)
      break
    case 'sum':
      for (const term of energy.terms) {
        collectEnergy(term.energy, names)
        if (term.target !== null) collectTarget(term.target, names)
      }
      break
    case 'trained':
    case 'pretrained':
    case 'exact':
    case 'quadratic':
      break
    default:
      energy satisfies never
  }
}
