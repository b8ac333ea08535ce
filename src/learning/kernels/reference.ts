import { cos, exp, sin } from '../../core/maths/elementary.ts'
import { parameterLayout } from './kernel.ts'
import type { Activation, EnergyKernel, NetworkShape, Tuples } from './kernel.ts'

/**
 * The two primitives in plain float64, written for legibility: the oracle that every backend is held
 * to. Forward and reverse passes are spelled out, point by point:
 *
 *   aᵢ = fᵢ(zᵢ), zᵢ = aᵢ₋₁Wᵢ + bᵢ, V = a_L w + b
 *   r_L = w, sᵢ = rᵢ ⊙ fᵢ′(zᵢ), rᵢ₋₁ = sᵢ Wᵢᵀ, ∇V = r₀
 *
 * and the adjoint of the second line before that of the first:
 *
 *   s̄ᵢ = r̄ᵢ₋₁Wᵢ, W̄ᵢ += r̄ᵢ₋₁ᵀsᵢ, r̄ᵢ = s̄ᵢ ⊙ fᵢ′, w̄ += r̄_L
 *   z̄ᵢ = āᵢ ⊙ fᵢ′ + s̄ᵢ ⊙ rᵢ ⊙ fᵢ″, W̄ᵢ += aᵢ₋₁ᵀz̄ᵢ, b̄ᵢ += z̄ᵢ, āᵢ₋₁ = z̄ᵢWᵢᵀ
 */

/** f, f′, f″ at z, written to out[0..2]. */
function activate(kind: Activation, z: number, out: Float64Array): void {
  switch (kind) {
    case 'sin': {
      const value = sin(z)
      out[0] = value
      out[1] = cos(z)
      out[2] = -value
      return
    }
    case 'silu': {
      const s = 1 / (1 + exp(-z))
      const slope = s * (1 - s)
      out[0] = z * s
      out[1] = s + z * slope
      out[2] = slope * (2 + z * (1 - 2 * s))
      return
    }
    case 'tanh': {
      const t = 1 - 2 / (exp(2 * z) + 1)
      out[0] = t
      out[1] = 1 - t * t
      out[2] = -2 * t * (1 - t * t)
      return
    }
    default:
      kind satisfies never
  }
}

/**
 * V and ∇V at n points, float64.
 * @param theta parameters in the order of `parameterLayout`
 * @param xy length 2n
 * @param value length n; overwritten
 * @param gradient length 2n; overwritten
 */
export function evaluateReference(
  shape: NetworkShape,
  theta: ArrayLike<number>,
  xy: ArrayLike<number>,
  value: Float64Array,
  gradient: Float64Array,
): void {
  const net = new PointPass(shape, theta)
  for (let i = 0; i < value.length; i++) {
    value[i] = net.forward(xy[2 * i]!, xy[2 * i + 1]!)
    const r0 = net.r[0]!
    gradient[2 * i] = r0[0]!
    gradient[2 * i + 1] = r0[1]!
  }
}

/** Σ cᵢ V(xᵢ) + Σ wᵢ |∇V(xᵢ) + uᵢ|² and its θ-gradient, float64. Points as in `Tuples`. */
export function accumulateReference(
  shape: NetworkShape,
  theta: ArrayLike<number>,
  tuples: {
    readonly xy: ArrayLike<number>
    readonly c: ArrayLike<number>
    readonly w: ArrayLike<number> | null
    readonly u: ArrayLike<number> | null
  },
  out: Float64Array,
): number {
  const net = new PointPass(shape, theta)
  out.fill(0)
  let loss = 0
  const { xy, c, w, u } = tuples
  for (let i = 0; i < c.length; i++) {
    const v = net.forward(xy[2 * i]!, xy[2 * i + 1]!)
    loss += c[i]! * v
    let gx = 0
    let gy = 0
    if (w !== null && u !== null) {
      const dx = net.r[0]![0]! + u[2 * i]!
      const dy = net.r[0]![1]! + u[2 * i + 1]!
      loss += w[i]! * (dx * dx + dy * dy)
      gx = 2 * w[i]! * dx
      gy = 2 * w[i]! * dy
    }
    net.backward(c[i]!, gx, gy, out)
  }
  return loss
}

/** One point's activations, slopes and adjoints; index 0 is the input, index i the i-th hidden layer. */
class PointPass {
  private readonly shape: NetworkShape
  private readonly theta: ArrayLike<number>
  private readonly layers
  private readonly a: Float64Array[]
  private readonly first: Float64Array[]
  private readonly second: Float64Array[]
  readonly r: Float64Array[]
  private readonly s: Float64Array[]
  private readonly adjoint: Float64Array[]
  private readonly jet = new Float64Array(3)

