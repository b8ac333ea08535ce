import type { EnergyField } from '../../../core/fields/energyField.ts'
import { metricTable } from '../../../core/fields/placeMetric.ts'
import { createTransition, type Transition } from '../../../core/fields/transition.ts'
import type { DynamicsSpec } from '../../scene/sceneSpec.ts'

/** One step of a scene's dynamics on its energy, the metric tabulated on the energy's cells. */
export function transitionOf(
  { metric, ...dynamics }: DynamicsSpec,
  stepSize: number,
  { grid }: EnergyField,
): Transition {
  return createTransition({
    ...dynamics,
    stepSize,
    metricTable: metric === undefined ? null : metricTable(grid, metric),
  })
}
