import type { ObjectiveId } from '../ids.ts'
import type { NetworkShape } from '../kernels/kernel.ts'
import { OBJECTIVES } from './objectives/registry.ts'

/** The network of an objective's recipe. */
export function networkShape(objective: ObjectiveId): NetworkShape {
  return OBJECTIVES[objective].shape
}

/** Adam steps of an objective's recipe, warm-up included. */
export function recipeSteps(objective: ObjectiveId): number {
  return OBJECTIVES[objective].steps
}
