import { filtered } from './filter.ts'
import { FILTER_RATE, type SamplerId } from './ids.ts'
import { langevin } from './langevin.ts'
import { mala } from './mala.ts'
import { withJumps } from './jump.ts'
import { departureOf, type Sampler } from './sampler.ts'

/** The samplers of a scene, by id. Adding one is one file, one line here, and its id with its words in `ids.ts`. */
export const SAMPLERS: Readonly<Record<SamplerId, Sampler>> = {
  langevin,
  mala,
  filter: filtered(FILTER_RATE),
}

/** What of a scene's dynamics fixes its sampler. */
interface Sampling {
  readonly sampler: SamplerId
  readonly filterRate?: number
  readonly jumpEvery: number
  readonly metric?: unknown
}

const METRIC_DEPARTS = 'in a metric that depends on the place each step has a covariance of its own'

/** The sampler of a scene's dynamics, filter included, without its jumps. */
export function stepperOf({
  sampler,
  filterRate = FILTER_RATE,
  metric,
}: Omit<Sampling, 'jumpEvery'>): Sampler {
  const own = SAMPLERS[sampler].filtering?.(filterRate) ?? SAMPLERS[sampler]
  if (metric === undefined || metric === null) return own
  return { ...own, departure: departureOf(own) ?? METRIC_DEPARTS }
}

/** The sampler of a scene's dynamics, jumps included. */
export function samplerOf(dynamics: Sampling): Sampler {
  return withJumps(stepperOf(dynamics), dynamics.jumpEvery)
}
