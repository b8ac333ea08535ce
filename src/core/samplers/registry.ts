import type { SamplerId } from './ids.ts'
import { langevin } from './langevin.ts'
import { mala } from './mala.ts'
import { withJumps } from './jump.ts'
import type { Sampler } from './sampler.ts'

/** The samplers of a scene, by id. Adding one is one file, one line here, and its id with its words in `ids.ts`. */
export const SAMPLERS: Readonly<Record<SamplerId, Sampler>> = { langevin, mala }

/** The sampler of a scene's dynamics, jumps included. */
export function samplerOf({
  sampler,
  jumpEvery,
}: {
  readonly sampler: SamplerId
  readonly jumpEvery: number
}): Sampler {
  return withJumps(SAMPLERS[sampler], jumpEvery)
}
