import { gaussianMixture, roundComponent } from '../densities/gaussianMixture.ts'
import { DEFAULT_SHARPNESS, TARGET_LABELS } from '../ids.ts'
import type { TargetKind } from '../target.ts'

const BASE_WIDTH = 0.15

/** Twenty-five equal round Gaussians on the points of {−2, −1, 0, 1, 2}². */
export const gaussianGrid: TargetKind = {
  id: 'gaussian-grid',
  label: TARGET_LABELS['gaussian-grid'].label,
  summary: 'Twenty-five equal round Gaussians on a square lattice: the classic test of lost modes.',
  defaultSharpness: DEFAULT_SHARPNESS['gaussian-grid'],
  build: (sharpness) =>
    gaussianMixture(
      Array.from({ length: 25 }, (_, k) =>
        roundComponent(1, (k % 5) - 2, Math.floor(k / 5) - 2, BASE_WIDTH / sharpness),
      ),
    ),
}
