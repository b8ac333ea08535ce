/** Ids of the stopping criteria, in the order of the list in the page. */
export const CRITERION_IDS = [
  'certified-decrease',
  'a-priori',
  'poincare',
  'coupling',
  'floor',
  'statistical',
  'data-mismatch',
  'tolerance',
  'gradient-norm',
  'energy-plateau',
  'stein',
] as const
export type CriterionId = (typeof CRITERION_IDS)[number]
