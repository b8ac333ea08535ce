import { inherited, smoothnessOf } from '../../../core/analysis/constants/inheritance.ts'
import type { AnalysisReport, RunReady } from '../../../lab/protocol/calls.ts'
import { ABSENT, formatDown, formatNats, formatNumber, formatUp } from '../format.ts'

/** What is known of a term, of what follows from all of them, or of the composition itself. */
export interface CertifiedRow {
  /** Null: of a term, whose name the caller knows. */
  readonly name: string | null
  readonly weight: number | null
  readonly convexity: string
  readonly smoothness: string
  readonly gap: string
}

const down = (value: number | null): string => (value === null ? ABSENT : formatDown(value))
const up = (value: number | null): string => (value === null ? ABSENT : formatUp(value, 3))

/**
 * m, L and the proved gap of each term, what m and L of the composition follow from them, and those that are proved of the composition itself. Null
 * until the terms are known.
 * @param mixture whether the laws of the terms are mixed
 */
export function certifiedRows(
  { constants }: Pick<RunReady, 'constants'>,
  { terms = [], spectralGapBound }: Partial<AnalysisReport>,
  mixture: boolean,
): readonly CertifiedRow[] | null {
  if (terms.length === 0) return null
  const follows = inherited(terms, mixture)
  const ofTerms = {
    name: 'follows from them',
    weight: null,
    convexity: down(follows.convexity),
    smoothness: up(follows.smoothness),
    gap: ABSENT,
  }
  return [
    ...terms.map((term) => ({
      name: null,
      weight: term.weight,
      convexity: down(term.least),
      smoothness: up(smoothnessOf(term)),
      gap: down(term.gap?.value ?? null),
    })),
    // Of a mixture nothing follows.
    ...(mixture ? [] : [ofTerms]),
    {
      name: 'proved of it itself',
      weight: null,
      convexity: down(constants.convexity),
      smoothness: up(constants.smoothness),
      gap: spectralGapBound === undefined ? '…' : down(spectralGapBound.value || null),
    },
  ]
}

/** Both sides of KL′ = −εI over the step of the continuous dynamics that ends at `step`, in words; null where either is unknown. */
export function identityAt(
  { curves }: Pick<AnalysisReport, 'curves'>,
  { stepSize, epsilon }: { readonly stepSize: number; readonly epsilon: number },
  step: number,
): string | null {
  const { fokkerPlanck: kl, fokkerPlanckFisher: fisher } = curves
  const [before, after] = [kl[step - 1] ?? null, kl[step] ?? null]
  const [i, j] = [fisher[step - 1] ?? null, fisher[step] ?? null]
  if (before === null || after === null || i === null || j === null) return null
  const fall = formatNumber(before - after, 3)
  const rate = formatNumber((stepSize * epsilon * (i + j)) / 2, 3)
  return `in the step to k = ${String(step)} the KL of the continuous dynamics falls by ${fall} nats, and ηεI, the mean of its ends, is ${rate}`
}

/**
 * How far π is from the composition of the terms' data, and the samples from π, in words; null where the first is not known. Of π at ε = 1 without
 * barriers: else temperature and barriers take it away from the data, too.
 */
export function sharesOfError(
  { curves, dataAtGibbs }: Pick<AnalysisReport, 'curves' | 'dataAtGibbs'>,
  step: number,
): string | null {
  if (dataAtGibbs === null) return null
  const sampler = curves.klExact[step] ?? curves.fokkerPlanck[step] ?? null
  const energies = `π is ${formatNats(dataAtGibbs)} nats from it, by the error of the energies`
  return sampler === null
    ? energies
    : `${energies}; the samples are ${formatNats(sampler)} nats from π at k = ${String(step)}, by the sampler. The two do not add up`
}
