import { POINTS } from './layout'

/*
 * The sums of core/analysis/estimators/splineKernel.ts. Lines of numbers are padded to a multiple of 8, their pitch; the splines are
 * kept column by column, so that the sums along either axis go over neighbours in memory.
 */

const MARGIN: f64 = 3

function fifth(x: v128): v128 {
  const square = f64x2.mul(x, x)
  return f64x2.mul(f64x2.mul(square, square), x)
}

function share(x: v128): v128 {
  return f64x2.div(x, f64x2.splat(120))
}

/** (b − 6a)/120. */
function second(a: v128, b: v128): v128 {
  return share(f64x2.sub(b, f64x2.mul(f64x2.splat(6), a)))
}

/** (c − 6b + 15a)/120. */
function third(a: v128, b: v128, c: v128): v128 {
  return share(f64x2.add(f64x2.sub(c, f64x2.mul(f64x2.splat(6), b)), f64x2.mul(f64x2.splat(15), a)))
}

function add(at: usize, weights: v128, x: v128): void {
  v128.store(at, f64x2.add(v128.load(at), f64x2.mul(weights, x)))
}

function addColumn(at: usize, y01: v128, y23: v128, y45: v128, x: v128): void {
  add(at, y01, x)
  add(at + 16, y23, x)
  add(at + 32, y45, x)
}

/** Deposits the quintic splines of the n POINTS that lie in the box. @returns how many do not */
export function deposit(n: i32, halfWidth: f64, cells: i32, splines: usize, pitch: i32): i32 {
  const w = f64x2.splat(halfWidth)
  const scale = f64x2.splat(<f64>cells / (2 * halfWidth))
  const bytes = (<usize>pitch) << 3
  let outside = 0
  const end = POINTS + ((<usize>n) << 4)
  for (let p = POINTS; p < end; p += 16) {
    const point = v128.load(p)
    if (!i64x2.all_true(f64x2.le(f64x2.abs(point), w))) {
      outside++
      continue
    }
    const s = f64x2.add(f64x2.mul(f64x2.add(point, w), scale), f64x2.splat(MARGIN - 0.5))
    const node = f64x2.floor(s)
    const t = f64x2.sub(s, node)
    const t1 = f64x2.sub(f64x2.splat(1), t)
    const a1 = fifth(t1)
    const a2 = fifth(f64x2.add(f64x2.splat(1), t1))
    const a3 = fifth(f64x2.add(f64x2.splat(2), t1))
    const b1 = fifth(t)
    const b2 = fifth(f64x2.add(f64x2.splat(1), t))
    const b3 = fifth(f64x2.add(f64x2.splat(2), t))
    // Weights along x and along y.
    const w0 = share(a1)
    const w1 = second(a1, a2)
    const w2 = third(a1, a2, a3)
    const w3 = third(b1, b2, b3)
    const w4 = second(b1, b2)
    const w5 = share(b1)
    const y01 = v128.shuffle<f64>(w0, w1, 1, 3)
    const y23 = v128.shuffle<f64>(w2, w3, 1, 3)
    const y45 = v128.shuffle<f64>(w4, w5, 1, 3)
    const whole = i32x4.trunc_sat_f64x2_s_zero(node)
    const column = i32x4.extract_lane(whole, 0) - 2
    const row = i32x4.extract_lane(whole, 1) - 2
    let at = splines + <usize>column * bytes + ((<usize>row) << 3)
    addColumn(at, y01, y23, y45, v128.shuffle<f64>(w0, w0, 0, 0))
    at += bytes
    addColumn(at, y01, y23, y45, v128.shuffle<f64>(w1, w1, 0, 0))
    at += bytes
    addColumn(at, y01, y23, y45, v128.shuffle<f64>(w2, w2, 0, 0))
    at += bytes
    addColumn(at, y01, y23, y45, v128.shuffle<f64>(w3, w3, 0, 0))
    at += bytes
    addColumn(at, y01, y23, y45, v128.shuffle<f64>(w4, w4, 0, 0))
    at += bytes
    addColumn(at, y01, y23, y45, v128.shuffle<f64>(w5, w5, 0, 0))
  }
  return outside
}

/**
 * out[c][·] ← Σ_m matrix[c][m]·lines[m][·] for all cells c, the terms in the order of m.
 * @param from the first m of each cell and, behind all of them, the one after its last; i32
 * @param pitch of a line, a multiple of 8
 * @param stride from a line of `out` to the next; where it is less than the pitch, each is written over the last one's end
 */
export function combine(
  cells: i32,
  nodes: i32,
  matrix: usize,
  from: usize,
  lines: usize,
  pitch: i32,
  out: usize,
  stride: i32,
): void {
  const bytes = (<usize>pitch) << 3
  for (let c = 0; c < cells; c++) {
    const weights = matrix + ((<usize>(c * nodes)) << 3)
    const first = <usize>load<i32>(from + ((<usize>c) << 2))
    const last = <usize>load<i32>(from + ((<usize>(c + cells)) << 2))
    const goal = out + ((<usize>(c * stride)) << 3)
    for (let i: usize = 0; i < bytes; i += 64) {
      let s0 = f64x2.splat(0)
      let s1 = s0
      let s2 = s0
      let s3 = s0
      let line = lines + first * bytes + i
      for (let m = first; m < last; m++) {
        const weight = v128.load64_splat(weights + (m << 3))
        s0 = f64x2.add(s0, f64x2.mul(weight, v128.load(line)))
        s1 = f64x2.add(s1, f64x2.mul(weight, v128.load(line, 16)))
        s2 = f64x2.add(s2, f64x2.mul(weight, v128.load(line, 32)))
        s3 = f64x2.add(s3, f64x2.mul(weight, v128.load(line, 48)))
        line += bytes
      }
      v128.store(goal + i, s0)
      v128.store(goal + i, s1, 16)
      v128.store(goal + i, s2, 32)
      v128.store(goal + i, s3, 48)
    }
  }
}

/** out[j][i] ← lines[i][j] for i < rows, j < columns; pitches of the lines of each. */
export function transpose(
  rows: i32,
  columns: i32,
  lines: usize,
  pitch: i32,
  out: usize,
  outPitch: i32,
): void {
  for (let j = 0; j < columns; j++) {
    let from = lines + ((<usize>j) << 3)
    let to = out + ((<usize>(j * outPitch)) << 3)
    for (let i = 0; i < rows; i++) {
      store<f64>(to, load<f64>(from))
      from += (<usize>pitch) << 3
      to += 8
    }
  }
}
