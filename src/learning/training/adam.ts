import { cos } from '../../core/maths/elementary.ts'

/** Moments of Adam, in float32 so that a checkpoint is the state and not a rounding of it. */
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

/** What the t-th update multiplies its rate and its squares with, and the powers after it. */
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
 * (2015), ICLR. Returns a new θ and state; its arguments are left alone.
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
 * Learning rate of step t of n (t from 0): a linear ramp over the first 50 steps (a tenth of a run
 * shorter than 500), times a cosine from `peak` at the start to 0 at the end.
 */
export function rampedCosine(peak: number, step: number, steps: number): number {
  const ramp = Math.min(50, Math.ceil(steps / 10))
  return peak * Math.min(1, (step + 1) / ramp) * 0.5 * (1 + cos((PI * step) / steps))
}
