import type { Problem } from './problem.ts'
import type { EnergySpec, SceneSpec } from './sceneSpec.ts'

/** What a scene may say that the engine does not do: one line each. */
const LIMITS: readonly {
  readonly field: string
  readonly allowed: string
  /** What the scene asks for, where it asks for this; null otherwise. */
  readonly found: (scene: SceneSpec) => string | null
}[] = [
  {
    field: 'dynamics.sampler',
    allowed: 'langevin',
    found: ({ dynamics }) => (dynamics.sampler === 'mala' ? 'mala' : null),
  },
  {
    field: 'dynamics.jumpEvery',
    allowed: '0',
    found: ({ dynamics }) => (dynamics.jumpEvery > 0 ? String(dynamics.jumpEvery) : null),
  },
  {
    field: 'energy.barriers',
    allowed: 'no barriers',
    found: ({ energy }) => {
      const n = countBarriers(energy)
      return n === 0 ? null : `${String(n)} of them`
    },
  },
]

/** Each thing a valid scene asks for that the engine does not do; empty when it can run. */
export function isAvailable(scene: SceneSpec): readonly Problem[] {
  return LIMITS.flatMap(({ field, allowed, found }) => {
    const asked = found(scene)
    return asked === null ? [] : [{ field, found: asked, allowed }]
  })
}

function countBarriers(energy: EnergySpec): number {
  if (energy.kind !== 'sum') return 0
  return energy.terms.reduce((n, term) => n + countBarriers(term.energy), energy.barriers.length)
}
