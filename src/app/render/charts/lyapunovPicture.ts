import { isPossibleKl } from '../../../core/maths/statistics.ts'
import type { CurvePoint } from '../../../lab/protocol/calls.ts'
import { computedStep, samplesOfLaw, type ChartData } from './chartData.ts'
import {
  formatCount,
  formatNats,
  formatNatsWithError,
  formatNumber,
  formatUp,
  natsUp,
} from '../format.ts'
import {
  largest,
  leastPositive,
  logDomain,
  nearest,
  samplesOf,
  type Curve,
  type Guide,
  type Mark,
  type Sample,
  type StepPicture,
} from './stepScale.ts'

const nats = ({ value }: Sample): string => `${formatNats(value)} nats`

/**
 * Estimates with the band of ±2 standard errors. No KL is negative: a lower bound at or below zero says nothing, an estimate far below
 * has failed, and neither is drawn.
 */
function estimates(
  points: readonly CurvePoint[],
  read: (point: CurvePoint) => readonly [number | null, number | null, boolean],
  variedIsBound = false,
): Sample[] {
  return points.flatMap((point) => {
    const [value, standardError, varied] = read(point)
    if (value === null || !Number.isFinite(value)) return []
    if (!isPossibleKl(value, standardError)) return []
    if (variedIsBound && varied && value <= 0) return []
    return [{ step: point.step, value, error: 2 * (standardError ?? 0), varied }]
  })
}

const withError = ({ value, error }: Sample): string =>
  `${formatNatsWithError(value, error / 2)} nats`

/** The `share` quantile of the positive values; null for none. */
function quantile(samples: readonly Sample[], share: number): number | null {
  const stride = Math.max(1, Math.floor(samples.length / 2000))
  const values = new Float64Array(Math.ceil(samples.length / stride))
  let n = 0
  for (let i = 0; i < samples.length; i += stride) {
    const { value } = samples[i]!
    if (value > 0) values[n++] = value
  }
  return values.subarray(0, n).sort()[Math.floor(share * (n - 1))] ?? null
}

/**
 * KL(ρ_k‖π): of the particles and of the deterministic flow as far as they have come, of the exact laws over
 * all steps they are known for.
 *
 * The axis goes from half the least thing that matters (δ, the estimator's floor, the 5 % quantile of the
 * particle KL, the least of the exact chain and of the deterministic flow) to the largest value of a curve.
 * The continuous dynamics falls below every bias: it does not stretch the axis while anything else is known.
 */
export function lyapunovPicture(data: ChartData): StepPicture {
  const { points, nullFloor, constants, delta } = data
  const langevin = estimates(points, (p) => [p.kl, p.klStandardError, p.estimator === 'smoothed'])
  const deterministic = estimates(
    points,
    (p) => [p.deterministicKl, p.deterministicStandardError, p.deterministicLowerBound],
    true,
  )
  const exact = samplesOfLaw(data, 'klExact')
  const continuous = samplesOfLaw(data, 'fokkerPlanck')
  const bound = samplesOfLaw(data, 'envelope')
  const floor = nullFloor?.upper ?? null
  const bias = constants?.biasPrediction ?? null
  const others = [deterministic, exact].map(leastPositive)
  const known = [quantile(langevin, 0.05), ...others].filter((v) => v !== null)
  const domain = logDomain(
    Math.max(delta, floor ?? 0, ...[langevin, deterministic, exact, continuous].map(largest)),
    [delta, floor, ...known, known.length === 0 ? leastPositive(continuous) : null],
  )
  /** A bound stretches no axis: one that lies outside it altogether is left out. */
  const shown = (samples: readonly Sample[]): readonly Sample[] =>
    samples.some(({ value }) => value >= domain[0] && value <= domain[1]) ? samples : []
  // Of use to those who look at the proved gap, at whose rate e^(renyi) − 1 falls.
  const proved = data.analysis?.spectralGapBound !== undefined
  const curves: Curve[] = [
    {
      label: 'Langevin',
      pen: { tone: 'langevin', width: 2 },
      variant: { label: 'smoothed', pen: { tone: 'langevin', width: 1, beads: true } },
      samples: langevin,
      read: (sample) => withError(sample) + (sample.varied ? ', smoothed' : ''),
    },
    {
      label: 'deterministic flow',
      pen: { tone: 'deterministic', width: 2 },
      variant: { label: 'lower bound', pen: { tone: 'deterministic', width: 2, dash: [5, 4] } },
      samples: deterministic,
      read: (sample) => (sample.varied ? '≥ ' : '') + withError(sample),
    },
    {
      label: 'exact chain',
      pen: { tone: 'ink', width: 1.25 },
      variant: { label: 'exact chain (coarse)', pen: { tone: 'ink', width: 1.25, alpha: 0.45 } },
      samples: exact,
      read: (sample) => nats(sample) + (sample.varied ? ', coarse' : ''),
    },
    {
      label: 'Fokker–Planck',
      pen: { tone: 'ink', width: 1.5, dash: [1.5, 3] },
      samples: continuous,
      band: 'error of the grid',
      read: ({ value, error }) =>
        `${error > 0 ? formatNatsWithError(value, error) : formatNats(value)} nats`,
    },
    {
      label: 'a-priori bound',
      pen: { tone: 'muted', width: 1, dash: [7, 4] },
      samples: shown(bound),
      read: ({ value }) => `≤ ${natsUp(value)}`,
    },
    {
      label: 'log(1 + χ²) ≥ Fokker–Planck',
      pen: { tone: 'muted', width: 1.5, dash: [1.5, 3] },
      samples: proved ? shown(samplesOfLaw(data, 'renyi')) : [],
      read: nats,
    },
    ...fromGibbsCurves(points),
  ]
  return {
    title: 'KL(ρₖ‖π), nats',
    // The particles' own curves below, the exact ones over them.
    curves,
    steps: data.steps,
    computed: computedStep(data),
    stepSize: data.stepSize,
    domain,
    guides: lateSlope(data, deterministic),
    marks: bestTime(data, deterministic),
    level: bias === null ? null : { label: 'b(η)', value: bias },
    floor,
    delta,
    stops: data.stops,
    criterion: data.criterion,
    // A criterion that reads the KL to the data is marked on the chart of the data.
    stopValue: ({ divergence, kl }) => (divergence === 'gibbs' ? kl : null),
  }
}

