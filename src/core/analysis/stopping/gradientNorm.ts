import { formatApart } from '../../maths/limitText.ts'
import { formatNumber, nats } from '../../maths/numberText.ts'
import { CRITERION_TEXTS } from '../texts.ts'
import type { Criterion } from './criterion.ts'
import { blindStop, noClaim } from './report.ts'

const ID = 'gradient-norm'

/**
 * First k with E|∇V|² ≤ δ E|∇V|²₀, δ < 1, over the particles of the noiseless flow: on a quadratic of one curvature, what they had above the
 * minimum has then fallen to the share δ. The adaptive stop of samplers that descend (equilibrium matching, arXiv 2510.02300). It
 * certifies nothing: ∇V → 0 wherever they end, while KL → ∞. Under Langevin E_π|∇V|² = ε E_π[ΔV] > 0.
 */
export const gradientNorm: Criterion = {
  id: ID,
  ...CRITERION_TEXTS[ID],
  evaluate({ flow, curves, computed, delta }) {
    if (delta >= 1)
      return noClaim(
        ID,
        `The share δ = ${formatNumber(delta)} of what it is at the start lets every start pass: only below 1 does the rule ask for a fall.`,
      )
    const start = flow.gradient[0] ?? null
    if (start === null || !(start > 0)) return noClaim(ID, 'At the start ∇V is 0 or not known.')
    const level = delta * start
    let least = start
    for (let k = 0; k <= computed; k++) {
      const gradient = flow.gradient[k] ?? null
      if (gradient === null) continue
      least = Math.min(least, gradient)
      if (!(gradient <= level)) continue
      const kl = flow.kl[k] ?? null
      const beside = curves.gradient[k] ?? null
      const [from, to] = formatApart(start, gradient)
      const meaning =
        flow.lowerBound[k] === true
          ? 'lower bound of the KL of the noiseless flow'
          : 'KL of the noiseless flow'
      return blindStop(ID, k, kl === null ? null : { kl, meaning }, [
        `Over the noiseless particles E|∇V|² has fallen from ${from} to ${to}, to at most the share δ = ${formatNumber(delta)}.`,
        `How they are spread it does not see${kl === null ? '' : `: the ${meaning} is ${nats(kl)}`}.`,
        beside === null
          ? ''
          : `Under Langevin it is ${formatNumber(beside)} at this step, and at rest never 0 but εE[ΔV].`,
      ])
    }
    const [found, wanted] = formatApart(least, level)
    return noClaim(
      ID,
      `Over the noiseless particles E|∇V|² is ${found} at its least, above ${wanted}, the share δ = ${formatNumber(delta)} of what it was.`,
    )
  },
}
