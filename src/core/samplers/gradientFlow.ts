import { fieldGradient, fieldJet, isAllowed } from '../fields/barriers.ts'
import { readGradient, readJet } from '../fields/energyGrid.ts'
import { isInjectiveAt } from '../fields/transition.ts'
import { fold } from '../maths/grid.ts'
import { log } from '../maths/elementary.ts'
import type { Sampler } from './sampler.ts'

const jet = new Float64Array(6)
/** Below this the map has crushed an area to nothing; the logarithm is kept finite. */
const SMALLEST_DETERMINANT = 1e-300

/**
 * The deterministic map x ← fold(x − ηD∇V(x)), the explicit Euler step of the noiseless flow.
 *
 * With `logDensity` it carries the density along each path, l ← l − log|det(I − ηD∇²V(x))|, which is
 * log ρ_{k+1}(x_{k+1}) while the map is injective; `cloud.injective` turns false at the first visited
 * point where that is not assured (η·λmax(∇²V) ≥ 1 for D = I, a fold at the wall, or a step that a barrier
 * refuses: the particle stays, and with it its density).
 */
export const gradientFlow: Sampler = {
  id: 'gradient-flow',
  label: 'Gradient flow',
  summary: 'Down the gradient without noise: particles collapse into the minima.',
  nativeKernel: false,
  transportsDensity: true,
  step(cloud, field, transition) {
    const { xy, centres, logDensity } = cloud
    const { grid } = field
    const walls = field.barriers.length > 0
    const w = grid.box.halfWidth
    const [d11, d12, d21, d22] = transition.drift
    let folded = 0
    let refused = 0
    let injective = cloud.injective
    for (let k = 0, i = 0; k < xy.length; k += 2, i++) {
      let x = xy[k]!
      let y = xy[k + 1]!
      let gx: number
      let gy: number
      let logExpansion = 0
      if (logDensity === null) {
        if (walls) fieldGradient(field, x, y, jet)
        else readGradient(grid, x, y, jet)
        gx = jet[0]!
        gy = jet[1]!
      } else {
        if (walls) fieldJet(field, x, y, jet)
        else readJet(grid, x, y, jet)
        gx = jet[1]!
        gy = jet[2]!
        const vxx = jet[3]!
        const vxy = jet[4]!
        const vyy = jet[5]!
        const determinant = Math.abs(
          (1 - d11 * vxx - d12 * vxy) * (1 - d21 * vxy - d22 * vyy) -
            (d11 * vxy + d12 * vyy) * (d21 * vxx + d22 * vxy),
        )
        logExpansion = log(Math.max(determinant, SMALLEST_DETERMINANT))
        injective = injective && isInjectiveAt(transition, vxx, vxy, vyy)
      }
      x -= d11 * gx + d12 * gy
      y -= d21 * gx + d22 * gy
      centres[k] = x
      centres[k + 1] = y
      const inside = x >= -w && x <= w && y >= -w && y <= w
      if (!inside) {
        x = fold(x, w)
        y = fold(y, w)
      }
      if (walls && !isAllowed(field, x, y)) {
        refused++
        continue
      }
      xy[k] = x
      xy[k + 1] = y
      if (!inside) folded++
      if (logDensity !== null) logDensity[i] = logDensity[i]! - logExpansion
    }
    cloud.injective = injective && folded + refused === 0
    cloud.refused = refused
    return folded
  },
}
