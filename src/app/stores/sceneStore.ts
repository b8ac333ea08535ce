import { createStore, type StoreApi } from 'zustand/vanilla'
import { DEFAULT_SCENE, hasKnownDensity } from '../../lab/scene/defaults.ts'
import { sameScene } from '../../lab/scene/normalise.ts'
import { describeProblem } from '../../lab/scene/problem.ts'
import type { EnergySpec, SceneSpec, TargetSpec } from '../../lab/scene/sceneSpec.ts'
import { applyOverrides, decodeLocation, encodeHash } from '../../lab/scene/urlCodec.ts'

/** What is asked for. The address holds all of it. */
export interface SceneState {
  readonly scene: SceneSpec
}

export type SceneStore = StoreApi<SceneState>

export function createSceneStore(scene: SceneSpec): SceneStore {
  return createStore<SceneState>()(() => ({ scene }))
}

/** Changes the scene; writing the same scene again wakes nobody. */
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
  /** One line a problem, naming the field and its range. */
  readonly messages: readonly string[]
}

/**
 * The scene of an address. Total: what cannot be read takes its default and is named. An address that
 * says nothing of the numbers opens the default target on its shipped energy.
 */
export function openAddress(hash: string, search: string): OpenedAddress {
  const { scene, problems, overrides } = decodeLocation(hash, search)
  const bare = sameScene({ ...scene, view: DEFAULT_SCENE.view }, DEFAULT_SCENE)
  const untrained = /[#&]energy=trained(&|$)/.test(hash)
  const opened = bare && !untrained ? { ...scene, energy: FIRST_ENERGY } : scene
  return {
    scene: applyOverrides(opened, overrides),
    messages: problems.map(describeProblem),
  }
}

/** The hash that opens a scene again, `#` included. */
export function addressOf(scene: SceneSpec): string {
  const hash = encodeHash(scene)
  const bare = sameScene({ ...scene, view: DEFAULT_SCENE.view }, DEFAULT_SCENE)
  if (!bare) return hash
  // An untrained default scene has to say so, or it would open on the shipped energy.
  return hash === '' ? '#energy=trained' : `#energy=trained&${hash.slice(1)}`
}

/** Least time between two writes of the address, ms: browsers refuse more than a few a second. */
const WRITE_INTERVAL = 250

/**
 * Keeps the address at the scene (a change that a person makes is in the address a quarter of a second
 * later) and follows an address that is typed in or navigated to. @returns what ends it
 */
export function bindAddress(
  store: SceneStore,
  page: Pick<Window, 'location' | 'history' | 'addEventListener' | 'removeEventListener'>,
  follow: (opened: OpenedAddress) => void,
): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null
  let written = page.location.hash
  const write = () => {
    timer = null
    const hash = addressOf(store.getState().scene)
    if (hash === page.location.hash) return
    page.history.replaceState(null, '', `${page.location.pathname}${page.location.search}${hash}`)
    written = page.location.hash
  }
  const unsubscribe = store.subscribe(() => {
    timer ??= setTimeout(write, WRITE_INTERVAL)
  })
  const onHashChange = () => {
    if (page.location.hash === written) return
    written = page.location.hash
    follow(openAddress(page.location.hash, ''))
  }
  page.addEventListener('hashchange', onHashChange)
  write()
  return () => {
    if (timer !== null) clearTimeout(timer)
    unsubscribe()
    page.removeEventListener('hashchange', onHashChange)
  }
}

/** A scene on another target. η goes back to the one computed from the energy at hand. */
export function withTarget(scene: SceneSpec, target: TargetSpec, energy: EnergySpec): SceneSpec {
  return {
    ...scene,
    target,
    energy: energy.kind === 'exact' && !hasKnownDensity(target) ? { kind: 'trained' } : energy,
    dynamics: { ...scene.dynamics, stepSize: null },
  }
}

/** A scene on another energy of the same target. */
export function withEnergy(scene: SceneSpec, energy: EnergySpec): SceneSpec {
  return { ...scene, energy, dynamics: { ...scene.dynamics, stepSize: null } }
}
