import * as k from './constants'
import { float } from './constants'
import { CENTRES, POINTS } from './layout'
import { DRIFT_1, DRIFT_2, MINUS_UNIT, ONE_STEP, setBoth, setting, UNIT } from './settings'
import { cellOf, inCells, nodeOf, setBox, splatHigh, splatLow, sum3, sum4 } from './table'

/**
 * CENTRES ← POINTS − ηD∇V of n points: `hermiteGradients` of core/maths/hermite.ts and the sum after it, two
 * coordinates of a point at once, then V and V_y, V_x and V_xy of a node at once.
 */
export function drift(
  n: i32,
  halfWidth: f64,
  cells: i32,
  d11: f64,
  d12: f64,
  d21: f64,
  d22: f64,
): void {
  const h = setBox(halfWidth, cells)
  const side = cells + 1
  const rowBytes = (<usize>side) << 5
  // Along x the weights of derivatives have a factor h, along y it stands outside.
  setBoth(UNIT, h, 1)
  setBoth(MINUS_UNIT, -h, -1)
  setBoth(ONE_STEP, 1, h)
  setBoth(DRIFT_1, d11, d21)
  setBoth(DRIFT_2, d12, d22)
  const end = POINTS + ((<usize>n) << 4)
  for (let p = POINTS; p < end; p += 16) {
    const at = v128.load(p)
    const s = inCells(at)
    const cell = cellOf(s)
    const t = f64x2.sub(s, cell)
    const low = nodeOf(cell, side)
    const high = low + rowBytes

    const t1 = f64x2.sub(float(k.ONE), t)
    const t2 = f64x2.mul(float(k.TWO), t)
    const t3 = f64x2.mul(float(k.THREE), t)
    const a0 = f64x2.mul(f64x2.mul(f64x2.add(float(k.ONE), t2), t1), t1)
    const a1 = f64x2.mul(f64x2.mul(t, t), f64x2.sub(float(k.THREE), t2))
    const b0 = f64x2.mul(f64x2.mul(f64x2.mul(setting(UNIT), t), t1), t1)
    const b1 = f64x2.mul(f64x2.mul(f64x2.mul(setting(MINUS_UNIT), t), t), t1)
    const da = f64x2.div(f64x2.mul(f64x2.mul(float(k.SIX), t), t1), setting(UNIT))
    const db0 = f64x2.mul(t1, f64x2.sub(float(k.ONE), t3))
    const db1 = f64x2.mul(t, f64x2.sub(t3, float(k.TWO)))

    const v00 = v128.load(low)
    const x00 = v128.load(low, 16)
    const v10 = v128.load(low, 32)
    const x10 = v128.load(low, 48)
    const v01 = v128.load(high)
    const x01 = v128.load(high, 16)
    const v11 = v128.load(high, 32)
    const x11 = v128.load(high, 48)
    const wa0 = splatLow(a0)
    const wa1 = splatLow(a1)
    const wb0 = splatLow(b0)
    const wb1 = splatLow(b1)
    const wda = splatLow(da)
    const wdb0 = splatLow(db0)
    const wdb1 = splatLow(db1)
    // [p0, q0] and [p1, q1], and their slopes along x.
    const p0 = sum4(v00, v10, x00, x10, wa0, wa1, wb0, wb1)
    const p1 = sum4(v01, v11, x01, x11, wa0, wa1, wb0, wb1)
    const dp0 = sum3(f64x2.sub(v10, v00), x00, x10, wda, wdb0, wdb1)
    const dp1 = sum3(f64x2.sub(v11, v01), x01, x11, wda, wdb0, wdb1)

    const alongX = f64x2.add(
      f64x2.mul(dp0, v128.shuffle<f64>(a0, b0, 1, 3)),
      f64x2.mul(dp1, v128.shuffle<f64>(a1, b1, 1, 3)),
    )
    // Lane 0 is about V_x, lane 1 about V_y.
    const scaled = f64x2.div(
      f64x2.mul(
        v128.shuffle<f64>(alongX, f64x2.sub(p1, p0), 1, 2),
        v128.shuffle<f64>(setting(UNIT), da, 0, 3),
      ),
      setting(ONE_STEP),
    )
    let g = f64x2.add(v128.shuffle<f64>(alongX, f64x2.mul(p0, db0), 0, 3), scaled)
    g = f64x2.add(g, v128.shuffle<f64>(float(k.MINUS_ZERO), f64x2.mul(p1, db1), 0, 3))
    v128.store(
      p,
      f64x2.sub(
        at,
        f64x2.add(
          f64x2.mul(setting(DRIFT_1), splatLow(g)),
          f64x2.mul(setting(DRIFT_2), splatHigh(g)),
        ),
      ),
      CENTRES - POINTS,
    )
  }
}
