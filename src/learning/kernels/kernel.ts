import type { TrainBlock } from './block.ts'

/**
 * The two primitives of all training. Points are [x0, y0, x1, y1, …]; parameters θ are one flat
 * Float32Array in the order of `parameterLayout`; the caller owns θ, so that a lost device loses nothing.
 */
export type Activation = 'sin' | 'silu' | 'tanh'

/** A scalar network ℝ² → ℝ: dense layers of the given widths and activations, then one linear output. */
export interface NetworkShape {
  readonly widths: readonly number[]
  readonly activations: readonly Activation[]
}

/** Points with coefficients: loss = Σ_{i<n} cᵢ V(xᵢ) + Σ_{i<m} wᵢ |∇V(xᵢ) + uᵢ|², m ≤ n. */
export interface Tuples {
  /** Length 2n. */
  readonly xy: Float32Array
  /** Length n; per-point coefficient of V. */
  readonly c: Float32Array
  /** Length m, or null for m = 0: the kernel makes the second-order pass for the first m points alone. */
  readonly w: Float32Array | null
  /** Length 2m, or null with w. */
  readonly u: Float32Array | null
}

/** The tuples with terms in ∇V, and those without; a part that has no points is left out. */
export function splitTuples({ xy, c, w, u }: Tuples): Tuples[] {
  if (w === null || u === null || w.length === 0) return [{ xy, c, w: null, u: null }]
  const m = w.length
  if (m === c.length) return [{ xy, c, w, u }]
  return [
    { xy: xy.subarray(0, 2 * m), c: c.subarray(0, m), w, u },
    { xy: xy.subarray(2 * m), c: c.subarray(m), w: null, u: null },
  ]
}

export interface EnergyKernel {
  readonly shape: NetworkShape
  /**
   * Network value and, if wanted, gradient at n points.
   * @param theta parameters
   * @param xy length 2n
   * @param value length n; overwritten
   * @param gradient length 2n, ∂V/∂x and ∂V/∂y interleaved; overwritten. null: the kernel may skip it
   */
  evaluate(
    theta: Float32Array,
    xy: Float32Array,
    value: Float32Array,
    gradient: Float32Array | null,
  ): Promise<void>
  /**
   * The loss of the tuples and its gradient with respect to θ.
   * @param out length of θ; overwritten
   * @returns the loss
   */
  accumulate(theta: Float32Array, tuples: Tuples, out: Float32Array): Promise<number>
  /** Runs whole training steps, on kernels that can do so without the host. */
  readonly trainBlock?: TrainBlock
  /** Live tensors or buffers held, for the leak test; 0 for kernels that hold none. */
  liveTensors(): number
  dispose(): void
}

/** `accumulate` of a kernel that makes the second-order pass for all points of a call or for none: one call for each part. */
export function accumulateParts(whole: EnergyKernel['accumulate']): EnergyKernel['accumulate'] {
  return async (theta, tuples, out) => {
    const [first, second] = splitTuples(tuples)
    const loss = await whole(theta, first!, out)
    if (second === undefined) return loss
    const rest = new Float32Array(out.length)
    const restLoss = await whole(theta, second, rest)
    for (let k = 0; k < out.length; k++) out[k] = out[k]! + rest[k]!
    return loss + restLoss
  }
}

/** Offsets of each layer's weights (row-major, input × output) and biases inside θ. */
export interface LayerLayout {
  readonly inputs: number
  readonly outputs: number
  readonly weights: number
  readonly biases: number
}

export function parameterLayout(shape: NetworkShape): { layers: LayerLayout[]; length: number } {
  const layers: LayerLayout[] = []
  let inputs = 2
  let offset = 0
  for (const outputs of [...shape.widths, 1]) {
    const weights = offset
    const biases = weights + inputs * outputs
    layers.push({ inputs, outputs, weights, biases })
    offset = biases + outputs
    inputs = outputs
  }
  return { layers, length: offset }
}
