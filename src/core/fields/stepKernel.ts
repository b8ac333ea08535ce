import type { Key } from '../maths/rng.ts'
import type { Box } from '../maths/grid.ts'
import type { EnergyGrid } from './energyField.ts'
import type { Transition } from './transition.ts'

/** What is known of the points of a block after `StepKernel.expand`. */
export interface Expanded {
  /** Whether the map is injective at all of them. */
  readonly injective: boolean
  /** Whether all centres lie in the box. */
  readonly inside: boolean
}

/** A matrix [cell][node] whose row c is zero outside from[c] … to[c] − 1; it has cells + 6 nodes. */
export interface Band {
  readonly matrix: Float64Array
  readonly from: Int32Array
  readonly to: Int32Array
}

/** How splines on the nodes of a box become kernels on its cells, axis by axis; may not change once it has been given. */
export interface Fold {
  readonly box: Box
  readonly x: Band
  readonly y: Band
}

/**
 * Something faster for the innermost loops of a step and of its measurement, at most `BLOCK` points at once where it is
 * not said otherwise, and to the same bits as the loops in TypeScript, which stay: they are the reference, and what runs
 * where there is no such kernel.
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
  /** V at the n points of `xy` from `first` on, on a table without barriers, to out[0 … n − 1]. */
  values(grid: EnergyGrid, xy: Float64Array, first: number, n: number, out: Float64Array): void
  /** [V_x, V_xx, V_y, V_xy, V_yy, –] at the same points, to out[0 … 6n − 1]. */
  derivatives(grid: EnergyGrid, xy: Float64Array, first: number, n: number, out: Float64Array): void
  /** `SplineKernel.gather` of core/analysis where the kernel's axes are those of the grid; any number of places. */
  gather(fold: Fold, places: Float64Array, start: number, stride: number, out: Float64Array): number
  /**
   * Adds Σ s·(log s − log π) over the n ≤ BLOCK cells from `first` on, s the sum of all grids, to sums[0], and of all
   * grids but number g to sums[1 + g]; cells where s ≤ 0 are left out.
   * @returns false where a logarithm is of no normal number, and `sums` is unchanged
   */
  entropies(
    grids: readonly Float64Array[],
    logReference: Float64Array,
    first: number,
    n: number,
    sums: Float64Array,
  ): boolean
}

let current: StepKernel | null = null

/** From now on samplers and measurements of this thread use a kernel, or none. No number depends on it. */
export function setStepKernel(kernel: StepKernel | null): void {
  current = kernel
}

/** The kernel in use; null: the loops in TypeScript. */
export function stepKernel(): StepKernel | null {
  return current
}
