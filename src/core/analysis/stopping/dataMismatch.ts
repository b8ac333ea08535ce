import { formatCount, formatNumber, nats } from '../../maths/numberText.ts'
import { CRITERION_TEXTS } from '../criteriaTexts.ts'
import type { StoppingReport } from '../curves.ts'
import { isPlain } from './certificates.ts'
import { type Criterion, noClaim, reportedKl } from './criterion.ts'

/** What the criterion looks at; arrays are indexed by step, null where not evaluated. */
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
}

/**
 * First k with ε² I(ρ_k‖ρ_D) ≤ E_{ρ_k}|e|². Before it the distance to the data falls where each step ends: inside a step the law
 * moves by −b̄ − ε∇log ρ, so that d/dt KL(ρ_t‖ρ_D) ≤ −(ε/2) I(ρ_t‖ρ_D) + E|e|²/(2ε). After it a longer run may make samples
 * worse; so it may where a step has taken KL(ρ_k‖ρ_D) up, which is a stop as well.
 */
export function dataMismatchStep(input: DataMismatchInput): number | null {
  const { epsilon, computed, dataFisher, residual, dataKl } = input
  for (let k = 0; k <= computed; k++) {
    const i = dataFisher[k] ?? null
    const r = residual[k] ?? null
    if (i === null || r === null) continue
    if (epsilon * epsilon * i <= r || hasRisen(dataKl, k)) return k
  }
  return null
}

/** A rise of less, relative, is rounding. */
const ROUNDING = 1e-9

function hasRisen(kl: readonly (number | null)[], k: number): boolean {
  const before = kl[k - 1] ?? null
  const here = kl[k] ?? null
  return before !== null && here !== null && here > before * (1 + ROUNDING) + ROUNDING
}

/** The report of the criterion; an estimate, since the inequality is that of continuous time. */
export function dataMismatchReport(input: DataMismatchInput): StoppingReport {
  const { epsilon, computed, dataFisher, residual, dataKl } = input
  const values = (k: number): string =>
    `ε²I to the data is ${formatNumber(epsilon * epsilon * dataFisher[k]!)}, the error of the drift E|e|² ${formatNumber(residual[k])}`
  const base = { criterion: 'data-mismatch', status: 'estimate' } as const
  const step = dataMismatchStep(input)
  if (step !== null) {
    const kl = reportedKl(dataKl[step] ?? null)
    const at = kl === null ? '' : `, at KL ${nats(kl)} to the data`
    const risen = hasRisen(dataKl, step) ? ' This step has taken it up.' : ''
    return {
      ...base,
      step,
      kl,
      reason: `From here on a longer run need not bring the samples closer to the data: ${values(step)}${at}.${risen}`,
      outcome: 'stopped',
    }
  }
  for (let k = computed; k >= 0; k--) {
    if ((dataFisher[k] ?? null) === null || (residual[k] ?? null) === null) continue
    return {
      ...base,
      step: null,
      kl: null,
      reason: `The samples are still nearing the data at step ${formatCount(k)}: ${values(k)}.`,
      outcome: 'unfired',
    }
  }
  return {
    ...base,
    step: null,
    kl: null,
    reason: 'There is no density of the data to compare with, or it has not been evaluated.',
    outcome: 'unfired',
  }
}

/** Where a longer run may make the samples worse, since the energy is not exactly that of the data. */
export const dataMismatch: Criterion = {
  id: 'data-mismatch',
  ...CRITERION_TEXTS['data-mismatch'],
  evaluate({ curves, law, certificates, steps }) {
    const { transition, barriers } = certificates
    const refuse = (reason: string) => noClaim('data-mismatch', reason)
    if (law.data === null) return refuse('The target has no density to compare with.')
    if (barriers.length > 0) {
      return refuse('With barriers the particles are meant to differ from the data.')
    }
    if (!isPlain(transition)) {
      return refuse(
        'The inequality is that of plain Langevin, without skew drift and preconditioner.',
      )
    }
    if (certificates.sampler !== 'langevin' || certificates.jumpEvery > 0) {
      return refuse(
        'The inequality is that of Langevin alone, without accept–reject steps and jumps.',
      )
    }
    // The table's own error of interpolation is not one of the energy.
    if (law.data === 'gibbs') {
      return refuse(
        'The energy is that of the data: in the long run only the bias of the step size keeps the samples from them.',
      )
    }
    const report = dataMismatchReport({
      epsilon: transition.epsilon,
      computed: steps,
      dataFisher: curves.dataFisher,
      residual: curves.residual,
      dataKl: curves.dataKl,
    })
    const remarks = [
      report.reason,
      law.data === 'smoothed' ? "The data's law is that of smoothed data." : '',
      // The continuous dynamics stand for a chain whose law is not known.
      law.exactTo < 0 && !law.pending
        ? 'Read from the continuous dynamics, which have no bias of the step size.'
        : '',
      law.exactTo >= 1 && law.unresolved !== null && report.step === null
        ? `Beyond it nothing is known: ${law.unresolved}.`
        : '',
    ]
    return { ...report, reason: remarks.filter((remark) => remark !== '').join(' ') }
  },
}
