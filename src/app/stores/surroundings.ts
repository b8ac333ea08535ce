import type { ComputeClient } from '../../lab/client/computeClient.ts'
import type { Platform } from './platform.ts'
import type { CloudStore } from './run/cloudStore.ts'
import type { RunStore } from './run/runStore.ts'
import type { SceneStore } from './scene/sceneStore.ts'
import type { ShelfStore } from './shelf/shelfStore.ts'
import type { ToolStore } from './toolStore.ts'

/** The objects that exist once on a page. Every part of the lab picks those that it needs. */
export interface Surroundings {
  readonly client: ComputeClient
  readonly platform: Platform
  readonly scene: SceneStore
  readonly run: RunStore
  readonly live: CloudStore
  readonly shelf: ShelfStore
  readonly tool: ToolStore
}
