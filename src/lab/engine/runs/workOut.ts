import { couple, type Coupling } from '../../../core/analysis/estimators/coupling.ts'
import { gapBound, meshOf } from '../../../core/analysis/constants/gapBound.ts'
import { termConstants } from '../../../core/analysis/constants/termConstants.ts'
import { createTransition } from '../../../core/fields/transition.ts'
import type { AnalysisInput, AnalysisReport, Extras } from '../../protocol/calls.ts'
import { Slicer, type Environment } from '../environment.ts'
import { throwIfAborted } from '../refusal.ts'

/** How each extra is worked out, from the gap as the analysis found it; 0 where it found none. */
const WORKS: {
  readonly [K in keyof Extras]: (input: AnalysisInput, gap: number) => Generator<unknown, Extras[K]>
} = {
  /** Proves a lower bound of the gap: value 0 where nothing is proved. */
  *spectralGapBound(input, estimate) {
    const unproved = { value: 0, cells: meshOf(input.grid.cells).cells }
    // The proof is for a constant metric.
    if (!(estimate > 0) || input.metric !== undefined) return unproved
    const { preconditioner, epsilon } = input.transition
    const [[xx, xy], [, yy]] = preconditioner
    const proof = yield* gapBound(fieldOf(input), epsilon, { metric: [xx, xy, yy], estimate })
    return proof ?? unproved
  },
  *coupling(input, gap): Generator<unknown, Coupling> {
    const { pairs, steps } = input
    if (pairs === null || !(gap > 0)) return { lag: 0, pairs: 0, unmet: 0, curves: null }
    const transition = createTransition(input.transition)
    return yield* couple({ field: fieldOf(input), transition, ...pairs, steps, gap })
  },
  *terms({ terms, metric, transition: { epsilon, preconditioner } }) {
    // What a composition inherits is of the constants in one metric.
    if (metric !== undefined) return []
    const [[xx, xy], [, yy]] = preconditioner
    return yield* termConstants(terms, epsilon, [xx, xy, yy])
  },
}

function fieldOf({ grid, barriers }: AnalysisInput) {
  const { halfWidth, cells, ...nodes } = grid
  return { grid: { box: { halfWidth, cells }, ...nodes }, barriers }
}

/**
 * Works out an extra of a run piece by piece, letting messages in between.
 * @param report on the laws of the same run
 * @throws Aborted
 */
export async function workOut<K extends keyof Extras>(
  extra: K,
  input: AnalysisInput,
  { constants }: Pick<AnalysisReport, 'constants'>,
  environment: Pick<Environment, 'clock' | 'pause'>,
  signal?: AbortSignal,
): Promise<Extras[K]> {
  const work = WORKS[extra](input, constants?.spectralGap ?? 0)
  return new Slicer(environment).drain(work, () => {
    throwIfAborted(signal)
  })
}
