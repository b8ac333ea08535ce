import { ROW } from './layer'

/*
 * Elementwise passes over the rows of a block between two matrix products. Each computes `bytes` of every
 * row: 4 a point, a multiple of 32.
 */

/** Rows filled with one number each: out[k] = weights[k]. */
export function broadcast(weights: usize, out: usize, features: i32, bytes: usize): void {
  for (let k = 0; k < features; k++) {
    const w = v128.load_splat<f32>(weights)
    for (let p: usize = 0; p < bytes; p += 16) v128.store(out + p, w)
    weights += 4
    out += ROW
  }
}

/** a ← a ⊙ b. */
export function multiplyInto(a: usize, b: usize, features: i32, bytes: usize): void {
  for (let k = 0; k < features; k++) {
    for (let p: usize = 0; p < bytes; p += 16) {
      v128.store(a + p, f32x4.mul(v128.load(a + p), v128.load(b + p)))
    }
    a += ROW
    b += ROW
  }
}

/** Four rows' vectors stored as four points' vectors, `step` bytes apart. */
function storeTransposed(at: usize, step: usize, r0: v128, r1: v128, r2: v128, r3: v128): void {
  const a = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5)
  const b = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5)
  const c = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7)
  const d = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7)
  v128.store(at, v128.shuffle<f32>(a, b, 0, 1, 4, 5))
  v128.store(at + step, v128.shuffle<f32>(a, b, 2, 3, 6, 7))
  v128.store(at + 2 * step, v128.shuffle<f32>(c, d, 0, 1, 4, 5))
  v128.store(at + 3 * step, v128.shuffle<f32>(c, d, 2, 3, 6, 7))
}

/** [Σ r0, Σ r1, Σ r2, Σ r3] over the lanes of each. */
function sumLanes(r0: v128, r1: v128, r2: v128, r3: v128): v128 {
  const a = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5)
  const b = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5)
  const c = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7)
  const d = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7)
  return f32x4.add(
    f32x4.add(v128.shuffle<f32>(a, b, 0, 1, 4, 5), v128.shuffle<f32>(a, b, 2, 3, 6, 7)),
    f32x4.add(v128.shuffle<f32>(c, d, 0, 1, 4, 5), v128.shuffle<f32>(c, d, 2, 3, 6, 7)),
  )
}

/** s = r ⊙ f′, by rows and point by point. */
export function scaleSlopes(
  r: usize,
  first: usize,
  s: usize,
  sByPoint: usize,
  features: i32,
  bytes: usize,
): void {
  const step = (<usize>features) << 2
  for (let k = 0; k < features; k += 4) {
    let at = sByPoint
    for (let p: usize = 0; p < bytes; p += 16) {
      const x = r + p
      const y = first + p
      const s0 = f32x4.mul(v128.load(x), v128.load(y))
      const s1 = f32x4.mul(v128.load(x, ROW), v128.load(y, ROW))
      const s2 = f32x4.mul(v128.load(x, 2 * ROW), v128.load(y, 2 * ROW))
      const s3 = f32x4.mul(v128.load(x, 3 * ROW), v128.load(y, 3 * ROW))
      const o = s + p
      v128.store(o, s0)
      v128.store(o, s1, ROW)
      v128.store(o, s2, 2 * ROW)
      v128.store(o, s3, 3 * ROW)
      storeTransposed(at, step, s0, s1, s2, s3)
      at += 4 * step
    }
    r += 4 * ROW
    first += 4 * ROW
    s += 4 * ROW
    sByPoint += 16
  }
}

/** From s̄: the adjoint r̄ = s̄ ⊙ f′, and s̄ ⊙ r ⊙ f″ over f″, its share of z̄. */
export function adjointOfSlopes(
  sBar: usize,
  r: usize,
  first: usize,
  second: usize,
  rBar: usize,
  features: i32,
  bytes: usize,
): void {
  for (let k = 0; k < features; k++) {
    for (let p: usize = 0; p < bytes; p += 16) {
      const s = v128.load(sBar + p)
      const q = f32x4.mul(f32x4.mul(s, v128.load(r + p)), v128.load(second + p))
      v128.store(second + p, q)
      v128.store(rBar + p, f32x4.mul(s, v128.load(first + p)))
    }
    sBar += ROW
    r += ROW
    first += ROW
    second += ROW
    rBar += ROW
  }
}

