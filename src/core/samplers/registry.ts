import { gradientFlow } from './gradientFlow.ts'
import { langevin } from './langevin.ts'
import { mala } from './mala.ts'
import { withJumps } from './jump.ts'
import type { Sampler } from './sampler.ts'

/** All samplers by id. Adding one is one file and one line here. */
export const SAMPLERS = {
  langevin,
  mala,
  'gradient-flow': gradientFlow,
} as const satisfies Readonly<Record<string, Sampler>>

/** The sampler of a scene's dynamics, jumps included. */
export function samplerOf({
  sampler,
  jumpEvery,
}: {
  readonly sampler: keyof typeof SAMPLERS
  readonly jumpEvery: number
}): Sampler {
  return withJumps(SAMPLERS[sampler], jumpEvery)
}
