import { formatApart, natsExactly } from '../../maths/limitText.ts'
import { counted, formatCount, formatNumber, nats } from '../../maths/numberText.ts'
import type { Coupling } from '../estimators/coupling.ts'
import type { Verdict } from '../curves.ts'
import { CRITERION_TEXTS } from '../texts.ts'
import { bestKl, type Criterion } from './criterion.ts'
import { noClaim, reportedKl, unfired } from './report.ts'

const ID = 'coupling'
/** From this δ on √(δ/2) is at least 1, which no total variation exceeds. */
const TRIVIAL = 2

/**
 * The first step k at which the total variation between ρ_k and the chain's own rest law, as coupled pairs of chains bound it,
 * is at most √(δ/2), its one-sided error of about 95 % included. KL ≤ δ would imply that distance (Pinsker's inequality), not
 * the other way round. All k are read from the same pairs, and the one found is wrong no more often than the error at one k:
 * see `limits` in estimators/coupling.ts. It rests on the tail of the meeting times, of which 512 pairs show a part: an estimate.
 */
export const coupling: Criterion = {
  id: ID,
  ...CRITERION_TEXTS[ID],
  evaluate(input) {
    const { law, certificates, steps, delta, biasPrediction } = input
    const { departure, jumpEvery, barriers } = certificates
    const off =
      departure !== null
        ? `${departure}, and only chains of Gaussian steps are coupled`
        : barriers.length > 0
          ? 'beside barriers moves are refused, of one chain of a pair and not of the other, and such pairs are not followed'
          : jumpEvery > 0
            ? 'global jumps come between the steps, and only chains of Gaussian steps are coupled'
            : delta >= TRIVIAL
              ? `any two laws are within √(δ/2) of each other in total variation where δ is 2 or more, and it is ${natsExactly(delta)}`
              : null
    if (off !== null) return no(off)
    const found = law.coupling ?? null
    if (found === null)
      return noClaim(
        ID,
        law.pending
          ? 'The laws and constants are being computed.'
          : 'No pairs of chains have been coupled yet: choosing this criterion couples them, in some seconds at most.',
      )
    if (found.curves === null) return no(withoutCurves(found))
    const { bound, standardError, upper } = found.curves
    const tolerance = Math.sqrt(delta / 2)
    const step = upper.findIndex((value) => value <= tolerance)
    const at = step === -1 ? steps : step
    const [limit, aim] = formatApart(upper[at]!, tolerance)
    const pairs = `${found.pairs} pairs of chains, which all met after starting L = ${counted(found.lag, 'step')} apart`
    const read = `the mean over ${pairs}, is ${formatNumber(bound[at])} (standard error ${formatNumber(standardError[at], 2)}) and with its one-sided error`
    const sought = `√(δ/2) = ${aim}, which KL ≤ δ = ${natsExactly(delta)} would imply`
    if (step === -1) {
      const reason = `At the last step, ${formatCount(at)}, the bound of the total variation to the chain’s own rest law, ${read} ${limit}: above ${sought}.`
      return { ...unfired(ID, reason), status: 'estimate' }
    }
    const bias =
      biasPrediction === null
        ? 'what the step size adds to it is not in the bound'
        : `its own KL to π, predicted as ${nats(biasPrediction)}, is not in the bound`
    return {
      criterion: ID,
      step,
      ...reportedKl(bestKl(input).kl[step] ?? null),
      reason: `From step ${formatCount(step)} on the bound of the total variation to the chain’s own rest law, ${read} ${limit}: at most ${sought}. The rest law is not π: ${bias}.`,
      status: 'estimate',
      outcome: 'stopped',
    }
  },
}

function withoutCurves({ lag, pairs, unmet }: Coupling): string {
  if (lag === 0)
    return 'the work on the pairs was broken off, or the gap, from which L is chosen, is unknown'
  return unmet < pairs
    ? `${unmet} of ${pairs} pairs of chains that started L = ${counted(lag, 'step')} apart had not met when their steps were used up`
    : `the landscape is too slow for pairs of chains: at this step size they would start L = ${counted(lag, 'step')} apart, and their steps are used up before they have met`
}

const no = (reason: string): Verdict => noClaim(ID, `No claim: ${reason}.`)
