import { formatDown, formatUp, natsExactly, natsUp } from '../../maths/limitText.ts'
import { formatCount, formatNumber, formatShare, nats } from '../../maths/numberText.ts'
import { certifiedTime, type Split, stepsOf } from '../constants/poincare.ts'
import type { Verdict } from '../curves.ts'
import { CRITERION_TEXTS } from '../texts.ts'
import type { Criterion, StoppingInput } from './criterion.ts'
import { noClaim, reportedKl } from './report.ts'

const ID = 'poincare'
/** A law without a start that has a density is taken from the first step at which the error of its KL is this share of it. */
const RESOLVED = 0.05

/** The number of steps after which the continuous dynamics are certified to be within δ, by a proved spectral gap alone. */
export const poincare: Criterion = {
  id: ID,
  ...CRITERION_TEXTS[ID],
  evaluate(input) {
    const { law, certificates, curves, delta, biasPrediction } = input
    const { departure, jumpEvery, barriers, constants, transition } = certificates
    const off =
      barriers.length > 0
        ? 'beside barriers, whose walls the mesh does not follow, no gap is proved'
        : departure !== null
          ? `${departure}, and the proved gap is that of the Langevin dynamics`
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
    const start = startOf(input)
    if (start === null) return no('χ² of the start is not finite, or the cells do not resolve it')
    const certified = certifiedTime(start.splits, value, delta)
    if (certified === null) return no(`χ² of the start is not known to δ = ${natsExactly(delta)}`)
    const { time, by } = certified
    const step = start.step + stepsOf(time, transition.stepSize)
    const kl = curves.fokkerPlanck[step] ?? null
    const followed = soonest(input, value, start.step)
    const sentences = [
      `KL of the continuous dynamics is at most δ = ${natsExactly(delta)} from step ${formatCount(step)} on: λ ≥ ${formatDown(value)} is proved on ${cells}² squares, and log(1 + χ²) ≤ ${formatUp(by.renyi)} ${start.words}${tail(by)}.`,
      followed === null || followed.step >= step
        ? null
        : `By the law on the grid, where log(1 + χ²) is ${formatNumber(followed.renyi)} at step ${formatCount(followed.from)}, it is so from step ${formatCount(followed.step)} on.`,
      biasPrediction === null
        ? 'The bias that the step size adds to the chain is not in it.'
        : `The bias that the step size adds to the chain, predicted as ${nats(biasPrediction)}, is not in it.`,
    ]
    return {
      criterion: ID,
      step,
      ...reportedKl(kl === null ? null : { kl, meaning: 'KL of the continuous dynamics' }),
      reason: sentences.filter((sentence) => sentence !== null).join(' '),
      status: start.step === 0 ? 'certificate' : 'certificate-if',
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

/** The law that certifies: the start where it has a density, else that of the first step at which the cells resolve it. */
function startOf({ law, curves }: StoppingInput): {
  readonly step: number
  readonly splits: readonly Split[]
  readonly words: string
} | null {
  const startSplits = law.startSplits ?? null
  if (startSplits !== null) {
    return startSplits.length === 0
      ? null
      : { step: 0, splits: startSplits, words: 'at the start, by quadrature' }
  }
  for (const [step, renyi] of curves.renyi.entries()) {
    const kl = curves.fokkerPlanck[step] ?? null
    const error = curves.fokkerPlanckError[step] ?? null
    if (step === 0 || renyi === null || kl === null || error === null) continue
    if (error <= RESOLVED * kl) {
      const words = `at step ${formatCount(step)}, the first that the cells resolve`
      return { step, splits: [{ mass: 1, renyi, rest: 0 }], words }
    }
  }
  return null
}

/** Of the laws on the grid after the one that certifies the one that says the earliest step; null where none is known. */
function soonest(
  { curves, certificates, delta }: StoppingInput,
  gap: number,
  after: number,
): { readonly from: number; readonly renyi: number; readonly step: number } | null {
  let best: { readonly from: number; readonly renyi: number; readonly step: number } | null = null
  for (const [from, renyi] of curves.renyi.entries()) {
    if (from <= after || renyi === null) continue
    const certified = certifiedTime([{ mass: 1, renyi, rest: 0 }], gap, delta)
    if (certified === null) continue
    const step = from + stepsOf(certified.time, certificates.transition.stepSize)
    if (best === null || step < best.step) best = { from, renyi, step }
  }
  return best
}
