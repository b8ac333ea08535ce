import type { ComputeClient } from '../../lab/client/computeClient.ts'
import { namedAssets, type AssetName } from '../../lab/scene/assets.ts'
import type { SceneSpec, ShelfRecipe } from '../../lab/scene/sceneSpec.ts'
import type { LateKeeping } from './shelf/lateKeeping.ts'

/** Hands the worker the assets that only the page has, each once: energies of the shelf, files of points. */
export interface Assets {
  hand(ref: AssetName, bytes: Uint8Array): Promise<void>
  /** Hands over the assets of a scene. @returns energies that this browser lacks and can train again from their recipe */
  provide(scene: SceneSpec): Promise<readonly MissingEnergy[]>
}

interface MissingEnergy {
  readonly id: string
  readonly hash: string
  readonly recipe: ShelfRecipe
}

export function createAssets(
  { client }: { readonly client: Pick<ComputeClient, 'call'> },
  keeping: Pick<LateKeeping, 'loaded' | 'ready'>,
): Assets {
  const provided = new Set<string>()

  async function hand(ref: AssetName, bytes: Uint8Array): Promise<void> {
    await client.call('provide', { ref, bytes })
    provided.add(ref)
  }

  return {
    hand,
    async provide(scene) {
      const named = namedAssets(scene)
      if (named.size === 0) return []
      await keeping.loaded
      const ready = await keeping.ready()
      const missing: MissingEnergy[] = []
      for (const [name, asset] of named) {
        if (provided.has(name)) continue
        const bytes = ready?.bytesOf(asset) ?? null
        if (bytes !== null) await hand(name, bytes)
        else if (asset.kind === 'shelf' && asset.recipe !== null)
          missing.push({ id: asset.id, hash: asset.hash, recipe: asset.recipe })
      }
      return missing
    },
  }
}
