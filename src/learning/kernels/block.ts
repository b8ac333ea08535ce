import type { Tuples } from './kernel.ts'

/**
 * Training in blocks of steps that a kernel runs one after another on its device, without reading results
 * back between them. The host gives each step as data: its tuples, its rate, and how its negatives move.
 */

/** The draws of hash4(seed, purpose, index, counter); see core/maths/rng.ts. */
interface Draws {
  readonly seed: number
  readonly purpose: number
  readonly counter: number
}

/** A density that is constant on each of side² cells of Ω. */
export interface JumpDensity {
  readonly side: number
  /** log q of each cell up to a constant, row-major, x fastest. */
  readonly log: Float32Array
}

/**
 * Persistent chains (PCD) at ε = 1: one jump (independence Metropolis–Hastings) to the points of the tuples, drawn from
 * q and accepted by the third draw of `counter`, then `moves` MALA steps of size d (`counter` + 1, …) with drift clipped to norm `clip`. After the step d becomes
 * d e^{κ Σ(a − a*)}, the sum over its MALA steps, within its limits.
 */
export interface ChainNegatives extends Draws {
  readonly kind: 'chains'
  readonly count: number
  /** q, the same in all steps of a block. */
  readonly jumps: JumpDensity
  readonly moves: number
  readonly clip: number
  /** a*, κ and the limits of d. */
  readonly targetAcceptance: number
  readonly adaptation: number
  readonly leastStep: number
  readonly largestStep: number
}

/**
 * `moves` steps of x ← fold(x − η∇V + √(2ηε)ξ), reflected at the walls, from the points of the tuples; the m-th
 * takes the draws of `counter` + m. The first `hot` particles have temperature ε throughout; that of the others is
 * 0 up to the share `rampFrom` of the steps and rises linearly from there.
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
  /** Negatives, where the step has any, are the last `count` points. */
  readonly tuples: Tuples
  readonly negatives: Negatives | null
  /** rate/(1 − β₁ᵗ) and 1/(1 − β₂ᵗ) of Adam at this step. */
  readonly stride: number
  readonly scale: number
}

/** State before and after a block: parameters, Adam's moments, and the chains; null without chains. */
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
  /** Change of mean V over the chains by their moves at the θ of the step; 0 where a step has no chains. */
  readonly moved: Float32Array
}

/** The confinement that is part of the energy; see training/model.ts. */
export interface Confinement {
  readonly halfWidth: number
  readonly penaltyStart: number
}

/**
 * Runs steps of training and does not change `state`. Non-finite values run through to the result. Rejects when
 * the device is lost.
 */
export type TrainBlock = (
  confinement: Confinement,
  state: BlockState,
  steps: readonly BlockStep[],
) => Promise<BlockResult>