/** z̄ = ā ⊙ f′ (+ share), by rows and point by point; adds Σ z̄ over the points to biasSum. */
export function adjointOfValues(
  aBar: usize,
  first: usize,
  share: usize,
  z: usize,
  zByPoint: usize,
  biasSum: usize,
  features: i32,
  bytes: usize,
): void {
  const step = (<usize>features) << 2
  for (let k = 0; k < features; k += 4) {
    let at = zByPoint
    let t0 = f32x4.splat(0)
    let t1 = t0
    let t2 = t0
    let t3 = t0
    for (let p: usize = 0; p < bytes; p += 16) {
      const x = aBar + p
      const y = first + p
      let z0 = f32x4.mul(v128.load(x), v128.load(y))
      let z1 = f32x4.mul(v128.load(x, ROW), v128.load(y, ROW))
      let z2 = f32x4.mul(v128.load(x, 2 * ROW), v128.load(y, 2 * ROW))
      let z3 = f32x4.mul(v128.load(x, 3 * ROW), v128.load(y, 3 * ROW))
      if (share != 0) {
        const q = share + p
        z0 = f32x4.add(z0, v128.load(q))
        z1 = f32x4.add(z1, v128.load(q, ROW))
        z2 = f32x4.add(z2, v128.load(q, 2 * ROW))
        z3 = f32x4.add(z3, v128.load(q, 3 * ROW))
      }
      const o = z + p
      v128.store(o, z0)
      v128.store(o, z1, ROW)
      v128.store(o, z2, 2 * ROW)
      v128.store(o, z3, 3 * ROW)
      storeTransposed(at, step, z0, z1, z2, z3)
      t0 = f32x4.add(t0, z0)
      t1 = f32x4.add(t1, z1)
      t2 = f32x4.add(t2, z2)
      t3 = f32x4.add(t3, z3)
      at += 4 * step
    }
    v128.store(biasSum, f32x4.add(v128.load(biasSum), sumLanes(t0, t1, t2, t3)))
    biasSum += 16
    aBar += 4 * ROW
    first += 4 * ROW
    if (share != 0) share += 4 * ROW
    z += 4 * ROW
    zByPoint += 16
  }
}

/** sum[j] += Σₚ c·a[j] (+ r̄[j]): the derivative of the loss by the output weights. */
export function adjointOfOutput(
  a: usize,
  c: usize,
  rBar: usize,
  sum: usize,
  features: i32,
  bytes: usize,
): void {
  for (let k = 0; k < features; k += 4) {
    let t0 = f32x4.splat(0)
    let t1 = t0
    let t2 = t0
    let t3 = t0
    for (let p: usize = 0; p < bytes; p += 16) {
      const x = a + p
      const cp = v128.load(c + p)
      t0 = f32x4.add(t0, f32x4.mul(cp, v128.load(x)))
      t1 = f32x4.add(t1, f32x4.mul(cp, v128.load(x, ROW)))
      t2 = f32x4.add(t2, f32x4.mul(cp, v128.load(x, 2 * ROW)))
      t3 = f32x4.add(t3, f32x4.mul(cp, v128.load(x, 3 * ROW)))
      if (rBar != 0) {
        const y = rBar + p
        t0 = f32x4.add(t0, v128.load(y))
        t1 = f32x4.add(t1, v128.load(y, ROW))
        t2 = f32x4.add(t2, v128.load(y, 2 * ROW))
        t3 = f32x4.add(t3, v128.load(y, 3 * ROW))
      }
    }
    v128.store(sum, f32x4.add(v128.load(sum), sumLanes(t0, t1, t2, t3)))
    sum += 16
    a += 4 * ROW
    if (rBar != 0) rBar += 4 * ROW
  }
}

/** out[k] = c · weights[k]: the adjoint of the last layer's activations. */
export function broadcastTimes(
  weights: usize,
  c: usize,
  out: usize,
  features: i32,
  bytes: usize,
): void {
  for (let k = 0; k < features; k++) {
    const w = v128.load_splat<f32>(weights)
    for (let p: usize = 0; p < bytes; p += 16) {
      v128.store(out + p, f32x4.mul(w, v128.load(c + p)))
    }
    weights += 4
    out += ROW
  }
}

