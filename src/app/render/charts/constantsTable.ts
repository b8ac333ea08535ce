import type { AnalysisReport, RunReady } from '../../../lab/protocol/calls.ts'
import {
  ABSENT,
  formatCount,
  formatDown,
  formatNats,
  formatNumber,
  formatShare,
  formatUp,
} from '../format.ts'

/** A constant of the landscape or the run as the page shows it. */
export interface ConstantRow {
  /** What it is called. */
  readonly name: string
  /** Its sign in formulas. */
  readonly symbol: string
  readonly value: string
  readonly unit: string
  /** How far one may rely on it. */
  readonly status: string
  /** Formula, and what the number may be used for. */
  readonly title: string
}

type Constants = RunReady['constants']
type SlowMode = NonNullable<Constants['slowMode']>
type ModeEnd = SlowMode['heavier']
type Curve = readonly (number | null)[]

/** A proved bound below this says nothing: it is shown, and called vacuous. */
const VACUOUS = 1e-6
/** Of all rates and curvatures, t = kη being without dimension. */
const RATE = 'per unit of time'

const METHODS: Readonly<Record<string, string>> = {
  'bakry-emery': 'Bakry–Émery',
  'holley-stroock': 'Holley–Stroock',
  'holley-stroock-uniform': 'Holley–Stroock from the uniform law',
}

/** What a run knows of its constants: those at hand at once, and those that the analysis has found since. */
function mergedConstants(constants: Constants, analysis: AnalysisReport | null): Constants {
  const known = { ...constants, ...analysis?.constants }
  const spectralGapBound = analysis?.spectralGapBound ?? null
  const { spectralGap } = known
  return {
    ...known,
    spectralGapBound,
    spectralGap: spectralGap === null ? null : Math.max(spectralGap, spectralGapBound?.value ?? 0),
  }
}

/**
 * The rate εI_k/KL_k at a step: KL_t = KL₀ exp(−∫ rate). Of the exact law of the chain where it is known, else
 * of the continuous dynamics; null where neither is, or nothing is left of KL.
 */
export function trajectoryRate(
  analysis: AnalysisReport | null,
  epsilon: number,
  step: number,
): { readonly value: number; readonly of: 'exact chain' | 'Fokker–Planck' } | null {
  if (analysis === null) return null
  const { klExact, fisher, fokkerPlanck, fokkerPlanckFisher } = analysis.curves
  const at = (kls: Curve, fishers: Curve): number | null => {
    const kl = kls[step] ?? null
    const i = fishers[step] ?? null
    return kl === null || i === null || !(kl > 0) ? null : (epsilon * i) / kl
  }
  const chain = at(klExact, fisher)
  if (chain !== null) return { value: chain, of: 'exact chain' }
  const continuous = at(fokkerPlanck, fokkerPlanckFisher)
  return continuous === null ? null : { value: continuous, of: 'Fokker–Planck' }
}

/**
 * The table of constants. The word "certificate" stands only beside numbers that are proved: the lower bound of λ,
 * and what is read off a quadratic V; the gap bounds λ from above and is no rate to rely on.
 */
export function constantRows(
  constants: Constants,
  analysis: AnalysisReport | null,
  epsilon: number,
  step: number,
): readonly ConstantRow[] {
  const known = mergedConstants(constants, analysis)
  const {
    spectralGap,
    spectralGapError,
    spectralGapResolved,
    logSobolevEstimate,
    twoStateFactor,
    logSobolevBound,
    strayStart,
    quadratic,
  } = known
  const pending = analysis === null || (analysis.constants === null && analysis.stage !== 'done')
  const missing = pending ? 'being computed' : 'unknown'
  const curvature = quadratic ? 'exact' : 'estimate'
  const [x, y] = known.smoothnessAt
  const place = `(${formatNumber(x, 2)}, ${formatNumber(y, 2)})`
  const rate = trajectoryRate(analysis, epsilon, step)
  const rows: ConstantRow[] = [
    {
      name: 'spectral gap, ≥ λ',
      symbol: 'λ_PI',
      value: formatNumber(spectralGap, 4),
      unit: RATE,
      status:
        spectralGap === null
          ? missing
          : spectralGapResolved === false
            ? 'not resolved'
            : 'estimate',
      title:
        'Smallest non-zero eigenvalue of the generator, extrapolated from two grids, and never below a proved λ. An upper bound of the log-Sobolev rate λ: no certificate is fed with it.' +
        (spectralGapError === null ? '' : ` Error ± ${formatNumber(spectralGapError, 1)}.`) +
        (spectralGapResolved === false
          ? ' Here the two grids differ by more than second order explains, or walls cut too much of the cells that matter: wells or passes are narrow beside the cells.'
          : ''),
    },
    gapBound(known.spectralGapBound, analysis),
    slowest(known.slowMode, missing),
    {
      name: 'log-Sobolev',
      symbol: 'λ',
      value: formatNumber(logSobolevEstimate, 3),
      unit: RATE,
      status:
        logSobolevEstimate === null
          ? missing
          : spectralGapResolved === false
            ? 'not resolved'
            : 'estimate',
      title:
        `λ ≈ the least rate of a slow mode × its two-state factor 2(1 − 2θ)/log((1 − θ)/θ)` +
        (twoStateFactor === null ? '' : ` = ${formatNumber(twoStateFactor, 3)}`) +
        ', or the least εI/(2KL) that the run shows, where that is less. If KL ≤ εI/(2λ) for every law, KL of the continuous dynamics falls at least like e^(−2λt).',
    },
    bound(logSobolevBound, missing),
    {
      name: 'least curvature',
      symbol: 'm',
      value: formatNumber(known.convexity, 3),
      unit: RATE,
      // There is a proved bound of λ only where there are no barriers, without which m is proved.
      status: quadratic || logSobolevBound === null ? curvature : 'certificate',
      title:
        'm ≤ λmin(∇²V) everywhere on the box, by bounds on every patch of the table; negative where V may not be convex.',
    },
    {
      name: `largest, at ${place}`,
      symbol: 'L',
      value:
        quadratic || logSobolevBound === null
          ? formatNumber(known.smoothness, 4)
          : formatUp(known.smoothness, 4),
      unit: RATE,
      status: quadratic || logSobolevBound === null ? curvature : 'certificate',
      title: `L ≥ ‖∇²V‖ everywhere on the box, by bounds on every patch of the table; greatest at ${place}.`,
    },
    {
      name: '95th percentile',
      symbol: 'L95',
      value: formatNumber(known.smoothness95, 4),
      unit: RATE,
      status: 'estimate',
      title: '‖∇²V‖ at 4,096 samples, 95th percentile; the suggested step is η = 0.5/L95.',
    },
    {
      name: 'stray start',
      symbol: 'ρ₀(S)',
      value: formatShare(strayStart),
      unit: 'share of the start',
      status: strayStart === null ? missing : 'estimate',
      title:
        'S: the basins of attraction of wells that hold less than 0.1 % of π. The gradient flow never takes particles from there to the rest of π; noise does only over the rims of these wells, often in no time that counts.',
    },
    {
      name: 'bias of η',
      symbol: 'b(η)',
      value: formatNats(known.biasPrediction),
      unit: 'nats',
      status: known.biasPrediction === null ? 'no prediction' : 'prediction',
      title:
        'b(η) = (η²/8) Var_π(ΔV − |∇V|²/(2ε)) ≈ KL(π_η‖π): what the step size leaves, to leading order.',
    },
    {
      name: `rate at k = ${formatCount(step)}`,
      symbol: 'εI/KL',
      value: formatNumber(rate?.value ?? null, 3),
      unit: RATE,
      status: rate === null ? missing : 'measured',
      title:
        `εI(ρ_k‖π)/KL(ρ_k‖π)${rate === null ? '' : ` of the ${rate.of}`}: ` +
        'KL_t = KL₀ exp(−∫ rate dt); half of the least rate bounds λ from above.',
    },
  ]
  return rows
}

