import { noLawCurves } from '../curves.ts'
import type { StoppingInput } from './criterion.ts'

const nothing = (steps: number): null[] => new Array<null>(steps + 1).fill(null)

/** The input of a whole run of plain Langevin of which nothing has been read. */
export function blankInput(steps: number): StoppingInput {
  return {
    computed: steps,
    steps,
    particles: 4096,
    curves: {
      ...noLawCurves(steps),
      kl: nothing(steps),
      klStandardError: nothing(steps),
      estimator: nothing(steps),
      foldedMass: nothing(steps),
      energy: nothing(steps),
      energyError: nothing(steps),
      energyRate: nothing(steps),
      energyRateError: nothing(steps),
      energyDrift: nothing(steps),
      gradient: nothing(steps),
      stein: nothing(steps),
      steinError: nothing(steps),
    },
    flow: { kl: nothing(steps), lowerBound: [], gradient: nothing(steps) },
    pseudoValues: [],
    nullFloor: null,
    delta: 0.05,
    strict: false,
    law: { exactTo: -1, pending: false, unresolved: 'not followed', data: null, dataOutside: null },
    certificates: {
      transition: {
        stepSize: 0.01,
        epsilon: 1,
        skew: 0,
        preconditioner: [
          [1, 0],
          [0, 1],
        ],
      },
      departure: null,
      jumpEvery: 0,
      barriers: [],
      kl0: null,
      constants: { convexity: -1, smoothness: 1, quadratic: false },
    },
    biasPrediction: null,
  }
}
