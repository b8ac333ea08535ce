import type { NetworkShape } from '../kernel.ts'
import { packNetwork, type PackedNetwork } from '../packedNetwork.ts'
import { ACTIVATION } from './simdKernel.ts'

/** V and ∇V of one network in float64. */
interface Float64Network {
  /**
   * @param xy length 2n
   * @param value length n; overwritten
   * @param gradient length 2n; overwritten
   */
  evaluate(xy: ArrayLike<number>, value: Float64Array, gradient: Float64Array): void
}

/** Makes the evaluator of a network. @throws RangeError for a wrong number of parameters, or without a hidden layer */
export type Float64Networks = (shape: NetworkShape, theta: ArrayLike<number>) => Float64Network

/** The exports of assembly/float64Network.ts. */
interface Exports {
  /** First address beyond the module's own memory. */
  readonly FREE: WebAssembly.Global<'i32'>
  evaluateFloat64(network: number, n: number): void
}

/** Points in one call of the compiled code, and in one block of it. */
const CHUNK = 256
const BLOCK = 8
const PAGE = 65536
/** Words of a description: the fields of `Layer` and of `Network` in assembly/float64Network.ts. */
const LAYER_WORDS = 8
const NETWORK_WORDS = 9

/** Addresses and contents of a network in the memory of the compiled code. */
interface Plan {
  /** Address of `words`. */
  readonly network: number
  readonly words: readonly number[]
  readonly parameters: readonly (readonly [at: number, values: Float64Array])[]
  readonly xy: number
  readonly value: number
  readonly gradient: number
  readonly bytes: number
}

/** @param free first free address; the plan aligns to the 16 bytes of a vector */
function layOut({ layers, outputWeights, outputBias }: PackedNetwork, free: number): Plan {
  const network = 16 * Math.ceil(free / 16)
  let bytes = network + 16 * Math.ceil((NETWORK_WORDS + LAYER_WORDS * layers.length) / 4)
  const parameters: [number, Float64Array][] = []
  const take = (floats: number): number => {
    const at = bytes
    bytes += 16 * Math.ceil(floats / 2)
    return at
  }
  const put = (values: Float64Array): number => {
    const at = take(values.length)
    parameters.push([at, values])
    return at
  }
  const widest = Math.max(...layers.map(({ outputs }) => outputs))
  const output = put(Float64Array.of(...outputWeights, outputBias))
  const xy = take(2 * CHUNK)
  const value = take(CHUNK)
  const gradient = take(2 * CHUNK)
  const words = [
    layers.length,
    network + 4 * NETWORK_WORDS,
    output,
    xy,
    value,
    gradient,
    take(2 * BLOCK), // points
    take(widest * BLOCK), // adjoint
    take(widest * BLOCK), // nextAdjoint
    ...layers.flatMap(({ activation, inputs, outputs, forward, backward, bias }) => [
      ACTIVATION[activation],
      inputs,
      outputs,
      put(forward),
      put(backward),
      put(bias),
      take(outputs * BLOCK), // value
      take(outputs * BLOCK), // slope
    ]),
  ]
  return { network, words, parameters, xy, value, gradient, bytes }
}

/**
 * V and ∇V of networks in float64 by WebAssembly SIMD, two points to a vector; each sum in the order of the
 * reference kernel and each function by the operations of core/maths/elementary.ts, so that the values are the
 * reference's own, bit for bit: where widths are odd up to the sign of a zero, and unless a number overflows, since
 * packing adds zeros. All networks share one memory; `evaluate` puts its network's parameters there first.
 * @param module energy.wasm, compiled
 * @throws WebAssembly's errors where the engine lacks SIMD
 */
export function createFloat64Networks(module: WebAssembly.Module): Float64Networks {
  const memory = new WebAssembly.Memory({ initial: 1 })
  const compiled = new WebAssembly.Instance(module, { env: { memory } })
    .exports as unknown as Exports
  /** The plan whose parameters are in the memory. */
  let held: Plan | null = null

  function hold(plan: Plan): void {
    if (held === plan) return
    const missing = Math.ceil(plan.bytes / PAGE) - memory.buffer.byteLength / PAGE
    if (missing > 0) memory.grow(missing)
    new Int32Array(memory.buffer).set(plan.words, plan.network / 4)
    for (const [at, values] of plan.parameters) new Float64Array(memory.buffer).set(values, at / 8)
    held = plan
  }

  return (shape, theta) => {
    const packed = packNetwork(shape, theta)
    if (packed.layers.length === 0) throw new RangeError('the network has no hidden layer')
    const plan = layOut(packed, compiled.FREE.value)
    return {
      evaluate(xy, value, gradient) {
        hold(plan)
        const points = new Float64Array(memory.buffer, plan.xy, 2 * CHUNK)
        const values = new Float64Array(memory.buffer, plan.value, CHUNK)
        const gradients = new Float64Array(memory.buffer, plan.gradient, 2 * CHUNK)
        for (let start = 0; start < value.length; start += CHUNK) {
          const count = Math.min(CHUNK, value.length - start)
          const whole = Math.ceil(count / BLOCK) * BLOCK
          for (let i = 0; i < 2 * count; i++) points[i] = xy[2 * start + i]!
          points.fill(0, 2 * count, 2 * whole)
          compiled.evaluateFloat64(plan.network, whole)
          value.set(values.subarray(0, count), start)
          gradient.set(gradients.subarray(0, 2 * count), 2 * start)
        }
      },
    }
  }
}
