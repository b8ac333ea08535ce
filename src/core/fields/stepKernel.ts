import type { Key } from '../maths/rng.ts'
import type { EnergyGrid } from './energyField.ts'
import type { Transition } from './transition.ts'

/** What is known of the points of a block after `StepKernel.expand`. */
export interface Expanded {
  /** Whether the map is injective at all of them. */
  readonly injective: boolean
  /** Whether all centres lie in the box. */
  readonly inside: boolean
}

/**
 * Something faster for the innermost loops of the samplers, at most `BLOCK` points at once and to the same bits as the
 * loops in TypeScript, which stay: they are the reference, and what runs where there is no such kernel.
 */
export interface StepKernel {
  /** x − ηD∇V(x) of the n points of `xy` from `first` on, to the same places of `out`, on a table without barriers. */
  centres(
    grid: EnergyGrid,
    transition: Transition,
    xy: Float64Array,
    first: number,
    n: number,
    out: Float64Array,
  ): void
  /**
   * c + L·ξ of n centres, the first at index `start`, to out[0 … 2n − 1]; ξ of (key, first + i, step).
   * @returns true where all of them lie in [−w, w]²; false says nothing
   */
  scatter(
    transition: Transition,
    w: number,
    c: Float64Array,
    start: number,
    n: number,
    key: Key,
    step: number,
    first: number,
    out: Float64Array,
  ): boolean
  /**
   * Centres as by `centres`, by the second derivatives' own formula, and log|det(I − ηD∇²V)| to expansions[0 … n − 1].
   * @returns null where a determinant is not finite, and nothing may be used
   */
  expand(
    grid: EnergyGrid,
    transition: Transition,
    xy: Float64Array,
    first: number,
    n: number,
    out: Float64Array,
    expansions: Float64Array,
  ): Expanded | null
}

let current: StepKernel | null = null

/** From now on the samplers of this thread use a kernel, or none. No number depends on it. */
export function setStepKernel(kernel: StepKernel | null): void {
  current = kernel
}

/** The kernel in use; null: the loops in TypeScript. */
export function stepKernel(): StepKernel | null {
  return current
}
