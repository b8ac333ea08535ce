import { formatDown, formatUp, natsExactly, natsUp } from '../../maths/limitText.ts'
import { formatCount, formatNumber, formatShare, nats } from '../../maths/numberText.ts'
import { certifiedTime, certifyingLaws, type Split, stepsNeeded } from '../constants/poincare.ts'
import type { Verdict } from '../curves.ts'
import { CRITERION_TEXTS } from '../texts.ts'
import type { Criterion } from './criterion.ts'
import { noClaim, reportedKl } from './report.ts'

const ID = 'poincare'

/** The number of steps after which the continuous dynamics are certified to be within δ, by a proved spectral gap alone. */
export const poincare: Criterion = {
  id: ID,
  ...CRITERION_TEXTS[ID],
  evaluate(input) {
    const { law, certificates, curves, delta, biasPrediction } = input
    const { departure, jumpEvery, barriers, constants, transition } = certificates
    const off =
      departure !== null
        ? `${departure}, and the proved gap is that of the Langevin dynamics`
        : barriers.length > 0
          ? 'beside barriers, whose walls the mesh does not follow, no gap is proved'
          : jumpEvery > 0
            ? 'global jumps are not part of the dynamics whose gap is proved'
            : null
    if (off !== null) return no(off)
    const bound = constants.spectralGapBound ?? null
    if (bound === null)
      return noClaim(
        ID,
        law.pending
          ? 'The laws and constants are being computed.'
          : 'The gap of this energy is not proved yet: choosing this criterion proves it, in some seconds.',
      )
    const { value, cells } = bound
    if (!(value > 0))
      return no(
        cells === 0
          ? 'the proof of the gap was broken off; the next scene has its own'
          : `V varies too much within the triangles of ${cells}² squares for a proof of the gap, or the gap is as small as rounding`,
      )
    const laws = certifyingLaws(law.startSplits ?? null, curves)
    const from = laws.findIndex((splits) => splits !== null)
    const start = laws[from] ?? []
    if (start.length === 0)
      return no('χ² of the start is not finite, or the cells do not resolve it')
    const certified = certifiedTime(start, value, delta)
    if (certified === null) return no(`χ² of the start is not known to δ = ${natsExactly(delta)}`)
    const { by } = certified
    const needed = stepsNeeded(laws, value, delta, transition.stepSize)
    const reached = needed.map((steps, k) => (steps === null ? Infinity : k + steps))
    const step = reached[from]!
    const kl = curves.fokkerPlanck[step] ?? null
    // Of the laws on the grid after the one that certifies the first that says the earliest step.
    const followed = reached.reduce(
      (best, at, k) => (k > from && at < (reached[best] ?? Infinity) ? k : best),
      -1,
    )
    const words =
      from === 0
        ? 'at the start, by quadrature'
        : `at step ${formatCount(from)}, the first that the cells resolve`
    const sentences = [
      `KL of the continuous dynamics is at most δ = ${natsExactly(delta)} from step ${formatCount(step)} on: λ ≥ ${formatDown(value)} is proved on ${cells}² squares, and log(1 + χ²) ≤ ${formatUp(by.renyi)} ${words}${tail(by)}.`,
      followed < 0 || reached[followed]! >= step
        ? null
        : `By the law on the grid, where log(1 + χ²) is ${formatNumber(curves.renyi[followed])} at step ${formatCount(followed)}, it is so from step ${formatCount(reached[followed]!)} on.`,
      biasPrediction === null
        ? 'The bias that the step size adds to the chain is not in it.'
        : `The bias that the step size adds to the chain, predicted as ${nats(biasPrediction)}, is not in it.`,
    ]
    return {
      criterion: ID,
      step,
      ...reportedKl(kl === null ? null : { kl, meaning: 'KL of the continuous dynamics' }),
      reason: sentences.filter((sentence) => sentence !== null).join(' '),
      status: from === 0 ? 'certificate' : 'certificate-if',
      outcome: 'stopped',
    }
  },
}

/** What a split leaves out, in words. */
function tail({ mass, rest }: Split): string {
  if (mass === 1) return ''
  return `, but for a tail of ${formatShare(1 - mass, 2)} of its mass, which adds at most ${natsUp(rest)}`
}

const no = (reason: string): Verdict => noClaim(ID, `No certificate: ${reason}.`)
