import { banana } from './banana.ts'
import { checkerboard } from './checkerboard.ts'
import { eightGaussians } from './eightGaussians.ts'
import { gaussianGrid } from './gaussianGrid.ts'
import type { TargetId } from './ids.ts'
import { pinwheel } from './pinwheel.ts'
import { rings } from './rings.ts'
import { swissRoll } from './swissRoll.ts'
import type { TargetKind } from './target.ts'
import { threeGaussians } from './threeGaussians.ts'
import { twoGaussians } from './twoGaussians.ts'
import { twoMoons } from './twoMoons.ts'
import { twoSpirals } from './twoSpirals.ts'

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
