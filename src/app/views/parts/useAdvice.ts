import { useMemo } from 'react'
import type { AdviceContext } from '../../../core/analysis/stopping/advice.ts'
import { useLearning, useRun, useScene } from './context.ts'

/** What decides, beside the reports of the criteria, what is advised of the run on the stage. */
export function useAdviceContext(): AdviceContext {
  const delta = useScene((scene) => scene.stopping.delta)
  const learning = useLearning()
  const untrained = useRun((state) => state.run?.trained === false)
  const stepSize = useRun((state) => state.run?.scene.dynamics.stepSize ?? null)
  const stableBelow = useRun((state) => state.run?.stableBelow ?? null)
  /** Before the laws are known to the end, what has not fired may yet do so. */
  const pending = useRun(
    ({ run, computed, analysis }) =>
      run === null || computed < run.scene.dynamics.steps || analysis?.stage !== 'done',
  )
  const unlearned = learning || untrained
  return useMemo(
    () => ({ delta, pending, unlearned, stepSize, stableBelow }),
    [delta, pending, unlearned, stepSize, stableBelow],
  )
}
