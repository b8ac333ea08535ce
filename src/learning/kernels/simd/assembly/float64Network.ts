import { activate } from './float64Activations'

/*
 * V and ∇V of a network in float64, eight points at a time, two to a vector. Every sum runs in the order of the
 * reference kernel and gives the same bits. An array over a block is feature-major: one row of eight points per feature.
 */

/** Bytes of a row. */
const ROW: usize = 64

/** As `PackedLayer`, with addresses in bytes and fields of 4 bytes. */
@unmanaged
class Layer {
  /** 0 sin, 1 SiLU, 2 tanh. */
  activation: i32
  inputs: i32
  outputs: i32
  forward: usize
  backward: usize
  bias: usize
  /** f(z) and f′(z). */
  value: usize
  slope: usize
}

/** As `PackedNetwork`. */
@unmanaged
class Network {
  depth: i32
  /** `depth` layers, one after the other. */
  layers: usize
  /** The output weights, and the output bias after them. */
  outputWeights: usize
  /** [x0, y0, …], V, and [V_x0, V_y0, …] of the points of a call. */
  xy: usize
  value: usize
  gradient: usize
  /** Coordinates of a block, and the adjoints of a layer and of the one before it. */
  points: usize
  adjoint: usize
  nextAdjoint: usize
}

function layerOf(network: Network, i: i32): Layer {
  return changetype<Layer>(network.layers + <usize>i * offsetof<Layer>())
}

/**
 * V and ∇V at the first n points of `network.xy`.
 * @param at address of the network's description
 * @param n a multiple of 8
 */
export function evaluateFloat64(at: usize, n: i32): void {
  const network = changetype<Network>(at)
  for (let start: usize = 0; start < (<usize>n) << 3; start += ROW) {
    separate(network.xy + 2 * start, network.points)
    forward(network, network.value + start)
    interleave(backward(network), network.gradient + 2 * start)
  }
}

function forward(network: Network, value: usize): void {
  let a = network.points
  let width = 2
  for (let i = 0; i < network.depth; i++) {
    const layer = layerOf(network, i)
    const end = layer.value + <usize>layer.outputs * ROW
    product(layer.forward, layer.bias, a, layer.value, layer.inputs, layer.outputs)
    activate(layer.activation, layer.value, layer.slope, end)
    a = layer.value
    width = layer.outputs
  }
  level(network.outputWeights, a, width, value)
}

/** The derivatives by the coordinates, two rows; after `forward`. */
function backward(network: Network): usize {
  let adjoint = network.adjoint
  let next = network.nextAdjoint
  const last = layerOf(network, network.depth - 1)
  broadcast(network.outputWeights, adjoint, last.outputs)
  for (let i = network.depth - 1; i >= 0; i--) {
    const layer = layerOf(network, i)
    multiply(adjoint, layer.slope, <usize>layer.outputs * ROW)
    product(layer.backward, 0, adjoint, next, layer.outputs, layer.inputs)
    const free = adjoint
    adjoint = next
    next = free
  }
  return adjoint
}

/**
 * out[k] = bias[k] + Σⱼ w[k][j]·a[j], two rows at a time.
 * @param w [outputs][inputs]
 * @param bias [outputs], or 0 for none
 * @param outputs even
 */
function product(w: usize, bias: usize, a: usize, out: usize, inputs: i32, outputs: i32): void {
  const stride = (<usize>inputs) << 3
  const end = a + <usize>inputs * ROW
  for (let k = 0; k < outputs; k += 2) {
    let s00 = f64x2.splat(0)
    let s10 = s00
    if (bias != 0) {
      s00 = v128.load_splat<f64>(bias)
      s10 = v128.load_splat<f64>(bias, 8)
      bias += 16
    }
    let s01 = s00
    let s02 = s00
    let s03 = s00
    let s11 = s10
    let s12 = s10
    let s13 = s10
    let x = a
    while (x < end) {
      const w0 = v128.load_splat<f64>(w)
      const w1 = v128.load_splat<f64>(w + stride)
      const x0 = v128.load(x)
      const x1 = v128.load(x, 16)
      const x2 = v128.load(x, 32)
      const x3 = v128.load(x, 48)
      s00 = f64x2.add(s00, f64x2.mul(x0, w0))
      s01 = f64x2.add(s01, f64x2.mul(x1, w0))
      s02 = f64x2.add(s02, f64x2.mul(x2, w0))
      s03 = f64x2.add(s03, f64x2.mul(x3, w0))
      s10 = f64x2.add(s10, f64x2.mul(x0, w1))
      s11 = f64x2.add(s11, f64x2.mul(x1, w1))
      s12 = f64x2.add(s12, f64x2.mul(x2, w1))
      s13 = f64x2.add(s13, f64x2.mul(x3, w1))
      w += 8
      x += ROW
    }
    w += stride
    v128.store(out, s00)
    v128.store(out, s01, 16)
    v128.store(out, s02, 32)
    v128.store(out, s03, 48)
    v128.store(out, s10, ROW)
    v128.store(out, s11, ROW + 16)
    v128.store(out, s12, ROW + 32)
    v128.store(out, s13, ROW + 48)
    out += 2 * ROW
  }
}

/** V = bias + Σⱼ weights[j]·a[j], the bias standing behind the weights. */
function level(weights: usize, a: usize, width: i32, out: usize): void {
  const end = weights + ((<usize>width) << 3)
  let s0 = v128.load_splat<f64>(end)
  let s1 = s0
  let s2 = s0
  let s3 = s0
  while (weights < end) {
    const w = v128.load_splat<f64>(weights)
    s0 = f64x2.add(s0, f64x2.mul(v128.load(a), w))
    s1 = f64x2.add(s1, f64x2.mul(v128.load(a, 16), w))
    s2 = f64x2.add(s2, f64x2.mul(v128.load(a, 32), w))
    s3 = f64x2.add(s3, f64x2.mul(v128.load(a, 48), w))
    weights += 8
    a += ROW
  }
  v128.store(out, s0)
  v128.store(out, s1, 16)
  v128.store(out, s2, 32)
  v128.store(out, s3, 48)
}

/** Rows filled with one number each: out[k] = weights[k]. */
function broadcast(weights: usize, out: usize, width: i32): void {
  for (let k = 0; k < width; k++) {
    const w = v128.load_splat<f64>(weights)
    v128.store(out, w)
    v128.store(out, w, 16)
    v128.store(out, w, 32)
    v128.store(out, w, 48)
    weights += 8
    out += ROW
  }
}

/** a ⊙ b over a. */
function multiply(a: usize, b: usize, bytes: usize): void {
  const end = a + bytes
  while (a < end) {
    v128.store(a, f64x2.mul(v128.load(a), v128.load(b)))
    a += 16
    b += 16
  }
}

/** [x0, y0, x1, y1, …] to a row of x and a row of y. */
function separate(xy: usize, rows: usize): void {
  for (let p: usize = 0; p < ROW; p += 16) {
    const a = v128.load(xy)
    const b = v128.load(xy, 16)
    v128.store(rows + p, v128.shuffle<f64>(a, b, 0, 2))
    v128.store(rows + p, v128.shuffle<f64>(a, b, 1, 3), ROW)
    xy += 32
  }
}

/** The inverse of `separate`. */
function interleave(rows: usize, xy: usize): void {
  for (let p: usize = 0; p < ROW; p += 16) {
    const x = v128.load(rows + p)
    const y = v128.load(rows + p, ROW)
    v128.store(xy, v128.shuffle<f64>(x, y, 0, 2))
    v128.store(xy, v128.shuffle<f64>(x, y, 1, 3), 16)
    xy += 32
  }
}
