import { cos, exp, sin } from '../../core/maths/elementary.ts'
import { parameterLayout } from './kernel.ts'
import type { Activation, EnergyKernel, NetworkShape, Tuples } from './kernel.ts'
import { packNetwork, type PackedLayer } from './packedNetwork.ts'

/** Points computed together; a multiple of 4. */
const BLOCK = 64

interface Layer extends PackedLayer {
  /** Activations and slopes of a block, point-major: [point·outputs + k]. */
  readonly value: Float64Array
  readonly slope: Float64Array
  /** Adjoint of the activations, then of the pre-activations. */
  readonly adjoint: Float64Array
}

/** Arrays of a layer for the derivative by θ. */
interface Derivative {
  /** fᵢ″, then rᵢ ⊙ fᵢ″, then s̄ᵢ ⊙ rᵢ ⊙ fᵢ″. */
  readonly bend: Float64Array
  /** s̄ᵢ, then r̄ᵢ, then āᵢ, then z̄ᵢ. */
  readonly bar: Float64Array
  /** W̄ᵢ in the layout of `PackedLayer.forward`, and b̄ᵢ. */
  readonly weights: Float64Array
  readonly bias: Float64Array
}

/** Points as in `Tuples`, in any precision. */
interface AnyTuples {
  readonly xy: ArrayLike<number>
  readonly c: ArrayLike<number>
  readonly w: ArrayLike<number> | null
  readonly u: ArrayLike<number> | null
}

/**
 * A network in plain float64: the reference for the tests of every kernel, and the evaluator of tables until the compiled
 * one has arrived. Forward and reverse passes, in blocks of points:
 *
 *   aᵢ = fᵢ(zᵢ), zᵢ = aᵢ₋₁Wᵢ + bᵢ, V = a_L w + b
 *   r_L = w, sᵢ = rᵢ ⊙ fᵢ′(zᵢ), rᵢ₋₁ = sᵢ Wᵢᵀ, ∇V = r₀
 *
 * then the adjoint of the second line, then that of the first:
 *
 *   s̄ᵢ = r̄ᵢ₋₁Wᵢ, W̄ᵢ += r̄ᵢ₋₁ᵀsᵢ, r̄ᵢ = s̄ᵢ ⊙ fᵢ′, w̄ += r̄_L
 *   z̄ᵢ = āᵢ ⊙ fᵢ′ + s̄ᵢ ⊙ rᵢ ⊙ fᵢ″, W̄ᵢ += aᵢ₋₁ᵀz̄ᵢ, b̄ᵢ += z̄ᵢ, āᵢ₋₁ = z̄ᵢWᵢᵀ
 *
 * The sums of V and ∇V run in the order of their terms, so that a table depends on θ alone, neither on the backend of
 * the training nor on the number of points in a call.
 */
export class Float64Network {
  private readonly shape: NetworkShape
  private readonly layers: readonly Layer[]
  private readonly outputWeights: Float64Array
  private readonly outputBias: number
  private readonly input = new Float64Array(2 * BLOCK)
  private readonly inputAdjoint = new Float64Array(2 * BLOCK)

