import * as tf from '@tensorflow/tfjs-core'
import { accumulateParts, parameterLayout } from '../kernels/kernel.ts'
import type { Activation, EnergyKernel, LayerLayout, NetworkShape } from '../kernels/kernel.ts'

/**
 * The two primitives composed of tensor operations, for any registered backend. V, ∇ₓV and the θ-derivative are
 * explicit graphs without a tape, which avoids the silent errors of nested automatic gradients where an
 * operation's gradient saves its own output.
 *
 * The notation is that of `kernels/reference.ts`: zᵢ, aᵢ = fᵢ(zᵢ), r_L = w, sᵢ = rᵢ ⊙ fᵢ′, rᵢ₋₁ = sᵢWᵢᵀ;
 * a bar marks an adjoint. Every call uploads θ and reads its results back, so that a lost device loses
 * nothing.
 */
export function tfKernel(backend: 'webgpu' | 'wasm' | 'cpu', shape: NetworkShape): EnergyKernel {
  const { layers, length } = parameterLayout(shape)
  const hidden = layers.slice(0, -1)
  const output = layers.at(-1)!
  const activate = backend === 'webgpu' ? activateOnDevice : activateOnHost

  /** Makes `backend` the library's current one: another kernel may have switched it between two calls. */
  const select = async () => {
    while (tf.getBackend() !== backend) await tf.setBackend(backend)
  }

  /** Uploads each layer's Wᵢ, its transpose and bᵢ. Transposing here is cheaper than in the matrix product. */
  const upload = (theta: Float32Array) =>
    hidden.map((layer) => ({
      w: tf.tensor2d(theta.subarray(layer.weights, layer.biases), [layer.inputs, layer.outputs]),
      wT: tf.tensor2d(transposed(theta, layer), [layer.outputs, layer.inputs]),
      b: tf.tensor1d(theta.subarray(layer.biases, layer.biases + layer.outputs)),
    }))

  /** The value pass; element i of the result is hidden layer i + 1. */
  const forward = (weights: ReturnType<typeof upload>, x: tf.Tensor2D): Activated[] => {
    const passed: Activated[] = []
    let a = x
    weights.forEach(({ w, b }, i) => {
      const activated = activate(shape.activations[i]!, tf.add(tf.matMul(a, w), b))
      passed.push(activated)
      a = activated.value
    })
    return passed
  }

  return {
    shape,

    async evaluate(theta, xy, value, gradient) {
      const n = value.length
      if (n === 0) return
      await select()
      const result = tf.tidy(() => {
        const x = tf.tensor2d(xy, [n, 2])
        const weights = upload(theta)
        const passed = forward(weights, x)
        const out = theta.subarray(output.weights, output.biases)
        const last = passed.at(-1)!
        const v = tf.add(
          tf.matMul(last.value, tf.tensor2d(out, [output.inputs, 1])),
          theta[output.biases]!,
        )
        if (gradient === null) return tf.reshape<tf.Rank.R1>(v, [n])
        let s: tf.Tensor2D = tf.mul(last.first, tf.tensor2d(out, [1, output.inputs]))
        for (let i = passed.length - 2; i >= 0; i--) {
          s = tf.mul(tf.matMul(s, weights[i + 1]!.wT), passed[i]!.first)
        }
        const g = tf.matMul(s, weights[0]!.wT)
        return tf.concat1d([tf.reshape(v, [n]), tf.reshape(g, [2 * n])])
      })
      const data = await read(result)
      value.set(data.subarray(0, n))
      gradient?.set(data.subarray(n))
    },

    accumulate: accumulateParts(async (theta, tuples, out) => {
      const n = tuples.c.length
      await select()
      const result = tf.tidy(() => {
        const x = tf.tensor2d(tuples.xy, [n, 2])
        const c = tf.tensor2d(tuples.c, [n, 1])
        const ones = tf.ones<tf.Rank.R2>([1, n])
        const weights = upload(theta)
        const passed = forward(weights, x)
        const depth = passed.length
        const outRow = tf.tensor2d(theta.subarray(output.weights, output.biases), [
          1,
          output.inputs,
        ])
        // Not a reshape of outRow: the wasm backend caches packed right-hand factors by buffer alone,
        // whatever their shape, and would multiply by the wrong one.
        const outColumn = tf.tensor2d(theta.subarray(output.weights, output.biases), [
          output.inputs,
          1,
        ])
        const last = passed[depth - 1]!
        const v = tf.add<tf.Tensor2D>(tf.matMul(last.value, outColumn), theta[output.biases]!)
        const cRow = tf.reshape<tf.Rank.R2>(c, [1, n])
        let loss = tf.reshape<tf.Rank.R1>(tf.matMul(cRow, v), [1])

        // Adjoint of the gradient pass: fills, per hidden layer, its terms in W̄ᵢ and z̄ᵢ.
        const weightTerms: tf.Tensor2D[] = []
        const adjointTerms: tf.Tensor2D[] = []
        let outTerm: tf.Tensor2D | null = null
        if (tuples.w !== null && tuples.u !== null) {
          const r: tf.Tensor2D[] = []
          const s: tf.Tensor2D[] = []
          r[depth - 1] = outRow
          s[depth - 1] = tf.mul(last.first, outRow)
          for (let i = depth - 2; i >= 0; i--) {
            r[i] = tf.matMul(s[i + 1]!, weights[i + 1]!.wT)
            s[i] = tf.mul(r[i]!, passed[i]!.first)
          }
          const w = tf.tensor2d(tuples.w, [n, 1])
          const miss = tf.add<tf.Tensor2D>(
            tf.matMul(s[0]!, weights[0]!.wT),
            tf.tensor2d(tuples.u, [n, 2]),
          )
          const weighted: tf.Tensor2D = tf.mul(miss, w)
          loss = tf.add(loss, tf.reshape(tf.sum(tf.mul(weighted, miss)), [1]))
          let rBar: tf.Tensor2D = tf.mul(weighted, 2)
          for (let i = 0; i < depth; i++) {
            weightTerms.push(tf.matMul(tf.transpose(rBar), s[i]!))
            const sBar = tf.matMul(rBar, weights[i]!.w)
            adjointTerms.push(tf.mul(tf.mul(sBar, r[i]!), passed[i]!.second()))
            rBar = tf.mul(sBar, passed[i]!.first)
          }
          outTerm = tf.matMul(ones, rBar)
        }

        // Adjoint of the value pass.
        const pieces: tf.Tensor1D[] = []
        const keep = (piece: tf.Tensor) => pieces.unshift(tf.reshape(piece, [piece.size]))
        let outBar = tf.matMul(cRow, last.value)
        if (outTerm !== null) outBar = tf.add(outBar, outTerm)
        keep(tf.matMul(ones, c))
        keep(outBar)
        let aBar: tf.Tensor2D = tf.mul(c, outRow)
        for (let i = depth - 1; i >= 0; i--) {
          let zBar: tf.Tensor2D = tf.mul(aBar, passed[i]!.first)
          if (adjointTerms[i] !== undefined) zBar = tf.add(zBar, adjointTerms[i]!)
          let wBar = tf.matMul(tf.transpose(i === 0 ? x : passed[i - 1]!.value), zBar)
          if (weightTerms[i] !== undefined) wBar = tf.add(wBar, weightTerms[i]!)
          keep(tf.matMul(ones, zBar))
          keep(wBar)
          if (i > 0) aBar = tf.matMul(zBar, weights[i]!.wT)
        }
        return tf.concat1d([...pieces, loss])
      })
      const data = await read(result)
      out.set(data.subarray(0, length))
      return data[length]!
    }),

    liveTensors: () => tf.memory().numTensors,
    dispose() {},
  }
}

