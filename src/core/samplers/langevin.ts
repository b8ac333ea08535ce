import { langevinStep } from '../fields/transition.ts'
import { SAMPLER_TEXTS } from './ids.ts'
import type { Sampler } from './sampler.ts'

/**
 * Unadjusted Langevin: x ← fold(x − ηD∇V(x) + L·ξ), LLᵀ = 2ηεP, ξ ~ N(0, I) a pure function of
 * (seed, particle, step). fold reflects particles at the walls. On a quadratic with D = I the step is stable for
 * η < 2/λmax(∇²V). In a metric M(x) the step also has ηε div M, and P is M at the place it starts from. Barriers refuse moves into or through their regions: the particle stays.
 * Source: Roberts & Tweedie (1996), Bernoulli 2(4).
 */
export const langevin: Sampler = {
  id: 'langevin',
  label: SAMPLER_TEXTS.langevin.label,
  departure: null,
  transportsDensity: false,
  step(cloud, field, transition, key, step, first = 0) {
    const { xy, centres } = cloud
    const { folded, refused } = langevinStep(field, transition, xy, centres, key, step, first)
    cloud.refused = refused
    return folded
  },
}
