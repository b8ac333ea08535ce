import { cos, sin } from '../../maths/elementary.ts'
import { curveDistribution } from '../densities/curve.ts'
import { DEFAULT_SHARPNESS, TARGET_LABELS } from '../ids.ts'
import type { TargetKind } from '../target.ts'

const RADII = [0.7, 1.4, 2.1]
const BASE_WIDTH = 0.1

/** Three concentric circles of radius 0.7, 1.4, 2.1 and equal weight, each uniform in angle. */
export const rings: TargetKind = {
  id: 'rings',
  label: TARGET_LABELS.rings.label,
  summary: 'Three concentric circles of equal weight: connected modes of another topology.',
  defaultSharpness: DEFAULT_SHARPNESS.rings,
  build: (sharpness) =>
    curveDistribution(
      RADII.map((radius) => ({
        weight: 1,
        from: 0,
        to: 2 * Math.PI,
        point(t, out) {
          out[0] = radius * cos(t)
          out[1] = radius * sin(t)
        },
      })),
      BASE_WIDTH / sharpness,
    ),
}