async function read(tensor: tf.Tensor1D): Promise<Float32Array> {
  try {
    return (await tensor.data()) as Float32Array
  } finally {
    tensor.dispose()
  }
}

function transposed(theta: Float32Array, layer: LayerLayout): Float32Array {
  const { inputs, outputs, weights } = layer
  const out = new Float32Array(inputs * outputs)
  for (let j = 0; j < inputs; j++) {
    for (let k = 0; k < outputs; k++) out[k * inputs + j] = theta[weights + j * outputs + k]!
  }
  return out
}

/** f(z) and f′(z), and f″(z) on demand. */
interface Activated {
  readonly value: tf.Tensor2D
  readonly first: tf.Tensor2D
  readonly second: () => tf.Tensor2D
}

function activateOnDevice(kind: Activation, z: tf.Tensor2D): Activated {
  switch (kind) {
    case 'sin': {
      const value = tf.sin(z)
      return { value, first: tf.cos(z), second: () => tf.neg(value) }
    }
    case 'silu': {
      const s = tf.sigmoid(z)
      const value = tf.mul<tf.Tensor2D>(z, s)
      const complement = tf.sub<tf.Tensor2D>(1, s)
      return {
        value,
        // f′ = s + zs(1 − s); f″ = s(1 − s)(2 + z(1 − 2s)).
        first: tf.add(s, tf.mul(value, complement)),
        second: () =>
          tf.mul<tf.Tensor2D>(tf.mul(s, complement), tf.add(tf.mul(z, tf.sub(complement, s)), 2)),
      }
    }
    case 'tanh': {
      const value = tf.tanh(z)
      const first = tf.sub<tf.Tensor2D>(1, tf.square(value))
      return { value, first, second: () => tf.mul(tf.mul(value, first), -2) }
    }
    default:
      return kind satisfies never
  }
}

