import * as k from './constants'
import { float, word } from './constants'
import { cosines, logs, quarterTurns, quarters, sines } from './elementary'
import { CENTRES, GOALS } from './layout'
import { HALF_WIDTH, ROOT_11, ROOT_21, ROOT_22, set, setting, within } from './settings'

const MULTIPLIER: i32 = 1664525
const INCREMENT: i32 = 1013904223

/** (word + ½)/2³² of the two lower words, unsigned. */
function units(words: v128): v128 {
  const whole = v128.or(i64x2.extend_low_i32x4_u(words), word(k.BITS_OF_2_52))
  return f64x2.mul(f64x2.sub(whole, float(k.BELOW_2_52)), float(k.INVERSE_2_32))
}

/**
 * GOALS ← CENTRES + L·ξ of n points, LLᵀ the covariance; ξ by the hash of core/maths/rng.ts, `gaussianPairs`.
 * n is rounded up to a multiple of 4: the numbers behind the n points are read and overwritten.
 * @returns whether all of them are in [−w, w]²
 * @param index of the first point in the stream
 */
export function scatter(
  n: i32,
  w: f64,
  l11: f64,
  l21: f64,
  l22: f64,
  seed: i32,
  purpose: i32,
  counter: i32,
  index: i32,
): bool {
  set(HALF_WIDTH, w)
  set(ROOT_11, l11)
  set(ROOT_21, l21)
  set(ROOT_22, l22)
  const b0 = purpose * MULTIPLIER + INCREMENT
  const d0 = counter * MULTIPLIER + INCREMENT
  const a0 = seed * MULTIPLIER + INCREMENT + b0 * d0
  const a = i32x4.splat(a0)
  const mixed = i32x4.splat(a0 ^ (a0 >>> 16))
  const at0 = index * MULTIPLIER + INCREMENT
  let c0 = i32x4(at0, at0 + MULTIPLIER, at0 + 2 * MULTIPLIER, at0 + 3 * MULTIPLIER)
  let inside = i64x2.splat(-1)
  const end = (<usize>n) << 4
  for (let p: usize = 0; p < end; p += 64) {
    let b = i32x4.add(i32x4.splat(b0), i32x4.mul(c0, a))
    let c = i32x4.add(c0, i32x4.mul(a, b))
    let d = i32x4.add(i32x4.splat(d0), i32x4.mul(b, c))
    b = v128.xor(b, i32x4.shr_u(b, 16))
    c = v128.xor(c, i32x4.shr_u(c, 16))
    d = v128.xor(d, i32x4.shr_u(d, 16))
    const word1 = i32x4.add(mixed, i32x4.mul(b, d))
    const word2 = i32x4.add(b, i32x4.mul(c, word1))
    inside = v128.and(inside, scatterPair(p, word1, word2))
    const high1 = v128.shuffle<i32>(word1, word1, 2, 3, 2, 3)
    const high2 = v128.shuffle<i32>(word2, word2, 2, 3, 2, 3)
    inside = v128.and(inside, scatterPair(p + 32, high1, high2))
    c0 = i32x4.add(c0, i32x4.splat(4 * MULTIPLIER))
  }
  return i64x2.all_true(inside)
}

function scatterPair(p: usize, word1: v128, word2: v128): v128 {
  const radius = f64x2.sqrt(f64x2.mul(float(k.MINUS_TWO), logs(units(word1))))
  const angle = f64x2.mul(float(k.TWO_PI), units(word2))
  const q = quarters(angle)
  const r = quarterTurns(angle, q)
  const z = f64x2.mul(r, r)
  const s = sines(r, z)
  const c = cosines(z)
  // By q mod 4: (c, s), (−s, c), (−c, −s), (s, −c); neither is ever 0.
  const bits = f64x2.add(q, float(k.TWO_52))
  const one = word(k.LOWEST)
  const even = i64x2.eq(v128.and(bits, one), i64x2.splat(0))
  const both = v128.andnot(v128.xor(s, c), even)
  const signX = v128.and(i64x2.shl(i64x2.add(bits, one), 62), word(k.SIGN))
  const signY = v128.and(i64x2.shl(bits, 62), word(k.SIGN))
  const a = f64x2.mul(radius, v128.xor(v128.xor(c, both), signX))
  const b = f64x2.mul(radius, v128.xor(v128.xor(s, both), signY))
  const low = v128.load(CENTRES + p)
  const high = v128.load(CENTRES + p, 16)
  const cx = v128.shuffle<f64>(low, high, 0, 2)
  const cy = v128.shuffle<f64>(low, high, 1, 3)
  const x = f64x2.add(cx, f64x2.mul(setting(ROOT_11), a))
  const y = f64x2.add(f64x2.add(cy, f64x2.mul(setting(ROOT_21), a)), f64x2.mul(setting(ROOT_22), b))
  v128.store(GOALS + p, v128.shuffle<f64>(x, y, 0, 2))
  v128.store(GOALS + p, v128.shuffle<f64>(x, y, 1, 3), 16)
  return within(x, y)
}
