/*
 * AssemblyScript, not TypeScript: compiled to energy.wasm by scripts/buildKernels.ts.
 *
 * Points are taken in blocks of BLOCK. An array over a block is feature-major: row k holds feature k of
 * every point, ROW bytes long, so that the four lanes of a vector are four points and a weight is one
 * splatted number. Widths are padded to a multiple of 8 with features whose weights are 0.
 */

/** Points of a block. */
export const BLOCK: i32 = 64
/** Bytes of a row: one feature of all points of a block. */
export const ROW: usize = 256

/** A hidden layer in the layout of the host: sizes, and addresses in bytes. All fields are 4 bytes. */
@unmanaged
export class Layer {
  /** 0 sin, 1 SiLU, 2 tanh. */
  activation: i32
  /** Padded features: inputs are 2 or a multiple of 8, outputs a multiple of 8. */
  inputs: i32
  outputs: i32
  /** Features of the network without padding. */
  realInputs: i32
  realOutputs: i32
  /** Float32 offsets of W (inputs × outputs, row-major) and b in θ and in its gradient. */
  weights: i32
  biases: i32
  /** W in panels of 4 outputs: [outputs / 4][inputs][4]. */
  forward: usize
  /** Wᵀ in panels of 4 inputs: [inputs / 4][outputs][4]; for 2 inputs one panel [outputs][2]. */
  backward: usize
  /** b, [outputs]. */
  bias: usize
  /** dLoss/dW, [inputs][outputs]. */
  weightSum: usize
  /** dLoss/db, [outputs]. */
  biasSum: usize
  /** a = f(z), f′(z) and f″(z), [outputs][BLOCK]. */
  value: usize
  first: usize
  second: usize
  /** r, the derivative of V by a; and s = r ⊙ f′, later the adjoint of r. */
  slope: usize
  scaled: usize
  /** s point by point, [BLOCK][outputs]. */
  scaledByPoint: usize
}
