import { assignPoints } from '../../../core/maths/assignment.ts'
import { Purpose, gaussianPair } from '../../../core/maths/rng.ts'
import type { Tuples } from '../../kernels/kernel.ts'
import type { ObjectiveContext } from './objective.ts'

const draws = new Float64Array(4)

export interface FlowMatchingBatch {
  readonly tuples: Tuples & { readonly w: Float32Array; readonly u: Float32Array }
  /** Time t in (0, 1) of each point. */
  readonly time: Float32Array
}

/**
 * n points of flow matching along minibatch optimal-transport paths: noise x₀ ~ N(0, I) and data x₁
 * paired by the exact assignment of least Σ|x₁ − x₀|², then x = (1 − t)x₀ + t x₁ + σξ with t ~ U(0, 1),
 * and the loss (1/n) Σ |∇V(x) + (x₁ − x₀)|², so that −∇V learns the velocity.
 * Source: Tong et al. (2024), TMLR, "Improving and generalizing flow-based generative models with
 * minibatch optimal transport".
 */
export function flowMatchingBatch(
  context: ObjectiveContext,
  step: number,
  n: number,
  sigma: number,
): FlowMatchingBatch {
  const data = new Float32Array(2 * n)
  context.problem.batch(step, n, data)
  const key = { seed: context.seed, purpose: Purpose.warmup }
  const noise = new Float32Array(2 * n)
  const time = new Float32Array(n)
  for (let i = 0; i < n; i++) {
    gaussianPair(key, i, 2 * step, draws)
    noise[2 * i] = draws[0]!
    noise[2 * i + 1] = draws[1]!
    time[i] = draws[2]!
  }
  const { columnOf } = assignPoints(noise, data)
  const xy = new Float32Array(2 * n)
  const u = new Float32Array(2 * n)
  for (let i = 0; i < n; i++) {
    if (sigma > 0) gaussianPair(key, i, 2 * step + 1, draws)
    for (let k = 0; k < 2; k++) {
      const x0 = noise[2 * i + k]!
      const velocity = data[2 * columnOf[i]! + k]! - x0
      xy[2 * i + k] = x0 + time[i]! * velocity + (sigma > 0 ? sigma * draws[k]! : 0)
      u[2 * i + k] = velocity
    }
  }
  return { tuples: { xy, c: new Float32Array(n), w: new Float32Array(n).fill(1 / n), u }, time }
}
