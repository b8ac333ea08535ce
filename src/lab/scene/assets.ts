import type { EnergySpec, SceneSpec, TargetSpec } from './sceneSpec.ts'

/** Names the bytes that a scene needs and does not hold itself. */
export type AssetName = `shelf:${string}` | `file:${string}` | `points:${string}`

/** Every asset a scene names, each once, in the order of the scene. */
export function assetsOf(scene: SceneSpec): readonly AssetName[] {
  const names = new Set<AssetName>()
  collectTarget(scene.target, names)
  collectEnergy(scene.energy, names)
  return [...names]
}

function collectTarget(target: TargetSpec, names: Set<AssetName>): void {
  if (target.kind === 'points' && 'file' in target) names.add(`points:${target.file}`)
}

function collectEnergy(energy: EnergySpec, names: Set<AssetName>): void {
  switch (energy.kind) {
    case 'shelf':
      names.add(`shelf:${energy.id}`)
      break
    case 'file':
      names.add(`file:${energy.path}`)
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
