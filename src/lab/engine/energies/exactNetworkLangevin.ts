import { BLOCK, langevinStep, type GradientReader } from '../../../core/fields/transition.ts'
import { langevin } from '../../../core/samplers/langevin.ts'
import type { Sampler } from '../../../core/samplers/sampler.ts'
import type { BatchEnergy } from './tabulate.ts'

/**
 * Unadjusted Langevin whose drift is that of a network itself and not of its table: the same map, noise and walls as
 * `langevin`, with ∇V from `energy`. It rests where the chain of `langevin` would, the bias of its step size
 * included, were the table without error; so it is for measuring what that error does, and what it costs to do without the table.
 *
 * One instance serves one thread of work: its buffers are made once and used for every block.
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
    // A last block is filled up, so that the energy always gets one size.
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
