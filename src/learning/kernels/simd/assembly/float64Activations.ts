/*
 * The activations in float64 by the operations of core/maths/elementary.ts in the same order, on two numbers at a
 * time, so that the bits are the same. Selections replace the branches of that file.
 */

const INVERSE_PI_2: f64 = 6.36619772367581382433e-1
const PI_2_A: f64 = 1.57079632673412561417
const PI_2_B: f64 = 6.0771005063039659766e-11
const PI_2_C: f64 = 2.02226624879595063154e-21

const S1: f64 = -1.66666666666666324348e-1
const S2: f64 = 8.33333333332248946124e-3
const S3: f64 = -1.98412698298579493134e-4
const S4: f64 = 2.75573137070700676789e-6
const S5: f64 = -2.50507602534068634195e-8
const S6: f64 = 1.58969099521155010221e-10

const C1: f64 = 4.16666666666666019037e-2
const C2: f64 = -1.38888888888741095749e-3
const C3: f64 = 2.48015872894767294178e-5
const C4: f64 = -2.75573143513906633035e-7
const C5: f64 = 2.0875723212981748279e-9
const C6: f64 = -1.13596475577881948265e-11

const LN2_HIGH: f64 = 6.9314718036912381649e-1
const LN2_LOW: f64 = 1.90821492927058770002e-10
const INVERSE_LN2: f64 = 1.442695040888963387
const E1: f64 = 1.66666666666666019037e-1
const E2: f64 = -2.77777777770155933842e-3
const E3: f64 = 6.61375632143793436117e-5
const E4: f64 = -1.6533902205465251539e-6
const E5: f64 = 4.13813679705723846039e-8
/** Beyond these e^x overflows, or is 0. */
const GREATEST: f64 = 709.782712893384
const LEAST: f64 = -745.1332191019412

/** a·x + b. */
function linear(a: v128, x: v128, b: f64): v128 {
  return f64x2.add(f64x2.splat(b), f64x2.mul(x, a))
}

/** 2^e of two whole numbers in [−1022, 1023]. */
function power(e: v128): v128 {
  const whole = i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(e))
  return i64x2.shl(i64x2.add(whole, i64x2.splat(1023)), 52)
}

function exponential(x: v128): v128 {
  const one = f64x2.splat(1)
  const k = f64x2.floor(f64x2.add(f64x2.mul(x, f64x2.splat(INVERSE_LN2)), f64x2.splat(0.5)))
  const high = f64x2.sub(x, f64x2.mul(k, f64x2.splat(LN2_HIGH)))
  const low = f64x2.mul(k, f64x2.splat(LN2_LOW))
  const r = f64x2.sub(high, low)
  const t = f64x2.mul(r, r)
  let c = linear(f64x2.splat(E5), t, E4)
  c = linear(c, t, E3)
  c = linear(c, t, E2)
  c = linear(c, t, E1)
  c = f64x2.sub(r, f64x2.mul(t, c))
  const share = f64x2.div(f64x2.mul(r, c), f64x2.sub(f64x2.splat(2), c))
  const y = f64x2.sub(one, f64x2.sub(f64x2.sub(low, share), high))
  // Two factors give 2ᵏ where it is not a normal number; elsewhere the second factor is 1 and changes no bit.
  const large = f64x2.gt(k, f64x2.splat(1023))
  const small = f64x2.lt(k, f64x2.splat(-1021))
  let first = v128.bitselect(one, k, large)
  first = v128.bitselect(f64x2.add(k, f64x2.splat(54)), first, small)
  const second = v128.or(v128.and(large, f64x2.splat(1023)), v128.and(small, f64x2.splat(-54)))
  let e = f64x2.mul(f64x2.mul(y, power(first)), power(second))
  e = v128.bitselect(f64x2.splat(Infinity), e, f64x2.gt(x, f64x2.splat(GREATEST)))
  return v128.andnot(e, f64x2.lt(x, f64x2.splat(LEAST)))
}

/** The sine at k quarter turns beyond the reduced angle, from the sine and cosine of that angle. */
function quadrant(k: v128, sine: v128, cosine: v128): v128 {
  const quarter = f64x2.floor(f64x2.mul(k, f64x2.splat(0.25)))
  const turn = f64x2.sub(k, f64x2.mul(f64x2.splat(4), quarter))
  const half = f64x2.mul(turn, f64x2.splat(0.5))
  const odd = f64x2.ne(half, f64x2.floor(half))
  const sign = v128.and(f64x2.ge(half, f64x2.splat(1)), i64x2.splat(i64.MIN_VALUE))
  return v128.xor(v128.bitselect(cosine, sine, odd), sign)
}

function sine(z: usize, slope: usize, end: usize): void {
  const one = f64x2.splat(1)
  while (z < end) {
    const x = v128.load(z)
    const k = f64x2.floor(f64x2.add(f64x2.mul(x, f64x2.splat(INVERSE_PI_2)), f64x2.splat(0.5)))
    let r = f64x2.sub(x, f64x2.mul(k, f64x2.splat(PI_2_A)))
    r = f64x2.sub(r, f64x2.mul(k, f64x2.splat(PI_2_B)))
    r = f64x2.sub(r, f64x2.mul(k, f64x2.splat(PI_2_C)))
    const q = f64x2.mul(r, r)
    let s = linear(f64x2.splat(S6), q, S5)
    let c = linear(f64x2.splat(C6), q, C5)
    s = linear(s, q, S4)
    c = linear(c, q, C4)
    s = linear(s, q, S3)
    c = linear(c, q, C3)
    s = linear(s, q, S2)
    c = linear(c, q, C2)
    s = linear(s, q, S1)
    c = linear(c, q, C1)
    s = f64x2.add(r, f64x2.mul(f64x2.mul(r, q), s))
    c = f64x2.mul(f64x2.mul(q, q), c)
    c = f64x2.sub(one, f64x2.sub(f64x2.mul(f64x2.splat(0.5), q), c))
    v128.store(z, quadrant(k, s, c))
    v128.store(slope, quadrant(f64x2.add(k, one), s, c))
    z += 16
    slope += 16
  }
}

function silu(z: usize, slope: usize, end: usize): void {
  const one = f64x2.splat(1)
  while (z < end) {
    const x = v128.load(z)
    const s = f64x2.div(one, f64x2.add(one, exponential(f64x2.neg(x))))
    v128.store(z, f64x2.mul(x, s))
    const bend = f64x2.mul(x, f64x2.mul(s, f64x2.sub(one, s)))
    v128.store(slope, f64x2.add(s, bend))
    z += 16
    slope += 16
  }
}

function tanh(z: usize, slope: usize, end: usize): void {
  const one = f64x2.splat(1)
  const two = f64x2.splat(2)
  while (z < end) {
    const e = exponential(f64x2.mul(two, v128.load(z)))
    const t = f64x2.sub(one, f64x2.div(two, f64x2.add(e, one)))
    v128.store(z, t)
    v128.store(slope, f64x2.sub(one, f64x2.mul(t, t)))
    z += 16
    slope += 16
  }
}

/** f(z) over z and f′(z) into slope. @param kind as in `Layer` */
export function activate(kind: i32, z: usize, slope: usize, end: usize): void {
  if (kind == 0) sine(z, slope, end)
  else if (kind == 1) silu(z, slope, end)
  else tanh(z, slope, end)
}
