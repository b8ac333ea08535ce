import { cos, sin } from '../../maths/elementary.ts'
import type { Rng } from '../../maths/rng.ts'
import { type GaussianComponent, gaussianMixture } from '../densities/gaussianMixture.ts'
import { DEFAULT_SHARPNESS, TARGET_LABELS } from '../ids.ts'
import type { TargetKind } from '../target.ts'

const ARMS = 5
const DISTANCE = 1.6
const RADIAL = 0.42
const BASE_TANGENTIAL = 0.14
/** Angle of the swirl, radians per world unit of radius. */
const SWIRL = 0.9

/**
 * Five Gaussian arms on spokes (of standard deviation 0.42 along, a part of the skeleton; sharpness sets their width), swirled:
 * each point is turned about the origin by SWIRL·|x|. The swirl keeps the radius and is a rotation on each circle, so it
 * keeps areas and the density is exact:
 * ρ(x) = ρ_spokes(R(−SWIRL·|x|)·x).
 */
export const pinwheel: TargetKind = {
  id: 'pinwheel',
  label: TARGET_LABELS.pinwheel.label,
  summary: 'Five swirled arms: thin, curved and separate.',
  defaultSharpness: DEFAULT_SHARPNESS.pinwheel,
  build(sharpness) {
    const along = RADIAL * RADIAL
    const across = (BASE_TANGENTIAL / sharpness) * (BASE_TANGENTIAL / sharpness)
    const spokes = gaussianMixture(
      Array.from({ length: ARMS }, (_, k): GaussianComponent => {
        const c = cos((2 * Math.PI * k) / ARMS)
        const s = sin((2 * Math.PI * k) / ARMS)
        const xy = (along - across) * c * s
        return {
          weight: 1,
          mean: [DISTANCE * c, DISTANCE * s],
          covariance: [
            [along * c * c + across * s * s, xy],
            [xy, along * s * s + across * c * c],
          ],
        }
      }),
    )
    const straight = spokes.density!
    return {
      sample(rng: Rng, n: number): Float64Array {
        const xy = spokes.sample(rng, n)
        for (let i = 0; i < n; i++) {
          const x = xy[2 * i]!
          const y = xy[2 * i + 1]!
          const angle = SWIRL * Math.sqrt(x * x + y * y)
          const c = cos(angle)
          const s = sin(angle)
          xy[2 * i] = c * x - s * y
          xy[2 * i + 1] = s * x + c * y
        }
        return xy
      },
      density: {
        logDensity(x, y) {
          const angle = SWIRL * Math.sqrt(x * x + y * y)
          const c = cos(angle)
          const s = sin(angle)
          return straight.logDensity(c * x + s * y, c * y - s * x)
        },
        score(x, y, out) {
          const r = Math.sqrt(x * x + y * y)
          const c = cos(SWIRL * r)
          const s = sin(SWIRL * r)
          const u = c * x + s * y
          const v = c * y - s * x
          straight.score(u, v, out)
          const gu = out[0]!
          const gv = out[1]!
          // d(u, v) = R(−θ) d(x, y) + (v, −u) dθ, and ∇θ = SWIRL·x/r.
          const twist = r > 0 ? (SWIRL / r) * (gu * v - gv * u) : 0
          out[0] = c * gu - s * gv + twist * x
          out[1] = s * gu + c * gv + twist * y
        },
      },
    }
  },
}
