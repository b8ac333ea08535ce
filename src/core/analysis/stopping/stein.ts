import { formatApart, formatUp } from '../../maths/limitText.ts'
import { counted, formatCount, formatNumber, formatShare } from '../../maths/numberText.ts'
import { FEWEST_FOR_STEIN } from '../estimators/stein.ts'
import { CRITERION_TEXTS } from '../texts.ts'
import { type Criterion, klAt } from './criterion.ts'
import { jackknifeErrorsAtLook } from './looks.ts'
import { blindStop, noClaim } from './report.ts'

const ID = 'stein'

/** KSD² over KL of a standard normal law moved a little: |m|²/3 over |m|²/2, by the kernel of length 1. */
const OF_KL = 2 / 3
/** Above this share of particles folded in a step π does not vanish at the walls, and KSD² is not 0 at π. */
const AT_WALLS = 1e-3

/**
 * First look j with KSD² + z_j SE ≤ ⅔δ: the value for a standard normal law that is moved so far that its KL is δ. z_j as in
 * `jackknifeErrorsAtLook`. It certifies nothing: the discrepancy is all but 0 with all mass in one of several wells.
 */
export const stein: Criterion = {
  id: ID,
  ...CRITERION_TEXTS[ID],
  evaluate(input) {
    const { curves, computed, delta, certificates } = input
    if (certificates.barriers.length > 0)
      return noClaim(
        ID,
        'No claim beside barriers: where π does not vanish at a wall, the discrepancy is not 0 at π.',
      )
    const level = OF_KL * delta
    let look = 0
    let least: { readonly bound: number; readonly error: number } | null = null
    for (let k = 1; k <= computed; k++) {
      const [value, error] = [curves.stein[k] ?? null, curves.steinError[k] ?? null]
      if (value === null || error === null) continue
      look++
      const z = jackknifeErrorsAtLook(look)
      const bound = Math.max(0, value) + z * error
      if (least === null || bound < least.bound) least = { bound, error: z * error }
      if (!(bound <= level)) continue
      const folded = curves.foldedMass[k] ?? 0
      if (folded > AT_WALLS)
        return noClaim(
          ID,
          `No claim: ${formatShare(folded)} of the particles are folded at the walls in a step, where π does not vanish, so that the discrepancy is not 0 at π.`,
        )
      return blindStop(ID, k, klAt(input, k), [
        `The squared kernel Stein discrepancy is ${formatNumber(Math.max(0, value))}, by its upper end at look ${formatCount(look)} at most ${formatUp(bound)} and below ⅔δ = ${formatNumber(level)}, its value for a standard normal law moved so far that its KL is δ.`,
        'It sees each well by itself: how the mass is shared among several it hardly sees.',
      ])
    }
    if (least === null && input.particles < FEWEST_FOR_STEIN)
      return noClaim(
        ID,
        `${counted(input.particles, 'particle')}: the discrepancy has an error bar from ${FEWEST_FOR_STEIN} on.`,
      )
    if (least === null)
      return noClaim(ID, 'The discrepancy of the particles is read once this criterion is chosen.')
    const [found, wanted] = formatApart(least.bound, level)
    return noClaim(
      ID,
      `The least upper end of the squared kernel Stein discrepancy so far is ${found}, above ⅔δ = ${wanted}; of that ${formatNumber(least.error)} is the error of so few particles.`,
    )
  },
}
