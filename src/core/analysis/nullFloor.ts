import type { EnergyField } from '../fields/energyField.ts'
import { gibbsSampler } from '../fields/gibbs.ts'
import { centres, type Transition } from '../fields/transition.ts'
import { Purpose } from '../maths/rng.ts'
import { mean, variance } from '../maths/statistics.ts'
import type { KlEstimator } from './nativeKl.ts'

/** What the KL estimator reads, nats, when the particles are exact draws of π put through one step. */
export interface NullFloor {
  readonly mean: number
  /** Standard deviation of one reading. */
  readonly deviation: number
}

export interface NullFloorOptions {
  readonly field: EnergyField
  readonly transition: Transition
  /** The estimator of the run. */
  readonly estimator: KlEstimator
  /** N, as in the run. */
  readonly particles: number
  readonly seed: number
  /** Independent repeats, ≥ 2; default 12. */
  readonly repeats?: number
}

/**
 * Measures the floor one repeat at a time, so that a run loop may spread it over idle moments.
 * @yields the number of repeats done
 * @returns mean and standard deviation over the repeats
 */
export function* measureNullFloor(options: NullFloorOptions): Generator<number, NullFloor> {
  const { field, transition, estimator, particles, seed, repeats = 12 } = options
  const sampler = gibbsSampler(field, transition.epsilon)
  const key = { seed, purpose: Purpose.nullFloor }
  const readings: number[] = []
  for (let r = 0; r < repeats; r++) {
    const xy = sampler.sample(key, particles, r * particles)
    // The native kernel is the law after the step's noise, so the noise itself is not needed.
    centres(field.grid, transition, xy, xy)
    readings.push(estimator.read(xy).kl)
    yield r + 1
  }
  return { mean: mean(readings), deviation: Math.sqrt(variance(readings)) }
}

/** `measureNullFloor` in one go. */
export function nullFloor(options: NullFloorOptions): NullFloor {
  const steps = measureNullFloor(options)
  for (;;) {
    const next = steps.next()
    if (next.done === true) return next.value
  }
}
