import { createStore, type StoreApi } from 'zustand/vanilla'
import { CallError } from '../../../lab/client/callError.ts'
import { defaultTarget, isTargetId } from '../../../lab/scene/defaults.ts'
import { isMixture } from '../../../lab/scene/composition.ts'
import { partKey } from '../../../lab/scene/normalise.ts'
import {
  MAX_BARRIERS,
  MAX_TERMS,
  withShares,
  type BarrierSpec,
  type Composition,
  type EnergySpec,
  type SceneSpec,
  type SumTerm,
  type TargetSpec,
} from '../../../lab/scene/sceneSpec.ts'
import type { Raster } from '../../../lab/protocol/calls.ts'
import type { Aside, DataSet, ShelfItem } from '../../storage/library.ts'
import type { Calibrations } from '../training/calibrations.ts'
import { energyLabel, targetLabel } from '../labels.ts'
import { sameTarget, type ShippedEnergy } from './manifest.ts'

/** The energies and data sets that the visitor can choose from: shipped, loaded from storage, and made on this page. */
export interface ShelfState {
  readonly manifest: readonly ShippedEnergy[]
  readonly items: readonly ShelfItem[]
  readonly dataSets: readonly DataSet[]
  /** Energies and data sets that the visitor removed and storage still keeps. */
  readonly removed: readonly (ShelfItem | DataSet)[]
  /** Records that cannot be read. */
  readonly aside: readonly Aside[]
  /** Pictures of targets, by `thumbnailKey`. */
  readonly targetThumbnails: Readonly<Record<string, Raster>>
  /** Pictures of shipped energies, by name. */
  readonly shippedThumbnails: Readonly<Record<string, Raster>>
  /** Calibrations of each GPU, from this visit or earlier ones. */
  readonly calibrations: Calibrations
  /** False when the browser keeps nothing beyond this tab. */
  readonly persistent: boolean
}

export type ShelfStore = StoreApi<ShelfState>

export function createShelfStore(): ShelfStore {
  return createStore<ShelfState>()(() => ({
    manifest: [],
    items: [],
    dataSets: [],
    removed: [],
    aside: [],
    targetThumbnails: {},
    shippedThumbnails: {},
    calibrations: {},
    persistent: true,
  }))
}

/** The energy of a shelf item in a scene. A scene holds a composition by value, so that links carry it. */
export function energyOfItem({ id, content }: ShelfItem): EnergySpec {
  if (content.kind === 'sum') return content.energy
  return { kind: 'shelf', id, hash: content.hash, recipe: content.recipe }
}

/** Data files of a name: those on the page before the removed ones, the newest first in each group. */
export function filesCalled({ dataSets, removed }: ShelfState, name: string) {
  return [...dataSets.toReversed(), ...removed.toReversed()].flatMap(({ content }) =>
    content.kind === 'file' && content.file === name ? content : [],
  )
}

/** The newest energy on the shelf that was trained on a target. */
export function learnedOf(state: ShelfState, target: TargetSpec): ShelfItem | undefined {
  return state.items.findLast((item) => {
    if (item.content.kind !== 'weights' || !sameTarget(item.target, target)) return false
    if (item.target.kind !== 'points' || !('file' in item.target)) return true
    // Without a hash the item is from before files were identified by their contents; it counts if only one file has the name.
    const { file, hash } = item.target
    return hash !== undefined || new Set(filesCalled(state, file).map((one) => one.hash)).size < 2
  })
}

/**
 * The scene after a shipped energy could not be fetched: the visitor's own energy of the same target replaces it or, without
 * one, an untrained energy that can be trained here. @returns null where the refusal has another reason
 */
export function withoutShipped(state: ShelfState, scene: SceneSpec, refusal: unknown) {
  if (!(refusal instanceof CallError) || refusal.kind !== 'refused') return null
  const { field } = refusal
  if (field === null || !/^energy(\.terms\.\d+\.energy)*\.name$/u.test(field)) return null
  const label: string[] = []
  let own: ShelfItem | undefined
  const instead = (term: SumTerm, [first, ...rest]: readonly number[]): SumTerm => {
    const { energy } = term
    if (first !== undefined) {
      if (energy.kind !== 'sum') return term
      const terms = energy.terms.map((inner, i) => (i === first ? instead(inner, rest) : inner))
      return { ...term, energy: { ...energy, terms } }
    }
    if (energy.kind !== 'pretrained') return term
    const shipped = state.manifest.find(({ name }) => name === energy.name)?.target
    const target = shipped ?? (isTargetId(energy.name) ? defaultTarget(energy.name) : scene.target)
    label.push(targetLabel(target))
    own = learnedOf(state, target)
    return own === undefined
      ? { ...term, energy: { kind: 'trained' }, target }
      : { ...term, energy: energyOfItem(own) }
  }
  const place = (field.match(/\d+/gu) ?? []).map(Number)
  const whole = instead({ weight: 1, energy: scene.energy, target: null }, place)
  const [name] = label
  if (name === undefined) return null
  return {
    scene: { ...scene, energy: whole.energy, target: whole.target ?? scene.target },
    text:
      `The shipped energy of ${name} cannot be fetched now: ` +
      (own === undefined ? 'Train learns it here.' : 'your own stands in its place.'),
  }
}

