import type { Composition, EnergySpec, TargetSpec } from './sceneSpec.ts'

/** Whether an energy is a mixture. */
export function isMixture(energy: EnergySpec): boolean {
  return energy.kind === 'sum' && energy.operation === 'or'
}

/**
 * The names of the terms of a composition, joined by its operation; in parentheses where a term is a composition by the
 * other operation.
 * @param target the target of the composition
 */
export function termsInWords(
  composition: Composition,
  target: TargetSpec,
  nameOf: (energy: EnergySpec, target: TargetSpec) => string,
): string {
  const mixture = isMixture(composition)
  return composition.terms
    .map(({ energy, target: own }) => {
      const name = nameOf(energy, own ?? target)
      const other =
        energy.kind === 'sum' && energy.terms.length > 1 && isMixture(energy) !== mixture
      return other ? `(${name})` : name
    })
    .join(mixture ? ' or ' : ' + ')
}
