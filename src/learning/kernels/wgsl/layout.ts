import { parameterLayout } from '../kernel.ts'
import type { NetworkShape } from '../kernel.ts'

/** Number of invocations side by side over the units of a layer; every width is padded to a multiple of it. */
export const LANES = 8

/** One layer inside the padded parameters; `weights` and `biases` are offsets there. */
interface PaddedLayer {
  readonly inputs: number
  readonly outputs: number
  readonly weights: number
  readonly biases: number
}

/**
 * θ as the device holds it: every width rounded up to a multiple of `LANES`, with zeros in the added
 * units. A unit whose weights and bias are 0, and whose outgoing weights are 0, has a zero gradient in
 * each of them, to first and second order, so that Adam keeps it at zero.
 */
export interface PaddedLayout {
  readonly layers: readonly PaddedLayer[]
  readonly length: number
  /** Where each entry of θ stands in the padded array. */
  readonly place: Uint32Array
}

const padded = (width: number): number => Math.ceil(width / LANES) * LANES

export function paddedLayout(shape: NetworkShape): PaddedLayout {
  const plain = parameterLayout(shape)
  const place = new Uint32Array(plain.length)
  const layers: PaddedLayer[] = []
  let offset = 0
  plain.layers.forEach((layer, i) => {
    const inputs = i === 0 ? 2 : padded(layer.inputs)
    const outputs = i === plain.layers.length - 1 ? 1 : padded(layer.outputs)
    const weights = offset
    const biases = weights + inputs * outputs
    for (let j = 0; j < layer.inputs; j++) {
      for (let k = 0; k < layer.outputs; k++) {
        place[layer.weights + j * layer.outputs + k] = weights + j * outputs + k
      }
    }
    for (let k = 0; k < layer.outputs; k++) place[layer.biases + k] = biases + k
    layers.push({ inputs, outputs, weights, biases })
    offset = biases + outputs
  })
  return { layers, length: padded(offset), place }
}

/** Writes θ into a padded array that is zero elsewhere. */
export function pad(layout: PaddedLayout, theta: Float32Array, out: Float32Array): void {
  layout.place.forEach((at, k) => {
    out[at] = theta[k]!
  })
}

/** Reads θ back out of a padded array. */
export function unpad(layout: PaddedLayout, from: Float32Array, theta: Float32Array): void {
  layout.place.forEach((at, k) => {
    theta[k] = from[at]!
  })
}

/**
 * The padded parameters with every hidden layer's weights transposed (outputs × inputs) in place: the
 * reverse passes read them along their rows.
 */
export function transposeWeights(
  layout: PaddedLayout,
  from: Float32Array,
  out: Float32Array,
): void {
  out.set(from)
  for (const { inputs, outputs, weights } of layout.layers.slice(1, -1)) {
    for (let j = 0; j < inputs; j++) {
      for (let k = 0; k < outputs; k++) {
        out[weights + k * inputs + j] = from[weights + j * outputs + k]!
      }
    }
  }
}
