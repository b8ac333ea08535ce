import type {
  AnalysisReport,
  CurvePoint,
  FrameReply,
  RunReady,
} from '../../../lab/protocol/calls.ts'
import type { TrainingPoint } from '../../../lab/protocol/result.ts'
import { samplesOf, type Sample, type StepPicture } from './stepScale.ts'

/** What the charts show, whichever of them is open. */
export interface ChartData {
  /** In order of step, from step 0 on; what has been computed so far. */
  readonly points: readonly CurvePoint[]
  /** What is known of the laws of the run; null before the first word of them. */
  readonly analysis: AnalysisReport | null
  readonly collapse: FrameReply['collapse']
  readonly constants: RunReady['constants'] | null
  /** Steps of the whole run: the right end of the axis. */
  readonly steps: number
  /** η; null until known. */
  readonly stepSize: number | null
  /** ε. */
  readonly epsilon: number
  /** The least value of V on the nodes of the table, and E_π[V]; null until known. */
  readonly energy: RunReady['energy'] | null
  /** Mean and mean + 2 sd of the estimator at exact samples of π. */
  readonly nullFloor: FrameReply['nullFloor']
  readonly stops: FrameReply['stops']
  readonly criterion: StepPicture['criterion']
  /** Tolerance δ, nats. */
  readonly delta: number
  /** What is known of the law of the data; `smoothed`: a kernel estimate of points. */
  readonly dataLaw: 'known' | 'smoothed' | 'none'
  /** Whether the energy is composed, and the law of the data with it. */
  readonly composed: boolean
  /** Steps from one global jump to the next; 0: none. */
  readonly jumpEvery: number
  /** Whether a second cloud runs beside the first. */
  readonly companion: boolean
  /** The last training here, its measurements in order of step; null before the first. */
  readonly training: {
    readonly history: readonly TrainingPoint[]
    /** Of the whole training. */
    readonly steps: number
  } | null
}

/** The last step that the particles have made. */
export function computedStep({ points }: ChartData): number {
  return points.at(-1)?.step ?? 0
}

/** A picture of curves alone: without guides, marks, floor, level and a line at δ, its stops without a dot. */
export function barePicture(
  data: ChartData,
  drawn: Pick<StepPicture, 'title' | 'curves' | 'domain'> & Partial<StepPicture>,
): StepPicture {
  const { steps, stepSize, stops, criterion } = data
  return {
    ...{ steps, stepSize, stops, criterion, computed: computedStep(data) },
    ...{ guides: [], marks: [], level: null, floor: null, delta: null },
    stopValue: () => null,
    ...drawn,
  }
}

/** Whether the exact law at a step is only known from the first, coarse pass. */
export function coarseAt({ analysis }: ChartData, step: number): boolean {
  if (analysis === null) return false
  return analysis.stage === 'coarse' || (analysis.stage === 'fine' && step > analysis.exactTo)
}

type LawName = keyof AnalysisReport['curves']
const lawSamples = new WeakMap<AnalysisReport, Map<LawName, readonly Sample[]>>()

/**
 * The samples of a law as the report at hand has it, the coarse ones varied. Made once for each report: the curves
 * of the particles grow many times meanwhile.
 */
export function samplesOfLaw(data: ChartData, name: LawName): readonly Sample[] {
  const { analysis } = data
  if (analysis === null) return []
  const known = lawSamples.get(analysis) ?? new Map<LawName, readonly Sample[]>()
  lawSamples.set(analysis, known)
  let samples = known.get(name)
  if (samples === undefined) {
    const exact = name === 'klExact'
    samples = samplesOf(
      analysis.curves[name],
      (step) => exact && coarseAt(data, step),
      name === 'fokkerPlanck' ? analysis.curves.fokkerPlanckError : [],
    )
    known.set(name, samples)
  }
  return samples
}
