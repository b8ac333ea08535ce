import { log } from '../../maths/elementary.ts'
import type { Rng } from '../../maths/rng.ts'
import { DEFAULT_SHARPNESS, TARGET_LABELS } from '../ids.ts'
import type { TargetKind } from '../target.ts'

const SPREAD = 0.9
const BEND = 0.45
/** Shift of the bend downwards, with which it lies within [−3, 3]². */
const LOW = 0.7
const BASE_THICKNESS = 0.25
const LOG_TWO_PI = 1.8378770664093454

/**
 * A Gaussian bent along a parabola: x ~ N(0, 0.9²), y = 0.45·x² − 0.7 + N(0, thickness²). The map has
 * Jacobian 1, so the density is the Gaussian's at (x, y − 0.45·x² + 0.7).
 */
export const banana: TargetKind = {
  id: 'banana',
  label: TARGET_LABELS.banana.label,
  summary: 'A Gaussian bent along a parabola: one mode, but curved and badly conditioned.',
  defaultSharpness: DEFAULT_SHARPNESS.banana,
  build(sharpness) {
    const thickness = BASE_THICKNESS / sharpness
    const precisionX = 1 / (SPREAD * SPREAD)
    const precisionY = 1 / (thickness * thickness)
    const constant = -LOG_TWO_PI - log(SPREAD) - log(thickness)
    const ridge = (x: number) => BEND * x * x - LOW
    return {
      sample(rng: Rng, n: number): Float64Array {
        const xy = new Float64Array(2 * n)
        for (let i = 0; i < n; i++) {
          const x = SPREAD * rng.normal()
          xy[2 * i] = x
          xy[2 * i + 1] = ridge(x) + thickness * rng.normal()
        }
        return xy
      },
      density: {
        logDensity(x, y) {
          const d = y - ridge(x)
          return constant - 0.5 * (precisionX * x * x + precisionY * d * d)
        },
        score(x, y, out) {
          const pull = -precisionY * (y - ridge(x))
          out[0] = -precisionX * x - 2 * BEND * x * pull
          out[1] = pull
        },
      },
    }
  },
}
