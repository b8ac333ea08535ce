import { barePicture, type ChartData } from './chartData.ts'
import { formatCount, formatNats, formatNumber, formatShare } from '../format.ts'
import {
  largest,
  leastPositive,
  logDomain,
  samplesOf,
  type Mark,
  type Sample,
  type StepPicture,
} from './stepScale.ts'

/**
 * KL(ρ_k‖ρ_D) to the law of the data, restricted to the box and renormalised, and the two sides of its balance d/dt KL ≤ −(ε/2) I + E|e|²/(2ε): ε²I
 * pulls the law towards the data, E|e|² is what the drift gets wrong there, e = b̄ + ε∇log ρ_D. Where they
 * meet no further fall is certified: the stop of `data-mismatch`. The level is KL(π‖ρ_D), to which no
 * number of steps adds or takes anything; KL(ρ_k‖π) is on the chart of KL, and the two do not add up.
 */
export function dataPicture(data: ChartData): StepPicture {
  const laws = data.analysis?.curves ?? null
  const { epsilon } = data
  const kl = samplesOf(laws?.dataKl ?? [])
  const pull = samplesOf(
    (laws?.dataFisher ?? []).map((fisher) => (fisher === null ? null : epsilon ** 2 * fisher)),
  )
  const residual = samplesOf(laws?.residual ?? [])
  const all = [kl, pull, residual]
  const atGibbs = data.analysis?.dataAtGibbs ?? 0
  const plain = ({ value }: Sample): string => formatNumber(value, 3)
  return barePicture(data, {
    title: data.composed
      ? `KL(ρₖ‖ρ_D), ${data.dataLaw === 'smoothed' ? 'smoothed ' : ''}composed data, nats`
      : data.dataLaw === 'smoothed'
        ? 'KL(ρₖ‖ρ_D), smoothed data in the box'
        : 'KL(ρₖ‖ρ_D), data in the box, nats',
    curves: [
      {
        label: 'KL to the data',
        pen: { tone: 'langevin', width: 2 },
        samples: kl,
        read: ({ value }) => `${formatNats(value)} nats`,
      },
      { label: 'ε²I(ρₖ‖ρ_D)', pen: { tone: 'ink', width: 1.25 }, samples: pull, read: plain },
      {
        label: 'E|b̄ + ε∇log ρ_D|²',
        pen: { tone: 'ink', width: 1.5, dash: [1.5, 3] },
        samples: residual,
        read: plain,
      },
    ],
    domain: logDomain(Math.max(atGibbs, ...all.map(largest)), [
      ...all.map(leastPositive),
      atGibbs > 0 ? atGibbs : null,
    ]),
    level: atGibbs > 0 ? { label: 'KL(π‖ρ_D)', value: atGibbs } : null,
    marks: nearestToData(kl),
    stopValue: ({ divergence, kl: value }) => (divergence === 'data' ? value : null),
  })
}

function least(kl: readonly Sample[]): Sample | null {
  let best: Sample | null = null
  for (const sample of kl) if (best === null || sample.value < best.value) best = sample
  return best
}

/** Marked where the law turns away again, not where it is still coming nearer. */
function nearestToData(kl: readonly Sample[]): Mark[] {
  const best = least(kl)
  const last = kl.at(-1)
  if (best === null || last === undefined || best.step === 0 || last.value < 1.001 * best.value)
    return []
  return [{ label: 'nearest to the data', tone: 'langevin', step: best.step, value: best.value }]
}

/** When the law was nearest to the data, in words. */
export function dataNote({ analysis, dataLaw, composed }: ChartData): string | null {
  const kl = samplesOf(analysis?.curves.dataKl ?? [])
  const best = least(kl)
  const last = kl.at(-1)
  if (best === null || last === undefined) return null
  const of = `${dataLaw === 'smoothed' ? 'smoothed ' : ''}${composed ? 'composed ' : ''}data`
  const cut = outsideNote(analysis?.dataOutside ?? 0) + gibbsNote(analysis?.dataAtGibbs ?? null)
  if (last.value < 1.001 * best.value)
    return `${formatNats(last.value)} nats from the ${of} at k = ${formatCount(last.step)}${cut}`
  if (best.step === 0)
    return `drifts off the ${of}: ${formatNats(last.value)} nats at k = ${formatCount(last.step)}${cut}`
  return `nearest to the ${of} at k = ${formatCount(best.step)}: ${formatNats(best.value)} nats${cut}`
}

/** How much of the data lies beyond the walls, where draws show it. */
function outsideNote(outside: number): string {
  return outside < 1e-3 ? '' : `; ${formatShare(outside)} of the data left out, outside the box`
}

/** How far π itself is from the data: what no number of steps takes away. */
function gibbsNote(atGibbs: number | null): string {
  return atGibbs === null ? '' : `; π itself is ${formatNats(atGibbs)} from them`
}

/** Why there is nothing to show; null where there is. */
export function dataVoid({ analysis, dataLaw }: ChartData): string | null {
  if (dataLaw === 'none')
    return 'This energy has no data behind it whose density is known: there is nothing to measure a distance to.'
  if (analysis === null) return 'The distance to the data is being computed.'
  if (!analysis.curves.dataKl.some((value) => value !== null))
    return analysis.stage === 'done'
      ? 'The distance to the data is not known for this run.'
      : 'The distance to the data is being computed.'
  return null
}