/** Largest standard error of log(1 + χ²), nats, with which it is drawn: beyond it a few particles decide. */
const STEADY = 0.2

/** χ² and W₂ of the flow from π to it, where the run starts there: as KL they rise from 0. */
function fromGibbsCurves(points: readonly CurvePoint[]): Curve[] {
  const away = points.map(({ fromGibbs }) => fromGibbs)
  if (!away.some((one) => one !== null)) return []
  const bounds = new Set(points.filter((p) => p.deterministicLowerBound).map(({ step }) => step))
  const length = ({ value }: Sample): string => formatNumber(value, 3)
  return [
    {
      label: 'log(1 + χ²), flow',
      pen: { tone: 'deterministic', width: 1.25, dash: [1.5, 3] },
      samples: samplesOf(
        away.map((one) => ((one?.renyiError ?? Infinity) < STEADY ? one!.renyi : null)),
        (step) => bounds.has(step),
        away.map((one) => one?.renyiError ?? null),
      ),
      read: (sample) => (sample.varied ? '≥ ' : '') + withError(sample),
    },
    {
      label: 'W₂ ≤, flow, lengths',
      pen: { tone: 'deterministic', width: 1, dash: [7, 4] },
      samples: samplesOf(away.map((one) => one?.moved ?? null)),
      read: length,
    },
    {
      label: 'W₂ by slices, estimate',
      pen: { tone: 'deterministic', width: 1, alpha: 0.5 },
      samples: samplesOf(away.map((one) => one?.sliced ?? null)),
      read: length,
    },
  ]
}

/**
 * The late growth of the deterministic KL as the minima predict it, KL_end + slope·(k − k_end), through the last
 * evaluation: over the last third of what has been computed, where the curve must lie on it, and on to the end.
 */
function lateSlope({ collapse, steps }: ChartData, deterministic: readonly Sample[]): Guide[] {
  const end = deterministic.at(-1)
  const slope = collapse?.slope ?? null
  if (slope === null || end === undefined || end.varied || 3 * end.step < steps) return []
  const from = Math.ceil((2 * end.step) / 3)
  const samples: Sample[] = []
  for (let step = from; step <= steps; step++)
    samples.push({ step, value: end.value + slope * (step - end.step), error: 0, varied: false })
  return [{ label: 'late slope Σ pᵢ(−log det)', tone: 'ink', samples }]
}

function bestTime({ collapse }: ChartData, deterministic: readonly Sample[]): Mark[] {
  const step = collapse?.bestStep ?? null
  const at = step === null ? null : nearest(deterministic, step)
  if (step === null || at === null) return []
  return [{ label: 'best time, no certificate', tone: 'deterministic', step, value: at.value }]
}

/** Error bars of the continuous curve beyond this, nats, are told; the largest of them. */
const TOLD_ERROR = 0.01

/** What there is to say of the exact laws, in a few words; null when all is drawn. */
export function lyapunovNote({ analysis, steps }: ChartData): string | null {
  if (analysis === null) return null
  const { stage, exactTo, unresolved, withoutContinuous, curves } = analysis
  const error = curves.fokkerPlanckError.reduce<number>((most, e) => Math.max(most, e ?? 0), 0)
  const notes = [
    unresolved ??
      (stage === 'fine' && exactTo > 0 && exactTo < steps
        ? `exact to k = ${formatCount(exactTo)}`
        : null),
    withoutContinuous,
    error > TOLD_ERROR ? `continuous curve to within ${formatUp(error, 2)} nats` : null,
  ].filter((note) => note !== null)
  return notes.length === 0 ? null : notes.join('; ')
}
