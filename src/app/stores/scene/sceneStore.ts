import { createStore, type StoreApi } from 'zustand/vanilla'
import { DEFAULT_SCENE, hasKnownDensity } from '../../../lab/scene/defaults.ts'
import { sameScene } from '../../../lab/scene/normalise.ts'
import type { EnergySpec, SceneSpec, TargetSpec } from '../../../lab/scene/sceneSpec.ts'

/** The scene of the page. The address holds all of it (address.ts). */
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
export const FIRST_ENERGY: EnergySpec = { kind: 'pretrained', name: 'two-moons' }
export const FIRST_SCENE: SceneSpec = { ...DEFAULT_SCENE, energy: FIRST_ENERGY }

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
