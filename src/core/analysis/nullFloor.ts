import type { EnergyField } from '../fields/energyField.ts'
import { gibbsSampler } from '../fields/gibbs.ts'
import { centres, langevinStep, type Transition } from '../fields/transition.ts'
import { type Key, Purpose } from '../maths/rng.ts'
import { mean, variance } from '../maths/statistics.ts'
import type { KlEstimator } from './nativeKl.ts'

/** What the KL estimator reads, nats, on particles that started as exact draws of π. */
export interface NullFloor {
  /** Mean after one step: the estimator's own remainder of bias, and one step's worth of the chain's. */
  readonly mean: number
  /** Standard deviation of one reading after one step. */
  readonly deviation: number
  /**
   * The same after `EQUILIBRATION` steps, where the bias of the step size has grown to its level: what
   * a chain shows that has nothing left to forget. Deviation: mean standard error of the readings.
   */
  readonly equilibrium: { readonly mean: number; readonly deviation: number }
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
  /**
   * One step of the run's dynamics: moves `xy` (length 2n) in place, with the randomness of `key`, of the particles
   * from index `first` on. Default: unadjusted Langevin.
   */
  readonly move?: (xy: Float64Array, key: Key, step: number, first: number) => void
}

/** Steps after which exact draws of π have taken on the bias of the chain. */
export const EQUILIBRATION = 32
/** Repeats that are carried so far. */
const EQUILIBRIUM_REPEATS = 4

/**
 * Measures the floor one repeat at a time, so that a run loop may spread it over idle moments.
 * @yields the number of repeats done
 */
export function* measureNullFloor(options: NullFloorOptions): Generator<number, NullFloor> {
  const { field, transition, estimator, particles, seed, repeats = 12 } = options
  const sampler = gibbsSampler(field, transition.epsilon)
  const key = { seed, purpose: Purpose.nullFloor }
  const c = new Float64Array(2 * particles)
  const early: number[] = []
  const late: number[] = []
  const lateErrors: number[] = []
  const { readsPositions } = estimator
  const langevin = (xy: Float64Array, noise: Key, step: number, first: number): void => {
    langevinStep(field, transition, xy, c, noise, step, first)
  }
  const { move = langevin } = options
  for (let r = 0; r < repeats; r++) {
    const xy = sampler.sample(key, particles, r * particles)
    // Noise from indices beyond those of the draws, which share the key.
    const first = (repeats + r) * particles
    if (readsPositions) {
      move(xy, key, 1, first)
      early.push(estimator.read(xy).kl)
    } else {
      // The native kernel is the law after the step's noise, so one step needs no noise drawn.
      centres(field, transition, xy, c)
      early.push(estimator.read(c).kl)
    }
    if (r < EQUILIBRIUM_REPEATS) {
      const [from, to] = readsPositions ? [2, EQUILIBRATION] : [1, EQUILIBRATION - 1]
      for (let k = from; k <= to; k++) move(xy, key, k, first)
      if (!readsPositions) centres(field, transition, xy, c)
      const reading = estimator.read(readsPositions ? xy : c)
      late.push(reading.kl)
      lateErrors.push(reading.standardError ?? 0)
    }
    yield r + 1
  }
  return {
    mean: mean(early),
    deviation: Math.sqrt(variance(early)),
    equilibrium: { mean: mean(late), deviation: mean(lateErrors) },
  }
}

/** `measureNullFloor` in one go. */
export function nullFloor(options: NullFloorOptions): NullFloor {
  const steps = measureNullFloor(options)
  for (;;) {
    const next = steps.next()
    if (next.done === true) return next.value
  }
}
