import type { BarrierSpec } from '../../../lab/scene/sceneSpec.ts'
import { disc } from './disc.ts'
import type { BarrierEditor } from './editor.ts'
import { halfPlane } from './halfPlane.ts'
import { polygon } from './polygon.ts'

type Editors = {
  readonly [K in BarrierSpec['kind']]: BarrierEditor<Extract<BarrierSpec, { kind: K }>>
}

/** The kinds of barriers as the page shows them, by id, in the order of their buttons. */
export const EDITORS: Editors = { disc, 'half-plane': halfPlane, polygon }

export function editorOf(barrier: BarrierSpec): BarrierEditor<BarrierSpec> {
  return EDITORS[barrier.kind]
}
