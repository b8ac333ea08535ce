import type { BarrierSpec, Vector2 } from '../../../lab/scene/sceneSpec.ts'
import { inBox } from '../parts/pen.ts'
import { editorOf } from './registry.ts'

/** Names by kind and number: "Disc 2" is the second of the discs. */
export function barrierName(barriers: readonly BarrierSpec[], index: number): string {
  const barrier = barriers[index]!
  const alike = barriers.filter(({ kind }) => kind === barrier.kind)
  const { name } = editorOf(barrier)
  return alike.length === 1 ? name : `${name} ${String(alike.indexOf(barrier) + 1)}`
}

/** Where a barrier is held to be moved, world units, inside the box. */
export function anchorOf(barrier: BarrierSpec, halfWidth: number): Vector2 {
  return inBox(editorOf(barrier).anchor(barrier, halfWidth), halfWidth)
}

/** A barrier moved so that its anchor comes to a place, or as near to it as the box and its ranges allow. */
export function moveTo(barrier: BarrierSpec, to: Vector2, halfWidth: number): BarrierSpec {
  return editorOf(barrier).move(barrier, anchorOf(barrier, halfWidth), inBox(to, halfWidth))
}
