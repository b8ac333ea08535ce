import type { EnergyField } from '../../../core/fields/energyField.ts'
import { metricTable } from '../../../core/fields/placeMetric.ts'
import { createTransition, type Transition } from '../../../core/fields/transition.ts'
import type { DynamicsSpec } from '../../scene/sceneSpec.ts'
import { Refusal } from '../refusal.ts'

/**
 * One step of a scene's dynamics on its energy, the metric tabulated on the energy's cells.
 * @throws Refusal where the metric is not for the sampler, or stands beside a P
 */
export function transitionOf(
  { metric, ...dynamics }: DynamicsSpec,
  stepSize: number,
  { grid }: EnergyField,
): Transition {
  const { sampler, preconditioner } = dynamics
  const [[a, b], [, c]] = preconditioner
  if (metric !== undefined && !(sampler === 'langevin' && a === 1 && b === 0 && c === 1))
    throw new Refusal(
      'dynamics.metric: a metric M(x) is for Langevin without a preconditioner',
      'dynamics.metric',
    )
  return createTransition({
    ...dynamics,
    stepSize,
    metricTable: metric === undefined ? null : metricTable(grid, metric),
  })
}
