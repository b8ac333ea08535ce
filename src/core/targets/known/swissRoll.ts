import { cos, sin } from '../../maths/elementary.ts'
import { curveDistribution } from '../densities/curve.ts'
import { DEFAULT_SHARPNESS, TARGET_LABELS } from '../ids.ts'
import type { TargetKind } from '../target.ts'

const SCALE = 1 / 5.5
const BASE_WIDTH = 0.12

/** The spiral (t cos t, t sin t)/5.5, t uniform on [1.5π, 4.5π]. */
export const swissRoll: TargetKind = {
  id: 'swiss-roll',
  label: TARGET_LABELS['swiss-roll'].label,
  summary: 'One spiral of one and a half turns with an empty core.',
  defaultSharpness: DEFAULT_SHARPNESS['swiss-roll'],
  build: (sharpness) =>
    curveDistribution(
      [
        {
          weight: 1,
          from: 1.5 * Math.PI,
          to: 4.5 * Math.PI,
          point(t, out) {
            out[0] = SCALE * t * cos(t)
            out[1] = SCALE * t * sin(t)
          },
        },
      ],
      BASE_WIDTH / sharpness,
    ),
}
