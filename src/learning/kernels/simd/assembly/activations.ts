import { ROW } from './layer'

/** Adding and subtracting 1.5 × 2²³ rounds to a whole number, whose low bits then stand in the mantissa. */
const ROUNDER: f32 = 12582912.0

const INVERSE_PI: f32 = 0.31830988618379067
/** π in three parts of few digits: k times the first two is exact for |k| < 2¹³. */
const PI_A: f32 = 3.140625
const PI_B: f32 = 9.67502593994140625e-4
const PI_C: f32 = 1.509957990978376432e-7

/** sin r ≈ r + r³ S(r²) and cos r ≈ 1 + r² C(r²) on |r| ≤ π/2: minimax fits, errors 5e-9 and 3e-10. */
const S0: f32 = -0.1666665705859033
const S1: f32 = 0.008333016355445673
const S2: f32 = -0.0001980654710824317
const S3: f32 = 0.0000025999032632897873
const C0: f32 = -0.49999999547320195
const C1: f32 = 0.04166664062522417
const C2: f32 = -0.0013888402069306268
const C3: f32 = 0.00002476180815550171
const C4: f32 = -2.607566255818401e-7

const INVERSE_LN2: f32 = 1.4426950408889634
/** ln 2 in two parts: k times the first is exact for |k| < 2¹⁵. */
const LN2_HIGH: f32 = 0.693359375
const LN2_LOW: f32 = -2.12194440054690583e-4
/** e^r ≈ 1 + r + r² E(r) on |r| ≤ ½ ln 2: minimax fit, error 3e-9. */
const E0: f32 = 0.5000000095697548
const E1: f32 = 0.16666518304871072
const E2: f32 = 0.041666204153536626
const E3: f32 = 0.008368953619074913
const E4: f32 = 0.0013950601211197072

/** e^x to 2 units in the last place on |x| ≤ 87; beyond, the value at the end of that range. */
function exponential(argument: v128): v128 {
  const x = f32x4.max(f32x4.min(argument, f32x4.splat(87)), f32x4.splat(-87))
  const shifted = f32x4.add(f32x4.mul(x, f32x4.splat(INVERSE_LN2)), f32x4.splat(ROUNDER))
  const k = f32x4.sub(shifted, f32x4.splat(ROUNDER))
  const r = f32x4.sub(
    f32x4.sub(x, f32x4.mul(k, f32x4.splat(LN2_HIGH))),
    f32x4.mul(k, f32x4.splat(LN2_LOW)),
  )
  let e = f32x4.add(f32x4.mul(r, f32x4.splat(E4)), f32x4.splat(E3))
  e = f32x4.add(f32x4.mul(e, r), f32x4.splat(E2))
  e = f32x4.add(f32x4.mul(e, r), f32x4.splat(E1))
  e = f32x4.add(f32x4.mul(e, r), f32x4.splat(E0))
  e = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(r, r), e), r), f32x4.splat(1))
  // Times 2ᵏ: k is added to the exponent.
  return i32x4.add(e, i32x4.shl(shifted, 23))
}

/** sin z over z, cos z into first. Absolute error below 1.5e-7 for |z| ≤ 20,000. */
function sine(z: usize, first: usize, end: usize): void {
  const one = f32x4.splat(1)
  while (z < end) {
    const x = v128.load(z)
    const shifted = f32x4.add(f32x4.mul(x, f32x4.splat(INVERSE_PI)), f32x4.splat(ROUNDER))
    const k = f32x4.sub(shifted, f32x4.splat(ROUNDER))
    let r = f32x4.sub(x, f32x4.mul(k, f32x4.splat(PI_A)))
    r = f32x4.sub(r, f32x4.mul(k, f32x4.splat(PI_B)))
    r = f32x4.sub(r, f32x4.mul(k, f32x4.splat(PI_C)))
    const q = f32x4.mul(r, r)
    let s = f32x4.add(f32x4.mul(q, f32x4.splat(S3)), f32x4.splat(S2))
    let c = f32x4.add(f32x4.mul(q, f32x4.splat(C4)), f32x4.splat(C3))
    s = f32x4.add(f32x4.mul(s, q), f32x4.splat(S1))
    c = f32x4.add(f32x4.mul(c, q), f32x4.splat(C2))
    s = f32x4.add(f32x4.mul(s, q), f32x4.splat(S0))
    c = f32x4.add(f32x4.mul(c, q), f32x4.splat(C1))
    c = f32x4.add(f32x4.mul(c, q), f32x4.splat(C0))
    s = f32x4.add(f32x4.mul(f32x4.mul(s, q), r), r)
    c = f32x4.add(f32x4.mul(c, q), one)
    const sign = i32x4.shl(shifted, 31)
    v128.store(z, v128.xor(s, sign))
    v128.store(first, v128.xor(c, sign))
    z += 16
    first += 16
  }
}

