import { LONGEST_LINK } from '../../../lab/scene/link/linkSeal.ts'
import type { EnergySpec } from '../../../lab/scene/sceneSpec.ts'
import type { Surroundings } from '../surroundings.ts'
import { addressOf } from './sceneStore.ts'

/** The link to the scene of the page. */
export interface Link {
  /** The address that gives the same numbers, with η, steps and backend as the run used them. */
  link(): string
  /** The assets that the address names but does not hold, so that only this browser can open it; null: it holds all. */
  missingFromLink(): string | null
}

export function createLink(
  { scene, run }: Pick<Surroundings, 'scene' | 'run'>,
  page: Pick<Window, 'location'>,
): Link {
  function link(): string {
    const { run: ready } = run.getState()
    const { scene: asked } = scene.getState()
    const used = ready?.scene ?? asked
    const view: typeof asked.view = { ...asked.view, theme: 'auto' }
    return new URL(addressOf({ ...used, stopping: asked.stopping, view }), page.location.href).href
  }
  return {
    link,
    missingFromLink() {
      const { length } = link()
      if (length > LONGEST_LINK) return tooLong(length)
      const { energy, target } = scene.getState().scene
      if (holdsWeightsOnly(energy))
        return 'The link names an energy that only the shelf of this browser has: it was kept without a recipe to train it by.'
      if (target.kind === 'points' && 'file' in target)
        return `The link names the file ${target.file}, whose points only this browser has.`
      return null
    },
  }
}

export function tooLong(length: number): string {
  return (
    `This scene is too long for an address: ${String(length)} characters; allowed: up to ` +
    `${String(LONGEST_LINK)}.`
  )
}

/** Whether an energy, or a term of it, exists only as weights without a recipe. */
function holdsWeightsOnly(energy: EnergySpec): boolean {
  if (energy.kind === 'sum') return energy.terms.some((term) => holdsWeightsOnly(term.energy))
  return energy.kind === 'file' || (energy.kind === 'shelf' && energy.recipe === null)
}
