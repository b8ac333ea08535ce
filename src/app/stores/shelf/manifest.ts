import { recoverScene } from '../../../lab/scene/reading/decode.ts'
import { samePart } from '../../../lab/scene/normalise.ts'
import type { PointsFile, TargetSpec } from '../../../lab/scene/sceneSpec.ts'

/** One energy that is shipped with the lab and stands on its shelf. */
export interface ShippedEnergy {
  readonly name: string
  readonly target: TargetSpec
  /** KL(ρ*‖π_θ) that its training reached, nats; null for points. */
  readonly klDataModel: number | null
}

/**
 * The shipped energies of `energies/manifest.json`. Total: the list omits entries that cannot be read, and is empty
 * for JSON that is no manifest. It also omits the energies that are unfinished on purpose, which only the scenes that
 * name them use.
 */
export function readManifest(json: unknown): readonly ShippedEnergy[] {
  const entries: unknown = isRecord(json) ? json.energies : null
  if (!Array.isArray(entries)) return []
  return entries.flatMap((entry: unknown): ShippedEnergy[] => {
    if (!isRecord(entry) || typeof entry.name !== 'string') return []
    if (entry.unfinished === true) return []
    const { scene, problems } = recoverScene({ target: entry.target })
    if (problems.length > 0) return []
    const kl = entry.klDataModel
    return [
      { name: entry.name, target: scene.target, klDataModel: typeof kl === 'number' ? kl : null },
    ]
  })
}

/** The shipped energy of exactly this target, its sharpness included; undefined without one. */
export function shippedFor(
  manifest: readonly ShippedEnergy[],
  target: TargetSpec,
): ShippedEnergy | undefined {
  return manifest.find((shipped) => sameTarget(shipped.target, target))
}

/** Whether two targets are the same; for files without a hash the name and the columns decide. */
export function sameTarget(a: TargetSpec, b: TargetSpec): boolean {
  if (a.kind === 'points' && b.kind === 'points' && 'file' in a && 'file' in b) {
    const known = a.hash !== undefined && b.hash !== undefined
    const chosen = a.columns !== null && b.columns !== null
    return (
      a.file === b.file &&
      (!chosen || String(a.columns) === String(b.columns)) &&
      (!known || a.hash === b.hash) &&
      samePart(formOf(a), formOf(b))
    )
  }
  return samePart(a, b)
}

/** The visitor's choices for reading a file. */
function formOf({ separator, decimal, log, clip }: PointsFile) {
  return [separator, decimal, log, clip]
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
