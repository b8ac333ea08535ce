import { analyse } from '../../../core/analysis/analyse.ts'
import type { AnalysisInput, AnalysisReport } from '../../protocol/calls.ts'
import { Slicer, type Environment } from '../environment.ts'
import { throwIfAborted } from '../refusal.ts'

export interface FollowOptions {
  readonly environment: Pick<Environment, 'clock' | 'pause' | 'working'>
  readonly signal?: AbortSignal | undefined
  /** Receives reports on the way; with it the analysis computes coarse curves first. */
  readonly onReport?: (report: AnalysisReport) => void
}

/** Shortest time between two reports, seconds; much longer than copying and sending one takes. */
const INTERVAL = 0.2
/** Beyond this many steps the interval grows in proportion, since longer curves take longer to copy. */
const STEPS_PER_INTERVAL = 2000

/** Follows the laws of a run to the end and lets messages in between pieces of work. @throws Aborted */
export async function followLaws(
  input: AnalysisInput,
  { environment, signal, onReport }: FollowOptions,
): Promise<AnalysisReport> {
  const slicer = new Slicer(environment)
  const work = analyse(input, onReport !== undefined)
  const interval = INTERVAL * Math.max(1, input.steps / STEPS_PER_INTERVAL)
  let told = environment.clock()
  for (;;) {
    const next = work.next()
    if (next.done === true) return next.value
    const { report, milestone, doing } = next.value
    environment.working?.(doing)
    if (onReport !== undefined && (milestone || environment.clock() - told >= interval)) {
      onReport(report())
      told = environment.clock()
    }
    await slicer.breathe()
    throwIfAborted(signal)
  }
}
