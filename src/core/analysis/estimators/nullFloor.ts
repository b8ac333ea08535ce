import type { EnergyField } from '../../fields/energyField.ts'
import { gibbsSampler } from '../../fields/gibbs.ts'
import { centres, langevinStep, type Transition } from '../../fields/transition.ts'
import { type Key, Purpose } from '../../maths/rng.ts'
import { finish, PIECE } from '../../maths/pieces.ts'
import { mean, variance } from '../../maths/statistics.ts'
import type { KlEstimator, KlReading } from './nativeKl.ts'

/** Readings of the KL estimator, nats, on particles that started as exact draws of π. */
export interface NullFloor {
  /** Mean after one step: the remaining bias of the estimator and that of the chain after one step. */
  readonly mean: number
  /** Standard deviation of one reading after one step. */
  readonly deviation: number
  /**
   * Readings after `EQUILIBRATION` steps, when the bias of the step size has grown to its level: those of a chain at rest.
   * Deviation: mean standard error of the readings.
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
   * Takes one step of the run's dynamics: moves `xy` (length 2n), a part of the particles, in place, with the randomness of
   * `key` for the particles from index `first` on. Default: unadjusted Langevin.
   */
  readonly move?: (xy: Float64Array, key: Key, step: number, first: number) => void
}

/** Steps after which exact draws of π have taken on the bias of the chain. */
export const EQUILIBRATION = 32
/** Repeats that are followed for `EQUILIBRATION` steps. */
const EQUILIBRIUM_REPEATS = 4

/**
 * Measures the floor in pieces of a few milliseconds at most, so that a run loop may spread it over idle moments.
 * @yields the number of repeats done so far
 */
export function* measureNullFloor(options: NullFloorOptions): Generator<number, NullFloor> {
  const { field, transition, estimator, particles, seed, repeats = 12 } = options
  const sampler = gibbsSampler(field, transition.epsilon)
  const key = { seed, purpose: Purpose.nullFloor }
  const xy = new Float64Array(2 * particles)
  const c = new Float64Array(2 * particles)
  const early: number[] = []
  const late: number[] = []
  const lateErrors: number[] = []
  const { readsPositions } = estimator
  const langevin = (part: Float64Array, noise: Key, step: number, first: number): void => {
    langevinStep(field, transition, part, c, noise, step, first)
  }
  const { move = langevin } = options
  /** Calls `act` on all particles, a part of them at a time. */
  const all = function* (
    done: number,
    act: (part: Float64Array, from: number) => void,
  ): Generator<number, void> {
    for (let from = 0; from < particles; from += PIECE) {
      act(xy.subarray(2 * from, 2 * Math.min(particles, from + PIECE)), from)
      yield done
    }
  }
  for (let r = 0; r < repeats; r++) {
    // The noise uses indices beyond those of the draws, which share the key.
    const first = (repeats + r) * particles
    const step = (k: number) =>
      all(r, (part, from) => {
        move(part, key, k, first + from)
      })
    const read = function* (): Generator<number, KlReading> {
      // The native kernel is the law after the step's noise, so the last step draws no noise.
      if (!readsPositions) {
        yield* all(r, (part, from) => {
          centres(field, transition, part, c.subarray(2 * from))
        })
      }
      const reading = estimator.reading(readsPositions ? xy : c)
      for (;;) {
        const next = reading.next()
        if (next.done === true) return next.value
        yield r
      }
    }
    yield* all(r, (part, from) => {
      part.set(sampler.sample(key, part.length / 2, r * particles + from))
    })
    if (readsPositions) yield* step(1)
    early.push((yield* read()).kl)
    if (r < EQUILIBRIUM_REPEATS) {
      const [from, to] = readsPositions ? [2, EQUILIBRATION] : [1, EQUILIBRATION - 1]
      for (let k = from; k <= to; k++) yield* step(k)
      const reading = yield* read()
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
  return finish(measureNullFloor(options))
}
