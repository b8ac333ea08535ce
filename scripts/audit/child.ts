import { answerJobs } from '../reproduce/pool.ts'
import { auditScene, type Reading } from './checks.ts'
import { type Coverage, coverageCases, coverageOf } from './coverage.ts'
import { type Kind, sceneOf } from './scenes.ts'

/** A random scene to be audited, or a case whose standard errors are to be counted. */
export type Task =
  | { readonly kind: Kind; readonly seed: number; readonly index: number }
  | { readonly coverage: number; readonly seed: number; readonly runs: number }

export function performTask(task: Task): Promise<readonly Reading[] | readonly Coverage[]> {
  if ('kind' in task) return auditScene(sceneOf(task.kind, task.seed, task.index))
  const seeds = Array.from({ length: task.runs }, (_, i) => i + 1)
  return coverageOf(coverageCases(task.seed)[task.coverage]!, seeds)
}

answerJobs(performTask)
