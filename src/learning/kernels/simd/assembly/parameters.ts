import { Layer } from './layer'
import { layerOf, Network } from './network'

/** Copies θ into the panels and vectors that the products read. Padding stays 0. */
export function pack(network: Network): void {
  for (let i = 0; i < network.depth; i++) packLayer(layerOf(network, i), network.theta)
  const last = layerOf(network, network.depth - 1)
  copyFloats(
    network.outputWeights,
    network.theta + ((<usize>network.outputOffset) << 2),
    last.realOutputs,
  )
}

function packLayer(layer: Layer, theta: usize): void {
  const inputs = layer.realInputs
  const outputs = layer.realOutputs
  const weights = theta + ((<usize>layer.weights) << 2)
  copyFloats(layer.bias, theta + ((<usize>layer.biases) << 2), outputs)
  const forwardPanel = (<usize>layer.inputs) << 4
  const backwardPanel = (<usize>layer.outputs) << 4
  for (let j = 0; j < inputs; j++) {
    let from = weights + ((<usize>(j * outputs)) << 2)
    let forward = layer.forward + ((<usize>j) << 4)
    const pair = layer.inputs == 2
    let backward = pair
      ? layer.backward + ((<usize>j) << 2)
      : layer.backward + <usize>(j >> 2) * backwardPanel + ((<usize>(j & 3)) << 2)
    const backwardStep: usize = pair ? 8 : 16
    let k = 0
    for (; k + 4 <= outputs; k += 4) {
      const row = v128.load(from)
      v128.store(forward, row)
      v128.store_lane<f32>(backward, row, 0)
      v128.store_lane<f32>(backward + backwardStep, row, 1)
      v128.store_lane<f32>(backward + 2 * backwardStep, row, 2)
      v128.store_lane<f32>(backward + 3 * backwardStep, row, 3)
      from += 16
      forward += forwardPanel
      backward += 4 * backwardStep
    }
    for (; k < outputs; k++) {
      const weight = load<f32>(from)
      store<f32>(forward, weight)
      store<f32>(backward, weight)
      from += 4
      forward += 4
      backward += backwardStep
    }
  }
}

/** Sets every sum of the gradient to 0. */
export function clear(network: Network): void {
  for (let i = 0; i < network.depth; i++) {
    const layer = layerOf(network, i)
    memory.fill(layer.weightSum, 0, (<usize>(layer.inputs * layer.outputs)) << 2)
    memory.fill(layer.biasSum, 0, (<usize>layer.outputs) << 2)
  }
  const last = layerOf(network, network.depth - 1)
  memory.fill(network.outputWeightSum, 0, (<usize>last.outputs) << 2)
}

/** Copies the sums of the gradient into the order of θ, except that of the output bias. */
export function unpack(network: Network): void {
  const out = network.thetaGradient
  for (let i = 0; i < network.depth; i++) {
    const layer = layerOf(network, i)
    const outputs = layer.realOutputs
    for (let j = 0; j < layer.realInputs; j++) {
      copyFloats(
        out + ((<usize>(layer.weights + j * outputs)) << 2),
        layer.weightSum + ((<usize>(j * layer.outputs)) << 2),
        outputs,
      )
    }
    copyFloats(out + ((<usize>layer.biases) << 2), layer.biasSum, outputs)
  }
  const last = layerOf(network, network.depth - 1)
  copyFloats(out + ((<usize>network.outputOffset) << 2), network.outputWeightSum, last.realOutputs)
}

function copyFloats(to: usize, from: usize, count: i32): void {
  memory.copy(to, from, (<usize>count) << 2)
}
