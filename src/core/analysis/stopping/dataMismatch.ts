import { formatNumber, nats } from '../../maths/numberText.ts'
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
  /** E_{ρ_k}|e|², e = ∇V + ε∇log ρ_D: how far the energy is from that of the data where the chain is. */
  readonly residual: readonly (number | null)[]
  /** KL(ρ_k‖ρ_D), nats, for the report. */
  readonly dataKl: readonly (number | null)[]
}

/**
 * First k with ε² I(ρ_k‖ρ_D) ≤ E_{ρ_k}|e|². Before it the distance to the data falls for certain, since under
 * Langevin d/dt KL(ρ_t‖ρ_D) ≤ −(ε/2) I(ρ_t‖ρ_D) + E|e|²/(2ε); after it a longer run may make samples worse.
 */
export function dataMismatchStep(input: DataMismatchInput): number | null {
  const { epsilon, computed, dataFisher, residual } = input
  for (let k = 0; k <= computed; k++) {
    const i = dataFisher[k] ?? null
    const r = residual[k] ?? null
    if (i !== null && r !== null && epsilon * epsilon * i <= r) return k
  }
  return null
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
    return {
      ...base,
      step,
      kl,
      reason: `From here on a longer run need not bring the samples closer to the data: ${values(step)}${at}.`,
      outcome: 'stopped',
    }
  }
  for (let k = computed; k >= 0; k--) {
    if ((dataFisher[k] ?? null) === null || (residual[k] ?? null) === null) continue
    return {
      ...base,
      step: null,
      kl: null,
      reason: `The samples are still nearing the data: ${values(k)}.`,
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
    if (law.data === 'known') return report
    return { ...report, reason: `${report.reason} The data's law is that of smoothed data.` }
  },
}
