import * as k from './constants'
import { float } from './constants'
import { logs } from './elementary'
import { CENTRES, EXPANSIONS, JETS, POINTS } from './layout'
import * as at from './settings'
import { set, setBoth, setting, within } from './settings'
import { cellOf, inCells, nodeOf, setBox, splatHigh, splatLow, sum3, sum4 } from './table'

/** Bits of the result of `flow`. */
export const INJECTIVE: i32 = 1
export const INSIDE: i32 = 2
export const FINITE: i32 = 4

/** As in core/samplers/gradientFlow.ts. */
const SMALLEST_DETERMINANT: f64 = 1e-300

/** JETS ← derivatives of V at n points: `hermiteJet` of core/maths/hermite.ts, without V. */
export function jets(n: i32, halfWidth: f64, cells: i32): void {
  const h = setBox(halfWidth, cells)
  const side = cells + 1
  const rowBytes = (<usize>side) << 5
  set(at.STEP_2, h * h)
  setBoth(at.STEP_2_STEP, h * h, h)
  set(at.MINUS_UNIT, -h)
  let out = JETS
  const end = POINTS + ((<usize>n) << 4)
  for (let p = POINTS; p < end; p += 16) {
    const s = inCells(v128.load(p))
    const cell = cellOf(s)
    const t = f64x2.sub(s, cell)
    const low = nodeOf(cell, side)
    const high = low + rowBytes

    const t1 = f64x2.sub(float(k.ONE), t)
    const t2 = f64x2.mul(float(k.TWO), t)
    const t3 = f64x2.mul(float(k.THREE), t)
    const t6 = f64x2.mul(float(k.SIX), t)
    const a0 = f64x2.mul(f64x2.mul(f64x2.add(float(k.ONE), t2), t1), t1)
    const a1 = f64x2.mul(f64x2.mul(t, t), f64x2.sub(float(k.THREE), t2))
    const b0 = f64x2.mul(f64x2.mul(f64x2.mul(setting(at.STEP), t), t1), t1)
    const b1 = f64x2.mul(f64x2.mul(f64x2.mul(setting(at.MINUS_UNIT), t), t), t1)
    const da = f64x2.div(f64x2.mul(t6, t1), setting(at.STEP))
    const db0 = f64x2.mul(t1, f64x2.sub(float(k.ONE), t3))
    const db1 = f64x2.mul(t, f64x2.sub(t3, float(k.TWO)))
    const bend = f64x2.sub(float(k.SIX), f64x2.mul(float(k.TWELVE), t))
    const bend0 = f64x2.sub(t6, float(k.FOUR))
    const bend1 = f64x2.sub(t6, float(k.TWO))
    const dda = f64x2.div(bend, setting(at.STEP_2))
    const ddb = f64x2.div(v128.shuffle<f64>(bend0, bend1, 0, 2), setting(at.STEP))

    const v00 = v128.load(low)
    const x00 = v128.load(low, 16)
    const v10 = v128.load(low, 32)
    const x10 = v128.load(low, 48)
    const v01 = v128.load(high)
    const x01 = v128.load(high, 16)
    const v11 = v128.load(high, 32)
    const x11 = v128.load(high, 48)
    const p0 = sum4(v00, v10, x00, x10, splatLow(a0), splatLow(a1), splatLow(b0), splatLow(b1))
    const p1 = sum4(v01, v11, x01, x11, splatLow(a0), splatLow(a1), splatLow(b0), splatLow(b1))
    const rise0 = f64x2.sub(v10, v00)
    const rise1 = f64x2.sub(v11, v01)
    const dp0 = sum3(rise0, x00, x10, splatLow(da), splatLow(db0), splatLow(db1))
    const dp1 = sum3(rise1, x01, x11, splatLow(da), splatLow(db0), splatLow(db1))
    const ddp0 = sum3(rise0, x00, x10, splatLow(dda), splatLow(ddb), splatHigh(ddb))
    const ddp1 = sum3(rise1, x01, x11, splatLow(dda), splatLow(ddb), splatHigh(ddb))

    v128.store(
      out,
      sum4(
        v128.shuffle<f64>(dp0, ddp0, 0, 2),
        v128.shuffle<f64>(dp1, ddp1, 0, 2),
        v128.shuffle<f64>(dp0, ddp0, 1, 3),
        v128.shuffle<f64>(dp1, ddp1, 1, 3),
        splatHigh(a0),
        splatHigh(a1),
        splatHigh(b0),
        splatHigh(b1),
      ),
    )
    const up = f64x2.sub(p1, p0)
    v128.store(
      out,
      sum3(
        v128.shuffle<f64>(up, f64x2.sub(dp1, dp0), 0, 2),
        v128.shuffle<f64>(p0, dp0, 1, 3),
        v128.shuffle<f64>(p1, dp1, 1, 3),
        splatHigh(da),
        splatHigh(db0),
        splatHigh(db1),
      ),
      16,
    )
    // [up·(6 − 12u), q0·(6u − 4)] over [h², h].
    const curved = f64x2.div(
      f64x2.mul(v128.shuffle<f64>(up, p0, 0, 3), v128.shuffle<f64>(bend, bend0, 1, 3)),
      setting(at.STEP_2_STEP),
    )
    const rest = f64x2.div(f64x2.mul(p1, bend1), setting(at.STEP))
    store<f64>(
      out,
      f64x2.extract_lane(curved, 0) + f64x2.extract_lane(curved, 1) + f64x2.extract_lane(rest, 1),
      32,
    )
    out += 48
  }
}

