import { formatApart } from '../../maths/limitText.ts'
import { formatCount, formatShare, nats } from '../../maths/numberText.ts'
import { CRITERION_TEXTS } from '../texts.ts'
import type { KlMeaning, Verdict } from '../curves.ts'
import { isPlain } from './certificates.ts'
import type { Criterion, StoppingInput } from './criterion.ts'
import { noClaim, reportedKl, unfired } from './report.ts'

/** Inputs of the criterion; arrays are indexed by step, null where not evaluated. */
export interface DataMismatchInput {
  readonly epsilon: number
  /** Last step that has been computed. */
  readonly computed: number
  /** I(ρ_k‖ρ_D) against the law of the data. */
  readonly dataFisher: readonly (number | null)[]
  /** E_{ρ_k}|e|², e = b̄ + ε∇log ρ_D: how far the drift is from that of the data where the chain is. */
  readonly residual: readonly (number | null)[]
  /** KL(ρ_k‖ρ_D), nats. */
  readonly dataKl: readonly (number | null)[]
  /** The meaning of `dataKl`. */
  readonly meaning: KlMeaning
}

/**
 * First k with ε² I(ρ_k‖ρ_D) ≤ E_{ρ_k}|e|². Before it KL(ρ_t‖ρ_D) falls at the end of each step: inside a step the law moves
 * by −b̄ − ε∇log ρ, so that d/dt KL(ρ_t‖ρ_D) ≤ −(ε/2) I(ρ_t‖ρ_D) + E|e|²/(2ε). From it on a longer run may make samples
 * worse. The criterion also stops at a step that has raised KL(ρ_k‖ρ_D).
 */
export function dataMismatchStep(input: Omit<DataMismatchInput, 'meaning'>): number | null {
  const { epsilon, computed, dataFisher, residual, dataKl } = input
  for (let k = 0; k <= computed; k++) {
    const i = dataFisher[k] ?? null
    const r = residual[k] ?? null
    if (i === null || r === null) continue
    if (epsilon * epsilon * i <= r || hasRisen(dataKl, k)) return k
  }
  return null
}

/** A relative rise of less than this is rounding. */
const ROUNDING = 1e-9

function hasRisen(kl: readonly (number | null)[], k: number): boolean {
  const before = kl[k - 1] ?? null
  const here = kl[k] ?? null
  return before !== null && here !== null && here > before * (1 + ROUNDING) + ROUNDING
}

/** The report of the criterion, an estimate, since the inequality is that of continuous time; null where nothing is evaluated. */
export function dataMismatchReport(input: DataMismatchInput): Verdict | null {
  const { epsilon, computed, dataFisher, residual, dataKl, meaning } = input
  const values = (k: number): string => {
    const [pull, error] = formatApart(epsilon * epsilon * dataFisher[k]!, residual[k]!)
    return `ε²I to the data is ${pull}, the error of the drift E|e|² ${error}`
  }
  const step = dataMismatchStep(input)
  if (step !== null) {
    const kl = dataKl[step] ?? null
    const at = kl === null ? '' : `, at a ${meaning} of ${nats(kl)}`
    const risen = hasRisen(dataKl, step) ? ' This step has taken it up.' : ''
    return {
      criterion: 'data-mismatch',
      step,
      ...reportedKl(kl === null ? null : { kl, meaning }),
      reason: `From here on a longer run need not bring the samples closer to the data: ${values(step)}${at}.${risen}`,
      status: 'estimate',
      outcome: 'stopped',
    }
  }
  for (let k = computed; k >= 0; k--) {
    if ((dataFisher[k] ?? null) === null || (residual[k] ?? null) === null) continue
    const reason = `The samples are still nearing the data at step ${formatCount(k)}: ${values(k)}.`
    return { ...unfired('data-mismatch', reason), status: 'estimate' }
  }
  return null
}

/** Why nothing of a law has been compared with the data, a sentence. */
function whyUnknown({ law, steps }: StoppingInput): string {
  if (law.pending) return 'The laws of the run are being followed.'
  if (law.unresolved !== null) return `No law has been compared with the data: ${law.unresolved}.`
  return steps === 0
    ? 'No step has been taken, and the Fisher information of the start to the data is infinite, or the cells are too wide for it.'
    : 'The Fisher information of the law to the data is not known at any step.'
}

/** A sentence on the share of the data's law outside the box, which laws are not compared with; empty where it is negligible. */
function cutOff(outside: number | null): string {
  return outside === null || outside < LEAST_OUTSIDE
    ? ''
    : `Of the data's law ${formatShare(outside)} lies outside the box: what is compared with is the rest, renormalised.`
}

/** Least share of the data's law outside the box that is reported. */
const LEAST_OUTSIDE = 1e-3

/** Stops where a longer run may make the samples worse, since the energy is not exactly that of the data. */
export const dataMismatch: Criterion = {
  id: 'data-mismatch',
  ...CRITERION_TEXTS['data-mismatch'],
  evaluate(input) {
    const { curves, law, certificates, steps } = input
    const { transition, barriers } = certificates
    const refuse = (reason: string) => noClaim('data-mismatch', reason)
    if (law.data === null) return refuse('The target has no density to compare with.')
    if (barriers.length > 0) {
      return refuse('With barriers the particles are meant to differ from the data.')
    }
    if (!isPlain(transition)) {
      return refuse('The inequality is that of plain Langevin, without skew drift and metric.')
    }
    if (certificates.departure !== null || certificates.jumpEvery > 0) {
      return refuse(
        'The inequality is that of Langevin alone, without accept–reject steps and jumps.',
      )
    }
    // Where π is the law of the data, e is only the interpolation error of the table.
    if (law.data === 'gibbs') {
      const rest = cutOff(law.dataOutside)
      return refuse(
        `The energy is that of the data: in the long run only the bias of the step size keeps the samples from them${rest && ', as far as they are in the box'}.${rest && ` ${rest}`}`,
      )
    }
    // Without an exact law of the chain the curves are those of the continuous dynamics.
    const continuous = law.exactTo < 0
    const report = dataMismatchReport({
      epsilon: transition.epsilon,
      computed: steps,
      dataFisher: curves.dataFisher,
      residual: curves.residual,
      dataKl: curves.dataKl,
      meaning: continuous
        ? 'KL of the continuous dynamics to the data'
        : 'KL of the exact chain to the data',
    })
    if (report === null) return refuse(whyUnknown(input))
    const remarks = [
      report.reason,
      law.data === 'smoothed' ? "The data's law is that of smoothed data." : '',
      cutOff(law.dataOutside),
      continuous && !law.pending
        ? 'Read from the continuous dynamics, which have no bias of the step size.'
        : '',
      law.exactTo >= 1 && law.unresolved !== null && report.step === null
        ? `Beyond it nothing is known: ${law.unresolved}.`
        : '',
    ]
    return { ...report, reason: remarks.filter((remark) => remark !== '').join(' ') }
  },
}