  constructor(shape: NetworkShape, theta: ArrayLike<number>) {
    this.shape = shape
    this.theta = theta
    this.layers = parameterLayout(shape).layers
    const sizes = [2, ...shape.widths]
    const make = () => sizes.map((n) => new Float64Array(n))
    this.a = make()
    this.first = make()
    this.second = make()
    this.r = make()
    this.s = make()
    this.adjoint = make()
  }

  /** V at (x, y); leaves ∇V in r[0]. */
  forward(x: number, y: number): number {
    const { theta, layers } = this
    const depth = this.shape.widths.length
    this.a[0]![0] = x
    this.a[0]![1] = y
    for (let i = 1; i <= depth; i++) {
      const layer = layers[i - 1]!
      const kind = this.shape.activations[i - 1]!
      for (let k = 0; k < layer.outputs; k++) {
        let z = theta[layer.biases + k]!
        for (let j = 0; j < layer.inputs; j++) {
          z += this.a[i - 1]![j]! * theta[layer.weights + j * layer.outputs + k]!
        }
        activate(kind, z, this.jet)
        this.a[i]![k] = this.jet[0]!
        this.first[i]![k] = this.jet[1]!
        this.second[i]![k] = this.jet[2]!
      }
    }
    const output = layers[depth]!
    let value = theta[output.biases]!
    for (let j = 0; j < output.inputs; j++) {
      value += this.a[depth]![j]! * theta[output.weights + j]!
      this.r[depth]![j] = theta[output.weights + j]!
    }
    for (let i = depth; i >= 1; i--) {
      const layer = layers[i - 1]!
      for (let k = 0; k < layer.outputs; k++) {
        this.s[i]![k] = this.r[i]![k]! * this.first[i]![k]!
      }
      for (let j = 0; j < layer.inputs; j++) {
        let sum = 0
        for (let k = 0; k < layer.outputs; k++) {
          sum += this.s[i]![k]! * theta[layer.weights + j * layer.outputs + k]!
        }
        this.r[i - 1]![j] = sum
      }
    }
    return value
  }

  /** Adds d(cV + q·∇V)/dθ at the point of the last `forward` to `out`, q = (qx, qy) held fixed. */
  backward(c: number, qx: number, qy: number, out: Float64Array): void {
    const { theta, layers } = this
    const depth = this.shape.widths.length
    // The adjoint of the gradient pass, from r₀ up; `second` becomes its contribution to z̄.
    this.adjoint[0]![0] = qx
    this.adjoint[0]![1] = qy
    for (let i = 1; i <= depth; i++) {
      const layer = layers[i - 1]!
      for (let k = 0; k < layer.outputs; k++) {
        let sBar = 0
        for (let j = 0; j < layer.inputs; j++) {
          const at = layer.weights + j * layer.outputs + k
          const rBar = this.adjoint[i - 1]![j]!
          sBar += rBar * theta[at]!
          out[at] = out[at]! + rBar * this.s[i]![k]!
        }
        this.adjoint[i]![k] = sBar * this.first[i]![k]!
        this.second[i]![k] = sBar * this.r[i]![k]! * this.second[i]![k]!
      }
    }
    const output = layers[depth]!
    out[output.biases] = out[output.biases]! + c
    for (let j = 0; j < output.inputs; j++) {
      const at = output.weights + j
      out[at] = out[at]! + this.adjoint[depth]![j]! + c * this.a[depth]![j]!
      this.adjoint[depth]![j] = c * theta[at]!
    }
    // The adjoint of the value pass, from a_L down; `adjoint` now holds ā.
    for (let i = depth; i >= 1; i--) {
      const layer = layers[i - 1]!
      this.adjoint[i - 1]!.fill(0)
      for (let k = 0; k < layer.outputs; k++) {
        const zBar = this.adjoint[i]![k]! * this.first[i]![k]! + this.second[i]![k]!
        out[layer.biases + k] = out[layer.biases + k]! + zBar
        for (let j = 0; j < layer.inputs; j++) {
          const at = layer.weights + j * layer.outputs + k
          out[at] = out[at]! + this.a[i - 1]![j]! * zBar
          this.adjoint[i - 1]![j] = this.adjoint[i - 1]![j]! + zBar * theta[at]!
        }
      }
    }
  }
}

/** The float64 oracle behind the kernel interface (results rounded to float32 on the way out). */
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
