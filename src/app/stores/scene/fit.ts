import { CallError } from '../../../lab/client/callError.ts'
import { isMixture } from '../../../lab/scene/composition.ts'
import type { SceneSpec } from '../../../lab/scene/sceneSpec.ts'
import { post } from '../run/runStore.ts'
import { withoutShipped } from '../shelf/shelfStore.ts'
import type { Surroundings } from '../surroundings.ts'
import type { SceneHistory } from './sceneHistory.ts'
import { edit } from './sceneStore.ts'

/** A scene that may run in place of a refused one, with a sentence about the change. */
interface Fitted {
  readonly scene: SceneSpec
  readonly text: string
}

/**
 * The refused scene with a small change: the box shrinks to the one that an energy was trained on; a start outside the box
 * or inside a barrier becomes the uniform one and, where barriers leave almost nothing of the box, π, which has mass
 * wherever the barriers leave room. Repeated changes end: the box only shrinks, and a start changes at most twice.
 * @returns null where the refusal has another reason
 */
function fitted(scene: SceneSpec, refusal: unknown): Fitted | null {
  if (!(refusal instanceof CallError) || refusal.kind !== 'refused') return null
  const { field, reach } = refusal
  const { domain, dynamics, energy } = scene
  if (reach !== null) {
    if (!(reach < domain.halfWidth)) return null
    const whole = isMixture(energy) ? 'mixture' : 'sum'
    const which = energy.kind === 'sum' ? `an energy of this ${whole}` : 'this energy'
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

/** Changes the refused scene into one that may run and posts a notice about the change. @returns false where no change helps */
export function mend(
  refusal: unknown,
  { scene, run, shelf }: Pick<Surroundings, 'scene' | 'run' | 'shelf'>,
  history: Pick<SceneHistory, 'amend'>,
): boolean {
  const now = scene.getState().scene
  const fit = fitted(now, refusal) ?? withoutShipped(shelf.getState(), now, refusal)
  if (fit === null) return false
  post(run, 'info', fit.text)
  history.amend(() => {
    edit(scene, () => fit.scene)
  })
  return true
}

function isWholeBox({ dynamics: { initial }, domain }: SceneSpec): boolean {
  return initial.kind === 'uniform' && initial.halfWidth >= domain.halfWidth
}
