import { fieldJet } from '../fields/fieldReading.ts'
import type { EnergyField } from '../fields/energyField.ts'
import { stepKernel, type Expanded } from '../fields/stepKernel.ts'
import {
  BLOCK,
  centresOfBlock,
  isInjectiveAt,
  jacobian,
  land,
  type StepCounts,
  type Transition,
} from '../fields/transition.ts'
import { log } from '../maths/elementary.ts'
import type { Cloud, Sampler } from './sampler.ts'

const jet = new Float64Array(6)
const jacobians = new Float64Array(4)
/** log|det(I − ηD∇²V)| of the points of a block. */
const expansions = new Float64Array(BLOCK)
/** Least determinant whose logarithm is taken: below it the map contracts areas to almost 0, and the logarithm stays finite. */
const SMALLEST_DETERMINANT = 1e-300

/**
 * The deterministic map x ← fold(x − ηD∇V(x)), the explicit Euler step of the noiseless flow.
 *
 * With `logDensity` it carries the density along each path, l ← l − log|det(I − ηD∇²V(x))|, which is
 * log ρ_{k+1}(x_{k+1}) while the map is injective; `cloud.injective` turns false at the first visited
 * point where that is not assured (η·λmax(∇²V) ≥ 1 for D = I, a fold at the wall, or a step that a barrier
 * refuses: the particle stays, and with it its density). In a metric that depends on the place, D = M(x) + γJ and the determinant is
 * that of the map's own Jacobian; nothing assures there that it is injective.
 */
export const gradientFlow: Sampler = {
  id: 'gradient-flow',
  label: 'Gradient flow',
  departure: 'the gradient flow has no noise',
  transportsDensity: true,
  step(cloud, field, transition) {
    const { xy, centres, logDensity } = cloud
    const counts: StepCounts = { folded: 0, refused: 0 }
    const count = xy.length >> 1
    for (let first = 0; first < count; first += BLOCK) {
      const n = Math.min(BLOCK, count - first)
      if (logDensity === null) {
        centresOfBlock(field, transition, xy, first, n, centres)
        land(field, xy, first, n, centres, first, counts)
        continue
      }
      const { injective, inside } = expand(cloud, field, transition, first, n)
      if (!injective) cloud.injective = false
      land(field, xy, first, n, centres, first, counts, expansions, inside)
      for (let i = 0; i < n; i++) logDensity[first + i] = logDensity[first + i]! - expansions[i]!
    }
    if (counts.folded + counts.refused > 0) cloud.injective = false
    cloud.refused = counts.refused
    return counts.folded
  },
}

/**
 * Centres and log-expansions of the n ≤ BLOCK points of a cloud from `first` on.
 * @returns `inside` false also where it was not checked
 */
function expand(
  { xy, centres }: Cloud,
  field: EnergyField,
  transition: Transition,
  first: number,
  n: number,
): Expanded {
  if (transition.metric !== null) {
    centresOfBlock(field, transition, xy, first, n, centres)
    for (let i = 0, k = 2 * first; i < n; i++, k += 2) {
      jacobian(field, transition, xy[k]!, xy[k + 1]!, jacobians)
      const [a, b, c, d] = jacobians as unknown as readonly [number, number, number, number]
      expansions[i] = log(Math.max(Math.abs(a * d - b * c), SMALLEST_DETERMINANT))
    }
    return { injective: false, inside: false }
  }
  const kernel = field.barriers.length === 0 ? stepKernel() : null
  const known = kernel?.expand(field.grid, transition, xy, first, n, centres, expansions) ?? null
  if (known !== null) return known
  const d11 = transition.drift[0]
  const d12 = transition.drift[1]
  const d21 = transition.drift[2]
  const d22 = transition.drift[3]
  let injective = true
  for (let i = 0, k = 2 * first; i < n; i++, k += 2) {
    const x = xy[k]!
    const y = xy[k + 1]!
    fieldJet(field, x, y, jet)
    const gx = jet[1]!
    const gy = jet[2]!
    const vxx = jet[3]!
    const vxy = jet[4]!
    const vyy = jet[5]!
    centres[k] = x - (d11 * gx + d12 * gy)
    centres[k + 1] = y - (d21 * gx + d22 * gy)
    const determinant = Math.abs(
      (1 - d11 * vxx - d12 * vxy) * (1 - d21 * vxy - d22 * vyy) -
        (d11 * vxy + d12 * vyy) * (d21 * vxx + d22 * vxy),
    )
    expansions[i] = log(Math.max(determinant, SMALLEST_DETERMINANT))
    injective = injective && isInjectiveAt(transition, vxx, vxy, vyy)
  }
  return { injective, inside: false }
}
