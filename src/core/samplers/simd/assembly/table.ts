import * as k from './constants'
import { float } from './constants'
import { TABLE } from './layout'
import { CELLS, HALF_WIDTH, LAST_CELL, set, setting, STEP } from './settings'

/*
 * The Hermite surface of core/maths/hermite.ts. A point's two coordinates are one vector up to the weights along x and
 * along y; then V and V_y, and V_x and V_xy, of a node are one.
 */

export function splatLow(a: v128): v128 {
  return f64x2.splat(f64x2.extract_lane(a, 0))
}

export function splatHigh(a: v128): v128 {
  return v128.shuffle<f64>(a, a, 1, 1)
}

/** Settings of a box. @returns h, the side of a cell */
export function setBox(halfWidth: f64, cells: i32): f64 {
  const h = (2 * halfWidth) / <f64>cells
  set(HALF_WIDTH, halfWidth)
  set(STEP, h)
  set(CELLS, cells)
  set(LAST_CELL, cells - 1)
  return h
}

/** A point in cells from the lower corner, clamped to Ω. */
export function inCells(point: v128): v128 {
  const s = f64x2.div(f64x2.add(point, setting(HALF_WIDTH)), setting(STEP))
  return f64x2.pmin(f64x2.pmax(s, f64x2.splat(0)), setting(CELLS))
}

/** [column, row] of the cell that it lies in; cell 0 for NaN. */
export function cellOf(s: v128): v128 {
  return f64x2.pmin(f64x2.floor(f64x2.pmax(f64x2.splat(0), s)), setting(LAST_CELL))
}

/** Address of the lower left node of a cell. */
export function nodeOf(cell: v128, side: i32): usize {
  const bits = f64x2.add(cell, float(k.TWO_52))
  const node = i32x4.extract_lane(bits, 2) * side + i32x4.extract_lane(bits, 0)
  return TABLE + ((<usize>node) << 5)
}

/** a·wa + b·wb + c·wc + d·wd. */
export function sum4(
  a: v128,
  b: v128,
  c: v128,
  d: v128,
  wa: v128,
  wb: v128,
  wc: v128,
  wd: v128,
): v128 {
  const ab = f64x2.add(f64x2.mul(a, wa), f64x2.mul(b, wb))
  return f64x2.add(f64x2.add(ab, f64x2.mul(c, wc)), f64x2.mul(d, wd))
}

/** a·wa + b·wb + c·wc. */
export function sum3(a: v128, b: v128, c: v128, wa: v128, wb: v128, wc: v128): v128 {
  return f64x2.add(f64x2.add(f64x2.mul(a, wa), f64x2.mul(b, wb)), f64x2.mul(c, wc))
}
