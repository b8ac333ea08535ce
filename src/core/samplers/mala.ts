import { fieldJet } from '../fields/fieldReading.ts'
import { isAllowed, isClear } from '../fields/barriers/ways.ts'
import { exp } from '../maths/elementary.ts'
import { gaussianPair } from '../maths/rng.ts'
import { SAMPLER_TEXTS } from './ids.ts'
import type { Sampler } from './sampler.ts'

const noise = new Float64Array(4)
const here = new Float64Array(6)
const there = new Float64Array(6)

/**
 * Metropolis-adjusted Langevin: the proposal y = c(x) + L·ξ, c(x) = x − ηD∇V(x), LLᵀ = 2ηεP, of the unadjusted
 * chain is accepted with probability min(1, π(y)q(y, x)/(π(x)q(x, y))),
 *
 *   log of that ratio = (V(x) − V(y))/ε + ½|ξ|² − ½|L⁻¹(x − c(y))|²,
 *
 * which keeps π exactly, at every η, also with a skew (non-reversible) drift. Proposals beyond the walls and into or through
 * the region of a barrier are refused, in both directions alike. ξ and the decision are pure functions of (seed, particle, step).
 * Source: Roberts & Tweedie (1996), Bernoulli 2(4).
 */
export const mala: Sampler = {
  id: 'mala',
  label: SAMPLER_TEXTS.mala.label,
  departure: 'MALA leaves refused particles where they are',
  refuses: true,
  transportsDensity: false,
  step(cloud, field, transition, key, step, first = 0) {
    const { xy, centres } = cloud
    const { epsilon } = transition
    const w = field.grid.box.halfWidth
    const [d11, d12, d21, d22] = transition.drift
    const [l11, l21, l22] = transition.root
    let refused = 0
    for (let k = 0, i = first; k < xy.length; k += 2, i++) {
      const x = xy[k]!
      const y = xy[k + 1]!
      fieldJet(field, x, y, here)
      const cx = x - (d11 * here[1]! + d12 * here[2]!)
      const cy = y - (d21 * here[1]! + d22 * here[2]!)
      centres[k] = cx
      centres[k + 1] = cy
      gaussianPair(key, i, step, noise)
      const a = noise[0]!
      const b = noise[1]!
      const px = cx + l11 * a
      const py = cy + l21 * a + l22 * b
      if (
        px >= -w &&
        px <= w &&
        py >= -w &&
        py <= w &&
        isAllowed(field, px, py) &&
        isClear(field.barriers, x, y, px, py)
      ) {
        fieldJet(field, px, py, there)
        const back = (x - px + d11 * there[1]! + d12 * there[2]!) / l11
        const side = (y - py + d21 * there[1]! + d22 * there[2]! - l21 * back) / l22
        const logRatio =
          (here[0]! - there[0]!) / epsilon + 0.5 * (a * a + b * b - back * back - side * side)
        if (logRatio >= 0 || noise[2]! < exp(logRatio)) {
          xy[k] = px
          xy[k + 1] = py
          continue
        }
      }
      refused++
    }
    cloud.refused = refused
    return 0
  },
}
