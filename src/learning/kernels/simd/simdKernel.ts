import { parameterLayout, splitTuples } from '../kernel.ts'
import type { Activation, EnergyKernel, NetworkShape, Tuples } from '../kernel.ts'

/** A kernel that also offers its two primitives synchronously. */
export interface SimdKernel extends EnergyKernel {
  evaluateSync(
    theta: Float32Array,
    xy: Float32Array,
    value: Float32Array,
    gradient: Float32Array | null,
  ): void
  accumulateSync(theta: Float32Array, tuples: Tuples, out: Float32Array): number
}

/** Whether a kernel has synchronous primitives, as only this one does. */
export function isSynchronous(kernel: EnergyKernel): kernel is SimdKernel {
  return 'evaluateSync' in kernel
}

/** The exports of assembly/energy.ts. Addresses are in bytes. */
interface Exports {
  readonly BLOCK: WebAssembly.Global<'i32'>
  readonly FREE: WebAssembly.Global<'i32'>
  configure(network: number): void
  setParameters(): void
  evaluate(n: number, withGradient: number): void
  begin(): void
  accumulate(n: number, second: number): number
  finish(): void
}

/** Points in one call of the compiled code; a multiple of its block. Buffers this large stay in the cache. */
const CHUNK = 1024
const PAGE = 65536
/** Code of each activation in a layer's description. */
export const ACTIVATION: Readonly<Record<Activation, number>> = { sin: 0, silu: 1, tanh: 2 }

const padded = (width: number) => Math.ceil(width / 8) * 8

/** Allocates memory from an address on, aligned to the 16 bytes of a vector. */
class Arena {
  /** The first free address. */
  bytes: number

  constructor(free: number) {
    this.bytes = Math.ceil(free / 16) * 16
  }

  take(floats: number): number {
    const at = this.bytes
    this.bytes += Math.ceil(floats / 4) * 16
    return at
  }
}

/** Words of a description: the fields of `Layer` and of `Network` in assembly/. */
const LAYER_WORDS = 18
const NETWORK_WORDS = 19

/** Addresses of everything in the kernel's memory, and the descriptions in the order of their fields. */
function layOut(shape: NetworkShape, block: number, free: number) {
  const { layers, length } = parameterLayout(shape)
  const hidden = layers.slice(0, -1)
  const output = layers.at(-1)!
  const widest = Math.max(...shape.widths.map(padded))
  const last = padded(output.inputs)
  const arena = new Arena(free)
  const networkAt = arena.take(NETWORK_WORDS)
  const layersAt = arena.take(LAYER_WORDS * hidden.length)
  const buffers = {
    theta: arena.take(length),
    out: arena.take(length),
    xy: arena.take(2 * CHUNK),
    c: arena.take(CHUNK),
    w: arena.take(CHUNK),
    u: arena.take(2 * CHUNK),
    value: arena.take(CHUNK),
    gradient: arena.take(2 * CHUNK),
  }
  const layerWords = hidden.flatMap((layer, i) => {
    const inputs = i === 0 ? 2 : padded(layer.inputs)
    const outputs = padded(layer.outputs)
    return [
      ACTIVATION[shape.activations[i]!],
      inputs,
      outputs,
      layer.inputs,
      layer.outputs,
      layer.weights,
      layer.biases,
      arena.take(inputs * outputs), // forward
      arena.take(inputs * outputs), // backward
      arena.take(outputs), // bias
      arena.take(inputs * outputs), // weightSum
      arena.take(outputs), // biasSum
      arena.take(outputs * block), // value
      arena.take(outputs * block), // first
      arena.take(outputs * block), // second
      arena.take(outputs * block), // slope
      arena.take(outputs * block), // scaled
      arena.take(outputs * block), // scaledByPoint
    ]
  })
  const networkWords = [
    hidden.length,
    layersAt,
    arena.take(last), // outputWeights
    arena.take(last), // outputWeightSum
    output.weights,
    buffers.theta,
    buffers.out,
    buffers.xy,
    buffers.c,
    buffers.w,
    buffers.u,
    buffers.value,
    buffers.gradient,
    arena.take(2 * block), // points
    arena.take(2 * block), // slope
    arena.take(block), // level
    arena.take(widest * block), // adjoint
    arena.take(widest * block), // preAdjoint
    arena.take(widest * block), // preAdjointByPoint
  ]
  return { length, networkAt, networkWords, layersAt, layerWords, buffers, bytes: arena.bytes }
}

