import * as k from './constants'
import { constant } from './constants'
import { ROW } from './layer'

/** e^x to 2 units in the last place on |x| ≤ 40; beyond, the value at the end of that range. */
function exponential(argument: v128): v128 {
  const x = f32x4.pmax(f32x4.pmin(argument, constant(k.LARGEST)), constant(k.LEAST))
  const shifted = f32x4.add(f32x4.mul(x, constant(k.INVERSE_LN2)), constant(k.ROUNDER))
  const turns = f32x4.sub(shifted, constant(k.ROUNDER))
  const r = f32x4.sub(
    f32x4.sub(x, f32x4.mul(turns, constant(k.LN2_HIGH))),
    f32x4.mul(turns, constant(k.LN2_LOW)),
  )
  let e = f32x4.add(f32x4.mul(r, constant(k.E4)), constant(k.E3))
  e = f32x4.add(f32x4.mul(e, r), constant(k.E2))
  e = f32x4.add(f32x4.mul(e, r), constant(k.E1))
  e = f32x4.add(f32x4.mul(e, r), constant(k.E0))
  e = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(r, r), e), r), constant(k.ONE))
  // Multiplies by 2^turns: adds the turns to the exponent.
  return i32x4.add(e, i32x4.shl(shifted, 23))
}

/** sin z over z, cos z into first. Absolute error below 1.5e-7 for |z| ≤ 20,000. */
function sine(z: usize, first: usize, end: usize): void {
  while (z < end) {
    const x = v128.load(z)
    const shifted = f32x4.add(f32x4.mul(x, constant(k.INVERSE_PI)), constant(k.ROUNDER))
    const turns = f32x4.sub(shifted, constant(k.ROUNDER))
    let r = f32x4.sub(x, f32x4.mul(turns, constant(k.PI_A)))
    r = f32x4.sub(r, f32x4.mul(turns, constant(k.PI_B)))
    r = f32x4.sub(r, f32x4.mul(turns, constant(k.PI_C)))
    const q = f32x4.mul(r, r)
    let s = f32x4.add(f32x4.mul(q, constant(k.S3)), constant(k.S2))
    let c = f32x4.add(f32x4.mul(q, constant(k.C4)), constant(k.C3))
    s = f32x4.add(f32x4.mul(s, q), constant(k.S1))
    c = f32x4.add(f32x4.mul(c, q), constant(k.C2))
    s = f32x4.add(f32x4.mul(s, q), constant(k.S0))
    c = f32x4.add(f32x4.mul(c, q), constant(k.C1))
    c = f32x4.add(f32x4.mul(c, q), constant(k.C0))
    s = f32x4.add(f32x4.mul(f32x4.mul(s, q), r), r)
    c = f32x4.add(f32x4.mul(c, q), constant(k.ONE))
    const sign = i32x4.shl(shifted, 31)
    v128.store(z, v128.xor(s, sign))
    v128.store(first, v128.xor(c, sign))
    z += 16
    first += 16
  }
}

/** z σ(z) over z, its slope into first. */
function silu(z: usize, first: usize, end: usize): void {
  while (z < end) {
    const x = v128.load(z)
    const e = exponential(f32x4.neg(x))
    const s = f32x4.div(constant(k.ONE), f32x4.add(constant(k.ONE), e))
    const a = f32x4.mul(x, s)
    v128.store(z, a)
    // 1 − σ as e^(−z) σ: the difference would lose its digits where σ is near 1.
    v128.store(first, f32x4.add(s, f32x4.mul(a, f32x4.mul(e, s))))
    z += 16
    first += 16
  }
}

/** `silu`, with f″ = σ(1 − σ)(2 + z(1 − 2σ)) into second. */
function siluTwice(z: usize, first: usize, second: usize, end: usize): void {
  while (z < end) {
    const x = v128.load(z)
    const e = exponential(f32x4.neg(x))
    const s = f32x4.div(constant(k.ONE), f32x4.add(constant(k.ONE), e))
    const complement = f32x4.mul(e, s)
    const a = f32x4.mul(x, s)
    v128.store(z, a)
    v128.store(first, f32x4.add(s, f32x4.mul(a, complement)))
    v128.store(
      second,
      f32x4.mul(
        f32x4.mul(s, complement),
        f32x4.add(f32x4.mul(x, f32x4.sub(complement, s)), constant(k.TWO)),
      ),
    )
    z += 16
    first += 16
    second += 16
  }
}

/** tanh z = 1 − 2/(e^2z + 1) over z, its slope into first. */
function tanh(z: usize, first: usize, end: usize): void {
  while (z < end) {
    const x = v128.load(z)
    const e = exponential(f32x4.add(x, x))
    const t = f32x4.sub(constant(k.ONE), f32x4.div(constant(k.TWO), f32x4.add(e, constant(k.ONE))))
    v128.store(z, t)
    v128.store(first, f32x4.sub(constant(k.ONE), f32x4.mul(t, t)))
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
    v128.store(second, f32x4.mul(t, constant(k.MINUS_TWO)))
    a += 16
    first += 16
    second += 16
  }
}

/** f(z) over z and f′(z) into first, for the first bytes of `features` rows. */
export function activate(kind: i32, z: usize, first: usize, features: i32, bytes: usize): void {
  // In a whole block the rows are contiguous.
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
