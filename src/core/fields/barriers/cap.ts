import { log } from '../../maths/elementary.ts'

/*
 * c caps the level h of a barrier at 1, so that far points do not feel the barrier:
 *
 *   c(h) = h up to ½;  ½ + u − u³ + u⁴/2 with u = h − ½;  1 from 3/2 on.
 *
 * It is C², rising and concave, so that −log c(h) is convex where h is concave.
 */

export const CAP_FROM = 0.5
/** From this level on a barrier adds nothing to V. */
export const CAP_TO = 1.5

/** c′/c and c″/c at the level that `cap` was called for last. */
export const capped = new Float64Array(2)

/** c(h), 0 < h < `CAP_TO`; leaves c′/c and c″/c in `capped`. */
export function cap(h: number): number {
  if (h <= CAP_FROM) {
    capped[0] = 1 / h
    capped[1] = 0
    return h
  }
  const u = h - CAP_FROM
  const c = CAP_FROM + u * (1 - u * u * (1 - 0.5 * u))
  capped[0] = (1 - u * u * (3 - 2 * u)) / c
  capped[1] = (6 * u * (u - 1)) / c
  return c
}

/** log c(h), h > 0. */
export function logCapped(h: number): number {
  return h < CAP_TO ? log(cap(h)) : 0
}
