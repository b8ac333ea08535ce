import {
  crossEntropy,
  klDataModel,
  klModelData,
  tabulateDensity,
  type DensityTable,
} from '../../../core/analysis/estimators/kl.ts'
import type { EnergyField } from '../../../core/fields/energyField.ts'
import { gibbs, type Gibbs } from '../../../core/fields/gibbs.ts'
import type { Box } from '../../../core/maths/grid.ts'
import { Purpose, Rng } from '../../../core/maths/rng.ts'
import { gaussianMixture } from '../../../core/targets/densities/gaussianMixture.ts'
import { targetKind } from '../../../core/targets/registry.ts'
import type { Distribution } from '../../../core/targets/target.ts'
import type { Standardisation, TrainingProblem } from '../../../learning/training/api.ts'
import { sha256HexSync } from '../../io/sha256.ts'
import type { DataReport, TrainingSummary } from '../../protocol/result.ts'
import { hasKnownDensity } from '../../scene/defaults.ts'
import type { PointsFile, TargetSpec } from '../../scene/sceneSpec.ts'
import type { AssetReader } from './assets.ts'
import { Cache } from './cache.ts'
import { drawInside } from '../training/drawInside.ts'
import { gaussianCrossEntropy } from '../training/gaussianBaseline.ts'
import { pointsTarget, readPoints } from './resolvePoints.ts'

/** Quality of an energy under training, nats; null where a quantity is not defined for the target. */
export interface Quality {
  readonly klDataModel: number | null
  readonly crossEntropy: number | null
}

type FinalQuality = Pick<
  TrainingSummary,
  | 'klDataModel'
  | 'klModelData'
  | 'crossEntropy'
  | 'crossEntropyStandardError'
  | 'gaussianCrossEntropy'
>

/** A scene's target: source of draws, of training data and of the reference for measurements. */
export interface ResolvedTarget {
  readonly distribution: Distribution
  /** The distribution for the initial law `data`; for points its density is that of the smoothed data. */
  readonly initial: Distribution
  /** From the data's own units to world units; null for targets made in world units. */
  readonly transform: Standardisation | null
  /** Fresh batches for a training with this seed on [−halfWidth, halfWidth]². */
  problem(seed: number, halfWidth: number): TrainingProblem
  /** The quality of an energy, from its table at ε = 1. @param pi its Gibbs measure, where the caller has it */
  measure(field: EnergyField, pi?: Gibbs): Quality
  /** The final numbers, on the full table at ε = 1. */
  conclude(field: EnergyField, seed: number): FinalQuality
  /** ρ* on the cells of a box, restricted to it and renormalised; null for points. */
  density(box: Box): DensityTable | null
  /** The density of a picture on the cells of a box: ρ*, or that of the smoothed data. Length cells². */
  thumbnail(box: Box): Float32Array
  /** Up to n points to draw, [x0, y0, …], world units. */
  picture(n: number, seed: number): Float32Array
  /** n draws inside the box for L95; equal arguments give equal draws. */
  probes(n: number, seed: number, halfWidth: number): Float64Array
}

/** Held-out draws of a known density over which the cross-entropies are taken. */
const HELD_OUT = 4096

/** Resolves targets and caches them. */
export class TargetResolver {
  private readonly assets: AssetReader
  private readonly known = new Cache<ResolvedTarget>(16)
  private readonly reports = new Cache<DataReport>(16)

  constructor(assets: AssetReader) {
    this.assets = assets
  }

  /**
   * @param seed of the split of data points
   * @param halfWidth of the box that data points are fitted into
   * @throws Refusal naming what is missing or broken
   */
  async resolve(spec: TargetSpec, seed: number, halfWidth: number): Promise<ResolvedTarget> {
    if (!hasKnownDensity(spec)) {
      const { points: raw, report } = await readPoints(spec, this.assets)
      if (report !== null) this.reports.set(JSON.stringify(spec), report)
      const bytes = new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength)
      return this.keep(`points ${sha256HexSync(bytes)} ${seed} ${halfWidth}`, () =>
        pointsTarget(raw, seed, halfWidth),
      )
    }
    return this.keep(JSON.stringify(spec), () =>
      knownTarget(
        spec.kind === 'gaussian-mixture'
          ? gaussianMixture(spec.components)
          : targetKind(spec.kind).build(spec.sharpness),
      ),
    )
  }

  /**
   * The report on how the file of a target is read.
   * @throws Refusal naming what is missing or broken
   */
  async report(spec: PointsFile): Promise<DataReport> {
    const known = this.reports.get(JSON.stringify(spec))
    if (known) return known
    const { report } = await readPoints(spec, this.assets)
    this.reports.set(JSON.stringify(spec), report!)
    return report!
  }

  private keep(key: string, make: () => ResolvedTarget): ResolvedTarget {
    const found = this.known.get(key)
    if (found) return found
    const made = make()
    this.known.set(key, made)
    return made
  }
}

function knownTarget(distribution: Distribution): ResolvedTarget {
  const tables = new Cache<DensityTable>(3)
  const table = (box: Box): DensityTable | null => {
    const { density } = distribution
    if (density === null) return null
    const key = `${box.halfWidth}/${box.cells}`
    const found = tables.get(key)
    if (found) return found
    const made = tabulateDensity((x, y) => density.logDensity(x, y), box)
    tables.set(key, made)
    return made
  }
  const draw = (rng: Rng, n: number, halfWidth: number): Float64Array => {
    const xy = new Float64Array(2 * n)
    drawInside(distribution, rng, halfWidth, xy)
    return xy
  }
  return {
    distribution,
    initial: distribution,
    transform: null,
    problem: (seed, halfWidth) => ({
      halfWidth,
      batch(step, n, out) {
        const rng = new Rng({ seed, purpose: Purpose.data }, step)
        drawInside(distribution, rng, halfWidth, out.subarray(0, 2 * n))
      },
    }),
    measure(field, pi = gibbs(field, 1)) {
      const data = table(field.grid.box)
      return {
        klDataModel: data === null ? null : klDataModel(data, pi),
        crossEntropy: null,
      }
    },
    conclude(field, seed) {
      const { box } = field.grid
      const model = gibbs(field, 1, box)
      const data = table(box)
      const key = { seed, purpose: Purpose.evaluation }
      const train = draw(new Rng(key, 1), HELD_OUT, box.halfWidth)
      const test = draw(new Rng(key, 2), HELD_OUT, box.halfWidth)
      const { value, standardError } = crossEntropy(test, field, 1, model.logZ)
      return {
        klDataModel: data === null ? null : klDataModel(data, model),
        klModelData: data === null ? null : klModelData(model, data),
        crossEntropy: value,
        crossEntropyStandardError: standardError,
        gaussianCrossEntropy: gaussianCrossEntropy(train, test),
      }
    },
    density: table,
    thumbnail: (box) => Float32Array.from(table(box)?.density ?? []),
    picture: (n, seed) =>
      Float32Array.from(distribution.sample(new Rng({ seed, purpose: Purpose.data }), n)),
    probes: (n, seed, halfWidth) => draw(new Rng({ seed, purpose: Purpose.probe }), n, halfWidth),
  }
}
