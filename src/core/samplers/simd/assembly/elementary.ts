import * as k from './constants'
import { float, word } from './constants'

/*
 * log, sine and cosine of core/maths/elementary.ts, two at once: the same operations in the same order, hence the same
 * bits.
 */

/** log x of two normal, finite x > 0. */
export function logs(x: v128): v128 {
  // A mantissa above √2 carries over into the exponent, and is halved.
  const carried = i64x2.add(x, word(k.CARRY))
  const exponent = f64x2.sub(
    v128.or(i64x2.shr_u(carried, 52), word(k.BITS_OF_2_52)),
    float(k.BIASED_2_52),
  )
  const near1 = i64x2.add(i64x2.sub(x, v128.and(carried, word(k.EXPONENT))), word(k.BITS_OF_1))
  const f = f64x2.sub(near1, float(k.ONE))
  const s = f64x2.div(f, f64x2.add(float(k.TWO), f))
  const z = f64x2.mul(s, s)
  const w = f64x2.mul(z, z)
  let t1 = f64x2.mul(w, float(k.LOG1))
  t1 = f64x2.mul(w, f64x2.add(float(k.LOG2), t1))
  t1 = f64x2.mul(w, f64x2.add(float(k.LOG3), t1))
  let t2 = f64x2.mul(w, float(k.LOG4))
  t2 = f64x2.mul(w, f64x2.add(float(k.LOG5), t2))
  t2 = f64x2.mul(w, f64x2.add(float(k.LOG6), t2))
  t2 = f64x2.mul(z, f64x2.add(float(k.LOG7), t2))
  const half = f64x2.mul(f64x2.mul(float(k.HALF), f), f)
  const small = f64x2.add(
    f64x2.mul(s, f64x2.add(half, f64x2.add(t1, t2))),
    f64x2.mul(exponent, float(k.LN2_LOW)),
  )
  return f64x2.sub(f64x2.mul(exponent, float(k.LN2_HIGH)), f64x2.sub(f64x2.sub(half, small), f))
}

/** ⌊x·2/π + ½⌋ of two x ≥ 0. */
export function quarters(x: v128): v128 {
  return f64x2.floor(f64x2.add(f64x2.mul(x, float(k.INVERSE_PI_2)), float(k.HALF)))
}

/** x − q·π/2. */
export function quarterTurns(x: v128, q: v128): v128 {
  let r = f64x2.sub(x, f64x2.mul(q, float(k.PI_2_A)))
  r = f64x2.sub(r, f64x2.mul(q, float(k.PI_2_B)))
  return f64x2.sub(r, f64x2.mul(q, float(k.PI_2_C)))
}

/** sin x for |x| ≤ π/4; z = x². */
export function sines(x: v128, z: v128): v128 {
  let p = f64x2.mul(z, float(k.SIN1))
  p = f64x2.mul(z, f64x2.add(float(k.SIN2), p))
  p = f64x2.mul(z, f64x2.add(float(k.SIN3), p))
  p = f64x2.mul(z, f64x2.add(float(k.SIN4), p))
  p = f64x2.mul(z, f64x2.add(float(k.SIN5), p))
  p = f64x2.add(float(k.SIN6), p)
  return f64x2.add(x, f64x2.mul(f64x2.mul(x, z), p))
}

/** cos x for |x| ≤ π/4; z = x². */
export function cosines(z: v128): v128 {
  let p = f64x2.mul(z, float(k.COS1))
  p = f64x2.mul(z, f64x2.sub(float(k.COS2), p))
  p = f64x2.mul(z, f64x2.add(float(k.COS3), p))
  p = f64x2.mul(z, f64x2.add(float(k.COS4), p))
  p = f64x2.mul(z, f64x2.add(float(k.COS5), p))
  p = f64x2.add(float(k.COS6), p)
  return f64x2.sub(
    float(k.ONE),
    f64x2.sub(f64x2.mul(float(k.HALF), z), f64x2.mul(f64x2.mul(z, z), p)),
  )
}
