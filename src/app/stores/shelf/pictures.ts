import type { ThumbnailRequest } from '../../../lab/protocol/calls.ts'
import { BUILT_IN_TARGETS, defaultTarget } from '../../../lab/scene/defaults.ts'
import type { EnergySpec, TargetSpec } from '../../../lab/scene/sceneSpec.ts'
import type { ShelfItem } from '../../storage/library.ts'
import type { Assets } from '../assets.ts'
import type { Surroundings } from '../surroundings.ts'
import { energyOfItem, targetOfDataSet, thumbnailKey } from './shelfStore.ts'

/** Makes the thumbnails of the cards; a card works without one. */
export interface Pictures {
  /** Makes the thumbnails of the gallery and of the whole shelf one after the other, once per visit. */
  readonly begin: () => void
  ofTarget(target: TargetSpec): Promise<void>
  ofItem(item: ShelfItem): Promise<void>
}

export interface PicturesOptions extends Pick<Surroundings, 'client' | 'scene' | 'shelf'> {
  readonly assets: Pick<Assets, 'provide'>
  /** Resolves when the shelf and the shipped energies are known. */
  readonly known: Promise<unknown>
  readonly putItem: (item: ShelfItem) => Promise<unknown>
}

/** Cells a side of the thumbnails. */
export const TARGET_CELLS = 64
const ENERGY_CELLS = 48

export function createPictures(options: PicturesOptions): Pictures {
  const { client, scene, shelf, assets, known, putItem } = options
  let begun = false

  async function thumbnail(request: ThumbnailRequest) {
    const energy: EnergySpec = request.kind === 'energy' ? request.energy : { kind: 'trained' }
    try {
      await assets.provide({ ...scene.getState().scene, target: request.target, energy })
      return await client.call('thumbnail', request)
    } catch {
      return null
    }
  }

  async function ofTarget(target: TargetSpec): Promise<void> {
    const raster = await thumbnail({ kind: 'target', target, cells: TARGET_CELLS })
    if (raster === null) return
    shelf.setState(({ targetThumbnails }) => ({
      targetThumbnails: { ...targetThumbnails, [thumbnailKey(target)]: raster },
    }))
  }

  const ofEnergy = (energy: EnergySpec, target: TargetSpec) =>
    thumbnail({ kind: 'energy', energy, target, cells: ENERGY_CELLS })

  async function ofItem(item: ShelfItem): Promise<void> {
    const raster = await ofEnergy(energyOfItem(item), item.target)
    if (raster === null) return
    const current = shelf.getState().items.find(({ id }) => id === item.id)
    if (current !== undefined) await putItem({ ...current, thumbnail: raster })
  }

  async function ofAll(): Promise<void> {
    await known
    for (const kind of BUILT_IN_TARGETS) await ofTarget(defaultTarget(kind))
    for (const set of shelf.getState().dataSets) await ofTarget(targetOfDataSet(set))
    for (const { name, target } of shelf.getState().manifest) {
      const raster = await ofEnergy({ kind: 'pretrained', name }, target)
      if (raster !== null)
        shelf.setState(({ shippedThumbnails }) => ({
          shippedThumbnails: { ...shippedThumbnails, [name]: raster },
        }))
    }
    for (const item of shelf.getState().items) if (item.thumbnail === null) await ofItem(item)
  }

  return {
    begin() {
      if (begun) return
      begun = true
      void ofAll()
    },
    ofTarget,
    ofItem,
  }
}
