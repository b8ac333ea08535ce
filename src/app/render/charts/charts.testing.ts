import { noLawCurves } from '../../../core/analysis/curves.ts'
import type { AnalysisReport, CurvePoint } from '../../../lab/protocol/calls.ts'
import type { ChartData } from './chartData.ts'
import type { Sample } from './stepScale.ts'

/** A step of the particles' curves; `kl` null: not evaluated. */
export function point(step: number, kl: number | null, rest: Partial<CurvePoint> = {}): CurvePoint {
  return {
    step,
    kl,
    klStandardError: kl === null ? null : 0.01,
    estimator: kl === null ? null : 'native',
    foldedMass: 0,
    deterministicKl: null,
    deterministicStandardError: null,
    deterministicLowerBound: false,
    acceptance: null,
    deterministicRate: null,
    energy: null,
    energyStandardError: null,
    deterministicEnergy: null,
    contraction: null,
    fromGibbs: null,
    ...rest,
  }
}

/** KL of particles that decays to its floor, evaluated at every fifth of 200 steps. */
export const DECAY: readonly CurvePoint[] = Array.from({ length: 201 }, (_, k) =>
  point(k, k % 5 === 0 ? 3 * Math.exp(-k / 25) : null),
)

export function chartData(points: readonly CurvePoint[], rest: Partial<ChartData> = {}): ChartData {
  return {
    points,
    analysis: null,
    collapse: null,
    constants: null,
    steps: 200,
    stepSize: 0.01,
    epsilon: 1,
    energy: null,
    nullFloor: { mean: 0.001, upper: 0.004 },
    stops: [],
    criterion: { id: 'tolerance', label: 'Tolerance' },
    delta: 0.05,
    dataLaw: 'known',
    composed: false,
    jumpEvery: 0,
    companion: false,
    training: null,
    ...rest,
  }
}

/** A finished report with the curves given, of as many steps as the longest. */
export function report(
  curves: Partial<AnalysisReport['curves']>,
  rest: Partial<AnalysisReport> = {},
): AnalysisReport {
  const steps = Math.max(0, ...Object.values(curves).map((curve) => curve.length - 1))
  return {
    stage: 'done',
    curves: { ...noLawCurves(steps), ...curves },
    exactTo: steps,
    cells: 128,
    unresolved: null,
    withoutContinuous: null,
    dataOutside: null,
    dataAtGibbs: null,
    foldedMass: [],
    fokkerPlanckRise: null,
    dissipationError: null,
    constants: null,
    mode: null,
    basins: null,
    ...rest,
  }
}

export function sample(step: number, value: number, varied = false): Sample {
  return { step, value, error: 0, varied }
}
