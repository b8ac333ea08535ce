import { SETTINGS } from './layout'

/*
 * Settings of a call, equal for all its points, in memory for the same reason as the constants.
 */

export const HALF_WIDTH: usize = 0 << 4
export const STEP: usize = 1 << 4
export const CELLS: usize = 2 << 4
export const LAST_CELL: usize = 3 << 4
export const ROOT_11: usize = 4 << 4
export const ROOT_21: usize = 5 << 4
export const ROOT_22: usize = 6 << 4
export const UNIT: usize = 7 << 4
export const MINUS_UNIT: usize = 8 << 4
export const ONE_STEP: usize = 9 << 4
export const STEP_2: usize = 10 << 4
export const STEP_2_STEP: usize = 11 << 4
export const DRIFT_1: usize = 12 << 4
export const DRIFT_2: usize = 13 << 4
export const DRIFT_11: usize = 14 << 4
export const DRIFT_12: usize = 15 << 4
export const DRIFT_21: usize = 16 << 4
export const DRIFT_22: usize = 17 << 4
export const SHARP_11: usize = 18 << 4
export const SHARP_12: usize = 19 << 4
export const SHARP_22: usize = 20 << 4

/** Both lanes of a setting. */
export function setBoth(offset: usize, low: f64, high: f64): void {
  v128.store(SETTINGS + offset, f64x2(low, high))
}

export function set(offset: usize, value: f64): void {
  setBoth(offset, value, value)
}

export function setting(offset: usize): v128 {
  return v128.load(SETTINGS + offset)
}

/** Whether points lie in [−w, w]². */
export function within(x: v128, y: v128): v128 {
  const w = setting(HALF_WIDTH)
  return v128.and(f64x2.le(f64x2.abs(x), w), f64x2.le(f64x2.abs(y), w))
}