/** z σ(z) over z, its slope into first. */
function silu(z: usize, first: usize, end: usize): void {
  const one = f32x4.splat(1)
  while (z < end) {
    const x = v128.load(z)
    const e = exponential(f32x4.neg(x))
    const s = f32x4.div(one, f32x4.add(one, e))
    const a = f32x4.mul(x, s)
    v128.store(z, a)
    // 1 − σ as e^(−z) σ: the difference would lose its digits where σ is near 1.
    v128.store(first, f32x4.add(s, f32x4.mul(a, f32x4.mul(e, s))))
    z += 16
    first += 16
  }
}

/** The same, with f″ = σ(1 − σ)(2 + z(1 − 2σ)) into second. */
function siluTwice(z: usize, first: usize, second: usize, end: usize): void {
  const one = f32x4.splat(1)
  while (z < end) {
    const x = v128.load(z)
    const e = exponential(f32x4.neg(x))
    const s = f32x4.div(one, f32x4.add(one, e))
    const complement = f32x4.mul(e, s)
    const a = f32x4.mul(x, s)
    v128.store(z, a)
    v128.store(first, f32x4.add(s, f32x4.mul(a, complement)))
    v128.store(
      second,
      f32x4.mul(
        f32x4.mul(s, complement),
        f32x4.add(f32x4.mul(x, f32x4.sub(complement, s)), f32x4.splat(2)),
      ),
    )
    z += 16
    first += 16
    second += 16
  }
}

/** tanh z = 1 − 2/(e^2z + 1) over z, its slope into first. */
function tanh(z: usize, first: usize, end: usize): void {
  const one = f32x4.splat(1)
  while (z < end) {
    const x = v128.load(z)
    const e = exponential(f32x4.add(x, x))
    const t = f32x4.sub(one, f32x4.div(f32x4.splat(2), f32x4.add(e, one)))
    v128.store(z, t)
    v128.store(first, f32x4.sub(one, f32x4.mul(t, t)))
    z += 16
    first += 16
  }
}

/** f″ = −sin z from a = sin z. */
function sineSecond(a: usize, second: usize, end: usize): void {
  while (a < end) {
    v128.store(second, f32x4.neg(v128.load(a)))
    a += 16
    second += 16
  }
}

/** f″ = −2 tanh z (1 − tanh² z) from a and f′. */
function tanhSecond(a: usize, first: usize, second: usize, end: usize): void {
  while (a < end) {
    const t = f32x4.mul(v128.load(a), v128.load(first))
    v128.store(second, f32x4.mul(t, f32x4.splat(-2)))
    a += 16
    first += 16
    second += 16
  }
}

/** f(z) over z and f′(z) into first, for the first bytes of `features` rows. */
export function activate(kind: i32, z: usize, first: usize, features: i32, bytes: usize): void {
  // Whole blocks lie in one piece.
  const rows = bytes == ROW ? 1 : features
  const length = bytes == ROW ? <usize>features * ROW : bytes
  for (let k = 0; k < rows; k++) {
    if (kind == 0) sine(z, first, z + length)
    else if (kind == 1) silu(z, first, z + length)
    else tanh(z, first, z + length)
    z += ROW
    first += ROW
  }
}

/** f(z) over z, f′(z) into first and f″(z) into second. */
export function activateTwice(
  kind: i32,
  z: usize,
  first: usize,
  second: usize,
  features: i32,
  bytes: usize,
): void {
  const rows = bytes == ROW ? 1 : features
  const length = bytes == ROW ? <usize>features * ROW : bytes
  for (let k = 0; k < rows; k++) {
    const end = z + length
    if (kind == 0) {
      sine(z, first, end)
      sineSecond(z, second, end)
    } else if (kind == 1) siluTwice(z, first, second, end)
    else {
      tanh(z, first, end)
      tanhSecond(z, first, second, end)
    }
    z += ROW
    first += ROW
    second += ROW
  }
}