export function targetOfDataSet({ content }: Pick<DataSet, 'content'>): TargetSpec {
  return content.kind === 'points'
    ? { kind: 'points', points: content.points }
    : {
        ...content.form,
        kind: 'points',
        file: content.file,
        columns: content.columns,
        hash: content.hash,
      }
}

/** The key of a target's picture. */
export function thumbnailKey(target: TargetSpec): string {
  return partKey(target)
}

/** The name of an energy: its label on the shelf, or a general name. */
export function nameOf(state: ShelfState, energy: EnergySpec, target: TargetSpec): string {
  if (energy.kind === 'shelf') {
    const item = state.items.find(({ id }) => id === energy.id)
    if (item !== undefined) return item.label
  }
  if (energy.kind === 'trained') return `${targetName(state, target)}, untrained`
  return energyLabel(energy, target)
}

/** The name of a target: the label of the visitor's data set, or a general name. */
export function targetName(state: ShelfState, target: TargetSpec): string {
  if (target.kind === 'points') {
    const set = state.dataSets.find((known) => sameTarget(targetOfDataSet(known), target))
    if (set !== undefined) return set.label
  }
  return targetLabel(target)
}

// The tray -------------------------------------------------------------------------------------------

/** The scene with one more term in its sum; a scene on a single energy starts a new sum. */
export function withTerm(scene: SceneSpec, energy: EnergySpec, target: TargetSpec): SceneSpec {
  const sum: Composition =
    scene.energy.kind === 'sum' ? scene.energy : { kind: 'sum', terms: [], barriers: [] }
  if (sum.terms.length >= MAX_TERMS) return scene
  const own = energy.kind === 'trained' || energy.kind === 'exact'
  const term: SumTerm = { weight: 1, energy, target: own ? target : null }
  return withSum(scene, { ...sum, terms: [...sum.terms, term] })
}

/** The scene with another weight of a term; unchanged where a mixture cannot have that weight. */
export function withWeight(scene: SceneSpec, index: number, weight: number): SceneSpec {
  if (scene.energy.kind !== 'sum') return scene
  const terms = scene.energy.terms.map((term, i) => (i === index ? { ...term, weight } : term))
  const allowed = weight >= 0 && terms.some((term) => term.weight > 0)
  if (isMixture(scene.energy) && !allowed) return scene
  return withSum(scene, { ...scene.energy, terms })
}

/** The scene with its terms composed by *or* or by *and*; an *or* has no weights below 0. */
export function withOperation(scene: SceneSpec, operation: 'and' | 'or'): SceneSpec {
  if (scene.energy.kind !== 'sum') return scene
  const { terms, barriers } = scene.energy
  const or = operation === 'or' ? { operation } : {}
  return withSum(scene, { kind: 'sum', terms, ...or, barriers })
}

export function withoutTerm(scene: SceneSpec, index: number): SceneSpec {
  if (scene.energy.kind !== 'sum') return scene
  const terms = scene.energy.terms.filter((_, i) => i !== index)
  return withSum(scene, { ...scene.energy, terms })
}

/** The barriers of a sum that the visitor may move: its own, without those inside its terms. */
export function barriersOf(energy: EnergySpec): readonly BarrierSpec[] {
  return energy.kind === 'sum' ? energy.barriers : NO_BARRIERS
}

const NO_BARRIERS: readonly BarrierSpec[] = []

/** All barriers of an energy, those inside the terms of its sums included. */
export function everyBarrier(energy: EnergySpec): readonly BarrierSpec[] {
  if (energy.kind !== 'sum') return NO_BARRIERS
  return [...energy.barriers, ...energy.terms.flatMap((term) => everyBarrier(term.energy))]
}

/**
 * The scene with one more barrier; a single energy becomes a sum with one term, which is the same energy. Returns
 * the scene unchanged at the largest number of barriers.
 */
export function withBarrier(scene: SceneSpec, barrier: BarrierSpec): SceneSpec {
  const sum: Composition =
    scene.energy.kind === 'sum'
      ? scene.energy
      : {
          kind: 'sum',
          terms: [{ weight: 1, energy: scene.energy, target: null }],
          barriers: [],
        }
  if (sum.barriers.length >= MAX_BARRIERS) return scene
  return { ...scene, energy: { ...sum, barriers: [...sum.barriers, barrier] } }
}

/** The scene with one barrier replaced; null removes it. η stays, since the table stays the same. */
export function withBarrierAt(
  scene: SceneSpec,
  index: number,
  barrier: BarrierSpec | null,
): SceneSpec {
  if (scene.energy.kind !== 'sum') return scene
  const barriers = scene.energy.barriers.flatMap((old, i) => (i === index ? (barrier ?? []) : old))
  return { ...scene, energy: { ...scene.energy, barriers } }
}

/** The scene on another composition, a mixture with weights that it may have; η is computed anew, since the curvature has changed. */
function withSum(scene: SceneSpec, sum: Composition): SceneSpec {
  const energy = isMixture(sum) ? { ...sum, terms: withShares(sum.terms) } : sum
  return { ...scene, energy, dynamics: { ...scene.dynamics, stepSize: null } }
}
