import { DEFAULT_SCENE } from '../../../lab/scene/defaults.ts'
import { LONGEST_LINK } from '../../../lab/scene/link/linkSeal.ts'
import {
  applyOverrides,
  decodeLocation,
  encodeHash,
  type Flaw,
} from '../../../lab/scene/link/urlCodec.ts'
import { sameScene } from '../../../lab/scene/normalise.ts'
import { describeProblem } from '../../../lab/scene/reading/problem.ts'
import type { RunReady } from '../../../lab/protocol/calls.ts'
import type { EnergySpec, SceneSpec } from '../../../lab/scene/sceneSpec.ts'
import type { Surroundings } from '../surroundings.ts'
import { FIRST_ENERGY } from './sceneStore.ts'

/*
 * Addresses of scenes, read and written. A page without one opens before this code has come.
 */

export interface OpenedAddress {
  readonly scene: SceneSpec
  /** The parts that could not be used, with fields and ranges; null where all could. */
  readonly message: string | null
}

/**
 * The scene of an address. Total: parts that cannot be read take their defaults, and the message names them. An
 * address with the default scene opens the default target on its shipped energy.
 */
export function openAddress(hash: string, search: string): OpenedAddress {
  const { scene, problems, overrides, flaw, pairs } = decodeLocation(hash, search)
  const untrained = /(?:^|&)energy=trained(?:&|$)/u.test(pairs)
  const opened = isBare(scene) && !untrained ? { ...scene, energy: FIRST_ENERGY } : scene
  const lines = problems.map(describeProblem)
  if (lines.length > 0) lines.unshift('Parts of this link could not be used:')
  if (flaw !== null) lines.unshift(describeFlaw(flaw))
  return {
    scene: applyOverrides(opened, overrides),
    message: lines.length === 0 ? null : lines.join('\n'),
  }
}

/** Whether a scene differs from the default one only in the view. */
function isBare(scene: SceneSpec): boolean {
  return sameScene({ ...scene, view: DEFAULT_SCENE.view }, DEFAULT_SCENE)
}

function describeFlaw(flaw: Flaw): string {
  switch (flaw.kind) {
    case 'changed':
      return 'This link was changed after it was made: its checksum does not fit. It is opened as it stands.'
    case 'open':
      return (
        'This link may be incomplete: it ends in a list of points and does not say how long it was. ' +
        'More points and settings may be missing; it is opened as far as it goes.'
      )
    case 'cut': {
      const of = flaw.size === null ? '' : ` of ${String(flaw.size)}`
      return (
        `This link is incomplete: it ends after ${String(flaw.found)}${of} characters. ` +
        'Nothing of it was opened; copy it once more as a whole.'
      )
    }
    case 'long':
      return (
        `This link is too long: ${String(flaw.found)} characters; allowed: up to ${String(LONGEST_LINK)}. ` +
        'Nothing of it was opened.'
      )
    default:
      return flaw satisfies never
  }
}

/** The hash that opens a scene again, `#` included. */
export function addressOf(scene: SceneSpec): string {
  // The address of an untrained default scene must name its energy, or it would open on the shipped one.
  return encodeHash(scene, isBare(scene) ? ['energy=trained'] : [])
}

/** The link to the scene of the page. */
export interface Link {
  /** The address that gives the same numbers, with η, steps and backend as the run used them. */
  readonly address: string
  /** The assets that the address names but does not hold, so that only this browser can open it; null: it holds all. */
  readonly missing: string | null
}

export function linkOf(
  { scene, run }: Pick<Surroundings, 'scene' | 'run'>,
  page: Pick<Window, 'location'>,
): Link {
  const { run: ready } = run.getState()
  const { scene: asked } = scene.getState()
  const view: typeof asked.view = { ...asked.view, theme: 'auto' }
  const shown = (one: SceneSpec) => addressOf({ ...one, stopping: asked.stopping, view })
  /** A scene with what the run on the stage found for it. */
  const filled = ({ dynamics, ...rest }: SceneSpec, { scene: found }: RunReady): SceneSpec => ({
    ...rest,
    training: found.training,
    dynamics: { ...dynamics, stepSize: dynamics.stepSize ?? found.dynamics.stepSize },
  })
  // While another scene is being prepared or trained, the run on the stage is not of the scene that is asked for.
  const isOf = ready !== null && shown(filled(asked, ready)) === shown(filled(ready.scene, ready))
  const hash = shown(isOf ? ready.scene : asked)
  const address = new URL(hash, page.location.href).href
  return { address, missing: missingFrom(address, asked) }
}

function missingFrom({ length }: string, { energy, target }: SceneSpec): string | null {
  if (length > LONGEST_LINK) return tooLong(length)
  if (holdsWeightsOnly(energy))
    return 'The link names an energy that only the shelf of this browser has: it was kept without a recipe to train it by.'
  if (target.kind === 'points' && 'file' in target)
    return `The link names the file ${target.file}, whose points only this browser has.`
  return null
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
