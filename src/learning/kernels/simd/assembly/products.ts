import { ROW } from './layer'

/**
 * out[k] = bias[k] + Σⱼ panel[j][k] · a[j], rows of a block: tiles of 4 outputs × 8 points, whose eight
 * sums stay in registers.
 * @param panel weights, [outputs / 4][inputs][4]
 * @param bias [outputs], or 0 for none
 * @param inputs even
 * @param outputs a multiple of 4
 * @param bytes of a row that are computed, 4 a point, a multiple of 32
 */
export function product(
  panel: usize,
  bias: usize,
  a: usize,
  out: usize,
  inputs: i32,
  outputs: i32,
  bytes: usize,
): void {
  const panelBytes = (<usize>inputs) << 4
  for (let k = 0; k < outputs; k += 4) {
    let b0 = f32x4.splat(0)
    let b1 = b0
    let b2 = b0
    let b3 = b0
    if (bias != 0) {
      b0 = v128.load_splat<f32>(bias)
      b1 = v128.load_splat<f32>(bias, 4)
      b2 = v128.load_splat<f32>(bias, 8)
      b3 = v128.load_splat<f32>(bias, 12)
      bias += 16
    }
    const panelEnd = panel + panelBytes
    for (let p: usize = 0; p < bytes; p += 32) {
      let s00 = b0
      let s01 = b0
      let s10 = b1
      let s11 = b1
      let s20 = b2
      let s21 = b2
      let s30 = b3
      let s31 = b3
      let x = a + p
      let w = panel
      while (w < panelEnd) {
        let x0 = v128.load(x)
        let x1 = v128.load(x, 16)
        let w0 = v128.load_splat<f32>(w)
        s00 = f32x4.add(s00, f32x4.mul(w0, x0))
        s01 = f32x4.add(s01, f32x4.mul(w0, x1))
        let w1 = v128.load_splat<f32>(w, 4)
        s10 = f32x4.add(s10, f32x4.mul(w1, x0))
        s11 = f32x4.add(s11, f32x4.mul(w1, x1))
        let w2 = v128.load_splat<f32>(w, 8)
        s20 = f32x4.add(s20, f32x4.mul(w2, x0))
        s21 = f32x4.add(s21, f32x4.mul(w2, x1))
        let w3 = v128.load_splat<f32>(w, 12)
        s30 = f32x4.add(s30, f32x4.mul(w3, x0))
        s31 = f32x4.add(s31, f32x4.mul(w3, x1))
        x0 = v128.load(x, ROW)
        x1 = v128.load(x, ROW + 16)
        w0 = v128.load_splat<f32>(w, 16)
        s00 = f32x4.add(s00, f32x4.mul(w0, x0))
        s01 = f32x4.add(s01, f32x4.mul(w0, x1))
        w1 = v128.load_splat<f32>(w, 20)
        s10 = f32x4.add(s10, f32x4.mul(w1, x0))
        s11 = f32x4.add(s11, f32x4.mul(w1, x1))
        w2 = v128.load_splat<f32>(w, 24)
        s20 = f32x4.add(s20, f32x4.mul(w2, x0))
        s21 = f32x4.add(s21, f32x4.mul(w2, x1))
        w3 = v128.load_splat<f32>(w, 28)
        s30 = f32x4.add(s30, f32x4.mul(w3, x0))
        s31 = f32x4.add(s31, f32x4.mul(w3, x1))
        w += 32
        x += 2 * ROW
      }
      const o = out + p
      v128.store(o, s00)
      v128.store(o, s01, 16)
      v128.store(o, s10, ROW)
      v128.store(o, s11, ROW + 16)
      v128.store(o, s20, 2 * ROW)
      v128.store(o, s21, 2 * ROW + 16)
      v128.store(o, s30, 3 * ROW)
      v128.store(o, s31, 3 * ROW + 16)
    }
    panel = panelEnd
    out += 4 * ROW
  }
}

/** `product` for 2 outputs and no bias: panel is [inputs][2]. */
export function productOfTwo(panel: usize, a: usize, out: usize, inputs: i32, bytes: usize): void {
  const panelEnd = panel + ((<usize>inputs) << 3)
  for (let p: usize = 0; p < bytes; p += 32) {
    let s00 = f32x4.splat(0)
    let s01 = s00
    let s10 = s00
    let s11 = s00
    let x = a + p
    let w = panel
    while (w < panelEnd) {
      const x0 = v128.load(x)
      const x1 = v128.load(x, 16)
      const w0 = v128.load_splat<f32>(w)
      const w1 = v128.load_splat<f32>(w, 4)
      s00 = f32x4.add(s00, f32x4.mul(w0, x0))
      s01 = f32x4.add(s01, f32x4.mul(w0, x1))
      s10 = f32x4.add(s10, f32x4.mul(w1, x0))
      s11 = f32x4.add(s11, f32x4.mul(w1, x1))
      w += 8
      x += ROW
    }
    const o = out + p
    v128.store(o, s00)
    v128.store(o, s01, 16)
    v128.store(o, s10, ROW)
    v128.store(o, s11, ROW + 16)
  }
}

