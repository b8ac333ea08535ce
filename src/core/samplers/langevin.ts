import { centres } from '../fields/transition.ts'
import { fold } from '../maths/grid.ts'
import { gaussianPair } from '../maths/rng.ts'
import type { Sampler } from './sampler.ts'

const noise = new Float64Array(4)

/**
 * Unadjusted Langevin: x ← fold(x − ηD∇V(x) + L·ξ), LLᵀ = 2ηεP, ξ ~ N(0, I) a pure function of
 * (seed, particle, step). On a quadratic with D = I it is stable for η < 2/λmax(∇²V).
 * Source: Roberts & Tweedie (1996), Bernoulli 2(4).
 */
export const langevin: Sampler = {
  id: 'langevin',
  label: 'Langevin',
  summary: 'Down the gradient with noise: the Gibbs measure stays put, up to a bias of order η².',
  nativeKernel: true,
  transportsDensity: false,
  step(cloud, field, transition, key, step) {
    const { xy, centres: c } = cloud
    const w = field.grid.box.halfWidth
    const [l11, l21, l22] = transition.root
    let folded = 0
    centres(field.grid, transition, xy, c)
    for (let k = 0, i = 0; k < xy.length; k += 2, i++) {
      gaussianPair(key, i, step, noise)
      const first = noise[0]!
      const x = c[k]! + l11 * first
      const y = c[k + 1]! + l21 * first + l22 * noise[1]!
      if (x >= -w && x <= w && y >= -w && y <= w) {
        xy[k] = x
        xy[k + 1] = y
      } else {
        xy[k] = fold(x, w)
        xy[k + 1] = fold(y, w)
        folded++
      }
    }
    return folded
  },
}
