import { banana } from './known/banana.ts'
import { checkerboard } from './known/checkerboard.ts'
import { eightGaussians } from './known/eightGaussians.ts'
import { gaussianGrid } from './known/gaussianGrid.ts'
import type { TargetId } from './ids.ts'
import { pinwheel } from './known/pinwheel.ts'
import { rings } from './known/rings.ts'
import { swissRoll } from './known/swissRoll.ts'
import type { TargetKind } from './target.ts'
import { threeGaussians } from './known/threeGaussians.ts'
import { twoGaussians } from './known/twoGaussians.ts'
import { twoMoons } from './known/twoMoons.ts'
import { twoSpirals } from './known/twoSpirals.ts'

/** Every built-in target with a known density, in the order of `TARGET_IDS`. */
export const TARGETS: readonly TargetKind[] = [
  twoMoons,
  eightGaussians,
  gaussianGrid,
  checkerboard,
  twoSpirals,
  pinwheel,
  rings,
  swissRoll,
  banana,
  twoGaussians,
  threeGaussians,
]

const BY_ID = new Map(TARGETS.map((kind) => [kind.id, kind]))

/** The target with this id. Throws RangeError for an unknown one. */
export function targetKind(id: TargetId): TargetKind {
  const kind = BY_ID.get(id)
  if (kind === undefined) throw new RangeError(`target: there is no target '${String(id)}'`)
  return kind
}
