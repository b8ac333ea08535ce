import type { StoppingReport } from '../curves.ts'
import { type Criterion, type StoppingInput, unstableStep } from './criterion.ts'
import { aPriori } from './aPrioriCriterion.ts'
import { certifiedDecrease } from './certifiedDecrease.ts'
import { coupling } from './coupling.ts'
import { dataMismatch } from './dataMismatch.ts'
import { energyPlateau } from './energyPlateau.ts'
import { floor } from './floor.ts'
import { gradientNorm } from './gradientNorm.ts'
import { poincare } from './poincare.ts'
import { statistical } from './statistical.ts'
import { stein } from './stein.ts'
import { tolerance } from './tolerance.ts'

/** The stopping criteria, in the order of `CRITERION_IDS`. Adding one is one file and one line here. */
export const CRITERIA: readonly Criterion[] = [
  certifiedDecrease,
  aPriori,
  poincare,
  coupling,
  floor,
  statistical,
  dataMismatch,
  tolerance,
  gradientNorm,
  energyPlateau,
  stein,
]

/** The reports of all criteria; at an unstable step size each says so. */
export function stoppingReports(input: StoppingInput): StoppingReport[] {
  const unstable = unstableStep(input)
  return CRITERIA.map((criterion) => {
    const report = { ...criterion.evaluate(input), divergence: criterion.divergence }
    if (unstable === null || report.reason.includes(unstable)) return report
    return { ...report, reason: `${report.reason} ${unstable}` }
  })
}
