import { cos, sin } from '../../maths/elementary.ts'
import { type Arc, curveDistribution } from '../densities/curve.ts'
import { DEFAULT_SHARPNESS, TARGET_LABELS } from '../ids.ts'
import type { TargetKind } from '../target.ts'

const RADIUS = 2.6
const TURN = 3 * Math.PI
const BASE_WIDTH = 0.1

/**
 * One arm, radius proportional to the angle θ in [0, 3π]. The angle has density 2θ/(3π)², that is
 * θ = 3π·√u: nearly uniform in arc length.
 */
function arm(sign: number): Arc {
  return {
    weight: 1,
    from: 0,
    to: TURN,
    point(t, out) {
      const r = (sign * RADIUS * t) / TURN
      out[0] = r * cos(t)
      out[1] = r * sin(t)
    },
    measure: {
      density: (t) => t,
      quantile: (u) => TURN * Math.sqrt(u),
    },
  }
}

/** Two Archimedean spirals of one and a half turns, half a turn apart. */
export const twoSpirals: TargetKind = {
  id: 'two-spirals',
  label: TARGET_LABELS['two-spirals'].label,
  summary: 'Two interleaved spirals of one and a half turns: long thin valleys, slow mixing.',
  defaultSharpness: DEFAULT_SHARPNESS['two-spirals'],
  build: (sharpness) => curveDistribution([arm(1), arm(-1)], BASE_WIDTH / sharpness),
}
