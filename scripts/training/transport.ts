import { spectralGap } from '../../src/core/analysis/constants/spectrum.ts'
import { defaultStepSize, smoothness95 } from '../../src/core/analysis/constants/smoothness.ts'
import { createFokkerPlanck, fokkerPlanckCurve } from '../../src/core/analysis/laws/fokkerPlanck.ts'
import { energyOfDensity } from '../../src/core/fields/analytic.ts'
import type { EnergyField } from '../../src/core/fields/energyField.ts'
import { tabulateEnergy } from '../../src/core/fields/energyGrid.ts'
import { gibbs } from '../../src/core/fields/gibbs.ts'
import { spacing, type Box } from '../../src/core/maths/grid.ts'
import { Purpose, Rng } from '../../src/core/maths/rng.ts'
import type { Density, Distribution } from '../../src/core/targets/target.ts'
import { readKernelModule } from '../../src/lab/cli/kernelModule.ts'
import { standardNormal } from '../../src/lab/engine/energies/strayStart.ts'
import { drawInside } from '../../src/lab/engine/training/drawInside.ts'
import { readEnergyFile } from '../../src/lab/io/energyFile.ts'
import { createSimdKernel } from '../../src/learning/kernels/simd/simdKernel.ts'
import { tabulateModel } from '../../src/learning/training/tabulate.ts'

/** How an energy carries N(0, I) to its Gibbs measure at ε = 1, on the table that sampling uses. */
export interface Transport {
  /** Gap of the grid's generator, per unit of time. */
  readonly gap: number
  /** KL of the continuous dynamics after STEPS steps of the trained energy's default step size, nats. */
  readonly kl: number
}

const BOX: Box = { halfWidth: 4, cells: 128 }
export const STEPS = 200
const PROBES = 4096

function transportOf(field: EnergyField, stepSize: number): Transport {
  const pi = gibbs(field, 1)
  const area = spacing(BOX) * spacing(BOX)
  const start = standardNormal(BOX).map((mass) => mass / area)
  let kl = Number.NaN
  for (const point of fokkerPlanckCurve(createFokkerPlanck(field, 1), start, stepSize, STEPS))
    kl = point.kl
  return { gap: spectralGap(pi).value, kl }
}

/**
 * The transport of a trained energy, and that of −log of a density with the same step size.
 * @param weights the trained energy as a file
 * @param data whose draws set the default step size
 */
export async function compareTransport(
  weights: Uint8Array,
  data: Distribution,
  density: Density,
): Promise<{ readonly trained: Transport; readonly exact: Transport }> {
  const file = readEnergyFile(weights)
  if ('error' in file) throw new Error(file.error)
  const kernel = createSimdKernel(await readKernelModule(), file.model.shape)
  const trained: EnergyField = { grid: await tabulateModel(kernel, file.model, BOX), barriers: [] }
  const exact: EnergyField = { grid: tabulateEnergy(BOX, energyOfDensity(density)), barriers: [] }
  const probes = new Float64Array(2 * PROBES)
  drawInside(data, new Rng({ seed: 1, purpose: Purpose.probe }), BOX.halfWidth, probes)
  const stepSize = defaultStepSize(smoothness95(trained, probes))
  return { trained: transportOf(trained, stepSize), exact: transportOf(exact, stepSize) }
}
