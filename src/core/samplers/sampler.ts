import type { EnergyField } from '../fields/energyField.ts'
import type { Transition } from '../fields/transition.ts'
import type { Key } from '../maths/rng.ts'

/** n particles, with the values from which their law is estimated. A step overwrites the cloud in place. */
export interface Cloud {
  /** Positions [x0, y0, …], length 2n, inside Ω. */
  readonly xy: Float64Array
  /**
   * Centres x − ηD∇V(x) of the last step before its noise and fold, length 2n. The law after that step given
   * the cloud before it is the mixture of N(centre, 2ηεP), folded (reflected) at the walls, where no move is refused.
   * Before the first step: `xy`.
   */
  readonly centres: Float64Array
  /** log ρ_k along each particle's path, length n, for samplers that carry it; null where unknown. */
  readonly logDensity: Float64Array | null
  /** False from the first step at which the deterministic map was not provably injective. */
  injective: boolean
  /** Particles that stayed in the last step because their move was refused: by a barrier or by Metropolis. */
  refused: number
  /** What a barrier filter did in the last step; absent without one. */
  filtered?: FilterCounts
}

/** What a barrier filter did to the particles of a cloud in one step, and what the noise did after it. */
export interface FilterCounts {
  /** Particles whose drift it changed. */
  changed: number
  /** Particles for which no change was found that keeps the condition: theirs is the one of least violation. */
  infeasible: number
  /** Σ |u|² of the changes of the drift. */
  work: number
  /** Particles that left the safe set: they end in a region, or their way leads through one. */
  exits: number
  /** Particles that are in a region after the step. */
  outside: number
}

/** One entry of the registry of samplers. */
export interface Sampler {
  readonly id: string
  readonly label: string
  /**
   * Null claims that the step is unadjusted Langevin: on a field without barriers the law after a step from x is the folded
   * N(x − ηD∇V(x), 2ηεP). On this claim rest the native-kernel KL, the exact law, the predicted bias, the contraction and
   * every certificate. A string says in a clause why the step is different. Absent: the sampler claims nothing.
   */
  readonly departure?: string | null
  /** Whether the sampler refuses moves; default: where there are barriers, those into them. */
  readonly refuses?: boolean
  /** The sampler with a filter of another rate α; present where a filter keeps particles out of the regions, and not walls. */
  readonly filtering?: (rate: number) => Sampler
  /** Whether it carries `logDensity` forward, so that the KL by exact transport applies. */
  readonly transportsDensity: boolean
  /**
   * Moves every particle by one step, in place, never out of Ω nor, without a filter, into the region of a barrier.
   * @param key randomness; used by particle index and `step` only, so the order of evaluation is free
   * @param step number of the step that this one ends at, k ≥ 1
   * @param first index of the first particle in the stream of randomness; default 0
   * @returns how many particles the wall folded
   */
  step(
    cloud: Cloud,
    field: EnergyField,
    transition: Transition,
    key: Key,
    step: number,
    first?: number,
  ): number
}

/** Why the steps of a sampler are not known to be those of unadjusted Langevin, a clause; null where the sampler claims they are. */
export function departureOf({
  departure,
  label,
}: Pick<Sampler, 'departure' | 'label'>): string | null {
  return departure === undefined ? `no law is known of the steps of ${label}` : departure
}

/**
 * A cloud at rest at `xy` (copied).
 * @param logDensity log ρ₀ at each particle, length n (copied), or null
 */
export function createCloud(xy: Float64Array, logDensity: Float64Array | null = null): Cloud {
  return {
    xy: xy.slice(),
    centres: xy.slice(),
    logDensity: logDensity === null ? null : logDensity.slice(),
    injective: true,
    refused: 0,
  }
}

/** Consecutive particles of a cloud that are stepped together, in its own arrays. */
export interface CloudPiece {
  readonly cloud: Cloud
  /** Index of its first particle in the whole cloud. */
  readonly first: number
}

/** A cloud cut into pieces of at most `size` particles, to step it with a pause between two. */
export function piecesOf(
  { xy, centres, logDensity, injective }: Cloud,
  size: number,
): CloudPiece[] {
  const n = xy.length / 2
  const pieces: CloudPiece[] = []
  for (let first = 0; first < n; first += size) {
    const end = Math.min(n, first + size)
    pieces.push({
      first,
      cloud: {
        xy: xy.subarray(2 * first, 2 * end),
        centres: centres.subarray(2 * first, 2 * end),
        logDensity: logDensity?.subarray(first, end) ?? null,
        injective,
        refused: 0,
      },
    })
  }
  return pieces
}

/**
 * `Sampler.step` of a whole cloud, piece by piece: the same bits.
 * @param pieces of `cloud`, by `piecesOf`
 * @yields after each piece but the last
 */
export function* stepInPieces(
  sampler: Sampler,
  cloud: Cloud,
  pieces: readonly CloudPiece[],
  ...[field, transition, key, step, first = 0]: StepArguments
): Generator<undefined, number> {
  let folded = 0
  let refused = 0
  const filtered = noCounts()
  for (const [i, piece] of pieces.entries()) {
    if (i > 0) yield
    folded += sampler.step(piece.cloud, field, transition, key, step, first + piece.first)
    refused += piece.cloud.refused
    if (piece.cloud.filtered !== undefined) addCounts(filtered, piece.cloud.filtered)
    cloud.injective = cloud.injective && piece.cloud.injective
  }
  cloud.refused = refused
  if (sampler.filtering !== undefined) cloud.filtered = filtered
  return folded
}

export function noCounts(): FilterCounts {
  return { changed: 0, infeasible: 0, work: 0, exits: 0, outside: 0 }
}

/** Adds what happened to a part of the particles, or in a step, to what happened to others. */
export function addCounts(sum: FilterCounts, more: FilterCounts): void {
  sum.changed += more.changed
  sum.infeasible += more.infeasible
  sum.work += more.work
  sum.exits += more.exits
  sum.outside += more.outside
}

type StepArguments = Parameters<Sampler['step']> extends [Cloud, ...infer Rest] ? Rest : never
