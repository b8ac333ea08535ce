import { samePart } from '../../../lab/scene/normalise.ts'
import {
  MAX_BARRIERS,
  type BarrierSpec,
  type EnergySpec,
  type SceneSpec,
  type TargetSpec,
} from '../../../lab/scene/sceneSpec.ts'
import type { Playback } from '../run/playback.ts'
import { post } from '../run/runStore.ts'
import { shippedFor } from '../shelf/manifest.ts'
import type { Card } from '../shelf/cards.ts'
import {
  barriersOf,
  energyOfItem,
  learnedOf,
  withBarrier,
  withBarrierAt,
  withOperation,
  withoutTerm,
  withTerm,
  withWeight,
} from '../shelf/shelfStore.ts'
import type { Surroundings } from '../surroundings.ts'
import type { LiveTrainingControl } from '../training/liveTraining.ts'
import type { TrainingControl } from '../training/training.ts'
import { edit, withTarget } from './sceneStore.ts'

/** The visitor's actions on the scene; the stores react to the changed scene. */
export interface SceneActions {
  /** Any change of the scene. */
  edit(change: (scene: SceneSpec) => SceneSpec): void
  /** Opens another scene (an experiment, a file) and plays it. */
  open(scene: SceneSpec): void
  /** Selects a target, with its shipped energy where there is one at that sharpness. */
  selectTarget(target: TargetSpec): void
  /** Puts one energy on the stage, with its target. */
  selectEnergy(card: Pick<Card, 'energy' | 'target'>): void
  addToTray(card: Pick<Card, 'energy' | 'target' | 'label'>): void
  setWeight(index: number, weight: number): void
  /** Composes the energies in the tray by *and*, their sum, or by *or*, their mixture. */
  setOperation(operation: 'and' | 'or'): void
  removeTerm(index: number): void
  /** Restores the single energy from before the sum. */
  clearTray(): void
  /** Adds a keep-out region; its handle on the stage gets the focus. */
  addBarrier(barrier: BarrierSpec): void
  /** Moves or reshapes a barrier; a pointer may call this at any rate, and the latest call wins. */
  editBarrier(index: number, barrier: BarrierSpec): void
  /** Removes a barrier. A sum that then holds only the single energy from before becomes that energy again. */
  removeBarrier(index: number): void
  /** Sets whether the next stroke on the stage draws a keep-out region. */
  drawRegion(on: boolean): void
}

/** The energy from before a sum was begun, with its target. */
type Single = Pick<SceneSpec, 'energy' | 'target'>

export interface SceneActionsOptions extends Pick<
  Surroundings,
  'platform' | 'scene' | 'run' | 'shelf' | 'tool'
> {
  readonly playback: Pick<Playback, 'refresh'>
  readonly training: Pick<TrainingControl, 'active'>
  readonly following: Pick<LiveTrainingControl, 'active'>
}

/**
 * @returns the actions; `remember`, which returns a function that restores the energy recorded for `clearTray`; and
 * `forget`, which drops that energy
 */
export function createSceneActions(options: SceneActionsOptions) {
  const { platform, scene, run, shelf, tool, playback, training, following } = options
  /** The energy that `clearTray` restores; null: the first term of the sum. */
  let single: Single | null = null
  const now = () => scene.getState().scene

  function energyFor(target: TargetSpec): EnergySpec {
    const found = shippedFor(shelf.getState().manifest, target)
    if (found !== undefined) return { kind: 'pretrained', name: found.name }
    const own = learnedOf(shelf.getState(), target)
    return own === undefined ? { kind: 'trained' } : energyOfItem(own)
  }

  /** Puts another scene on the stage and plays it, even where the one before stood still. */
  function put(next: SceneSpec): void {
    edit(scene, () => next)
    if (!training.active && !following.active && !platform.reducedMotion())
      playback.refresh({ play: true })
  }

  /** Puts a change of the current energy on the stage; plays it unless the visitor had the particles stand still. */
  function alter(next: SceneSpec): void {
    const { status, run: ready } = run.getState()
    const stands = status === 'paused' || (status === 'idle' && ready?.trained === true)
    if (stands) edit(scene, () => next)
    else put(next)
  }

  /** Records the current single energy before it becomes the first term of a sum. */
  function setAside({ energy, target }: SceneSpec): void {
    if (energy.kind !== 'sum') single = { energy, target }
  }

  function clearTray(): void {
    const before = now()
    if (before.energy.kind !== 'sum') return
    const back = single ?? singleOf(before)
    single = null
    alter(withTarget(before, back.target, back.energy))
  }

  const actions: SceneActions = {
    edit(change) {
      edit(scene, change)
    },
    open(asked) {
      single = null
      const { theme } = now().view
      put({ ...asked, view: { ...asked.view, theme } })
    },
    selectTarget(target) {
      single = null
      put(withTarget(now(), target, following.active ? { kind: 'trained' } : energyFor(target)))
    },
    selectEnergy({ energy, target }) {
      single = null
      put(withTarget(now(), target, energy))
    },
    addToTray({ energy, target, label }) {
      const before = now()
      setAside(before)
      const next = withTerm(before, energy, target)
      if (next === before)
        post(run, 'warning', `energy.terms: ${label} is one too many for the tray.`)
      else alter(next)
    },
    setWeight(index, weight) {
      edit(scene, (s) => withWeight(s, index, weight))
    },
    setOperation(operation) {
      alter(withOperation(now(), operation))
    },
    removeTerm(index) {
      const { energy } = now()
      if (energy.kind === 'sum' && energy.terms.length <= 1) clearTray()
      else alter(withoutTerm(now(), index))
    },
    clearTray,
    addBarrier(barrier) {
      const before = now()
      if (following.active) {
        post(run, 'info', 'A keep-out region stands beside an energy: keep the live one first.')
        return
      }
      const next = withBarrier(before, barrier)
      if (next === before) {
        post(run, 'warning', `energy.barriers: one more is too many; allowed: ${MAX_BARRIERS}.`)
        return
      }
      setAside(before)
      tool.setState({ drawing: false, placed: barriersOf(next.energy).length - 1 })
      alter(next)
    },
    editBarrier(index, barrier) {
      edit(scene, (s) => withBarrierAt(s, index, barrier))
    },
    removeBarrier(index) {
      const next = withBarrierAt(now(), index, null)
      if (single === null || !standsAlone(next.energy, single.energy)) {
        alter(next)
        return
      }
      const { energy } = single
      single = null
      alter({ ...next, energy })
    },
    drawRegion(on) {
      tool.setState({ drawing: on })
    },
  }

  return {
    actions,
    remember: () => {
      const alone = single
      return () => {
        single = alone
      }
    },
    forget: () => {
      single = null
    },
  }
}

/** The single energy of a scene: its energy, or the first term of its sum. */
function singleOf({ energy, target }: SceneSpec): Single {
  if (energy.kind !== 'sum') return { energy, target }
  const [first] = energy.terms
  if (first === undefined) return { energy: { kind: 'trained' }, target }
  return { energy: first.energy, target: first.target ?? target }
}

/** Whether a sum holds `single` alone, without other terms and without barriers. */
function standsAlone(energy: EnergySpec, single: EnergySpec): boolean {
  if (energy.kind !== 'sum') return false
  const [term, ...others] = energy.terms
  return (
    energy.barriers.length === 0 &&
    others.length === 0 &&
    term?.weight === 1 &&
    term.target === null &&
    samePart(term.energy, single)
  )
}
