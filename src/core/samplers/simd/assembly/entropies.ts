import { logs } from './elementary'

const SMALLEST_NORMAL: f64 = 2.2250738585072014e-308

/** Mask of the positive numbers that `logs` does not take: those that are not normal and finite. */
function odd(x: v128, positive: v128): v128 {
  const usual = v128.and(
    f64x2.ge(x, f64x2.splat(SMALLEST_NORMAL)),
    f64x2.lt(x, f64x2.splat(Infinity)),
  )
  return v128.andnot(positive, usual)
}

/** x·(log x − reference) where x is positive; elsewhere the caller ignores the value. */
function term(x: v128, positive: v128, reference: v128): v128 {
  const taken = v128.bitselect(x, f64x2.splat(1), positive)
  return f64x2.mul(x, f64x2.sub(logs(taken), reference))
}

/**
 * Sums over cells of core/analysis/estimators/entropies.ts: for the sum s of all groups, and of all but one, Σ s·(log s − log π).
 * @param n cells, a multiple of 2; a cell without mass adds nothing
 * @param grids masses of the groups, one group of `pitch` numbers after the other
 * @param reference log π
 * @param sums of all, then of all but each of the groups; added to
 * @returns false where a logarithm is not of a normal number: the sums are no longer to be used
 */
export function entropies(
  n: i32,
  groups: i32,
  grids: usize,
  pitch: i32,
  reference: usize,
  sums: usize,
): bool {
  const zero = f64x2.splat(0)
  const bytes = (<usize>pitch) << 3
  const end = (<usize>n) << 3
  let strange = zero
  for (let k: usize = 0; k < end; k += 16) {
    let s = zero
    let at = grids + k
    for (let g = 0; g < groups; g++) {
      s = f64x2.add(s, v128.load(at))
      at += bytes
    }
    const filled = f64x2.gt(s, zero)
    if (!v128.any_true(filled)) continue
    strange = v128.or(strange, odd(s, filled))
    const logPi = v128.load(reference + k)
    const whole = v128.and(term(s, filled, logPi), filled)
    store<f64>(sums, load<f64>(sums) + f64x2.extract_lane(whole, 0) + f64x2.extract_lane(whole, 1))
    at = grids + k
    let sum = sums
    for (let g = 0; g < groups; g++) {
      sum += 8
      const own = v128.load(at)
      at += bytes
      const present = v128.and(filled, f64x2.gt(own, zero))
      let added = whole
      if (v128.any_true(present)) {
        const rest = f64x2.sub(s, own)
        const positive = v128.and(present, f64x2.gt(rest, zero))
        strange = v128.or(strange, odd(rest, positive))
        added = v128.bitselect(v128.and(term(rest, positive, logPi), positive), whole, present)
      }
      store<f64>(sum, load<f64>(sum) + f64x2.extract_lane(added, 0) + f64x2.extract_lane(added, 1))
    }
  }
  return !v128.any_true(strange)
}
