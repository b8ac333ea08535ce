import { cos, sin } from '../../maths/elementary.ts'
import { type GaussianComponent, gaussianMixture } from '../densities/gaussianMixture.ts'
import { DEFAULT_SHARPNESS, TARGET_LABELS } from '../ids.ts'
import type { TargetKind } from '../target.ts'

/** An ellipse with half axes (long, short) turned by `angle`. */
function ellipse(
  weight: number,
  mean: readonly [number, number],
  long: number,
  short: number,
  angle: number,
): GaussianComponent {
  const c = cos(angle)
  const s = sin(angle)
  const a = long * long
  const b = short * short
  const xy = (a - b) * c * s
  return {
    weight,
    mean,
    covariance: [
      [a * c * c + b * s * s, xy],
      [xy, a * s * s + b * c * c],
    ],
  }
}

/** Three long Gaussians of unequal weights (0.45, 0.35, 0.2), each with its own direction. */
export const threeGaussians: TargetKind = {
  id: 'three-gaussians',
  label: TARGET_LABELS['three-gaussians'].label,
  summary: 'Three elongated Gaussians of unequal weight and direction: anisotropic wells.',
  defaultSharpness: DEFAULT_SHARPNESS['three-gaussians'],
  build: (sharpness) =>
    gaussianMixture([
      ellipse(0.45, [-1.1, 0.7], 0.45 / sharpness, 0.2 / sharpness, 0.9),
      ellipse(0.35, [1.2, 0.8], 0.4 / sharpness, 0.18 / sharpness, -0.7),
      ellipse(0.2, [0.1, -1.3], 0.5 / sharpness, 0.2 / sharpness, 0),
    ]),
}
