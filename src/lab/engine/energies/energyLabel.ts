import { termsInWords } from '../../scene/composition.ts'
import type { EnergySpec, TargetSpec } from '../../scene/sceneSpec.ts'

/** A target in a word or two, as lists show it. */
function targetName(target: TargetSpec): string {
  if (target.kind !== 'points') return target.kind
  return 'file' in target ? target.file : `${target.points.length} points`
}

/** An energy in a few words, as lists show it. */
export function energyName(energy: EnergySpec, target: TargetSpec): string {
  switch (energy.kind) {
    case 'trained':
      return `${targetName(target)}, trained`
    case 'exact':
      return `${targetName(target)}, exact`
    case 'pretrained':
      return energy.name
    case 'quadratic':
      return 'quadratic'
    case 'shelf':
      return energy.recipe === null ? energy.id : targetName(energy.recipe.target)
    case 'file':
      return energy.path
    case 'sum':
      return termsInWords(energy, target, energyName)
    default:
      return energy satisfies never
  }
}
