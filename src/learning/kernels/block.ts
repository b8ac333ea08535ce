import type { Tuples } from './kernel.ts'

/**
 * Training in blocks of steps that run where a kernel lives, one after another, with nothing read back
 * between them. What a step needs from outside is data: its tuples, its rate, and how its negatives
 * find their places.
 */

/** The draws of hash4(seed, purpose, index, counter); see core/maths/rng.ts. */
interface Draws {
  readonly seed: number
  readonly purpose: number
  readonly counter: number
}

/**
 * Persistent chains at ε = 1: one uniform Metropolis jump on Ω (draws of `counter`), then `moves` MALA
 * steps of size d (`counter` + 1, …) with drift clipped to norm `clip`. After the step d becomes
 * d e^{κ Σ(a − a*)}, the sum over its MALA steps, within its limits.
 */
export interface ChainNegatives extends Draws {
  readonly kind: 'chains'
  readonly count: number
  readonly moves: number
  readonly clip: number
  /** a*, κ and the limits of d. */
  readonly targetAcceptance: number
  readonly adaptation: number
  readonly leastStep: number
  readonly largestStep: number
}

/**
 * `moves` steps of x ← fold(x − η∇V + √(2ηε)ξ) from where the tuples stand, the m-th with the draws of
 * `counter` + m. The first `hot` particles feel ε throughout; for the others it is 0 up to the share
 * `rampFrom` of the steps and rises linearly from there.
 */
interface LangevinNegatives extends Draws {
  readonly kind: 'langevin'
  readonly count: number
  readonly moves: number
  readonly eta: number
  readonly epsilon: number
  readonly hot: number
  readonly rampFrom: number
}

/**
 * Points resampled systematically, by their weight e^(−V), from one uniform point in each of side²
 * cells of Ω (a multiple of 64). Their terms in the loss are replaced by log Z.
 */
interface QuadratureNegatives extends Draws {
  readonly kind: 'quadrature'
  readonly count: number
  readonly side: number
}

export type Negatives = ChainNegatives | LangevinNegatives | QuadratureNegatives

export interface BlockStep {
  /** Where there are negatives, they are the last `count` of the points. */
  readonly tuples: Tuples
  readonly negatives: Negatives | null
  /** rate/(1 − β₁ᵗ) and 1/(1 − β₂ᵗ) of Adam at this step. */
  readonly stride: number
  readonly scale: number
}

/** What a block starts from and leaves: parameters, moments of Adam, and the chains where there are any. */
export interface BlockState {
  readonly theta: Float32Array
  readonly mean: Float32Array
  readonly square: Float32Array
  readonly chains: { readonly xy: Float32Array; readonly stepSize: number } | null
}

export interface BlockResult extends BlockState {
  /** One for each step. */
  readonly losses: Float32Array
  /** Mean acceptance of the MALA steps; 0 where a step has no chains. */
  readonly acceptances: Float32Array
}

/** The confinement that is part of the energy; see training/model.ts. */
export interface Confinement {
  readonly halfWidth: number
  readonly penaltyStart: number
}

/**
 * Runs steps of training. Non-finite values run through to the result. Rejects when the device is lost;
 * `state` is left as it was.
 */
export type TrainBlock = (
  confinement: Confinement,
  state: BlockState,
  steps: readonly BlockStep[],
) => Promise<BlockResult>
