import { cos, sin } from '../../maths/elementary.ts'
import { gaussianMixture, roundComponent } from '../densities/gaussianMixture.ts'
import { DEFAULT_SHARPNESS, TARGET_LABELS } from '../ids.ts'
import type { TargetKind } from '../target.ts'

const RADIUS = 2
const BASE_WIDTH = 0.2

/** Eight equal round Gaussians on a circle of radius 2. */
export const eightGaussians: TargetKind = {
  id: 'eight-gaussians',
  label: TARGET_LABELS['eight-gaussians'].label,
  summary: 'Eight equal round Gaussians on a circle: many modes, none of them at the centre.',
  defaultSharpness: DEFAULT_SHARPNESS['eight-gaussians'],
  build: (sharpness) =>
    gaussianMixture(
      Array.from({ length: 8 }, (_, k) => {
        const angle = (k * Math.PI) / 4
        return roundComponent(1, RADIUS * cos(angle), RADIUS * sin(angle), BASE_WIDTH / sharpness)
      }),
    ),
}