/**
 * The two primitives in WebAssembly SIMD, float32, on the calling thread: 64 points at a time, four to a vector;
 * this function allocates all memory. Every machine gives the same bits, since WebAssembly's vector arithmetic
 * is that of IEEE 754 in a fixed order.
 * @param module energy.wasm, compiled
 * @param shape at least one hidden layer
 * @throws RangeError for a network without a hidden layer; WebAssembly's errors where the engine lacks SIMD
 */
export function createSimdKernel(module: WebAssembly.Module, shape: NetworkShape): SimdKernel {
  if (shape.widths.length === 0) throw new RangeError('the network has no hidden layer')
  const memory = new WebAssembly.Memory({ initial: 1 })
  const compiled = new WebAssembly.Instance(module, { env: { memory } })
    .exports as unknown as Exports
  const plan = layOut(shape, compiled.BLOCK.value, compiled.FREE.value)
  memory.grow(Math.ceil(plan.bytes / PAGE) - 1)
  const { buffer } = memory
  new Int32Array(buffer).set(plan.networkWords, plan.networkAt / 4)
  new Int32Array(buffer).set(plan.layerWords, plan.layersAt / 4)
  compiled.configure(plan.networkAt)

  const view = (at: number, floats: number) => new Float32Array(buffer, at, floats)
  const theta = view(plan.buffers.theta, plan.length)
  const sums = view(plan.buffers.out, plan.length)
  const xy = view(plan.buffers.xy, 2 * CHUNK)
  const c = view(plan.buffers.c, CHUNK)
  const w = view(plan.buffers.w, CHUNK)
  const u = view(plan.buffers.u, 2 * CHUNK)
  const value = view(plan.buffers.value, CHUNK)
  const gradient = view(plan.buffers.gradient, 2 * CHUNK)

  const setParameters = (values: Float32Array) => {
    if (values.length !== plan.length)
      throw new RangeError(
        `theta: found ${values.length} parameters, the network has ${plan.length}`,
      )
    theta.set(values)
    compiled.setParameters()
  }

  /** Copies entries [from, from + count) of `source` to the front of a buffer and pads with 0 to a multiple of 16. */
  const load = (buffer: Float32Array, source: Float32Array, from: number, count: number) => {
    buffer.set(source.subarray(from, from + count))
    buffer.fill(0, count, Math.ceil(count / 16) * 16)
  }

  const kernel = {
    shape,

    evaluateSync(
      parameters: Float32Array,
      points: Float32Array,
      values: Float32Array,
      gradients: Float32Array | null,
    ): void {
      setParameters(parameters)
      const n = values.length
      for (let start = 0; start < n; start += CHUNK) {
        const count = Math.min(CHUNK, n - start)
        load(xy, points, 2 * start, 2 * count)
        compiled.evaluate(count, gradients === null ? 0 : 1)
        values.set(count === CHUNK ? value : value.subarray(0, count), start)
        gradients?.set(count === CHUNK ? gradient : gradient.subarray(0, 2 * count), 2 * start)
      }
    },

    accumulateSync(parameters: Float32Array, tuples: Tuples, out: Float32Array): number {
      setParameters(parameters)
      compiled.begin()
      let loss = 0
      for (const part of splitTuples(tuples)) {
        const n = part.c.length
        for (let start = 0; start < n; start += CHUNK) {
          const count = Math.min(CHUNK, n - start)
          load(xy, part.xy, 2 * start, 2 * count)
          load(c, part.c, start, count)
          if (part.w !== null && part.u !== null) {
            load(w, part.w, start, count)
            load(u, part.u, 2 * start, 2 * count)
          }
          loss += compiled.accumulate(count, part.w === null ? 0 : 1)
        }
      }
      compiled.finish()
      out.set(sums)
      return loss
    },
  }

  return {
    ...kernel,
    async evaluate(...call) {
      kernel.evaluateSync(...call)
    },
    async accumulate(...call) {
      return kernel.accumulateSync(...call)
    },
    liveTensors: () => 0,
    dispose() {},
  }
}
