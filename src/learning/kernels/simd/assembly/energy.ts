import { activate, activateTwice } from './activations'
import { BLOCK, Layer } from './layer'
import { layerOf, Network } from './network'
import { clear, pack, unpack } from './parameters'
import * as passes from './passes'
import { outer, outerOfTwo, product, productOfTwo } from './products'

/*
 * V and ∇V of a network, and the loss Σ cᵢ V(xᵢ) + Σ wᵢ |∇V(xᵢ) + uᵢ|² with its θ-gradient, block by
 * block. The notation is that of kernels/reference.ts: aᵢ = f(zᵢ), r_L = w, sᵢ = rᵢ ⊙ f′, rᵢ₋₁ = sᵢWᵢᵀ, a
 * bar marks an adjoint.
 */

export { BLOCK }
export { evaluateFloat64 } from './float64Network'

/** First address of the memory that the host lays out; the constants lie below. */
export const FREE: usize = __heap_base

let network: Network = changetype<Network>(0)
let outputBias: f32 = 0
let outputBiasSum: f64 = 0

/** @param at address of the network's description */
export function configure(at: usize): void {
  network = changetype<Network>(at)
}

/** Reads θ, which stands at `network.theta`. */
export function setParameters(): void {
  pack(network)
  const last = layerOf(network, network.depth - 1)
  outputBias = load<f32>(network.theta + ((<usize>(network.outputOffset + last.realOutputs)) << 2))
}

/** V and, if wanted, ∇V at the first n points of `network.xy`; also reads the entries up to the next multiple of 8. */
export function evaluate(n: i32, withGradient: i32): void {
  for (let start = 0; start < n; start += BLOCK) {
    const bytes = bytesOf(min(BLOCK, n - start))
    const at = (<usize>start) << 2
    passes.separate(network.xy + 2 * at, network.points, bytes)
    forward(bytes, withGradient ? 1 : 0)
    memory.copy(network.value + at, network.level, bytes)
    if (!withGradient) continue
    slopes(bytes)
    passes.interleave(network.slope, network.gradient + 2 * at, bytes)
  }
}

/** Sets the sums of the gradient to 0. */
export function begin(): void {
  clear(network)
  outputBiasSum = 0
}

/**
 * Adds the first n tuples to the sums of the gradient and returns their loss. From n up to the next multiple
 * of 8, coordinates must be finite and coefficients 0.
 * @param second 0 where every w is 0
 */
export function accumulate(n: i32, second: i32): f64 {
  let loss: f64 = 0
  for (let start = 0; start < n; start += BLOCK) {
    const bytes = bytesOf(min(BLOCK, n - start))
    const at = (<usize>start) << 2
    const c = network.c + at
    passes.separate(network.xy + 2 * at, network.points, bytes)
    forward(bytes, second ? 2 : 1)
    loss += passes.dot(c, network.level, bytes)
    outputBiasSum += passes.sumRow(c, bytes)
    if (second) {
      slopesKept(bytes)
      loss += passes.missOfSlope(network.slope, network.w + at, network.u + 2 * at, bytes)
      adjointOfSlopes(bytes)
    }
    adjointOfValues(c, bytes, second)
  }
  return loss
}

/** Writes the sums of the gradient to `network.thetaGradient`. */
export function finish(): void {
  unpack(network)
  const last = layerOf(network, network.depth - 1)
  store<f32>(
    network.thetaGradient + ((<usize>(network.outputOffset + last.realOutputs)) << 2),
    <f32>outputBiasSum,
  )
}

/** Bytes of a row that hold this many points, rounded up to 8 points. */
function bytesOf(points: i32): usize {
  return (<usize>((points + 7) & ~7)) << 2
}

/** The value pass. @param order highest derivative of the activations that the caller needs; f′ is always written */
function forward(bytes: usize, order: i32): void {
  let a = network.points
  let layer: Layer
  for (let i = 0; i < network.depth; i++) {
    layer = layerOf(network, i)
    product(layer.forward, layer.bias, a, layer.value, layer.inputs, layer.outputs, bytes)
    if (order == 2) {
      activateTwice(layer.activation, layer.value, layer.first, layer.second, layer.outputs, bytes)
    } else activate(layer.activation, layer.value, layer.first, layer.outputs, bytes)
    a = layer.value
  }
  layer = layerOf(network, network.depth - 1)
  passes.outputLevel(network.outputWeights, outputBias, a, network.level, layer.outputs, bytes)
}

