import { Purpose, Rng } from '../src/core/maths/rng.ts'
import { parameterLayout, type NetworkShape, type Tuples } from '../src/learning/kernels/kernel.ts'
import { initialParameters } from '../src/learning/training/model.ts'

/** The same points and coefficients for every contender: those of flow matching, or of a contrast. */
export function batchOf(n: number, second: boolean): Tuples {
  const rng = new Rng({ seed: 1, purpose: Purpose.batches })
  const draw = (length: number) => Float32Array.from({ length }, () => rng.normal())
  if (second) {
    return {
      xy: draw(2 * n),
      c: new Float32Array(n),
      w: new Float32Array(n).fill(1 / n),
      u: draw(2 * n),
    }
  }
  const c = new Float32Array(n).fill(2 / n, 0, n / 2).fill(-2 / n, n / 2)
  return { xy: draw(2 * n), c, w: null, u: null }
}

/** A network as training finds it, but for an output layer that is not zero: zeros would be too easy. */
export function parametersOf(shape: NetworkShape): Float32Array {
  const theta = initialParameters(shape, 1)
  const output = parameterLayout(shape).layers.at(-1)!
  const rng = new Rng({ seed: 2, purpose: Purpose.weights })
  for (let k = output.weights; k < output.biases; k++) theta[k] = 0.2 * rng.normal()
  return theta
}
