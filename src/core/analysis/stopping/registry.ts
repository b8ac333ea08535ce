import type { StoppingReport } from '../curves.ts'
import type { Criterion, StoppingInput } from './criterion.ts'
import { aPriori } from './aPrioriCriterion.ts'
import { certifiedDecrease } from './certifiedDecrease.ts'
import { dataMismatch } from './dataMismatch.ts'
import { floor } from './floor.ts'
import { statistical } from './statistical.ts'
import { tolerance } from './tolerance.ts'

/** The stopping criteria, in the order of `CRITERION_IDS`. Adding one is one file and one line here. */
export const CRITERIA: readonly Criterion[] = [
  certifiedDecrease,
  aPriori,
  floor,
  statistical,
  dataMismatch,
  tolerance,
]

/** The reports of all criteria. */
export function stoppingReports(input: StoppingInput): StoppingReport[] {
  return CRITERIA.map((criterion) => criterion.evaluate(input))
}
