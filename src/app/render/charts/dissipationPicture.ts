import { coarseAt, barePicture, type ChartData } from './chartData.ts'
import { formatNats, formatUp, natsDown } from '../format.ts'
import {
  largest,
  leastPositive,
  logDomain,
  samplesOf,
  type Sample,
  type StepPicture,
} from './stepScale.ts'

const aStep = ({ value }: Sample): string => `${formatNats(value)} nats a step`

/** KL_{k−1} − KL_k at step k; null where either is unknown. */
function falls(kl: readonly (number | null)[]): (number | null)[] {
  return kl.map((value, k) => {
    const before = kl[k - 1]
    return value === null || before === null || before === undefined ? null : before - value
  })
}

/**
 * The dissipation identity KL′ = −εI, step by step. Of the continuous dynamics the fall of KL over the step
 * that ends at k and ηε(I_{k−1} + I_k)/2, the same by the identity (up to the trapezoid rule); of the discrete
 * chain its own fall, and ½η(εI_k − M_k/(3ε)), which bounds it from below up to what M/3 stands for; of the deterministic flow
 * −ηS/ε, which has either sign: dashed where its KL rises.
 */
export function dissipationPicture(data: ChartData): StepPicture {
  const { points, analysis, epsilon } = data
  const eta = data.stepSize ?? 0
  const laws = analysis?.curves ?? null
  // A global jump lowers KL by itself: the identity speaks of the steps between.
  const jumped = (step: number) => data.jumpEvery > 0 && step % data.jumpEvery === 0
  const continuous = samplesOf(
    falls(laws?.fokkerPlanck ?? []).map((fall, step) => (jumped(step) ? null : fall)),
  )
  const dissipation = samplesOf(
    (laws?.fokkerPlanckFisher ?? []).map((fisher, k, all) => {
      const before = all[k - 1]
      if (fisher === null || before === null || before === undefined) return null
      return (eta * epsilon * (before + fisher)) / 2
    }),
  )
  const coarse = (step: number) => coarseAt(data, step)
  const chain = samplesOf(falls(laws?.klExact ?? []), coarse)
  const bound = samplesOf(
    (laws?.fisher ?? []).map((fisher, k) => {
      const mismatch = laws?.mismatch[k] ?? null
      if (fisher === null || mismatch === null) return null
      return 0.5 * eta * (epsilon * fisher - mismatch / (3 * epsilon))
    }),
    coarse,
  )
  const flow: Sample[] = points.flatMap(({ step, deterministicRate: rate }) =>
    rate === null || !Number.isFinite(rate)
      ? []
      : [{ step, value: eta * Math.abs(rate), error: 0, varied: rate > 0 }],
  )
  // The bound ends where it turns negative: its last digits before that stretch no axis.
  const drawn = [continuous, dissipation, chain, flow]
  return barePicture(data, {
    title: 'fall of KL a step, nats',
    curves: [
      {
        label: '−ΔKL, exact chain',
        pen: { tone: 'langevin', width: 1.75 },
        variant: {
          label: '−ΔKL, exact chain (coarse)',
          pen: { tone: 'langevin', width: 1.75, alpha: 0.5 },
        },
        samples: chain,
        read: aStep,
      },
      {
        label: 'bound ½η(εI − M/3ε)',
        pen: { tone: 'langevin', width: 1.25, dash: [5, 3] },
        samples: bound,
        read: (sample) =>
          sample.value > 0 ? `≥ ${natsDown(sample.value)} a step, estimate` : 'none',
      },
      {
        label: 'deterministic flow',
        pen: { tone: 'deterministic', width: 2 },
        variant: { label: 'its KL rises', pen: { tone: 'deterministic', width: 2, dash: [5, 4] } },
        samples: flow,
        read: (sample) => (sample.varied ? `−${aStep(sample)}: KL rises` : aStep(sample)),
      },
      {
        label: '−ΔKL, Fokker–Planck',
        pen: { tone: 'ink', width: 5, alpha: 0.25 },
        samples: continuous,
        read: aStep,
      },
      {
        label: '∫εI dt',
        pen: { tone: 'ink', width: 1.5, dash: [1.5, 3] },
        samples: dissipation,
        read: aStep,
      },
    ],
    domain: logDomain(Math.max(...drawn.map(largest)), drawn.map(leastPositive)),
  })
}

/** How well the identity is met, in words. */
export function dissipationNote({ analysis }: ChartData): string | null {
  const error = analysis?.dissipationError ?? null
  if (error === null) return null
  return `−ΔKL and ∫εI differ by at most ${formatUp(100 * error, 2)} %`
}

/** Why there is nothing to show; null where there is. */
export function dissipationVoid({ analysis }: ChartData): string | null {
  return analysis === null ? 'The law of the continuous dynamics is being computed.' : null
}
