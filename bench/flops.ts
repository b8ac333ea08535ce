import { parameterLayout, type NetworkShape } from '../src/learning/kernels/kernel.ts'

/*
 * Arithmetic of the two primitives, counted as the literature does: matrix products alone, a multiply-add
 * as two operations. Activations, biases, losses and Adam come on top, so a floor from these numbers is
 * one that cannot be reached. What a product with the constant w of the output layer saves is left out, too.
 */

/** Weights of the hidden layers, and of the output layer. */
function weights(shape: NetworkShape): {
  readonly hidden: number
  readonly first: number
  readonly output: number
} {
  const { layers } = parameterLayout(shape)
  const sizes = layers.map(({ inputs, outputs }) => inputs * outputs)
  const output = sizes.at(-1)!
  return { hidden: sizes.reduce((sum, size) => sum + size, 0) - output, first: sizes[0]!, output }
}

/** FLOPs of V, and of ∇V if wanted, at n points: zᵢ = aᵢ₋₁Wᵢ, V = a_L·w, rᵢ₋₁ = sᵢWᵢᵀ. */
export function evaluateFlops(shape: NetworkShape, n: number, gradient = true): number {
  const { hidden, output } = weights(shape)
  return 2 * n * (hidden + output + (gradient ? hidden : 0))
}

/**
 * FLOPs of the loss and its θ-gradient at n points. Values only: z, V; W̄ += aᵀz̄ in every layer, ā = z̄Wᵀ in all but
 * the first. With |∇V + u|² also r = sWᵀ, s̄ = r̄W, W̄ += r̄ᵀs, in every hidden layer.
 */
export function accumulateFlops(shape: NetworkShape, n: number, second: boolean): number {
  const { hidden, first, output } = weights(shape)
  const values = hidden + output + (hidden + output) + (hidden - first)
  return 2 * n * (values + (second ? 3 * hidden : 0))
}

/**
 * Floating-point operations of one particle in one Langevin step on the table, read off the source: every + − × ÷ √
 * of the bicubic gradient (115), of a pair of normals (80: a logarithm, a sine and a cosine to the last bit, the root,
 * the scalings) and of the move (13). The hash and the places in the table are integer work and not counted.
 */
export const TABLE_STEP_FLOPS = 115 + 80 + 13
