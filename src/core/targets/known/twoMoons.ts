import { cos, sin } from '../../maths/elementary.ts'
import { curveDistribution } from '../densities/curve.ts'
import { DEFAULT_SHARPNESS, TARGET_LABELS } from '../ids.ts'
import type { TargetKind } from '../target.ts'

const SCALE = 1.4
const BASE_WIDTH = 0.14

/** Two interleaved half circles of radius 1.4, uniform in angle, with their centre of symmetry at the origin. */
export const twoMoons: TargetKind = {
  id: 'two-moons',
  label: TARGET_LABELS['two-moons'].label,
  summary: 'Two interleaved half circles with Gaussian noise: curved, non-convex, two modes.',
  defaultSharpness: DEFAULT_SHARPNESS['two-moons'],
  build: (sharpness) =>
    curveDistribution(
      [
        {
          weight: 1,
          from: 0,
          to: Math.PI,
          point(t, out) {
            out[0] = SCALE * (cos(t) - 0.5)
            out[1] = SCALE * (sin(t) - 0.25)
          },
        },
        {
          weight: 1,
          from: 0,
          to: Math.PI,
          point(t, out) {
            out[0] = SCALE * (0.5 - cos(t))
            out[1] = SCALE * (0.25 - sin(t))
          },
        },
      ],
      BASE_WIDTH / sharpness,
    ),
}
