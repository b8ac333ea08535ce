import { BLOCK, langevinStep, type GradientReader } from '../../../core/fields/transition.ts'
import { langevin } from '../../../core/samplers/langevin.ts'
import type { Sampler } from '../../../core/samplers/sampler.ts'
import type { BatchEnergy } from './tabulate.ts'

/**
 * Unadjusted Langevin with the drift of a network itself instead of that of its table: map, noise and walls are those of
 * `langevin`, ∇V comes from `energy`. Its stationary law is that of `langevin` on a table without error, the bias of the
 * step size included. Comparing the two measures the effect of the table's error and the cost of doing without a table.
 *
 * One instance serves one caller at a time, since all blocks share its buffers.
 * @param energy the whole energy of a model: `kernelEnergy` in float32 on SIMD, `modelEnergy` in float64 anywhere
 * @returns a sampler for fields without barriers; its steps throw RangeError on others
 */
export function exactNetworkLangevin(energy: BatchEnergy): Sampler {
  const points = new Float64Array(2 * BLOCK)
  const values = new Float64Array(BLOCK)
  const slopes = new Float64Array(2 * BLOCK)
  const gradients: GradientReader = (_field, xy, first, n, out) => {
    const start = 2 * first
    for (let k = 0; k < 2 * n; k++) points[k] = xy[start + k]!
    // Zeros fill up the last block, so that the energy always gets BLOCK points.
    points.fill(0, 2 * n)
    energy(points, values, slopes)
    for (let k = 0; k < 2 * n; k++) out[k] = slopes[k]!
  }
  return {
    ...langevin,
    id: 'exact-network-langevin',
    label: 'Langevin on the network',
    step(cloud, field, transition, key, step, first = 0) {
      if (field.barriers.length > 0)
        throw new RangeError('A network alone has no barriers; the field has some')
      const { xy, centres } = cloud
      const counts = langevinStep(field, transition, xy, centres, key, step, first, gradients)
      cloud.refused = counts.refused
      return counts.folded
    },
  }
}
