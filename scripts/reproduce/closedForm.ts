import {
  chainStep,
  gaussianKl,
  type GaussianLaw,
  langevinLaw,
  mapStep,
  quadraticGibbs,
  type QuadraticProblem,
} from '../../src/core/analysis/laws/gaussian.testing.ts'
import type { SceneSpec } from '../../src/lab/scene/sceneSpec.ts'
import { known } from './measures.ts'

/** KL of every dynamics of a quadratic scene by formula, one entry a step from 0 on, nats. */
export interface ClosedForm {
  readonly problem: QuadraticProblem
  readonly pi: GaussianLaw
  /** Laws of the discrete chain. */
  readonly laws: readonly GaussianLaw[]
  readonly chain: readonly number[]
  readonly continuous: readonly number[]
  /** Of the deterministic map. */
  readonly map: readonly number[]
}

/** @throws TypeError for a scene without a quadratic energy, a Gaussian start and a step size */
export function closedForm({ energy, dynamics }: SceneSpec): ClosedForm {
  const { initial, stepSize, steps, epsilon, skew, preconditioner } = dynamics
  if (energy.kind !== 'quadratic' || initial.kind !== 'gaussian' || stepSize === null)
    throw new TypeError('There is a closed form only for a Gaussian on a quadratic')
  const problem: QuadraticProblem = {
    hessian: [energy.matrix[0][0], energy.matrix[0][1], energy.matrix[1][1]],
    center: energy.center,
    epsilon,
    skew,
    preconditioner: [preconditioner[0][0], preconditioner[0][1], preconditioner[1][1]],
  }
  const { mean, covariance } = initial
  const start: GaussianLaw = {
    mean,
    covariance: [covariance[0][0], covariance[0][1], covariance[1][1]],
  }
  const pi = quadraticGibbs(problem)
  const laws = iterate(start, steps, (law) => chainStep(problem, stepSize, law))
  return {
    problem,
    pi,
    laws,
    chain: laws.map((law) => gaussianKl(law, pi)),
    continuous: laws.map((_, k) => gaussianKl(langevinLaw(problem, start, k * stepSize), pi)),
    map: iterate(start, steps, (law) => mapStep(problem, stepSize, law)).map((law) =>
      gaussianKl(law, pi),
    ),
  }
}

function iterate(
  start: GaussianLaw,
  steps: number,
  next: (law: GaussianLaw) => GaussianLaw,
): GaussianLaw[] {
  const laws = [start]
  for (let k = 1; k <= steps; k++) laws.push(next(laws[k - 1]!))
  return laws
}

/** Largest |kl − formula| in standard errors, over the evaluated entries after the start. */
export function largestDeviation(
  kl: readonly (number | null)[],
  standardError: readonly (number | null)[],
  formula: readonly number[],
): number {
  return kl.reduce<number>((largest, value, k) => {
    const error = standardError[k] ?? null
    if (value === null || error === null || error === 0) return largest
    return Math.max(largest, Math.abs(value - known(formula[k])) / error)
  }, 0)
}