/** ∇V into `network.slope`; overwrites f′. */
function slopes(bytes: usize): void {
  let i = network.depth - 1
  let layer = layerOf(network, i)
  passes.broadcast(network.outputWeights, layer.slope, layer.outputs, bytes)
  for (; i > 0; i--) {
    layer = layerOf(network, i)
    passes.multiplyInto(layer.first, layer.slope, layer.outputs, bytes)
    const below = layerOf(network, i - 1)
    product(layer.backward, 0, layer.first, below.slope, layer.outputs, layer.inputs, bytes)
  }
  layer = layerOf(network, 0)
  passes.multiplyInto(layer.first, layer.slope, layer.outputs, bytes)
  productOfTwo(layer.backward, layer.first, network.slope, layer.outputs, bytes)
}

/** ∇V into `network.slope`, with r and s of every layer kept. */
function slopesKept(bytes: usize): void {
  let i = network.depth - 1
  let layer = layerOf(network, i)
  passes.broadcast(network.outputWeights, layer.slope, layer.outputs, bytes)
  for (; i >= 0; i--) {
    layer = layerOf(network, i)
    passes.scaleSlopes(
      layer.slope,
      layer.first,
      layer.scaled,
      layer.scaledByPoint,
      layer.outputs,
      bytes,
    )
    if (i > 0) {
      const below = layerOf(network, i - 1)
      product(layer.backward, 0, layer.scaled, below.slope, layer.outputs, layer.inputs, bytes)
    } else productOfTwo(layer.backward, layer.scaled, network.slope, layer.outputs, bytes)
  }
}

/**
 * The adjoint of the gradient pass, from r̄₀ in `network.slope` up: W̄ += r̄ᵀs, s̄ = r̄W; r̄ replaces s, and
 * s̄ ⊙ r ⊙ f″ replaces f″.
 */
function adjointOfSlopes(bytes: usize): void {
  let rBar = network.slope
  for (let i = 0; i < network.depth; i++) {
    const layer = layerOf(network, i)
    if (i == 0) outerOfTwo(rBar, layer.scaledByPoint, layer.weightSum, layer.outputs, bytes)
    else outer(rBar, layer.scaledByPoint, layer.weightSum, layer.inputs, layer.outputs, bytes)
    product(layer.forward, 0, rBar, network.adjoint, layer.inputs, layer.outputs, bytes)
    passes.adjointOfSlopes(
      network.adjoint,
      layer.slope,
      layer.first,
      layer.second,
      layer.scaled,
      layer.outputs,
      bytes,
    )
    rBar = layer.scaled
  }
}

/** The adjoint of the value pass, from V̄ = c down: z̄ = ā ⊙ f′ + share, W̄ += aᵀz̄, b̄ += z̄, ā = z̄Wᵀ. */
function adjointOfValues(c: usize, bytes: usize, second: i32): void {
  let i = network.depth - 1
  let layer = layerOf(network, i)
  passes.adjointOfOutput(
    layer.value,
    c,
    second ? layer.scaled : 0,
    network.outputWeightSum,
    layer.outputs,
    bytes,
  )
  passes.broadcastTimes(network.outputWeights, c, network.adjoint, layer.outputs, bytes)
  for (; i >= 0; i--) {
    layer = layerOf(network, i)
    passes.adjointOfValues(
      network.adjoint,
      layer.first,
      second ? layer.second : 0,
      network.preAdjoint,
      network.preAdjointByPoint,
      layer.biasSum,
      layer.outputs,
      bytes,
    )
    const z = network.preAdjointByPoint
    if (i == 0) {
      outerOfTwo(network.points, z, layer.weightSum, layer.outputs, bytes)
      return
    }
    const below = layerOf(network, i - 1)
    outer(below.value, z, layer.weightSum, layer.inputs, layer.outputs, bytes)
    product(
      layer.backward,
      0,
      network.preAdjoint,
      network.adjoint,
      layer.outputs,
      layer.inputs,
      bytes,
    )
  }
}
