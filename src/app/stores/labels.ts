import type { EnergySpec, TargetId, TargetSpec } from '../../lab/scene/sceneSpec.ts'

/** Names of the built-in targets, as the page says them. */
const TARGET_LABELS: Readonly<Record<TargetId, string>> = {
  'two-moons': 'Two moons',
  'eight-gaussians': 'Eight Gaussians',
  'gaussian-grid': 'Gaussian grid',
  checkerboard: 'Checkerboard',
  'two-spirals': 'Two spirals',
  pinwheel: 'Pinwheel',
  rings: 'Rings',
  'swiss-roll': 'Swiss roll',
  banana: 'Banana',
  'two-gaussians': 'Two Gaussians',
  'three-gaussians': 'Three Gaussians',
}

/** The same on a thumbnail's width. */
const SHORT_LABELS: Partial<Readonly<Record<TargetSpec['kind'], string>>> = {
  'eight-gaussians': '8 Gaussians',
  'gaussian-grid': '5 × 5 grid',
  'two-gaussians': '2 Gaussians',
  'three-gaussians': '3 Gaussians',
}

/** A target's name where there is little room. */
export function shortLabel(target: TargetSpec): string {
  return SHORT_LABELS[target.kind] ?? targetLabel(target)
}

/** A quantity of a data set: its name and, where known, its unit. */
export interface Quantity {
  readonly name: string
  readonly unit: string
}

/** The built-in real data set: eruptions of Old Faithful, and how long one waits for the next. */
export const OLD_FAITHFUL: readonly [Quantity, Quantity] = [
  { name: 'eruption', unit: 'min' },
  { name: 'waiting', unit: 'min' },
]

export function targetLabel(target: TargetSpec): string {
  switch (target.kind) {
    case 'old-faithful':
      return 'Old Faithful'
    case 'gaussian-mixture':
      return `Mixture of ${String(target.components.length)}`
    case 'points':
      return 'file' in target ? target.file : `${String(target.points.length)} points`
    default:
      return TARGET_LABELS[target.kind]
  }
}

/** An energy in a word or two, seen from the scene's target. */
export function energyLabel(energy: EnergySpec, target: TargetSpec): string {
  switch (energy.kind) {
    case 'trained':
      return `${targetLabel(target)}, untrained`
    case 'pretrained':
      return isLabelled(energy.name) ? TARGET_LABELS[energy.name] : energy.name
    case 'shelf':
      return energy.recipe === null ? 'Energy from a shelf' : targetLabel(energy.recipe.target)
    case 'exact':
      return `${targetLabel(target)}, exact`
    case 'quadratic':
      return 'Quadratic'
    case 'file':
      return energy.path
    case 'sum':
      return energy.terms.map((term) => energyLabel(term.energy, term.target ?? target)).join(' + ')
    default:
      return energy satisfies never
  }
}

function isLabelled(name: string): name is TargetId {
  return name in TARGET_LABELS
}
