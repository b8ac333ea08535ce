import { disc } from './disc.ts'
import { halfPlane } from './halfPlane.ts'
import type { BarrierKind } from './kind.ts'
import { polygon } from './polygon.ts'

/** The kinds of barriers, by their name in a scene. */
const KINDS = { disc, 'half-plane': halfPlane, polygon }

type BarrierOf<K> = K extends BarrierKind<infer B> ? B : never

/** A region kept clear, evaluated by formula beside the table (V is infinite there); strength μ ≥ 0, 0 for a hard wall. */
export type Barrier = BarrierOf<(typeof KINDS)[keyof typeof KINDS]>

/** The entry of the kind of a barrier. */
export function kindOf(barrier: Barrier): BarrierKind<Barrier> {
  return KINDS[barrier.kind]
}
