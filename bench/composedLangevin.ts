import * as tf from '@tensorflow/tfjs'
import type { Transition } from '../src/core/fields/transition.ts'
import { parameterLayout } from '../src/learning/kernels/kernel.ts'
import type { EnergyModel } from '../src/learning/training/api.ts'
import { useTensors, type TensorBackend } from './backends.ts'
import type { Contender } from './race.ts'
import { activate } from '../src/learning/training/tapedKernel.ts'

/** ½|x|² + 10 Σᵢ relu(|xᵢ| − penaltyStart)², [n, 1]. */
function confinement(xy: tf.Tensor2D, penaltyStart: number): tf.Tensor2D {
  const beyond = tf.relu(tf.sub(tf.abs(xy), penaltyStart))
  const terms = tf.add(tf.mul(0.5, tf.square(xy)), tf.mul(10, tf.square(beyond)))
  return tf.sum(terms, 1, true)
}

/** Mirror-fold into [−w, w]: w − |(x + w) mod 4w − 2w|. */
export function foldTensor(x: tf.Tensor2D, w: number): tf.Tensor2D {
  return tf.sub(w, tf.abs(tf.sub(tf.mod(tf.add(x, w), 4 * w), 2 * w)))
}

/** The energy of a model in the library's operations, with its derivative by the library's tape. */
export function composedEnergy(model: EnergyModel): {
  /** ∇V at n points, [n, 2] to [n, 2]. */
  readonly gradient: (xy: tf.Tensor2D) => tf.Tensor2D
  readonly dispose: () => void
} {
  const { theta, shape, penaltyStart } = model
  const { layers } = parameterLayout(shape)
  const weights = layers.map(({ inputs, outputs, weights: from, biases }) =>
    tf.tensor2d(theta.slice(from, biases), [inputs, outputs]),
  )
  const biases = layers.map(({ outputs, biases: from }) =>
    tf.tensor1d(theta.slice(from, from + outputs)),
  )
  const energy = (xy: tf.Tensor): tf.Tensor => {
    const points = xy as tf.Tensor2D
    let a = points
    layers.forEach((_, i) => {
      const z = tf.add<tf.Tensor2D>(tf.matMul(a, weights[i]!), biases[i]!)
      const kind = shape.activations[i]
      a = kind === undefined ? z : activate(kind, z).value
    })
    return tf.sum(tf.add(a, confinement(points, penaltyStart)))
  }
  const derivative = tf.grad(energy)
  return {
    gradient: (xy) => derivative(xy) as tf.Tensor2D,
    dispose: () => {
      tf.dispose([...weights, ...biases])
    },
  }
}

/**
 * Langevin as one writes it who has the tensor library alone: ∇V by its tape, its normals, the step and the walls in
 * its operations, and the places read back after every step, as whatever draws them needs them.
 */
export function composedLangevin(
  name: string,
  backend: TensorBackend,
  model: EnergyModel,
  { stepSize, epsilon }: Transition,
  start: Float64Array,
): Contender {
  let held: { readonly energy: ReturnType<typeof composedEnergy>; xy: tf.Tensor2D } | null = null
  const spread = Math.sqrt(2 * stepSize * epsilon)
  return {
    name,
    async run() {
      await useTensors(backend)
      held ??= {
        energy: composedEnergy(model),
        xy: tf.tensor2d(Float32Array.from(start), [start.length / 2, 2]),
      }
      const { energy, xy } = held
      held.xy = tf.tidy(() => {
        const noise = tf.mul(spread, tf.randomNormal([start.length / 2, 2]))
        const moved = tf.add(tf.sub(xy, tf.mul(stepSize, energy.gradient(xy))), noise)
        return foldTensor(moved as tf.Tensor2D, model.halfWidth)
      })
      xy.dispose()
      return held.xy.data()
    },
  }
}