/**
 * sum[j][k] += Σₚ a[j][p] · z[p][k]: tiles of 4 × 8, four lanes being four k, so that no sum runs across
 * the lanes of a vector.
 * @param a rows of a block, [inputs][BLOCK]
 * @param z point by point, [BLOCK][outputs]
 * @param sum [inputs][outputs]
 * @param inputs a multiple of 4
 * @param outputs a multiple of 8
 * @param bytes of a row that are summed, 4 a point, a multiple of 8
 */
export function outer(
  a: usize,
  z: usize,
  sum: usize,
  inputs: i32,
  outputs: i32,
  bytes: usize,
): void {
  const step = (<usize>outputs) << 2
  for (let j = 0; j < inputs; j += 4) {
    const end = a + bytes
    for (let k: usize = 0; k < step; k += 32) {
      let s00 = f32x4.splat(0)
      let s01 = s00
      let s10 = s00
      let s11 = s00
      let s20 = s00
      let s21 = s00
      let s30 = s00
      let s31 = s00
      let x = a
      let y = z + k
      while (x < end) {
        let y0 = v128.load(y)
        let y1 = v128.load(y, 16)
        let x0 = v128.load_splat<f32>(x)
        s00 = f32x4.add(s00, f32x4.mul(x0, y0))
        s01 = f32x4.add(s01, f32x4.mul(x0, y1))
        let x1 = v128.load_splat<f32>(x, ROW)
        s10 = f32x4.add(s10, f32x4.mul(x1, y0))
        s11 = f32x4.add(s11, f32x4.mul(x1, y1))
        let x2 = v128.load_splat<f32>(x, 2 * ROW)
        s20 = f32x4.add(s20, f32x4.mul(x2, y0))
        s21 = f32x4.add(s21, f32x4.mul(x2, y1))
        let x3 = v128.load_splat<f32>(x, 3 * ROW)
        s30 = f32x4.add(s30, f32x4.mul(x3, y0))
        s31 = f32x4.add(s31, f32x4.mul(x3, y1))
        y += step
        y0 = v128.load(y)
        y1 = v128.load(y, 16)
        x0 = v128.load_splat<f32>(x, 4)
        s00 = f32x4.add(s00, f32x4.mul(x0, y0))
        s01 = f32x4.add(s01, f32x4.mul(x0, y1))
        x1 = v128.load_splat<f32>(x, ROW + 4)
        s10 = f32x4.add(s10, f32x4.mul(x1, y0))
        s11 = f32x4.add(s11, f32x4.mul(x1, y1))
        x2 = v128.load_splat<f32>(x, 2 * ROW + 4)
        s20 = f32x4.add(s20, f32x4.mul(x2, y0))
        s21 = f32x4.add(s21, f32x4.mul(x2, y1))
        x3 = v128.load_splat<f32>(x, 3 * ROW + 4)
        s30 = f32x4.add(s30, f32x4.mul(x3, y0))
        s31 = f32x4.add(s31, f32x4.mul(x3, y1))
        y += step
        x += 8
      }
      addPair(sum + k, s00, s01)
      addPair(sum + step + k, s10, s11)
      addPair(sum + 2 * step + k, s20, s21)
      addPair(sum + 3 * step + k, s30, s31)
    }
    a += 4 * ROW
    sum += 4 * step
  }
}

/** `outer` for 2 rows of a. */
export function outerOfTwo(a: usize, z: usize, sum: usize, outputs: i32, bytes: usize): void {
  const step = (<usize>outputs) << 2
  const end = a + bytes
  for (let k: usize = 0; k < step; k += 32) {
    let s00 = f32x4.splat(0)
    let s01 = s00
    let s10 = s00
    let s11 = s00
    let x = a
    let y = z + k
    while (x < end) {
      const y0 = v128.load(y)
      const y1 = v128.load(y, 16)
      const x0 = v128.load_splat<f32>(x)
      const x1 = v128.load_splat<f32>(x, ROW)
      s00 = f32x4.add(s00, f32x4.mul(x0, y0))
      s01 = f32x4.add(s01, f32x4.mul(x0, y1))
      s10 = f32x4.add(s10, f32x4.mul(x1, y0))
      s11 = f32x4.add(s11, f32x4.mul(x1, y1))
      y += step
      x += 4
    }
    addPair(sum + k, s00, s01)
    addPair(sum + step + k, s10, s11)
  }
}

function addPair(at: usize, low: v128, high: v128): void {
  v128.store(at, f32x4.add(v128.load(at), low))
  v128.store(at, f32x4.add(v128.load(at, 16), high), 16)
}
