import { useMemo } from 'react'
import type { AdviceContext } from '../../../core/analysis/stopping/advice.ts'
import { isLearning, type RunState } from '../../stores/run/runStore.ts'
import { useRun, useScene } from './context.ts'

const isUnlearned = (state: RunState) => isLearning(state) || state.run?.trained === false

/** Before the laws are known to the end, what has not fired may yet do so. */
const isPending = ({ run, computed, analysis }: RunState) =>
  run === null || computed < run.scene.dynamics.steps || analysis?.stage !== 'done'

const stepsOf = ({ run }: RunState) => run?.scene.dynamics.steps ?? null
const stepSizeOf = ({ run }: RunState) => run?.scene.dynamics.stepSize ?? null
const stableBelowOf = ({ run }: RunState) => run?.stableBelow ?? null

/** What decides, beside the reports of the criteria, what is advised of a run. */
export function adviceContextOf(state: RunState, delta: number): AdviceContext {
  return {
    delta,
    steps: stepsOf(state),
    pending: isPending(state),
    unlearned: isUnlearned(state),
    stepSize: stepSizeOf(state),
    stableBelow: stableBelowOf(state),
  }
}

/** That of the run on the stage. */
export function useAdviceContext(): AdviceContext {
  const delta = useScene((scene) => scene.stopping.delta)
  const steps = useRun(stepsOf)
  const pending = useRun(isPending)
  const unlearned = useRun(isUnlearned)
  const stepSize = useRun(stepSizeOf)
  const stableBelow = useRun(stableBelowOf)
  return useMemo(
    () => ({ delta, steps, pending, unlearned, stepSize, stableBelow }),
    [delta, steps, pending, unlearned, stepSize, stableBelow],
  )
}
