import { createStore, type StoreApi } from 'zustand/vanilla'
import { DEFAULT_SCENE, hasKnownDensity } from '../../../lab/scene/defaults.ts'
import { sameScene } from '../../../lab/scene/normalise.ts'
import { describeProblem } from '../../../lab/scene/reading/problem.ts'
import type { EnergySpec, SceneSpec, TargetSpec } from '../../../lab/scene/sceneSpec.ts'
import { LONGEST_LINK } from '../../../lab/scene/link/linkSeal.ts'
import {
  applyOverrides,
  decodeLocation,
  encodeHash,
  type Flaw,
} from '../../../lab/scene/link/urlCodec.ts'

/** The scene of the page. The address holds all of it. */
interface SceneState {
  readonly scene: SceneSpec
}

export type SceneStore = StoreApi<SceneState>

export function createSceneStore(scene: SceneSpec): SceneStore {
  return createStore<SceneState>()(() => ({ scene }))
}

/** Changes the scene; an equal scene notifies no subscriber. */
export function edit(store: SceneStore, change: (scene: SceneSpec) => SceneSpec): void {
  const { scene } = store.getState()
  const next = change(scene)
  if (!sameScene(scene, next)) store.setState({ scene: next })
}

/** The energy of the page's own default scene: shipped, so that particles move at once. */
const FIRST_ENERGY: EnergySpec = { kind: 'pretrained', name: 'two-moons' }
export const FIRST_SCENE: SceneSpec = { ...DEFAULT_SCENE, energy: FIRST_ENERGY }

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

/** A scene on another target, with η computed from the energy. */
export function withTarget(scene: SceneSpec, target: TargetSpec, energy: EnergySpec): SceneSpec {
  return {
    ...scene,
    target,
    energy: energy.kind === 'exact' && !hasKnownDensity(target) ? { kind: 'trained' } : energy,
    dynamics: { ...scene.dynamics, stepSize: null },
  }
}

/** A scene on another energy of the same target, with η computed from the energy. */
export function withEnergy(scene: SceneSpec, energy: EnergySpec): SceneSpec {
  return { ...scene, energy, dynamics: { ...scene.dynamics, stepSize: null } }
}
