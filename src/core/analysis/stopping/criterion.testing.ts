import { noLawCurves } from '../curves.ts'
import type { StoppingInput } from './criterion.ts'

export const STEPS = 100
export const ETA = 0.02

/** Parts of an input that differ. */
export type Change = {
  readonly [K in keyof StoppingInput]?: Partial<StoppingInput[K]>
}

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
      energyDriftError: nothing(steps),
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

/** The input of a criterion, of a run of plain Langevin whose laws are followed and whose curves are unknown. */
export function stoppingInput(
  change: Change = {},
  renyi: (k: number) => number | null = () => null,
): StoppingInput {
  const blank = blankInput(STEPS)
  const { curves, law, certificates } = blank
  const base: StoppingInput = {
    ...blank,
    curves: { ...curves, renyi: curves.renyi.map((_, k) => renyi(k)) },
    delta: 0.1,
    law: { ...law, unresolved: null },
    certificates: {
      ...certificates,
      transition: { ...certificates.transition, stepSize: ETA },
      kl0: 2,
    },
  }
  return {
    ...base,
    ...Object.fromEntries(
      Object.entries(change).map(([key, value]) => [
        key,
        typeof value === 'object'
          ? { ...(base as unknown as Record<string, object>)[key], ...value }
          : value,
      ]),
    ),
  }
}
