import type { LiveEnergy, TrainReply } from '../../../lab/protocol/calls.ts'
import { pointsAsset } from '../../../lab/scene/assets.ts'
import type { SceneSpec, TargetSpec } from '../../../lab/scene/sceneSpec.ts'
import type { DataSet, ShelfItem } from '../../storage/library.ts'
import type { Assets } from '../assets.ts'
import { explain } from '../explain.ts'
import { edit, withEnergy } from '../scene/sceneStore.ts'
import type { Surroundings } from '../surroundings.ts'
import type { Keeping } from './keeping.ts'
import type { LateKeeping } from './lateKeeping.ts'
import { createPictures, TARGET_CELLS, type Pictures } from './pictures.ts'
import { energyOfItem, nameOf, targetName, targetOfDataSet } from './shelfStore.ts'

/** The visitor's actions on the shelf. */
export interface ShelfActions {
  /** Puts the composition on the shelf as a new energy. */
  saveComposition(): void
  /** Takes an energy off the shelf, or data off the gallery; a notice offers to undo it. */
  remove(id: string): void
  putBack(id: string): void
  /** Deletes for good a removed energy or data set, or an unreadable record. */
  destroy(what: Parameters<Keeping['destroy']>[0]): void
  /** The engine's reason why data cannot be a target; null where they can. */
  checkData(content: DataSet['content']): Promise<string | null>
  /** Keeps the data and selects them as the target. */
  addDataSet(label: string, content: DataSet['content']): void
}

/** Puts the energies of trainings onto the shelf. */
export interface Shelving {
  readonly actions: ShelfActions
  readonly pictures: Pictures
  /** Keeps a finished energy in storage, on the shelf and, with `onStage`, in the scene. @returns whether storage has it */
  readonly keep: (
    reply: TrainReply,
    trained: SceneSpec,
    place: { readonly shelfId: string | null; readonly onStage: boolean },
  ) => Promise<boolean>
  /** Keeps the energy of a live training and puts it on the stage. */
  readonly keepLive: (energy: LiveEnergy) => Promise<unknown>
}

export interface ShelvingOptions extends Pick<
  Surroundings,
  'client' | 'platform' | 'scene' | 'shelf'
> {
  readonly assets: Assets
  readonly keeping: LateKeeping
  /** Resolves when the shipped energies are known. */
  readonly manifest: Promise<unknown>
  readonly selectTarget: (target: TargetSpec) => void
}

export function createShelving(options: ShelvingOptions): Shelving {
  const { client, platform, scene, shelf, assets, keeping } = options

  function putItem(item: ShelfItem): Promise<boolean> {
    shelf.setState(({ items }) => ({ items: [...items.filter(({ id }) => id !== item.id), item] }))
    return keeping.put(item)
  }

  const known = Promise.all([options.manifest, keeping.loaded])
  const pictures = createPictures({ ...options, known, putItem })

  const newItem = (
    item: Pick<ShelfItem, 'label' | 'target' | 'content' | 'summary'> & { readonly id?: string },
  ): ShelfItem => ({
    id: platform.uniqueId(),
    createdAt: platform.today(),
    thumbnail: null,
    ...item,
  })

  /** Puts new weights onto the shelf and, with `onStage`, onto the stage. @returns whether storage has them */
  async function shelve(weights: Uint8Array, item: ShelfItem, onStage: boolean): Promise<boolean> {
    const isSafe = await putItem(item)
    // If the worker crashes now, `assets` hands it the weights again before a run that needs them.
    await assets.hand(`shelf:${item.id}`, weights).catch(() => undefined)
    const { target } = item
    if (onStage) edit(scene, (s) => withEnergy({ ...s, target }, energyOfItem(item)))
    void pictures.ofItem(item)
    return isSafe
  }

  return {
    pictures,
    keep(reply, { target }, { shelfId, onStage }) {
      const { seed, training } = reply.scene
      const item = newItem({
        label: targetName(shelf.getState(), target),
        target,
        content: {
          kind: 'weights',
          bytes: reply.weights.slice(),
          hash: reply.hash,
          recipe: { seed, target, training },
        },
        summary: summaryOf(reply),
        ...(shelfId === null ? {} : { id: shelfId }),
      })
      return shelve(reply.weights, item, onStage)
    },
    keepLive(energy) {
      const { hash, provenance, weights } = energy
      const { target } = energy.scene
      const item = newItem({
        label: `${targetName(shelf.getState(), target)}, live`,
        target,
        content: { kind: 'weights', bytes: weights.slice(), hash, recipe: null, provenance },
        summary: summaryOf(energy),
      })
      return shelve(weights, item, true)
    },
    actions: {
      saveComposition() {
        const { energy, target } = scene.getState().scene
        if (energy.kind !== 'sum') return
        const item = newItem({
          label: nameOf(shelf.getState(), energy, target),
          target,
          content: { kind: 'sum', energy },
          summary: null,
        })
        void putItem(item).then(() => pictures.ofItem(item))
      },
      remove(id) {
        keeping.ask((kept) => {
          kept.remove(id)
        })
      },
      putBack(id) {
        keeping.ask((kept) => {
          kept.putBack(id)
        })
      },
      destroy(what) {
        keeping.ask((kept) => {
          kept.destroy(what)
        })
      },
      async checkData(content) {
        const target = targetOfDataSet({ content })
        try {
          if (content.kind === 'file') await assets.hand(pointsAsset(content), content.bytes)
          await client.call('thumbnail', { kind: 'target', target, cells: TARGET_CELLS })
          return null
        } catch (error) {
          return explain(error).text
        }
      },
      addDataSet(label, content) {
        const target = targetOfDataSet({ content })
        keeping.ask((kept) => {
          kept.addDataSet(label, content)
        })
        void pictures.ofTarget(target)
        options.selectTarget(target)
      },
    },
  }
}

/** The summary of a training for its card. */
function summaryOf({ summary }: Pick<TrainReply, 'summary'>): ShelfItem['summary'] {
  const { backend, steps, seconds, klDataModel, crossEntropy, crossEntropyStandardError } = summary
  return { backend, steps, seconds, klDataModel, crossEntropy, crossEntropyStandardError }
}
