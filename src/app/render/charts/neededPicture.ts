import { certifyingLaws, stepsNeeded } from '../../../core/analysis/constants/poincare.ts'
import type { AnalysisReport } from '../../../lab/protocol/calls.ts'
import { formatCount, formatDown } from '../format.ts'
import { barePicture, type ChartData } from './chartData.ts'
import {
  largest,
  leastPositive,
  logDomain,
  samplesOf,
  type Sample,
  type StepPicture,
} from './stepScale.ts'

/** The steps that are certified to be enough, counted from each step; null where nothing is certified. */
function certified(
  { startSplits, spectralGapBound, curves }: AnalysisReport,
  { stepSize, delta }: ChartData,
): readonly (number | null)[] {
  const gap = spectralGapBound?.value ?? 0
  if (!(gap > 0) || stepSize === null) return []
  return stepsNeeded(certifyingLaws(startSplits ?? null, curves), gap, delta, stepSize)
}

/** Steps that the continuous dynamics take from each step on until their KL is at most δ; null where the run ends before. */
function taken(kl: readonly (number | null)[], delta: number): (number | null)[] {
  const reached = kl.findIndex((value) => value !== null && value <= delta)
  return kl.map((value, step) =>
    value === null || reached < 0 ? null : Math.max(0, reached - step),
  )
}

const steps = ({ value }: Sample): string => `${formatCount(value)} steps`

/**
 * The steps that are still needed until KL ≤ δ, at every step at which the law on the grid is known: log(χ²_k/(e^δ − 1))/(2λη) by the proved gap λ,
 * a certificate for the continuous dynamics, beside those that they take in truth.
 */
export function neededPicture(data: ChartData): StepPicture {
  const { analysis, delta } = data
  const promised = samplesOf(analysis === null ? [] : certified(analysis, data))
  const real = samplesOf(analysis === null ? [] : taken(analysis.curves.fokkerPlanck, delta))
  return barePicture(data, {
    title: 'steps still needed to KL ≤ δ',
    curves: [
      {
        label: 'certified by the proved gap',
        pen: { tone: 'ink', width: 1.75 },
        samples: promised,
        read: (sample) => `≤ ${steps(sample)}`,
      },
      {
        label: 'taken by Fokker–Planck',
        pen: { tone: 'ink', width: 1.5, dash: [1.5, 3] },
        samples: real,
        read: steps,
      },
    ],
    domain: logDomain(Math.max(largest(promised), largest(real)), [
      1,
      leastPositive(promised),
      leastPositive(real),
    ]),
  })
}

/** How long the run must be for the certificate, in words. */
export function neededNote(data: ChartData): string | null {
  const { analysis } = data
  const bound = analysis?.spectralGapBound
  if (analysis === null || bound === undefined || !(bound.value > 0)) return null
  const ends = certified(analysis, data).flatMap((value, step) =>
    value === null ? [] : [step + value],
  )
  if (ends.length === 0) return null
  return `certain from step ${formatCount(Math.min(...ends))} on, by the start or a law on the grid: λ ≥ ${formatDown(bound.value)} is proved`
}

/** Why there is nothing to show; null where there is. */
export function neededVoid({ analysis }: ChartData): string | null {
  if (analysis?.stage !== 'done') return 'The laws of the run are being computed.'
  const bound = analysis.spectralGapBound
  if (bound === undefined) return 'The gap of this energy is being proved, in some seconds.'
  return bound.value > 0 ? null : 'No gap of this energy is proved, so that nothing is certified.'
}
