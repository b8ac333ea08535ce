import * as k from './constants'
import { float } from './constants'
import { EXPANSIONS, POINTS } from './layout'
import { MINUS_UNIT, setBoth, setting, UNIT } from './settings'
import { cellOf, inCells, nodeOf, setBox, splatLow, sum4 } from './table'

/** EXPANSIONS ← V at n points: `hermiteValue` of core/maths/hermite.ts. */
export function values(n: i32, halfWidth: f64, cells: i32): void {
  const h = setBox(halfWidth, cells)
  const side = cells + 1
  const rowBytes = (<usize>side) << 5
  // Along x the weights of derivatives have a factor h, along y it stands outside.
  setBoth(UNIT, h, 1)
  setBoth(MINUS_UNIT, -h, -1)
  let out = EXPANSIONS
  const end = POINTS + ((<usize>n) << 4)
  for (let p = POINTS; p < end; p += 16) {
    const s = inCells(v128.load(p))
    const cell = cellOf(s)
    const t = f64x2.sub(s, cell)
    const low = nodeOf(cell, side)
    const high = low + rowBytes
    const t1 = f64x2.sub(float(k.ONE), t)
    const t2 = f64x2.mul(float(k.TWO), t)
    const a0 = f64x2.mul(f64x2.mul(f64x2.add(float(k.ONE), t2), t1), t1)
    const a1 = f64x2.mul(f64x2.mul(t, t), f64x2.sub(float(k.THREE), t2))
    const b0 = f64x2.mul(f64x2.mul(f64x2.mul(setting(UNIT), t), t1), t1)
    const b1 = f64x2.mul(f64x2.mul(f64x2.mul(setting(MINUS_UNIT), t), t), t1)
    const wa0 = splatLow(a0)
    const wa1 = splatLow(a1)
    const wb0 = splatLow(b0)
    const wb1 = splatLow(b1)
    const p0 = sum4(
      v128.load(low),
      v128.load(low, 32),
      v128.load(low, 16),
      v128.load(low, 48),
      wa0,
      wa1,
      wb0,
      wb1,
    )
    const p1 = sum4(
      v128.load(high),
      v128.load(high, 32),
      v128.load(high, 16),
      v128.load(high, 48),
      wa0,
      wa1,
      wb0,
      wb1,
    )
    const both = f64x2.add(
      f64x2.mul(p0, v128.shuffle<f64>(a0, b0, 1, 3)),
      f64x2.mul(p1, v128.shuffle<f64>(a1, b1, 1, 3)),
    )
    store<f64>(out, f64x2.extract_lane(both, 0) + h * f64x2.extract_lane(both, 1))
    out += 8
  }
}
