import * as tf from '@tensorflow/tfjs'
import { beforeAll, expect, it } from 'vitest'
import { Purpose, Rng } from '../../core/maths/rng.ts'
import { parameterLayout, type NetworkShape } from '../kernels/kernel.ts'
import { referenceKernel } from '../kernels/reference.ts'

/*
 * A second opinion on the hand-written derivatives: V and ∇V written as one forward graph and
 * differentiated once by the tensor library's own tape. The tape is never nested: its gradients of
 * sigmoid and tanh are wrong there.
 */

const SHAPE: NetworkShape = { widths: [6, 5, 4], activations: ['sin', 'silu', 'tanh'] }

interface Activated {
  readonly value: tf.Tensor2D
  readonly slope: tf.Tensor2D
}

function activate(kind: NetworkShape['activations'][number], z: tf.Tensor2D): Activated {
  switch (kind) {
    case 'sin':
      return { value: tf.sin(z), slope: tf.cos(z) }
    case 'silu': {
      const s = tf.sigmoid(z)
      return { value: tf.mul(z, s), slope: tf.mul(s, tf.add(1, tf.mul(z, tf.sub(1, s)))) }
    }
    case 'tanh': {
      const value = tf.tanh(z)
      return { value, slope: tf.sub(1, tf.square(value)) }
    }
    default:
      return kind satisfies never
  }
}

/** Σ cᵢ V(xᵢ) + Σ wᵢ |∇V(xᵢ) + uᵢ|² as a forward graph of the layers' weights and biases. */
function loss(
  x: tf.Tensor2D,
  c: tf.Tensor1D,
  w: tf.Tensor1D,
  u: tf.Tensor2D,
  parameters: readonly tf.Tensor[],
): tf.Scalar {
  const weight = (layer: number) => parameters[2 * layer] as tf.Tensor2D
  const slopes: tf.Tensor2D[] = []
  let a = x
  for (const [layer, kind] of SHAPE.activations.entries()) {
    const z = tf.add(tf.matMul(a, weight(layer)), parameters[2 * layer + 1]!)
    const { value, slope } = activate(kind, z as tf.Tensor2D)
    slopes.push(slope)
    a = value
  }
  const last = SHAPE.widths.length
  const value = tf.add(tf.matMul(a, weight(last)), parameters[2 * last + 1]!)
  let g = tf.matMul(tf.ones([x.shape[0], 1]), weight(last), false, true)
  for (let layer = last - 1; layer >= 0; layer--) {
    g = tf.matMul(tf.mul(g, slopes[layer]!), weight(layer), false, true)
  }
  const mismatch = tf.sum(tf.square(tf.add(g, u)), 1)
  return tf.add<tf.Scalar>(tf.dot(c, value.reshape([-1])), tf.dot(w, mismatch))
}

beforeAll(async () => {
  await tf.setBackend('cpu')
})

it("the θ-gradient of both losses is the library's own", async () => {
  const { layers, length } = parameterLayout(SHAPE)
  const rng = new Rng({ seed: 5, purpose: Purpose.probe })
  const draws = (n: number, scale = 1) =>
    Float32Array.from({ length: n }, () => scale * rng.normal())
  const theta = draws(length, 0.5)
  const n = 23
  const tuples = { xy: draws(2 * n, 1.5), c: draws(n), w: draws(n), u: draws(2 * n) }
  const parameters = layers.flatMap(({ inputs, outputs, weights, biases }) => [
    tf.tensor2d(theta.subarray(weights, biases), [inputs, outputs]),
    tf.tensor1d(theta.subarray(biases, biases + outputs)),
  ])
  const x = tf.tensor2d(tuples.xy, [n, 2])
  const u = tf.tensor2d(tuples.u, [n, 2])
  const c = tf.tensor1d(tuples.c)
  for (const w of [tuples.w, new Float32Array(n)]) {
    const { value, grads } = tf.valueAndGrads((...list: tf.Tensor[]) =>
      loss(x, c, tf.tensor1d(w), u, list),
    )(parameters)
    const expected = Float32Array.from(
      (await Promise.all(grads.map((g) => g.data()))).flatMap((part) => [...part]),
    )
    const found = new Float32Array(length)
    const total = await referenceKernel(SHAPE).accumulate(theta, { ...tuples, w }, found)
    expect(Math.abs(total - (await value.data())[0]!)).toBeLessThan(1e-4 * Math.abs(total))
    const scale = Math.max(...expected.map(Math.abs))
    for (let i = 0; i < length; i++) {
      expect(Math.abs(found[i]! - expected[i]!)).toBeLessThan(1e-5 * scale)
    }
  }
})
