import { initialLaw } from '../../../core/analysis/laws/initialLaw.ts'
import { createKlEstimatorInPieces } from '../../../core/analysis/estimators/nativeKl.ts'
import type { Barrier } from '../../../core/fields/barriers/registry.ts'
import { addSlopes, hardWalls } from '../../../core/fields/barriers/terms.ts'
import type { EnergyField } from '../../../core/fields/energyField.ts'
import { gibbs, gibbsSampler } from '../../../core/fields/gibbs.ts'
import type { Transition } from '../../../core/fields/transition.ts'
import { PIECE } from '../../../core/maths/pieces.ts'
import { Purpose } from '../../../core/maths/rng.ts'
import { filtered } from '../../../core/samplers/filter.ts'
import { FILTER_RATE } from '../../../core/samplers/ids.ts'
import { langevin } from '../../../core/samplers/langevin.ts'
import {
  addCounts,
  createCloud,
  noCounts,
  piecesOf,
  stepInPieces,
  type Cloud,
  type FilterCounts,
} from '../../../core/samplers/sampler.ts'
import type { WayPrice, WayPrices } from '../../protocol/calls.ts'
import { Refusal } from '../refusal.ts'
import type { Posed } from './pose.ts'

/** Most particles that each way is tried with. */
const MOST_PARTICLES = 2048
/** μ of a hard wall where it is tried as one that repels. */
const USUAL_STRENGTH = 0.1

/**
 * The ways to keep particles out of the regions of a scene, each with unadjusted Langevin from the same start under the same
 * noise, for the steps of the scene: hard walls that refuse moves; walls that repel, too; a filter of the scene's rate α.
 * @throws Refusal beside a metric M(x), whose drift ε div M the filter does not know
 */
export function* priceOfWays({
  scene,
  target,
  energy,
  regions,
  transition,
}: Posed): Generator<undefined, WayPrices> {
  const { dynamics, seed } = scene
  if (dynamics.metric !== undefined)
    throw new Refusal(
      'dynamics.metric: the ways are compared without a metric M(x)',
      'dynamics.metric',
    )
  const { epsilon } = transition
  const { grid } = energy.field
  const walls: EnergyField = { grid, barriers: hardWalls(regions) }
  const soft = regions.map((one) => ({ ...one, strength: one.strength || USUAL_STRENGTH }))
  const pi = gibbs(walls, epsilon)
  yield
  const context = { field: walls, gibbs: pi, target: target.initial }
  const particles = Math.min(dynamics.particles, MOST_PARTICLES)
  const start = initialLaw(dynamics.initial, context).sample(particles, seed)
  const estimator = yield* createKlEstimatorInPieces({
    field: walls,
    transition,
    particles,
    nativeKernel: false,
  })
  const key = { seed, purpose: Purpose.dynamics }
  const { steps, filterRate = FILTER_RATE } = dynamics
  const price = function* (way: WayPrice['way']): Generator<undefined, WayPrice> {
    const sampler = way === 'filter' ? filtered(filterRate) : langevin
    const field = way === 'repulsion' ? { grid, barriers: soft } : walls
    const cloud = createCloud(start)
    const pieces = piecesOf(cloud, PIECE)
    const counts = noCounts()
    let refused = 0
    for (let step = 1; step <= steps; step++) {
      if (way === 'repulsion') notePush(counts, cloud, soft, transition)
      yield* stepInPieces(sampler, cloud, pieces, field, transition, key, step)
      refused += cloud.refused
      if (cloud.filtered !== undefined) addCounts(counts, cloud.filtered)
      yield
    }
    const all = Math.max(1, particles * steps)
    const { kl, standardError } = yield* estimator.reading(cloud.xy)
    return {
      way,
      intervention: counts.work / all,
      bent: counts.changed / all,
      refused: refused / all,
      exits: counts.exits / all,
      infeasible: counts.infeasible / all,
      outside: (cloud.filtered?.outside ?? 0) / particles,
      kl,
      klError: standardError,
    }
  }
  const ways = [yield* price('walls'), yield* price('repulsion'), yield* price('filter')]
  const exact = gibbsSampler(walls, epsilon).sample({ seed, purpose: Purpose.nullFloor }, particles)
  const { kl } = yield* estimator.reading(exact)
  return { particles, steps, rate: filterRate, ways, floor: kl }
}

const slope = new Float64Array(2)

/** Counts the particles that the term of the barriers W = −Σ μ log c(h) moves, and Σ |D∇W|². */
function notePush(
  counts: FilterCounts,
  { xy }: Cloud,
  barriers: readonly Barrier[],
  { drift, stepSize }: Transition,
): void {
  for (let k = 0; k < xy.length; k += 2) {
    slope.fill(0)
    addSlopes(barriers, xy[k]!, xy[k + 1]!, slope, 0)
    const ux = (drift[0] * slope[0]! + drift[1] * slope[1]!) / stepSize
    const uy = (drift[2] * slope[0]! + drift[3] * slope[1]!) / stepSize
    counts.work += ux * ux + uy * uy
    if (ux !== 0 || uy !== 0) counts.changed++
  }
}