/** V = bias + Σⱼ weights[j] · a[j], one row. */
export function outputLevel(
  weights: usize,
  bias: f32,
  a: usize,
  out: usize,
  features: i32,
  bytes: usize,
): void {
  const end = weights + ((<usize>features) << 2)
  for (let p: usize = 0; p < bytes; p += 32) {
    let even0 = f32x4.splat(bias)
    let even1 = even0
    let odd0 = f32x4.splat(0)
    let odd1 = odd0
    let x = a + p
    let w = weights
    while (w < end) {
      const w0 = v128.load_splat<f32>(w)
      const w1 = v128.load_splat<f32>(w, 4)
      even0 = f32x4.add(even0, f32x4.mul(w0, v128.load(x)))
      even1 = f32x4.add(even1, f32x4.mul(w0, v128.load(x, 16)))
      odd0 = f32x4.add(odd0, f32x4.mul(w1, v128.load(x, ROW)))
      odd1 = f32x4.add(odd1, f32x4.mul(w1, v128.load(x, ROW + 16)))
      w += 8
      x += 2 * ROW
    }
    v128.store(out + p, f32x4.add(even0, odd0))
    v128.store(out + p, f32x4.add(even1, odd1), 16)
  }
}

/** [x0, y0, x1, y1, …] to a row of x and a row of y. */
export function separate(xy: usize, rows: usize, bytes: usize): void {
  for (let p: usize = 0; p < bytes; p += 16) {
    const low = v128.load(xy)
    const high = v128.load(xy, 16)
    v128.store(rows + p, v128.shuffle<f32>(low, high, 0, 2, 4, 6))
    v128.store(rows + p, v128.shuffle<f32>(low, high, 1, 3, 5, 7), ROW)
    xy += 32
  }
}

/** The inverse of `separate`. */
export function interleave(rows: usize, xy: usize, bytes: usize): void {
  for (let p: usize = 0; p < bytes; p += 16) {
    const x = v128.load(rows + p)
    const y = v128.load(rows + p, ROW)
    v128.store(xy, v128.shuffle<f32>(x, y, 0, 4, 1, 5))
    v128.store(xy, v128.shuffle<f32>(x, y, 2, 6, 3, 7), 16)
    xy += 32
  }
}

/** Σ a·b over a row, in float64. */
export function dot(a: usize, b: usize, bytes: usize): f64 {
  let sum = f64x2.splat(0)
  for (let p: usize = 0; p < bytes; p += 16) {
    const t = f32x4.mul(v128.load(a + p), v128.load(b + p))
    sum = f64x2.add(sum, f64x2.promote_low_f32x4(t))
    sum = f64x2.add(sum, f64x2.promote_low_f32x4(v128.shuffle<f32>(t, t, 2, 3, 0, 1)))
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)
}

/**
 * Σ w |∇V + u|² in float64; leaves 2w(∇V + u), its derivative by ∇V, in the two rows of ∇V.
 * @param u interleaved, as the caller gave it
 */
export function missOfSlope(slope: usize, w: usize, u: usize, bytes: usize): f64 {
  let sum = f64x2.splat(0)
  for (let p: usize = 0; p < bytes; p += 16) {
    const low = v128.load(u)
    const high = v128.load(u, 16)
    const x = f32x4.add(v128.load(slope + p), v128.shuffle<f32>(low, high, 0, 2, 4, 6))
    const y = f32x4.add(v128.load(slope + p, ROW), v128.shuffle<f32>(low, high, 1, 3, 5, 7))
    const wp = v128.load(w + p)
    const t = f32x4.mul(wp, f32x4.add(f32x4.mul(x, x), f32x4.mul(y, y)))
    sum = f64x2.add(sum, f64x2.promote_low_f32x4(t))
    sum = f64x2.add(sum, f64x2.promote_low_f32x4(v128.shuffle<f32>(t, t, 2, 3, 0, 1)))
    const twice = f32x4.add(wp, wp)
    v128.store(slope + p, f32x4.mul(twice, x))
    v128.store(slope + p, f32x4.mul(twice, y), ROW)
    u += 32
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)
}

/** Σ a over a row, in float64. */
export function sumRow(a: usize, bytes: usize): f64 {
  let sum = f64x2.splat(0)
  for (let p: usize = 0; p < bytes; p += 16) {
    const t = v128.load(a + p)
    sum = f64x2.add(sum, f64x2.promote_low_f32x4(t))
    sum = f64x2.add(sum, f64x2.promote_low_f32x4(v128.shuffle<f32>(t, t, 2, 3, 0, 1)))
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)
}
