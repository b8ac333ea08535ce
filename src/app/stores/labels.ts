import { termsInWords } from '../../lab/scene/composition.ts'
import { HALF_TRAINED, isTargetId } from '../../lab/scene/defaults.ts'
import type { EnergySpec, TargetSpec } from '../../lab/scene/sceneSpec.ts'
import { TARGET_LABELS } from '../../lab/scene/texts.ts'

/** A short name of a target. */
export function shortLabel(target: TargetSpec): string {
  return isTargetId(target.kind) ? TARGET_LABELS[target.kind].short : targetLabel(target)
}

export function targetLabel(target: TargetSpec): string {
  switch (target.kind) {
    case 'old-faithful':
      return 'Old Faithful'
    case 'gaussian-mixture':
      return `Mixture of ${String(target.components.length)}`
    case 'points':
      return 'file' in target ? target.file : `${String(target.points.length)} points`
    default:
      return TARGET_LABELS[target.kind].label
  }
}

/** A short name of an energy of the scene's target. */
export function energyLabel(energy: EnergySpec, target: TargetSpec): string {
  switch (energy.kind) {
    case 'trained':
      return `${targetLabel(target)}, untrained`
    case 'pretrained':
      if (energy.name === HALF_TRAINED) return `${TARGET_LABELS['two-moons'].label}, half trained`
      return isTargetId(energy.name) ? TARGET_LABELS[energy.name].label : energy.name
    case 'shelf':
      return energy.recipe === null ? 'Energy from a shelf' : targetLabel(energy.recipe.target)
    case 'exact':
      return `${targetLabel(target)}, exact`
    case 'quadratic':
      return 'Quadratic'
    case 'file':
      return energy.path
    case 'sum':
      return termsInWords(energy, target, energyLabel)
    default:
      return energy satisfies never
  }
}
