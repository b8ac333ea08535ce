import { filterMean } from '../fields/barriers/filter.ts'
import { isAllowed } from '../fields/barriers/ways.ts'
import { langevinStep, leads } from '../fields/transition.ts'
import { fold } from '../maths/grid.ts'
import { SAMPLER_TEXTS } from './ids.ts'
import { noCounts, type Sampler } from './sampler.ts'

/**
 * Unadjusted Langevin on the energy without its barriers, x ← fold(x − ηD∇V(x) + ηu + L·ξ), u the smallest change of the drift
 * for which the mean of the step keeps h ≥ (1 − αη)h(x) at every barrier (`filterMean`). No move is refused: the noise may carry
 * a particle into a region, or across one, and both are counted. The chain keeps no Gibbs measure of the scene.
 * @param rate α > 0, per unit of time; αη counts as at most 1
 */
export function filtered(rate: number): Sampler {
  return {
    id: 'filter',
    label: SAMPLER_TEXTS.filter.label,
    departure: 'the barrier filter bends the drift off the gradient of any energy',
    refuses: false,
    filtering: filtered,
    transportsDensity: false,
    step(cloud, field, transition, key, step, first = 0) {
      const { barriers, grid } = field
      const { stepSize } = transition
      const keep = Math.max(0, 1 - rate * stepSize)
      const w = grid.box.halfWidth
      const counts = noCounts()
      const { folded } = langevinStep(
        { grid, barriers: [] },
        transition,
        cloud.xy,
        cloud.centres,
        key,
        step,
        first,
        undefined,
        {
          meant(xy, start, n, c) {
            for (let i = 0, k = 2 * start; i < n; i++, k += 2) {
              const cx = c[k]!
              const cy = c[k + 1]!
              const done = filterMean(barriers, xy[k]!, xy[k + 1]!, keep, c, k)
              if (done === 'unchanged') continue
              counts[done]++
              const ux = (c[k]! - cx) / stepSize
              const uy = (c[k + 1]! - cy) / stepSize
              counts.work += ux * ux + uy * uy
            }
          },
          bound(xy, start, n, to) {
            for (let i = 0, k = 2 * start; i < n; i++, k += 2) {
              const [x, y, tx, ty] = [xy[k]!, xy[k + 1]!, to[2 * i]!, to[2 * i + 1]!]
              const out = !isAllowed(field, fold(tx, w), fold(ty, w))
              if (out) counts.outside++
              if (isAllowed(field, x, y) && (out || !leads(field, x, y, tx, ty))) counts.exits++
            }
          },
        },
      )
      cloud.filtered = counts
      cloud.refused = 0
      return folded
    },
  }
}