/**
 * CENTRES ← POINTS − ηD∇V and EXPANSIONS ← log|det(I − ηD∇²V)| of n points: `expand` of core/samplers/gradientFlow.ts.
 * n is rounded up to a multiple of 2: the numbers behind the n points are read.
 * @param s11, s12, s22 sym(D⁻¹)/η
 * @returns INJECTIVE where the map is injective at all points, INSIDE where all centres are in the box, FINITE where no
 * determinant is infinite or NaN, as the logarithm needs it
 */
export function flow(
  n: i32,
  halfWidth: f64,
  cells: i32,
  d11: f64,
  d12: f64,
  d21: f64,
  d22: f64,
  s11: f64,
  s12: f64,
  s22: f64,
): i32 {
  const even = (n + 1) & ~1
  jets(even, halfWidth, cells)
  const zero = f64x2.splat(0)
  set(at.DRIFT_11, d11)
  set(at.DRIFT_12, d12)
  set(at.DRIFT_21, d21)
  set(at.DRIFT_22, d22)
  set(at.SHARP_11, s11)
  set(at.SHARP_12, s12)
  set(at.SHARP_22, s22)
  let injective = i64x2.splat(-1)
  let inside = injective
  let finite = injective
  let jet = JETS
  const end = (<usize>even) << 4
  for (let p: usize = 0; p < end; p += 32) {
    const first = v128.load(jet)
    const second = v128.load(jet, 16)
    const otherFirst = v128.load(jet, 48)
    const otherSecond = v128.load(jet, 64)
    const vx = v128.shuffle<f64>(first, otherFirst, 0, 2)
    const vxx = v128.shuffle<f64>(first, otherFirst, 1, 3)
    const vy = v128.shuffle<f64>(second, otherSecond, 0, 2)
    const vxy = v128.shuffle<f64>(second, otherSecond, 1, 3)
    const vyy = v128.shuffle<f64>(v128.load(jet, 32), v128.load(jet, 80), 0, 2)
    jet += 96

    const low = v128.load(POINTS + p)
    const high = v128.load(POINTS + p, 16)
    const x = f64x2.sub(
      v128.shuffle<f64>(low, high, 0, 2),
      f64x2.add(f64x2.mul(setting(at.DRIFT_11), vx), f64x2.mul(setting(at.DRIFT_12), vy)),
    )
    const y = f64x2.sub(
      v128.shuffle<f64>(low, high, 1, 3),
      f64x2.add(f64x2.mul(setting(at.DRIFT_21), vx), f64x2.mul(setting(at.DRIFT_22), vy)),
    )
    v128.store(CENTRES + p, v128.shuffle<f64>(x, y, 0, 2))
    v128.store(CENTRES + p, v128.shuffle<f64>(x, y, 1, 3), 16)
    inside = v128.and(inside, within(x, y))

    const m11 = f64x2.sub(
      f64x2.sub(float(k.ONE), f64x2.mul(setting(at.DRIFT_11), vxx)),
      f64x2.mul(setting(at.DRIFT_12), vxy),
    )
    const m22 = f64x2.sub(
      f64x2.sub(float(k.ONE), f64x2.mul(setting(at.DRIFT_21), vxy)),
      f64x2.mul(setting(at.DRIFT_22), vyy),
    )
    const m12 = f64x2.add(
      f64x2.mul(setting(at.DRIFT_11), vxy),
      f64x2.mul(setting(at.DRIFT_12), vyy),
    )
    const m21 = f64x2.add(
      f64x2.mul(setting(at.DRIFT_21), vxx),
      f64x2.mul(setting(at.DRIFT_22), vxy),
    )
    const determinant = f64x2.abs(f64x2.sub(f64x2.mul(m11, m22), f64x2.mul(m12, m21)))
    finite = v128.and(finite, f64x2.lt(determinant, f64x2.splat(Infinity)))
    v128.store(
      EXPANSIONS + (p >> 1),
      logs(f64x2.pmax(determinant, f64x2.splat(SMALLEST_DETERMINANT))),
    )

    const a = f64x2.sub(setting(at.SHARP_11), vxx)
    const b = f64x2.sub(setting(at.SHARP_12), vxy)
    const c = f64x2.sub(setting(at.SHARP_22), vyy)
    const minor = f64x2.sub(f64x2.mul(a, c), f64x2.mul(b, b))
    injective = v128.and(injective, v128.and(f64x2.gt(a, zero), f64x2.gt(minor, zero)))
  }
  return (
    (i64x2.all_true(injective) ? INJECTIVE : 0) |
    (i64x2.all_true(inside) ? INSIDE : 0) |
    (i64x2.all_true(finite) ? FINITE : 0)
  )
}
