import { gapBound, meshOf } from '../../../core/analysis/constants/gapBound.ts'
import type { AnalysisInput, GapProof } from '../../protocol/calls.ts'
import { Slicer, type Environment } from '../environment.ts'
import { throwIfAborted } from '../refusal.ts'

/**
 * Proves a lower bound of the gap of a run's energy, piece by piece, letting messages in between: value 0 where nothing is proved.
 * @param estimate the gap as the analysis found it; 0 where it found none, and nothing is proved
 * @throws Aborted
 */
export async function proveGap(
  { grid, barriers, transition }: AnalysisInput,
  estimate: number,
  environment: Pick<Environment, 'clock' | 'pause'>,
  signal?: AbortSignal,
): Promise<GapProof> {
  const { halfWidth, cells, ...nodes } = grid
  if (!(estimate > 0)) return { value: 0, cells: meshOf(cells).cells }
  const [[xx, xy], [, yy]] = transition.preconditioner
  const field = { grid: { box: { halfWidth, cells }, ...nodes }, barriers }
  const work = gapBound(field, transition.epsilon, { metric: [xx, xy, yy], estimate })
  const bound = await new Slicer(environment).drain(work, () => {
    throwIfAborted(signal)
  })
  return bound ?? { value: 0, cells: meshOf(cells).cells }
}
