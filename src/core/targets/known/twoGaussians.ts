import { gaussianMixture, roundComponent } from '../densities/gaussianMixture.ts'
import { DEFAULT_SHARPNESS, TARGET_LABELS } from '../ids.ts'
import type { TargetKind } from '../target.ts'

const BASE_WIDTH = 0.3

/** Two equal round Gaussians at (±1.2, 0). */
export const twoGaussians: TargetKind = {
  id: 'two-gaussians',
  label: TARGET_LABELS['two-gaussians'].label,
  summary: 'Two equal round Gaussians: one barrier, the simplest metastable case.',
  defaultSharpness: DEFAULT_SHARPNESS['two-gaussians'],
  build: (sharpness) =>
    gaussianMixture([
      roundComponent(1, -1.2, 0, BASE_WIDTH / sharpness),
      roundComponent(1, 1.2, 0, BASE_WIDTH / sharpness),
    ]),
}
