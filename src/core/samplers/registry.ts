import { gradientFlow } from './gradientFlow.ts'
import { langevin } from './langevin.ts'
import { mala } from './mala.ts'
import type { Sampler } from './sampler.ts'

/** All samplers by id. Adding one is one file and one line here. */
export const SAMPLERS = {
  langevin,
  mala,
  'gradient-flow': gradientFlow,
} as const satisfies Readonly<Record<string, Sampler>>
