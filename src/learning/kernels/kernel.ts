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

/** Points with coefficients: loss = Σ cᵢ V(xᵢ) + Σ wᵢ |∇V(xᵢ) + uᵢ|². */
export interface Tuples {
  /** Length 2n. */
  readonly xy: Float32Array
  /** Length n; per-point coefficient of V. */
  readonly c: Float32Array
  /** Length n, or null when every w is 0; the kernel then skips the second-order pass. */
  readonly w: Float32Array | null
  /** Length 2n, or null with w. */
  readonly u: Float32Array | null
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
