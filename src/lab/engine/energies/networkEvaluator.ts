import { cos, exp, sin } from '../../../core/maths/elementary.ts'
import type { Activation, NetworkShape } from '../../../learning/kernels/kernel.ts'
import { packNetwork, type PackedLayer } from '../../../learning/kernels/packedNetwork.ts'

/** Points computed together; a multiple of 4. */
const BLOCK = 64

interface Layer extends PackedLayer {
  /** Activations and slopes of a block, point-major: [point·outputs + k]. */
  readonly value: Float64Array
  readonly slope: Float64Array
  /** Adjoint of the activations, then of the pre-activations. */
  readonly adjoint: Float64Array
}

/**
 * V and ∇V of a network in float64, blocked for speed. Every sum runs in the order of the reference
 * kernel, so that the values are the reference's own, bit for bit (where widths are odd up to the sign of a zero, and
 * unless a number overflows, since packing adds zeros); a table that samplers walk on depends on θ alone, not on the
 * backend that trained it.
 */
export class NetworkEvaluator {
  private readonly layers: readonly Layer[]
  private readonly outputWeights: Float64Array
  private readonly outputBias: number
  private readonly input = new Float64Array(2 * BLOCK)
  private readonly inputAdjoint = new Float64Array(2 * BLOCK)

  /** @param theta parameters in the order of `parameterLayout` */
  constructor(shape: NetworkShape, theta: ArrayLike<number>) {
    const { layers, outputWeights, outputBias } = packNetwork(shape, theta)
    this.layers = layers.map((layer) => ({
      ...layer,
      value: new Float64Array(BLOCK * layer.outputs),
      slope: new Float64Array(BLOCK * layer.outputs),
      adjoint: new Float64Array(BLOCK * layer.outputs),
    }))
    this.outputWeights = outputWeights
    this.outputBias = outputBias
  }

  /**
   * @param xy length 2n
   * @param value length n; overwritten
   * @param gradient length 2n; overwritten
   */
  evaluate(xy: ArrayLike<number>, value: Float64Array, gradient: Float64Array): void {
    const n = value.length
    for (let start = 0; start < n; start += BLOCK) {
      const count = Math.min(BLOCK, n - start)
      for (let i = 0; i < 2 * count; i++) this.input[i] = xy[2 * start + i]!
      this.block(count, value.subarray(start, start + count))
      for (let i = 0; i < 2 * count; i++) gradient[2 * start + i] = this.inputAdjoint[i]!
    }
  }

  private block(count: number, value: Float64Array): void {
    const rows = Math.ceil(count / 4) * 4
    let below: Float64Array = this.input
    for (const layer of this.layers) {
      multiply(below, layer.forward, layer.bias, layer.value, rows, layer.inputs, layer.outputs)
      activate(layer.activation, layer.value, layer.slope, rows * layer.outputs)
      below = layer.value
    }
    const width = this.outputWeights.length
    const top = this.layers.at(-1)
    for (let p = 0; p < count; p++) {
      let v = this.outputBias
      for (let j = 0; j < width; j++) v += below[p * width + j]! * this.outputWeights[j]!
      value[p] = v
    }
    const adjoint = top ? top.adjoint : this.inputAdjoint
    for (let p = 0; p < rows; p++)
      for (let j = 0; j < width; j++) adjoint[p * width + j] = this.outputWeights[j]!
    for (let i = this.layers.length - 1; i >= 0; i--) {
      const layer = this.layers[i]!
      const size = rows * layer.outputs
      for (let a = 0; a < size; a++) layer.adjoint[a] = layer.adjoint[a]! * layer.slope[a]!
      const into = i > 0 ? this.layers[i - 1]!.adjoint : this.inputAdjoint
      multiply(layer.adjoint, layer.backward, null, into, rows, layer.outputs, layer.inputs)
    }
  }
}

/**
 * out[p, k] = bias[k] + Σⱼ a[p, j]·w[k, j], 4 points and 2 outputs at a time.
 * @param rows a multiple of 4
 * @param outputs even
 */
function multiply(
  a: Float64Array,
  w: Float64Array,
  bias: Float64Array | null,
  out: Float64Array,
  rows: number,
  inputs: number,
  outputs: number,
): void {
  for (let p = 0; p < rows; p += 4) {
    const a0 = p * inputs
    const a1 = a0 + inputs
    const a2 = a1 + inputs
    const a3 = a2 + inputs
    for (let k = 0; k < outputs; k += 2) {
      const w0 = k * inputs
      const w1 = w0 + inputs
      let z00 = bias === null ? 0 : bias[k]!
      let z01 = bias === null ? 0 : bias[k + 1]!
      let z10 = z00
      let z11 = z01
      let z20 = z00
      let z21 = z01
      let z30 = z00
      let z31 = z01
      for (let j = 0; j < inputs; j++) {
        const u = w[w0 + j]!
        const v = w[w1 + j]!
        const x0 = a[a0 + j]!
        const x1 = a[a1 + j]!
        const x2 = a[a2 + j]!
        const x3 = a[a3 + j]!
        z00 += x0 * u
        z01 += x0 * v
        z10 += x1 * u
        z11 += x1 * v
        z20 += x2 * u
        z21 += x2 * v
        z30 += x3 * u
        z31 += x3 * v
      }
      const o = p * outputs + k
      out[o] = z00
      out[o + 1] = z01
      out[o + outputs] = z10
      out[o + outputs + 1] = z11
      out[o + 2 * outputs] = z20
      out[o + 2 * outputs + 1] = z21
      out[o + 3 * outputs] = z30
      out[o + 3 * outputs + 1] = z31
    }
  }
}

/** f(z) over z, and f′(z) into `slope`. */
function activate(kind: Activation, z: Float64Array, slope: Float64Array, size: number): void {
  switch (kind) {
    case 'sin':
      for (let i = 0; i < size; i++) {
        const at = z[i]!
        z[i] = sin(at)
        slope[i] = cos(at)
      }
      return
    case 'silu':
      for (let i = 0; i < size; i++) {
        const at = z[i]!
        const s = 1 / (1 + exp(-at))
        z[i] = at * s
        slope[i] = s + at * (s * (1 - s))
      }
      return
    case 'tanh':
      for (let i = 0; i < size; i++) {
        const t = 1 - 2 / (exp(2 * z[i]!) + 1)
        z[i] = t
        slope[i] = 1 - t * t
      }
      return
    default:
      kind satisfies never
  }
}
