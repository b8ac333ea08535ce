import type { BandwidthEffort } from '../../../core/targets/points.ts'
import { exp, log } from '../../../core/maths/elementary.ts'
import { hasKnownDensity } from '../../scene/defaults.ts'
import type { TargetSpec } from '../../scene/sceneSpec.ts'
import type { AssetReader } from '../energies/assets.ts'
import { prepareRows, readPoints, targetOfPoints } from '../energies/resolvePoints.ts'
import type { ResolvedTarget, TargetResolver } from '../energies/resolveTarget.ts'

/** Rows on which the bandwidth is chosen; few, so that a stroke does not wait. */
const EFFORT: BandwidthEffort = { train: 300, validation: 120 }
/** The bandwidth is chosen anew when the number of rows has grown or shrunk by this factor. */
const STALE = 1.25

/**
 * Targets of a live training, which change many times a second. They equal those of `TargetResolver` except for
 * the bandwidth of data points: it is chosen on fewer rows, and while the number n of rows changes little, the last
 * choice is scaled by n^(−1/6), the rate at which the optimal bandwidth falls in two dimensions.
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
