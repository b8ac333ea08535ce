import type { BandwidthEffort } from '../../../core/targets/points.ts'
import { exp, log } from '../../../core/maths/elementary.ts'
import { hasKnownDensity } from '../../scene/defaults.ts'
import type { TargetSpec } from '../../scene/sceneSpec.ts'
import type { AssetReader } from '../energies/assets.ts'
import { prepareRows, readPoints, targetOfPoints } from '../energies/resolvePoints.ts'
import type { ResolvedTarget, TargetResolver } from '../energies/resolveTarget.ts'

/** A bandwidth is chosen on this many rows, so that a stroke is not kept waiting. */
const EFFORT: BandwidthEffort = { train: 300, validation: 120 }
/** It is chosen anew when the rows have grown or shrunk by this factor. */
const STALE = 1.25

/**
 * Targets of a live training, which come many times a second. They are what `TargetResolver` makes of the
 * same scene, but for the bandwidth of data points: it is chosen on fewer rows, and while a drawing grows
 * a little the one chosen last is scaled by n^(−1/6), as the best one falls in two dimensions.
 */
export class LiveTargets {
  private readonly targets: TargetResolver
  private readonly assets: AssetReader
  private chosen: { readonly rows: number; readonly bandwidth: number } | null = null

  constructor(targets: TargetResolver, assets: AssetReader) {
    this.targets = targets
    this.assets = assets
  }

  /** @throws Refusal naming what is missing or broken */
  async resolve(spec: TargetSpec, seed: number, halfWidth: number): Promise<ResolvedTarget> {
    if (hasKnownDensity(spec)) return this.targets.resolve(spec, seed, halfWidth)
    const { points: raw } = await readPoints(spec, this.assets)
    const rows = raw.length / 2
    const { chosen } = this
    const ratio = chosen === null ? Infinity : rows / chosen.rows
    const points =
      chosen !== null && ratio < STALE && ratio > 1 / STALE
        ? prepareRows(raw, {
            seed,
            halfWidth,
            bandwidth: chosen.bandwidth * exp(-log(ratio) / 6),
          })
        : prepareRows(raw, { seed, halfWidth, effort: EFFORT })
    if (chosen === null || ratio >= STALE || ratio <= 1 / STALE)
      this.chosen = { rows, bandwidth: points.bandwidth * points.transform.extraScale }
    return targetOfPoints(points)
  }
}
