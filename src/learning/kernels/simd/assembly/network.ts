import { Layer } from './layer'

/** The whole network in the layout of the host: addresses in bytes, fields of 4 bytes. */
@unmanaged
export class Network {
  depth: i32
  /** `depth` layers, one after the other. */
  layers: usize
  /** Output weights, padded like the last layer's outputs, and the sums of their derivatives. */
  outputWeights: usize
  outputWeightSum: usize
  /** Float32 offset of the output weights in θ; the output bias follows them. */
  outputOffset: i32
  /** θ and dLoss/dθ, flat, in the order of `parameterLayout`. */
  theta: usize
  thetaGradient: usize
  /** Points of a call, [x0, y0, …], their coefficients and results; room for CHUNK points each. */
  xy: usize
  c: usize
  w: usize
  u: usize
  value: usize
  gradient: usize
  /** Coordinates and ∇V of a block, two rows each; ∇V later becomes its own adjoint. */
  points: usize
  slope: usize
  /** V of a block, one row. */
  level: usize
  /** Adjoints of a block between two layers, [widest][BLOCK], and the second point by point. */
  adjoint: usize
  preAdjoint: usize
  preAdjointByPoint: usize
}

export function layerOf(network: Network, i: i32): Layer {
  return changetype<Layer>(network.layers + <usize>i * offsetof<Layer>())
}
