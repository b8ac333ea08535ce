import type { AssetReader } from '../engine/energies/assets.ts'
import type { Session } from '../engine/session.ts'
import { recipeOf } from '../engine/training/trainings.ts'
import { namedAssets, type AssetName } from '../scene/assets.ts'
import type { EnergySpec, SceneSpec, TargetSpec } from '../scene/sceneSpec.ts'

/**
 * A scene with all that it needs: terms that were trained on the way become weight files, and what the
 * scene names is taken along. Shipped energies stay names.
 */
export async function selfContained(
  scene: SceneSpec,
  session: Pick<Session, 'trainedWeights'>,
  assets: AssetReader,
): Promise<{ readonly scene: SceneSpec; readonly assets: ReadonlyMap<AssetName, Uint8Array> }> {
  const files = new Map<AssetName, Uint8Array>()

  const replace = (energy: EnergySpec, target: TargetSpec): EnergySpec => {
    switch (energy.kind) {
      case 'sum':
        return {
          ...energy,
          terms: energy.terms.map((term) => {
            const own = term.target ?? target
            // A file does not say what it was trained on: its term does.
            const named = term.energy.kind === 'trained' ? own : term.target
            return { ...term, target: named, energy: replace(term.energy, own) }
          }),
        }
      case 'trained': {
        const weights = session.trainedWeights(recipeOf({ ...scene, target }))
        if (weights === null) return energy
        const name = `${target.kind}-${files.size}.safetensors`
        files.set(`file:${name}`, weights)
        return { kind: 'file', path: name }
      }
      case 'shelf': {
        if (energy.recipe === null) return energy
        const weights = session.trainedWeights(recipeOf({ ...scene, ...energy.recipe }))
        if (weights !== null) files.set(`shelf:${energy.id}`, weights)
        return energy
      }
      case 'pretrained':
      case 'exact':
      case 'quadratic':
      case 'file':
        return energy
      default:
        return energy satisfies never
    }
  }

  const whole = { ...scene, energy: replace(scene.energy, scene.target) }
  for (const [name, asset] of namedAssets(whole)) {
    if (files.has(name)) continue
    const bytes =
      asset.kind === 'points'
        ? await assets.points(asset.file, asset.hash)
        : asset.kind === 'file'
          ? await assets.file(asset.path)
          : await assets.shelf(asset.id)
    if (bytes !== null) files.set(name, bytes)
  }
  return { scene: whole, assets: files }
}
