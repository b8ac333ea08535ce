import '#tensorflow/gradients'
import * as tf from '@tensorflow/tfjs-core'
import { accumulateParts, parameterLayout } from '../kernels/kernel.ts'
import type { Activation, EnergyKernel, NetworkShape } from '../kernels/kernel.ts'

/** The library's names of its backends. */
export type TensorBackend = 'webgpu' | 'cpu'

/**
 * The two primitives in the tensor library's own operations, every derivative by its tape. Tapes are never nested:
 * the ∇V of a loss is an explicit graph, since the library's gradients of sigmoid and tanh keep their outputs off the
 * tape and give wrong second derivatives. Every call uploads θ and reads its results back, so that a lost device loses
 * nothing.
 * @param wait wraps every reading; default: no time limit
 */
export function tapedKernel(
  backend: TensorBackend,
  shape: NetworkShape,
  wait: <T>(reading: Promise<T>) => Promise<T> = (reading) => reading,
): EnergyKernel {
  const { layers, length } = parameterLayout(shape)

  /** Uploads the weights and biases of each layer, one after the other. */
  const upload = (theta: Float32Array): tf.Tensor[] =>
    layers.flatMap(({ inputs, outputs, weights, biases }) => [
      tf.tensor2d(theta.subarray(weights, biases), [inputs, outputs]),
      tf.tensor1d(theta.subarray(biases, biases + outputs)),
    ])

  const weightsOf = (parameters: readonly tf.Tensor[], layer: number) =>
    parameters[2 * layer] as tf.Tensor2D

  /** V, [n, 1], and ∇V, [n, 2], as one graph; ∇V on demand. */
  const energy = (x: tf.Tensor2D, parameters: readonly tf.Tensor[]) => {
    const slopes: (() => tf.Tensor2D)[] = []
    const dense = (a: tf.Tensor2D, layer: number) =>
      tf.add<tf.Tensor2D>(tf.matMul(a, weightsOf(parameters, layer)), parameters[2 * layer + 1]!)
    let a = x
    for (const [layer, kind] of shape.activations.entries()) {
      const { value, slope } = activate(kind, dense(a, layer))
      slopes.push(slope)
      a = value
    }
    const last = slopes.length
    const gradient = (): tf.Tensor2D => {
      let g: tf.Tensor2D = tf.matMul(
        tf.ones([x.shape[0], 1]),
        weightsOf(parameters, last),
        false,
        true,
      )
      for (let layer = last - 1; layer >= 0; layer--)
        g = tf.matMul(tf.mul(g, slopes[layer]!()), weightsOf(parameters, layer), false, true)
      return g
    }
    return { value: dense(a, last), gradient }
  }

  const read = async (parts: () => tf.Tensor[]): Promise<Float32Array> => {
    // Another kernel may have switched the library to its own backend while this one was waiting.
    while (tf.getBackend() !== backend) await tf.setBackend(backend)
    const result = tf.tidy(() =>
      tf.concat1d(parts().map((part) => tf.reshape<tf.Rank.R1>(part, [part.size]))),
    )
    try {
      return (await wait(result.data())) as Float32Array
    } finally {
      result.dispose()
    }
  }

  return {
    shape,

    async evaluate(theta, xy, value, gradient) {
      const n = value.length
      if (n === 0) return
      const data = await read(() => {
        const parameters = upload(theta)
        const x = tf.tensor2d(xy, [n, 2])
        const values = (at: tf.Tensor) => energy(at as tf.Tensor2D, parameters).value
        if (gradient === null) return [values(x)]
        // Each V depends on its own point alone, so the gradient of their sum holds ∇V at each point.
        const taped = tf.valueAndGrad(values)(x)
        return [taped.value, taped.grad]
      })
      value.set(data.subarray(0, n))
      gradient?.set(data.subarray(n))
    },

    accumulate: accumulateParts(async (theta, { xy, c, w, u }, out) => {
      const n = c.length
      const data = await read(() => {
        const x = tf.tensor2d(xy, [n, 2])
        const linear = tf.tensor2d(c, [1, n])
        const second =
          w === null || u === null
            ? null
            : { weights: tf.tensor2d(w, [n, 1]), shift: tf.tensor2d(u, [n, 2]) }
        const { value, grads } = tf.valueAndGrads((...parameters: tf.Tensor[]) => {
          const { value, gradient } = energy(x, parameters)
          const loss = tf.sum(tf.matMul(linear, value))
          if (second === null) return loss
          const mismatch = tf.square(tf.add(gradient(), second.shift))
          return tf.add(loss, tf.sum(tf.mul(second.weights, mismatch)))
        })(upload(theta))
        return [...grads, value]
      })
      out.set(data.subarray(0, length))
      return data[length]!
    }),

    liveTensors: () => tf.memory().numTensors,
    dispose() {},
  }
}

/** f(z), and f′(z) on demand. */
export function activate(
  kind: Activation,
  z: tf.Tensor2D,
): { readonly value: tf.Tensor2D; readonly slope: () => tf.Tensor2D } {
  switch (kind) {
    case 'sin':
      return { value: tf.sin(z), slope: () => tf.cos(z) }
    case 'silu': {
      const s = tf.sigmoid(z)
      return {
        value: tf.mul(z, s),
        slope: () => tf.mul(s, tf.add(1, tf.mul(z, tf.sub(1, s)))),
      }
    }
    case 'tanh': {
      const value = tf.tanh(z)
      return { value, slope: () => tf.sub(1, tf.square(value)) }
    }
    default:
      return kind satisfies never
  }
}
