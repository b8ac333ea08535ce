import { cos } from '../../core/maths/elementary.ts'

/** Moments of Adam, in float32 so that a checkpoint holds the state without rounding. */
export interface AdamState {
  readonly mean: Float32Array
  readonly square: Float32Array
  /** β₁ᵗ and β₂ᵗ after t updates, for the bias correction. */
  readonly firstPower: number
  readonly secondPower: number
}

const FIRST = 0.9
const SECOND = 0.99
const EPSILON = 1e-8
const PI = 3.141592653589793

export function startAdam(length: number): AdamState {
  return {
    mean: new Float32Array(length),
    square: new Float32Array(length),
    firstPower: 1,
    secondPower: 1,
  }
}

/** Factors of the t-th update with bias correction, `stride` = rate/(1 − β₁ᵗ) and `scale` = 1/(1 − β₂ᵗ), and its powers. */
export function adamFactors(
  powers: Pick<AdamState, 'firstPower' | 'secondPower'>,
  rate: number,
): { firstPower: number; secondPower: number; stride: number; scale: number } {
  const firstPower = powers.firstPower * FIRST
  const secondPower = powers.secondPower * SECOND
  return {
    firstPower,
    secondPower,
    stride: rate / (1 - firstPower),
    scale: 1 / (1 - secondPower),
  }
}

/**
 * One update of θ with β = (0.9, 0.99), ε = 1e-8: the moments with bias correction of Kingma & Ba
 * (2015), ICLR. Returns a new θ and state and does not change its arguments.
 */
export function adamStep(
  state: AdamState,
  theta: Float32Array,
  gradient: Float32Array,
  rate: number,
): { theta: Float32Array; state: AdamState } {
  const { firstPower, secondPower, stride, scale } = adamFactors(state, rate)
  const mean = state.mean.slice()
  const square = state.square.slice()
  const next = theta.slice()
  for (let k = 0; k < next.length; k++) {
    const g = gradient[k]!
    mean[k] = FIRST * mean[k]! + (1 - FIRST) * g
    square[k] = SECOND * square[k]! + (1 - SECOND) * g * g
    next[k] = next[k]! - (stride * mean[k]!) / (Math.sqrt(square[k]! * scale) + EPSILON)
  }
  return { theta: next, state: { mean, square, firstPower, secondPower } }
}

/**
 * Whether `strides.length` updates can lead from one state to another for any gradients. By Cauchy's inequality
 * |m|/√v ≤ (1 − β₁)/√((1 − β₂)(1 − β₁²/β₂)), which bounds the change of θ, and each update shrinks v by at most β₂.
 * Exact updates always pass; the values of a broken device seldom do.
 * @param strides stride/√scale of each update
 */
export function isReachable(
  before: Pick<AdamState, 'square'> & { readonly theta: Float32Array },
  after: Pick<AdamState, 'square'> & { readonly theta: Float32Array },
  strides: readonly number[],
): boolean {
  let reach = 0
  let kept = 1 - SLACK
  for (const stride of strides) {
    reach += stride * LARGEST_RATIO
    kept *= SECOND
  }
  for (let k = 0; k < after.theta.length; k++) {
    const from = before.theta[k]!
    if (Math.abs(after.theta[k]! - from) > (1 + SLACK) * reach + SLACK * Math.abs(from))
      return false
    // Values below 1e-30 are too near the smallest of float32 to shrink by exact factors.
    if (after.square[k]! < kept * before.square[k]! - 1e-30) return false
  }
  return true
}

/** (1 − β₁)/√((1 − β₂)(1 − β₁²/β₂)) */
const LARGEST_RATIO = (1 - FIRST) / Math.sqrt((1 - SECOND) * (1 - (FIRST * FIRST) / SECOND))
/** Relative slack for the roundings of float32. */
const SLACK = 1e-3

/**
 * Learning rate of step t of n (t from 0): a linear ramp over the first 50 steps (a tenth of a run
 * shorter than 500), times a cosine from `peak` at the start to 0 at the end.
 */
export function rampedCosine(peak: number, step: number, steps: number): number {
  const ramp = Math.min(50, Math.ceil(steps / 10))
  return peak * Math.min(1, (step + 1) / ramp) * 0.5 * (1 + cos((PI * step) / steps))
}
