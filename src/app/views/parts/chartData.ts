import { wordOf, WORDS, type AdviceContext } from '../../../core/analysis/stopping/advice.ts'
import { CRITERION_TEXTS } from '../../../lab/scene/longTexts.ts'
import type { CriterionId } from '../../../lab/scene/sceneSpec.ts'
import type { ChartData } from '../../render/charts/chartData.ts'
import type { RunState } from '../../stores/run/runStore.ts'

/** What the charts are drawn of. */
export type Charted = Pick<
  RunState,
  'run' | 'points' | 'stops' | 'analysis' | 'collapse' | 'nullFloor'
> &
  Pick<ChartData, 'training'>

/** The data of the charts, on the page and in exported pictures alike; of an energy that is still being learned nothing is measured. */
export function chartDataOf(
  { run, points, stops, analysis, collapse, nullFloor, training }: Charted,
  criterion: CriterionId,
  advice: AdviceContext,
): ChartData {
  const { delta, unlearned } = advice
  const dynamics = run?.scene.dynamics
  const known = run === null || unlearned ? null : run
  const chosen = stops.find((stop) => stop.criterion === criterion)
  return {
    points: known === null ? [] : points,
    analysis: known === null ? null : analysis,
    collapse: known === null ? null : collapse,
    constants: known?.constants ?? null,
    steps: dynamics?.steps ?? 200,
    stepSize: dynamics?.stepSize ?? null,
    epsilon: dynamics?.epsilon ?? 1,
    energy: known?.energy ?? null,
    nullFloor: unlearned ? null : nullFloor,
    stops: unlearned ? [] : stops,
    criterion: {
      id: criterion,
      label: CRITERION_TEXTS[criterion].label,
      ...(chosen === undefined ? {} : { word: WORDS[wordOf(chosen, advice)] }),
      pending: analysis?.stage !== 'done',
    },
    delta,
    jumpEvery: dynamics?.jumpEvery ?? 0,
    dataLaw: run?.dataLaw ?? 'none',
    composed: (run?.terms.length ?? 0) > 0,
    companion: dynamics !== undefined && dynamics.companion !== null,
    training,
  }
}
