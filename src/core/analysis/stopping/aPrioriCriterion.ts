import { formatUp } from '../../maths/limitText.ts'
import { formatCount } from '../../maths/numberText.ts'
import { CRITERION_TEXTS } from '../texts.ts'
import { aPrioriReport } from './aPriori.ts'
import { aPrioriInput } from './certificates.ts'
import { bestKl, type Criterion, foldedAhead } from './criterion.ts'
import { noClaim } from './report.ts'

/** The number of steps that the bounds of the chain certify in advance. */
export const aPriori: Criterion = {
  id: 'a-priori',
  ...CRITERION_TEXTS['a-priori'],
  evaluate(input) {
    const { law, certificates, delta } = input
    const bounds = aPrioriInput(certificates)
    if ('reason' in bounds) {
      return noClaim(
        'a-priori',
        law.pending && (certificates.constants.logSobolevEstimate ?? null) === null
          ? 'The constants of the landscape are being computed.'
          : `No certificate: ${bounds.reason}.`,
      )
    }
    const report = aPrioriReport({ ...bounds, delta }, bestKl(input).kl)
    const { step } = report
    if (bounds.walls || step === null || step === 0) return report
    // Without a bound on the mass that the walls fold, the mass seen so far and that at rest decide.
    const folded = foldedAhead(input, step)
    if (folded !== null) {
      return noClaim(
        'a-priori',
        `No certificate: the walls fold up to ${formatUp(folded, 2)} of the mass a step, which the bounds do not allow for.`,
      )
    }
    if (law.exactTo >= step) return report
    const followed = law.exactTo < 1 ? '' : `, as they do to step ${formatCount(law.exactTo)}`
    return {
      ...report,
      reason: `${report.reason} It holds if the walls fold no mass up to there${followed}.`,
    }
  },
}
