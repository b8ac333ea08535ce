import type { Raster } from '../../../lab/protocol/calls.ts'
import type { EnergySpec, TargetSpec } from '../../../lab/scene/sceneSpec.ts'
import type { ShelfItem } from '../../storage/library.ts'
import { targetLabel } from '../labels.ts'
import { sameTarget, type ShippedEnergy } from './manifest.ts'
import { energyOfItem, targetOfDataSet, type ShelfState } from './shelfStore.ts'

/** One card of the shelf: an energy that the visitor can put on the stage or into the tray. */
export interface Card {
  readonly id: string
  readonly label: string
  readonly origin: 'shipped' | 'trained' | 'composed'
  readonly energy: EnergySpec
  readonly target: TargetSpec
  /** KL(ρ*‖π_θ), nats, where known. */
  readonly klDataModel: number | null
  readonly crossEntropy: number | null
  /** The origin of an energy without a recipe; null for all others. */
  readonly provenance: string | null
  readonly thumbnail: Raster | null
}

/** The visitor's own energies, newest first, then the shipped ones. */
export function cardsOf(state: ShelfState): readonly Card[] {
  return [
    ...state.items.map(cardOfItem).reverse(),
    ...state.manifest.map((shipped) => cardOfShipped(shipped, state.shippedThumbnails)),
  ]
}

function cardOfShipped(
  { name, target, klDataModel }: ShippedEnergy,
  thumbnails: ShelfState['shippedThumbnails'],
): Card {
  return {
    id: `shipped:${name}`,
    label: targetLabel(target),
    origin: 'shipped',
    energy: { kind: 'pretrained', name },
    target,
    klDataModel,
    crossEntropy: null,
    provenance: null,
    thumbnail: thumbnails[name] ?? null,
  }
}

function cardOfItem(item: ShelfItem): Card {
  return {
    id: `shelf:${item.id}`,
    label: item.label,
    origin: item.content.kind === 'weights' ? 'trained' : 'composed',
    energy: energyOfItem(item),
    target: item.target,
    klDataModel: item.summary?.klDataModel ?? null,
    crossEntropy: item.summary?.crossEntropy ?? null,
    provenance: (item.content.kind === 'weights' ? item.content.provenance : null) ?? null,
    thumbnail: item.thumbnail,
  }
}

/** A quantity of a data set: its name and, where known, its unit. */
interface Quantity {
  readonly name: string
  readonly unit: string
}

/**
 * The quantities of the built-in real data set: the duration of an eruption of Old Faithful, and the wait until the next
 * (Azzalini & Bowman 1990, Applied Statistics 39(3), 357–365).
 */
const OLD_FAITHFUL: readonly [Quantity, Quantity] = [
  { name: 'eruption', unit: 'min' },
  { name: 'waiting', unit: 'min' },
]

/** The quantities on the axes of a target; null where they are pure numbers. */
export function quantitiesOf(
  state: ShelfState,
  target: TargetSpec,
): readonly [Quantity, Quantity] | null {
  if (target.kind === 'old-faithful') return OLD_FAITHFUL
  if (target.kind !== 'points' || !('file' in target)) return null
  for (const set of state.dataSets) {
    const { content } = set
    if (content.kind !== 'file' || !sameTarget(targetOfDataSet(set), target)) continue
    const [x, y] = content.columnNames
    return [
      { name: x, unit: '' },
      { name: y, unit: '' },
    ]
  }
  return null
}
