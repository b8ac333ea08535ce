import { CallError } from '../../../lab/client/callError.ts'
import type { SceneSpec } from '../../../lab/scene/sceneSpec.ts'

/** A scene that may run where another was refused, and what was changed, in a sentence. */
export interface Fitted {
  readonly scene: SceneSpec
  readonly text: string
}

/**
 * What a person changed has made the scene impossible: the least of the rest follows. The box shrinks to the one that
 * an energy was trained on; a start outside the box or inside a barrier gives way to the uniform one and, where barriers
 * leave almost nothing of the box, to π, which is wherever there is room at all. Each answer is nearer to a scene
 * that runs, so that a few of them end. @returns null where the refusal is about something else
 */
export function fitted(scene: SceneSpec, refusal: unknown): Fitted | null {
  if (!(refusal instanceof CallError) || refusal.kind !== 'refused') return null
  const { field, reach } = refusal
  const { domain, dynamics, energy } = scene
  if (reach !== null) {
    if (!(reach < domain.halfWidth)) return null
    const which = energy.kind === 'sum' ? 'an energy of this sum' : 'this energy'
    return {
      scene: { ...scene, domain: { ...domain, halfWidth: reach } },
      text: `The box went back to half-width ${String(reach)}, on which ${which} was trained.`,
    }
  }
  if (field !== 'dynamics.initial' || dynamics.initial.kind === 'gibbs') return null
  const [initial, where] = isWholeBox(scene)
    ? [{ kind: 'gibbs' } as const, 'at the Gibbs measure π']
    : [
        { kind: 'uniform', halfWidth: domain.halfWidth } as const,
        'anywhere in the box alike: their start before lies outside it or inside a barrier',
      ]
  return {
    scene: { ...scene, dynamics: { ...dynamics, initial } },
    text: `The particles now start ${where}.`,
  }
}

function isWholeBox({ dynamics: { initial }, domain }: SceneSpec): boolean {
  return initial.kind === 'uniform' && initial.halfWidth >= domain.halfWidth
}
