import { formatApart, formatUp } from '../../maths/limitText.ts'
import { counted, formatCount, formatNumber } from '../../maths/numberText.ts'
import { CRITERION_TEXTS } from '../texts.ts'
import { type Criterion, klAt } from './criterion.ts'
import { errorsAtLook } from './looks.ts'
import { blindStop, noClaim } from './report.ts'
import { statisticalWindow } from './statistical.ts'

const ID = 'energy-plateau'
/** The standard error of fewer particles is itself too uncertain. */
const FEWEST = 16

/**
 * First evaluated k such that the energy has been balanced at every look since k − w, w the window of `statistical`, and has not moved
 * meanwhile: with r = √(2δ),
 *
 *   |E[tr(P∇²V)] − E[∇VᵀP∇V]/ε| + z_j SE ≤ r E[∇VᵀP∇V]/ε  and  |E[V]_k − E[V]_{k−w}|/ε + z_j SE ≤ r,
 *
 * where the first SE is that of the left side plus r times that of the right, at least that of their difference, whatever their correlation.
 *
 * A normal law in the plane of the wrong temperature (1 + r)ε about a quadratic well has both off by about r and a KL of r²/2 = δ, to
 * leading order. z_j as in `errorsAtLook`. It certifies nothing: both hold in each of several wells by itself, however the mass is shared.
 */
export const energyPlateau: Criterion = {
  id: ID,
  ...CRITERION_TEXTS[ID],
  evaluate(input) {
    const { computed, steps, particles, delta } = input
    if (particles < FEWEST)
      return noClaim(
        ID,
        `${counted(particles, 'particle')}: an error bar that holds takes ${FEWEST}.`,
      )
    const { epsilon } = input.certificates.transition
    const { energy, energyError, energyRate, energyRateError, energyDrift, energyDriftError } =
      input.curves
    const level = Math.sqrt(2 * delta)
    const w = statisticalWindow(steps)
    let look = 0
    let balancedSince: number | null = null
    let last = 'No energy with an error bar has been read yet.'
    for (let k = 1; k <= computed; k++) {
      const balance = energyRate[k] ?? null
      const error = energyRateError[k] ?? null
      const taken = energyDrift[k] ?? null
      const takenError = energyDriftError[k] ?? null
      if (balance === null || error === null || taken === null || takenError === null) continue
      look++
      const z = errorsAtLook(look)
      const spread = z * (error + level * takenError)
      const off = (Math.abs(balance) + spread) / taken
      if (!(off <= level)) {
        balancedSince = null
        const [found, wanted] = formatApart(off, level)
        last = `At step ${formatCount(k)} εE[ΔV] may differ from E|∇V|² by the share ${found}, above √(2δ) = ${wanted}; of that ${formatNumber(spread / taken)} is the error of so few particles.`
        continue
      }
      balancedSince ??= k
      const balanced = `εE[ΔV] has differed from E|∇V|² by at most the share √(2δ) = ${formatNumber(level)} since step ${formatCount(balancedSince)}`
      last = `${balanced}; it takes ${formatCount(w)} steps of that, with E[V] at rest.`
      const from = k - w
      const [before, here] = [energy[from] ?? null, energy[k] ?? null]
      const [beforeError, hereError] = [energyError[from] ?? null, energyError[k] ?? null]
      if (from < balancedSince || before === null || here === null) continue
      if (beforeError === null || hereError === null) continue
      const both = Math.sqrt(beforeError * beforeError + hereError * hereError)
      const moved = (Math.abs(here - before) + z * both) / epsilon
      if (!(moved <= level)) continue
      return blindStop(ID, k, klAt(input, k), [
        `${balanced}, and E[V]/ε has moved by at most ${formatUp(moved)} over ${formatCount(w)} steps: the energy rests.`,
        'So it would in each of several wells by itself, whatever share of the mass were there.',
      ])
    }
    return noClaim(ID, last)
  },
}
