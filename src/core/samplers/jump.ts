import { fieldValue } from '../fields/fieldReading.ts'
import type { EnergyField } from '../fields/energyField.ts'
import { exp } from '../maths/elementary.ts'
import { hash4, type Key, Purpose, unit } from '../maths/rng.ts'
import { departureOf, type Sampler } from './sampler.ts'

const words = new Uint32Array(4)

/**
 * One global jump of n points in place, a step of independence Metropolis–Hastings: y uniform on Ω is accepted with probability
 * min(1, π(y)/π(x)) = min(1, e^((V(x) − V(y))/ε)), never where a barrier forbids. The jump keeps π, so KL(ρ‖π) cannot rise
 * by it, and takes points from well to well across any barrier of V. Source: Metropolis et al. (1953), J. Chem. Phys. 21.
 * @param xy length 2n, at allowed places; overwritten
 * @param seed, step, first randomness: point i draws from (seed, first + i, step)
 * @returns how many points jumped
 */
export function uniformJump(
  xy: Float64Array,
  field: EnergyField,
  epsilon: number,
  seed: number,
  step: number,
  first = 0,
): number {
  const w = field.grid.box.halfWidth
  const key: Key = { seed, purpose: Purpose.jumps }
  let jumped = 0
  for (let k = 0, i = first; k < xy.length; k += 2, i++) {
    hash4(key, i, step, words)
    const x = w * (2 * unit(words[0]!) - 1)
    const y = w * (2 * unit(words[1]!) - 1)
    const logRatio = (fieldValue(field, xy[k]!, xy[k + 1]!) - fieldValue(field, x, y)) / epsilon
    if (logRatio >= 0 || unit(words[2]!) < exp(logRatio)) {
      xy[k] = x
      xy[k + 1] = y
      jumped++
    }
  }
  return jumped
}

const JUMPS_DEPART = 'global jumps come between the steps'

/**
 * A sampler that makes a jump after its own move in every step k with k mod `every` = 0; the sampler itself for
 * `every` = 0. Refused jumps leave atoms in the law, so the sampler has no native kernel.
 */
export function withJumps(sampler: Sampler, every: number): Sampler {
  if (every === 0) return sampler
  return {
    ...sampler,
    departure: departureOf(sampler) ?? JUMPS_DEPART,
    transportsDensity: false,
    step(cloud, field, transition, key, step, first = 0) {
      const folded = sampler.step(cloud, field, transition, key, step, first)
      if (step % every === 0)
        uniformJump(cloud.xy, field, transition.epsilon, key.seed, step, first)
      return folded
    },
  }
}
