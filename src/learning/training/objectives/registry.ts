import type { ObjectiveId } from '../../ids.ts'
import { energyMatching } from './energyMatching.ts'
import type { Objective } from './objective.ts'
import { persistent } from './persistent.ts'
import { quadrature } from './quadrature.ts'
import { scoreMatching } from './scoreMatching.ts'

/** Every training objective by its id; each entry holds the network and the number of steps of its recipe. */
export const OBJECTIVES: Readonly<Record<ObjectiveId, Objective>> = {
  persistent,
  'energy-matching': energyMatching,
  quadrature,
  'score-matching': scoreMatching,
}
