import { parameterLayout, type Activation, type NetworkShape } from './kernel.ts'

/** A hidden layer in float64. Zeros pad its outputs to an even number, and its inputs to the outputs of the layer before. */
export interface PackedLayer {
  readonly inputs: number
  readonly outputs: number
  readonly activation: Activation
  /** Row k holds the weights into output k: forward[k·inputs + j]. */
  readonly forward: Float64Array
  readonly bias: Float64Array
  /** Row j holds the weights out of input j: backward[j·outputs + k]. */
  readonly backward: Float64Array
}

/** A network laid out for evaluation in float64, two outputs at a time. */
export interface PackedNetwork {
  readonly layers: readonly PackedLayer[]
  /** One weight for each output of the last layer. */
  readonly outputWeights: Float64Array
  readonly outputBias: number
}

/**
 * @param theta parameters in the order of `parameterLayout`
 * @throws RangeError where the length of `theta` is not that of the shape
 */
export function packNetwork(shape: NetworkShape, theta: ArrayLike<number>): PackedNetwork {
  const { layers, length } = parameterLayout(shape)
  if (theta.length !== length)
    throw new RangeError(`theta: found ${theta.length} parameters, the network has ${length}`)
  const packed: PackedLayer[] = []
  let inputs = 2
  for (let i = 0; i < shape.widths.length; i++) {
    const layout = layers[i]!
    const outputs = even(layout.outputs)
    const forward = new Float64Array(outputs * inputs)
    const backward = new Float64Array(inputs * outputs)
    const bias = new Float64Array(outputs)
    for (let k = 0; k < layout.outputs; k++) {
      bias[k] = theta[layout.biases + k]!
      for (let j = 0; j < layout.inputs; j++) {
        const weight = theta[layout.weights + j * layout.outputs + k]!
        forward[k * inputs + j] = weight
        backward[j * outputs + k] = weight
      }
    }
    packed.push({ inputs, outputs, activation: shape.activations[i]!, forward, bias, backward })
    inputs = outputs
  }
  const last = layers[shape.widths.length]!
  const outputWeights = new Float64Array(inputs)
  for (let j = 0; j < last.inputs; j++) outputWeights[j] = theta[last.weights + j]!
  return { layers: packed, outputWeights, outputBias: theta[last.biases]! }
}

const even = (n: number) => n + (n & 1)
