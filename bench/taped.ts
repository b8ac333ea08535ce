import * as tf from '@tensorflow/tfjs'
import { parameterLayout, type NetworkShape, type Tuples } from '../src/learning/kernels/kernel.ts'
import { activate } from '../src/learning/training/tapedKernel.ts'
import { parametersOf } from './batch.ts'
import { useTensors, type TensorBackend } from './backends.ts'
import type { Contender } from './race.ts'

interface Taped extends Contender {
  run(): Promise<number | undefined>
  dispose(): void
}

/**
 * The same training step as the library's manual has it: variables, V and ∇V as one graph of its operations,
 * differentiated by its tape, and its Adam. The tape is not nested, since it is wrong there: ∇V is written out.
 * `run` gives the loss before the step.
 */
export async function tapedStep(
  name: string,
  backend: TensorBackend,
  shape: NetworkShape,
  tuples: Tuples,
): Promise<Taped> {
  await useTensors(backend)
  const theta = parametersOf(shape)
  const { layers } = parameterLayout(shape)
  const hidden = shape.activations.length
  const weights = layers.map(({ inputs, outputs, weights: from, biases }) =>
    tf.variable(tf.tensor2d(theta.subarray(from, biases), [inputs, outputs])),
  )
  const biases = layers.map(({ outputs, biases: from }) =>
    tf.variable(tf.tensor1d(theta.subarray(from, from + outputs))),
  )
  const n = tuples.c.length
  const x = tf.tensor2d(tuples.xy, [n, 2])
  const c = tf.tensor1d(tuples.c)
  const ones = tf.ones<tf.Rank.R2>([n, 1])
  const second =
    tuples.w === null || tuples.u === null
      ? null
      : { w: tf.tensor1d(tuples.w), u: tf.tensor2d(tuples.u, [n, 2]) }
  // Tiny, so that every step is like the first.
  const adam = tf.train.adam(1e-6, 0.9, 0.99)

  const loss = (): tf.Scalar => {
    const slopes: tf.Tensor2D[] = []
    let a = x
    for (let i = 0; i < hidden; i++) {
      const z = tf.add<tf.Tensor2D>(tf.matMul(a, weights[i] as tf.Tensor2D), biases[i]!)
      const { value, slope } = activate(shape.activations[i]!, z)
      if (second !== null) slopes.push(slope())
      a = value
    }
    const v = tf.add<tf.Tensor2D>(tf.matMul(a, weights[hidden] as tf.Tensor2D), biases[hidden]!)
    const linear = tf.dot(c, v.reshape([-1])) as tf.Scalar
    if (second === null) return linear
    let g = tf.matMul(ones, weights[hidden] as tf.Tensor2D, false, true)
    for (let i = hidden - 1; i >= 0; i--)
      g = tf.matMul(tf.mul(g, slopes[i]!), weights[i] as tf.Tensor2D, false, true)
    const mismatch = tf.sum(tf.square(tf.add(g, second.u)), 1)
    return tf.add(linear, tf.dot(second.w, mismatch))
  }

  return {
    name,
    async run() {
      await useTensors(backend)
      const value = adam.minimize(loss, true)
      // As a training that shows its loss does; on a device it also waits for the step.
      const data = await value?.data()
      value?.dispose()
      return (data as Float32Array | undefined)?.[0]
    },
    dispose() {
      adam.dispose()
      for (const held of [...weights, ...biases, x, c, ones]) held.dispose()
      second?.w.dispose()
      second?.u.dispose()
    },
  }
}
