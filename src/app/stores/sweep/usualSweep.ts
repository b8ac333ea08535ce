import type { Range } from '../../../lab/scene/fields/ranges.ts'
import type { SceneSpec, SweepField, SweepSpec } from '../../../lab/scene/sceneSpec.ts'
import { newSweep, sweepRange } from '../../../lab/scene/sweep.ts'

/** Significant digits of the ends of a proposed range. */
const DIGITS = 2

/**
 * The values that are proposed for a field: round the value that the scene has, within the range of the field.
 * @param scene of a run: with η
 */
export function usualValues(scene: SceneSpec, over: SweepField): SweepSpec['values'] {
  const range = sweepRange(over)
  const { dynamics, stopping, seed } = scene
  switch (over) {
    case 'stepSize':
      return factor(range, dynamics.stepSize ?? Math.sqrt(range.min * range.max), 4, 5)
    case 'epsilon':
      return factor(range, dynamics.epsilon, 2, 5)
    case 'delta':
      return factor(range, stopping.delta, 4, 5)
    case 'particles':
      return factor(range, dynamics.particles, 8, 4)
    case 'seed': {
      const from = Math.min(seed, range.max - 7)
      return { kind: 'linear', from, to: from + 7, count: 8 }
    }
    case 'start.x':
    case 'start.y':
      return { kind: 'linear', from: -2, to: 2, count: 5 }
    case 'start.size':
      return { kind: 'linear', from: 0.5, to: 2, count: 4 }
    default:
      return over satisfies never
  }
}

/** From value/by to value·by, logarithmic. */
function factor(range: Range, value: number, by: number, count: number): SweepSpec['values'] {
  const round = (end: number): number => {
    const text = Number(end.toPrecision(DIGITS))
    const kept = range.integer === true ? Math.round(text) : text
    return Math.min(range.max, Math.max(range.min, kept))
  }
  return { kind: 'log', from: round(value / by), to: round(value * by), count }
}

/** The sweep of a scene, or the one that is proposed where it has none. */
export function sweepOf(scene: SceneSpec): SweepSpec {
  return scene.sweep ?? newSweep({ over: 'stepSize', values: usualValues(scene, 'stepSize') })
}