/** The proved bound of the gap; being proved while the table is looked at, once the laws are known. */
function gapBound(
  bound: Constants['spectralGapBound'],
  analysis: AnalysisReport | null,
): ConstantRow {
  const row = { name: 'proved gap', symbol: 'λ_PI ≥', unit: RATE }
  const how =
    'Counted on Crouzeix–Raviart elements with bounds of V that hold on each of their triangles: a lower bound of the gap of this very table, up to rounding. χ²(ρ_t‖π) falls at least like e^(−2λt) with it.'
  if (bound === null)
    return {
      ...row,
      value: ABSENT,
      status:
        analysis?.stage === 'done' && analysis.constants === null ? 'unknown' : 'being proved',
      title: how,
    }
  if (!(bound.value > 0))
    return {
      ...row,
      value: ABSENT,
      status: 'nothing proved',
      title:
        bound.cells === 0
          ? 'The worker that proves it stopped.'
          : `V varies too much within the triangles of ${bound.cells}² squares, the gap is as small as rounding, or there are barriers, whose walls the mesh does not follow.`,
    }
  return {
    ...row,
    value: formatDown(bound.value, 3),
    status: 'certificate',
    title: `${how} Mesh: ${bound.cells}² squares.`,
  }
}

const MODES: Readonly<Record<SlowMode['kind'], string>> = {
  wells: 'two wells',
  'stray-well': 'a stray well',
  'stray-edge': 'a stray edge',
  'stray-corner': 'a stray corner',
  valley: 'one well',
}

/** Where the slowest exchange of mass takes place. */
function slowest(mode: SlowMode | null, missing: string): ConstantRow {
  const row = { name: 'slowest between', symbol: '↔', unit: 'world units' }
  if (mode === null) {
    return { ...row, value: ABSENT, status: missing, title: 'The slowest mode of the dynamics.' }
  }
  const { kind, heavier, lighter } = mode
  const place = ({ at: [x, y] }: ModeEnd): string =>
    `(${formatNumber(x, 2)}, ${formatNumber(y, 2)})`
  const share = ({ mass }: ModeEnd): string => `${formatNumber(100 * mass, 2)} % of π`
  const sides = `${place(heavier)}, with ${share(heavier)}, and ${place(lighter)}, with ${share(lighter)}`
  return {
    ...row,
    value: `${place(heavier)} and ${place(lighter)}`,
    status: MODES[kind],
    title:
      kind === 'valley'
        ? `The slowest mode lies within one well, along its weakest direction: from the side of ${place(heavier)} to that of ${place(lighter)}.`
        : `The mode of the spectral gap exchanges mass between the states round ${sides}${kind === 'wells' ? '.' : ': next to nothing of π, and yet it sets the gap.'}`,
  }
}

function bound(value: Constants['logSobolevBound'], missing: string): ConstantRow {
  const row = { name: 'proved bound', symbol: 'λ ≥', unit: RATE }
  if (value === null) {
    return { ...row, value: ABSENT, status: missing, title: 'No lower bound of λ is known.' }
  }
  const vacuous = value.value < VACUOUS
  return {
    ...row,
    value: formatDown(value.value, 2),
    status: vacuous ? 'certificate (vacuous)' : 'certificate',
    title: `${METHODS[value.method] ?? value.method}: ${value.reason}${
      vacuous ? ' Proved, and of no use at this temperature.' : ''
    }`,
  }
}