/**
 * The activation for backends in host memory. Their sine is a scalar library call (1.3 ms for 512 × 64 in
 * WebAssembly, a third of a training step each for sin and cos), so this function computes sine and cosine
 * together.
 */
function activateOnHost(kind: Activation, z: tf.Tensor2D): Activated {
  if (kind !== 'sin') return activateOnDevice(kind, z)
  const angles = z.dataSync()
  const sine = new Float32Array(angles.length)
  const cosine = new Float32Array(angles.length)
  sineCosine(angles, sine, cosine)
  const value = tf.tensor2d(sine, z.shape)
  return { value, first: tf.tensor2d(cosine, z.shape), second: () => tf.neg(value) }
}

const PI = 3.141592653589793
const INVERSE_PI = 0.3183098861837907

/**
 * sin and cos of float32 angles, to float32 accuracy and without a branch: reduction to |r| ≤ π/2 in
 * float64 and the sign (−1)ᵏ, then Taylor polynomials with remainders below 7e-9 there. |angle| ≤ 10⁵.
 */
export function sineCosine(
  angles: ArrayLike<number>,
  sine: Float32Array,
  cosine: Float32Array,
): void {
  for (let i = 0; i < sine.length; i++) {
    const x = angles[i]!
    const k = Math.floor(x * INVERSE_PI + 0.5)
    const r = x - k * PI
    const q = r * r
    const sign = 1 - 2 * (k & 1)
    sine[i] = sign * r * (1 + q * (S3 + q * (S5 + q * (S7 + q * (S9 + q * (S11 + q * S13))))))
    cosine[i] = sign * (1 + q * (C2 + q * (C4 + q * (C6 + q * (C8 + q * (C10 + q * C12))))))
  }
}

/** Taylor coefficients, 1/n! with the signs of sine and cosine. */
const S3 = -1 / 6
const S5 = 1 / 120
const S7 = -1 / 5040
const S9 = 1 / 362880
const S11 = -1 / 39916800
const S13 = 1 / 6227020800
const C2 = -1 / 2
const C4 = 1 / 24
const C6 = -1 / 720
const C8 = 1 / 40320
const C10 = -1 / 3628800
const C12 = 1 / 479001600
