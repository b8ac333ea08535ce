import type { Rng } from '../../../core/maths/rng.ts'
import type { Distribution } from '../../../core/targets/target.ts'
import { Refusal } from '../refusal.ts'

/** Rounds without a single draw in the box before a target is refused. */
const MAX_ROUNDS = 100

/**
 * n draws of a distribution restricted to [−halfWidth, halfWidth]², by rejection.
 * @param out length 2n; overwritten
 * @throws Refusal when the distribution has almost no mass in the box
 */
export function drawInside(
  distribution: Pick<Distribution, 'sample'>,
  rng: Rng,
  halfWidth: number,
  out: Float32Array | Float64Array,
): void {
  let kept = 0
  let emptyRounds = 0
  while (kept < out.length) {
    const draws = distribution.sample(rng, (out.length - kept) / 2)
    const before = kept
    for (let i = 0; i < draws.length; i += 2) {
      const x = draws[i]!
      const y = draws[i + 1]!
      if (Math.abs(x) <= halfWidth && Math.abs(y) <= halfWidth) {
        out[kept++] = x
        out[kept++] = y
      }
    }
    emptyRounds = kept === before ? emptyRounds + 1 : 0
    if (emptyRounds > MAX_ROUNDS)
      throw new Refusal('The target has almost no mass in the box; allowed: a larger box', 'target')
  }
}
