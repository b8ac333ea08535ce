import { certifiedTime, stepsOf, type Split } from '../../../core/analysis/constants/poincare.ts'
import type { AnalysisReport } from '../../../lab/protocol/calls.ts'
import { formatCount, formatDown } from '../format.ts'
import { computedStep, type ChartData } from './chartData.ts'
import {
  largest,
  leastPositive,
  logDomain,
  samplesOf,
  type Sample,
  type StepPicture,
} from './stepScale.ts'

/** Share of its KL up to which the error of a law on the grid lets it certify. */
const RESOLVED = 0.05

/** The first law that certifies: the start where the cells resolve it, else the first on the grid that they do; null: none yet. */
function firstOf({ startSplits, curves }: AnalysisReport): number | null {
  if (startSplits !== null && startSplits !== undefined) return 0
  const found = curves.fokkerPlanck.findIndex((kl, step) => {
    const error = curves.fokkerPlanckError[step] ?? null
    return step > 0 && kl !== null && error !== null && error <= RESOLVED * kl
  })
  return found < 0 ? null : found
}

/** Steps after which KL of the continuous dynamics is certain to be at most δ, counted from each step; null where nothing is certified. */
function certified(analysis: AnalysisReport, { stepSize, delta }: ChartData): (number | null)[] {
  const gap = analysis.spectralGapBound?.value ?? 0
  const first = firstOf(analysis)
  const { renyi } = analysis.curves
  const splitsAt = (step: number): readonly Split[] | null => {
    if (first === null || step < first) return null
    if (step === 0) return analysis.startSplits ?? null
    const value = renyi[step] ?? null
    return value === null ? null : [{ mass: 1, renyi: value, rest: 0 }]
  }
  return renyi.map((_, step) => {
    const splits = gap > 0 && stepSize !== null ? splitsAt(step) : null
    const time = splits === null ? null : certifiedTime(splits, gap, delta)
    return time === null ? null : stepsOf(time.time, stepSize!)
  })
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
  return {
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
    steps: data.steps,
    computed: computedStep(data),
    stepSize: data.stepSize,
    domain: logDomain(Math.max(largest(promised), largest(real)), [
      1,
      leastPositive(promised),
      leastPositive(real),
    ]),
    guides: [],
    marks: [],
    level: null,
    floor: null,
    delta: null,
    stops: data.stops,
    criterion: data.criterion,
    stopValue: () => null,
  }
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