  /**
   * @param theta parameters in the order of `parameterLayout`
   * @throws RangeError where the length of `theta` is not that of the shape
   */
  constructor(shape: NetworkShape, theta: ArrayLike<number>) {
    const { layers, outputWeights, outputBias } = packNetwork(shape, theta)
    this.shape = shape
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
   * V and ∇V at n points.
   * @param xy length 2n
   * @param value length n; overwritten
   * @param gradient length 2n; overwritten
   */
  evaluate(xy: ArrayLike<number>, value: Float64Array, gradient: Float64Array): void {
    const n = value.length
    for (let start = 0; start < n; start += BLOCK) {
      const count = Math.min(BLOCK, n - start)
      for (let i = 0; i < 2 * count; i++) this.input[i] = xy[2 * start + i]!
      this.pass(count, value.subarray(start, start + count), null)
      for (let i = 0; i < 2 * count; i++) gradient[2 * start + i] = this.inputAdjoint[i]!
    }
  }

  /**
   * Σ cᵢ V(xᵢ) + Σ wᵢ |∇V(xᵢ) + uᵢ|² and its θ-gradient.
   * @param out length of θ; overwritten
   * @returns the sum
   */
  accumulate({ xy, c, w, u }: AnyTuples, out: Float64Array): number {
    const { layers, input } = this
    const derivatives = layers.map(({ inputs, outputs }): Derivative => ({
      bend: new Float64Array(BLOCK * outputs),
      bar: new Float64Array(BLOCK * outputs),
      weights: new Float64Array(inputs * outputs),
      bias: new Float64Array(outputs),
    }))
    const width = this.outputWeights.length
    const outputBar = new Float64Array(width)
    const value = new Float64Array(BLOCK)
    /** cᵢ, and r̄₀ = 2wᵢ(∇V + uᵢ); 0 at the padding points of a block. */
    const linear = new Float64Array(BLOCK)
    const pull = new Float64Array(2 * BLOCK)
    let loss = 0
    let total = 0
    const curved = w?.length ?? 0
    for (let start = 0; start < c.length; start += BLOCK) {
      const count = Math.min(BLOCK, c.length - start)
      const rows = Math.ceil(count / 4) * 4
      input.fill(0)
      linear.fill(0)
      pull.fill(0)
      for (let i = 0; i < 2 * count; i++) input[i] = xy[2 * start + i]!
      this.pass(count, value, derivatives)
      for (let p = 0; p < count; p++) {
        const i = start + p
        linear[p] = c[i]!
        total += c[i]!
        loss += c[i]! * value[p]!
        if (w === null || u === null || i >= curved) continue
        const dx = this.inputAdjoint[2 * p]! + u[2 * i]!
        const dy = this.inputAdjoint[2 * p + 1]! + u[2 * i + 1]!
        loss += w[i]! * (dx * dx + dy * dy)
        pull[2 * p] = 2 * w[i]! * dx
        pull[2 * p + 1] = 2 * w[i]! * dy
      }
      if (start < curved) this.adjoinGradient(rows, pull, derivatives, outputBar)
      else for (const { bend } of derivatives) bend.fill(0)
      this.adjoinValue(rows, linear, derivatives, outputBar)
    }
    this.unpack(derivatives, outputBar, total, out)
    return loss
  }

  /** V of a block into `value`, ∇V into `inputAdjoint`, and rᵢ ⊙ fᵢ″ into `derivatives` where given. */
  private pass(
    count: number,
    value: Float64Array,
    derivatives: readonly Derivative[] | null,
  ): void {
    const rows = Math.ceil(count / 4) * 4
    let below: Float64Array = this.input
    for (const [i, layer] of this.layers.entries()) {
      const { forward, bias, inputs, outputs, activation } = layer
      multiply(below, forward, bias, layer.value, rows, inputs, outputs)
      const bend = derivatives?.[i]?.bend ?? null
      activate(activation, layer.value, layer.slope, bend, rows * outputs)
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
      const bend = derivatives?.[i]?.bend
      if (bend !== undefined) for (let a = 0; a < size; a++) bend[a] = layer.adjoint[a]! * bend[a]!
      for (let a = 0; a < size; a++) layer.adjoint[a] = layer.adjoint[a]! * layer.slope[a]!
      const into = i > 0 ? this.layers[i - 1]!.adjoint : this.inputAdjoint
      multiply(layer.adjoint, layer.backward, null, into, rows, layer.outputs, layer.inputs)
    }
  }

  /** The adjoint of the gradient pass, from r₀ up; leaves its share of z̄ᵢ in `bend`. */
  private adjoinGradient(
    rows: number,
    pull: Float64Array,
    derivatives: readonly Derivative[],
    outputBar: Float64Array,
  ): void {
    let below = pull
    for (const [i, { inputs, outputs, forward, slope, adjoint }] of this.layers.entries()) {
      const { bend, bar, weights } = derivatives[i]!
      multiply(below, forward, null, bar, rows, inputs, outputs)
      addProducts(below, adjoint, weights, rows, inputs, outputs)
      for (let a = 0; a < rows * outputs; a++) {
        bend[a] = bar[a]! * bend[a]!
        bar[a] = bar[a]! * slope[a]!
      }
      below = bar
    }
    const width = outputBar.length
    for (let p = 0; p < rows; p++)
      for (let j = 0; j < width; j++) outputBar[j] = outputBar[j]! + below[p * width + j]!
  }

  /** The adjoint of the value pass, from a_L down. */
  private adjoinValue(
    rows: number,
    linear: Float64Array,
    derivatives: readonly Derivative[],
    outputBar: Float64Array,
  ): void {
    const { layers, outputWeights } = this
    const width = outputWeights.length
    const top = layers.at(-1)?.value ?? this.input
    const topBar = derivatives.at(-1)?.bar
    for (let p = 0; p < rows; p++)
      for (let j = 0; j < width; j++) {
        outputBar[j] = outputBar[j]! + linear[p]! * top[p * width + j]!
        if (topBar !== undefined) topBar[p * width + j] = linear[p]! * outputWeights[j]!
      }
    for (let i = layers.length - 1; i >= 0; i--) {
      const { inputs, outputs, slope, backward } = layers[i]!
      const { bend, bar, weights, bias } = derivatives[i]!
      for (let p = 0; p < rows; p++)
        for (let k = 0; k < outputs; k++) {
          const a = p * outputs + k
          bar[a] = bar[a]! * slope[a]! + bend[a]!
          bias[k] = bias[k]! + bar[a]
        }
      const below = i > 0 ? layers[i - 1]!.value : this.input
      addProducts(below, bar, weights, rows, inputs, outputs)
      if (i > 0) multiply(bar, backward, null, derivatives[i - 1]!.bar, rows, outputs, inputs)
    }
  }

  /** Copies the derivatives from the packed layout to that of θ. */
  private unpack(
    derivatives: readonly Derivative[],
    outputBar: Float64Array,
    outputBias: number,
    out: Float64Array,
  ): void {
    const { layers } = parameterLayout(this.shape)
    for (const [i, { weights, bias }] of derivatives.entries()) {
      const layer = layers[i]!
      const { inputs } = this.layers[i]!
      for (let k = 0; k < layer.outputs; k++) {
        out[layer.biases + k] = bias[k]!
        for (let j = 0; j < layer.inputs; j++)
          out[layer.weights + j * layer.outputs + k] = weights[k * inputs + j]!
      }
    }
    const last = layers.at(-1)!
    for (let j = 0; j < last.inputs; j++) out[last.weights + j] = outputBar[j]!
    out[last.biases] = outputBias
  }
}

/** V and ∇V at n points; see `Float64Network.evaluate`. */
export function evaluateReference(
  shape: NetworkShape,
  theta: ArrayLike<number>,
  xy: ArrayLike<number>,
  value: Float64Array,
  gradient: Float64Array,
): void {
  new Float64Network(shape, theta).evaluate(xy, value, gradient)
}

/** A loss and its θ-gradient; see `Float64Network.accumulate`. */
export function accumulateReference(
  shape: NetworkShape,
  theta: ArrayLike<number>,
  tuples: AnyTuples,
  out: Float64Array,
): number {
  return new Float64Network(shape, theta).accumulate(tuples, out)
}

/** The float64 reference as a kernel; its results are rounded to float32. */
export function referenceKernel(shape: NetworkShape): EnergyKernel {
  return {
    shape,
    async evaluate(theta, xy, value, gradient) {
      const v = new Float64Array(value.length)
      const g = new Float64Array(2 * value.length)
      evaluateReference(shape, theta, xy, v, g)
      value.set(v)
      gradient?.set(g)
    },
    async accumulate(theta: Float32Array, tuples: Tuples, out: Float32Array) {
      const sum = new Float64Array(out.length)
      const loss = accumulateReference(shape, theta, tuples, sum)
      out.set(sum)
      return loss
    },
    liveTensors: () => 0,
    dispose() {},
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

/** out[k, j] += Σₚ a[p, j]·b[p, k]. */
function addProducts(
  a: Float64Array,
  b: Float64Array,
  out: Float64Array,
  rows: number,
  inputs: number,
  outputs: number,
): void {
  for (let p = 0; p < rows; p++) {
    for (let k = 0; k < outputs; k++) {
      const factor = b[p * outputs + k]!
      const row = k * inputs
      for (let j = 0; j < inputs; j++) out[row + j] = out[row + j]! + a[p * inputs + j]! * factor
    }
  }
}

/** Writes f(z) over z, f′(z) into `slope`, and f″(z) into `bend` unless null. */
function activate(
  kind: Activation,
  z: Float64Array,
  slope: Float64Array,
  bend: Float64Array | null,
  size: number,
): void {
  switch (kind) {
    case 'sin':
      for (let i = 0; i < size; i++) {
        const at = z[i]!
        z[i] = sin(at)
        slope[i] = cos(at)
        if (bend !== null) bend[i] = -z[i]!
      }
      return
    case 'silu':
      for (let i = 0; i < size; i++) {
        const at = z[i]!
        const s = 1 / (1 + exp(-at))
        z[i] = at * s
        slope[i] = s + at * (s * (1 - s))
        if (bend !== null) bend[i] = s * (1 - s) * (2 + at * (1 - 2 * s))
      }
      return
    case 'tanh':
      for (let i = 0; i < size; i++) {
        const t = 1 - 2 / (exp(2 * z[i]!) + 1)
        z[i] = t
        slope[i] = 1 - t * t
        if (bend !== null) bend[i] = -2 * t * (1 - t * t)
      }
      return
    default:
      kind satisfies never
  }
}
