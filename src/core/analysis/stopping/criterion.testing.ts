import { noLawCurves } from '../curves.ts'
import type { StoppingInput } from './criterion.ts'

export const STEPS = 100
export const ETA = 0.02

/** Parts of an input that differ. */
export type Change = {
  readonly [K in keyof StoppingInput]?: Partial<StoppingInput[K]>
}

/** The input of a criterion, of a run of plain Langevin whose laws are followed and whose curves are unknown. */
export function stoppingInput(
  change: Change = {},
  renyi: (k: number) => number | null = () => null,
): StoppingInput {
  const nothing = new Array<null>(STEPS + 1).fill(null)
  const laws = noLawCurves(STEPS)
  const base: StoppingInput = {
    computed: STEPS,
    steps: STEPS,
    particles: 4096,
    curves: {
      ...laws,
      renyi: laws.renyi.map((_, k) => renyi(k)),
      kl: nothing,
      klStandardError: nothing,
      estimator: nothing,
      foldedMass: nothing,
    },
    pseudoValues: [],
    nullFloor: null,
    delta: 0.1,
    strict: false,
    law: {
      exactTo: -1,
      pending: false,
      unresolved: null,
      data: null,
      dataOutside: null,
    },
    certificates: {
      transition: {
        stepSize: ETA,
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
      kl0: 2,
      constants: { convexity: -1, smoothness: 1, quadratic: false },
    },
    biasPrediction: null,
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
