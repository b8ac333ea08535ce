import { formatApart, formatUp } from '../../maths/limitText.ts'
import { formatCount, nats } from '../../maths/numberText.ts'
import { CRITERION_TEXTS } from '../texts.ts'
import type { Verdict } from '../curves.ts'
import { certificatesOff } from './certificates.ts'
import { type Criterion, foldedTooMuch } from './criterion.ts'
import { noClaim, reportedKl, unfired } from './report.ts'

/**
 * How much of the last step must be certified: the derivative of KL at its end (`strict`), or its whole
 * integral, with M_t ≈ (t/η)² M_η inside the step (`integrated`).
 */
type DecreaseVariant = 'strict' | 'integrated'

/** Inputs of the criterion; arrays are indexed by step, null where not evaluated. */
export interface DecreaseInput {
  readonly epsilon: number
  /** Last step that has been computed. */
  readonly computed: number
  /** I(ρ_k‖π) of the law of the chain, in the metric P of a preconditioner. */
  readonly fisher: readonly (number | null)[]
  /** M_k = E|D(b̄ − ∇V)|² in the metric P⁻¹, at the end of the step that ends at k. */
  readonly mismatch: readonly (number | null)[]
  readonly kl: readonly (number | null)[]
  /** η; with it the integrated form is also checked against the fall of KL itself. */
  readonly stepSize?: number
  /** Default `integrated`. */
  readonly variant?: DecreaseVariant
}

/** The step at which the criterion stopped, and by which test. */
export interface DecreaseStop {
  readonly step: number
  /** True when KL fell by less than the integrated form had promised: its approximation has failed. */
  readonly refuted: boolean
}

/**
 * First k ≥ 1 at which the decrease of KL is no longer certified, ε² I_k ≤ M_k/3 (`integrated`) or ε² I_k ≤ M_k
 * (`strict`), from
 *
 *   KL_{k+1} − KL_k ≤ −½ ∫₀^η (ε I_t − M_t/ε) dt,
 *
 * which needs neither a log-Sobolev constant nor a smoothness. At rest ε² I is near M/4 for small η, so the
 * integrated form fires; where η is large for the curvature it may hover above M/3 for ever. Therefore it also
 * stops where KL_{k−1} − KL_k < ½η(ε I_k − M_k/(3ε)). Null while every evaluated step was certified.
 */
export function certifiedDecreaseStep(input: DecreaseInput): DecreaseStop | null {
  const { epsilon, computed, fisher, mismatch, kl, stepSize, variant = 'integrated' } = input
  const share = variant === 'strict' ? 1 : 1 / 3
  for (let k = 1; k <= computed; k++) {
    const i = fisher[k] ?? null
    const m = mismatch[k] ?? null
    if (i === null || m === null) continue
    const excess = epsilon * i - (share * m) / epsilon
    if (excess <= 0) return { step: k, refuted: false }
    const before = kl[k - 1] ?? null
    const here = kl[k] ?? null
    if (variant === 'strict' || stepSize === undefined || before === null || here === null) continue
    if (before - here < 0.5 * stepSize * excess) return { step: k, refuted: true }
  }
  return null
}

/** What the strict form says and what it depends on. */
const PREMISE =
  ' This is about the slope of KL at the end of each step, and proved if the one premise holds that is estimated: the law of the chain on the grid, from which I and M are computed.'

/**
 * The report of the criterion. Up to the strict stop the derivative of KL at the end of each step is
 * negative by a theorem, if the grid's I and M are right; the integrated form is an estimate.
 */
export function certifiedDecreaseReport(input: DecreaseInput): Verdict {
  const { epsilon, computed, fisher, mismatch, variant = 'integrated' } = input
  const strict = variant === 'strict'
  const bound = strict ? 'M' : 'M/3'
  const base = {
    criterion: 'certified-decrease',
    status: strict ? 'certificate-if' : 'estimate',
  } as const
  const values = (k: number): string => {
    const m = mismatch[k]!
    const [gain, loss] = formatApart(epsilon * epsilon * fisher[k]!, strict ? m : m / 3)
    return `ε²I = ${gain} against ${bound} = ${loss}`
  }
  const stop = certifiedDecreaseStep(input)
  if (stop !== null) {
    const { step, refuted } = stop
    const kl = input.kl[step] ?? null
    const at = kl === null ? '' : `, at a KL of the exact chain of ${nats(kl)}`
    return {
      ...base,
      step,
      ...reportedKl(kl === null ? null : { kl, meaning: 'KL of the exact chain' }),
      reason: refuted
        ? `From here on the decrease of KL is no longer certified: this step took less off it than the ½η(εI − M/3ε) that ${values(step)} ask for${at}.`
        : `From here on the decrease of KL is no longer certified: ${values(step)}${at}.`,
      outcome: 'stopped',
    }
  }
  for (let k = computed; k >= 1; k--) {
    if ((fisher[k] ?? null) === null || (mismatch[k] ?? null) === null) continue
    const reason = strict
      ? `The decrease is still certified at step ${formatCount(k)}: ${values(k)}.`
      : `What is left to gain still outweighs the error of the drift at step ${formatCount(k)}: ${values(k)}.`
    return { ...unfired('certified-decrease', reason), status: base.status }
  }
  const reason = 'The Fisher information and the mismatch of the chain have not been evaluated.'
  return { ...unfired('certified-decrease', reason), status: base.status }
}

/** Stops where the inequality of the chain, evaluated on its exact law, no longer certifies a fall of KL. */
export const certifiedDecrease: Criterion = {
  id: 'certified-decrease',
  ...CRITERION_TEXTS['certified-decrease'],
  evaluate(input) {
    const { curves, law, certificates, strict } = input
    const off = certificatesOff(certificates)
    if (off !== null) return noClaim('certified-decrease', `No certificate: ${off}.`)
    if (law.exactTo < 1) {
      if (law.pending && law.unresolved === null) {
        const waiting = 'The exact law of the chain is being followed.'
        const status = strict ? 'certificate-if' : 'estimate'
        return { ...noClaim('certified-decrease', waiting), status }
      }
      return noClaim(
        'certified-decrease',
        law.unresolved === null ? 'No step has been taken.' : `No certificate: ${law.unresolved}.`,
      )
    }
    const { epsilon, stepSize } = certificates.transition
    const found = certifiedDecreaseReport({
      epsilon,
      stepSize,
      computed: law.exactTo,
      fisher: curves.fisher,
      mismatch: curves.mismatch,
      kl: curves.klExact,
      variant: strict ? 'strict' : 'integrated',
    })
    const folded = foldedTooMuch(input, found.step ?? law.exactTo)
    if (folded !== null) {
      return {
        ...found,
        status: 'estimate',
        reason: `${found.reason} Not a certificate: the walls fold up to ${formatUp(folded, 2)} of the mass a step.`,
      }
    }
    const evaluated = curves.fisher.some((value, k) => k > 0 && value !== null)
    const premise = strict && evaluated ? PREMISE : ''
    const beyond =
      found.step === null && law.unresolved !== null
        ? ` Beyond it nothing is known: ${law.unresolved}.`
        : ''
    return { ...found, reason: `${found.reason}${premise}${beyond}` }
  },
}
