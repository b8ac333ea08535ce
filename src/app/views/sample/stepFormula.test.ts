import { expect, it } from 'vitest'
import { DEFAULT_SCENE } from '../../../lab/scene/defaults.ts'
import { lawOf } from './stepFormula.ts'

it('a step reads as it is taken', () => {
  const metric = [
    [2, 0],
    [0, 1],
  ] as const
  const cases = [
    [{}, 'x ← x − η∇V + √(2ηε) ξ', 'x ← x − η∇V'],
    [{ skew: 2 }, 'x ← x − η(I + γJ)∇V + √(2ηε) ξ', 'x ← x − η(I + γJ)∇V'],
    [{ preconditioner: metric }, 'x ← x − ηP∇V + √(2ηεP) ξ', 'x ← x − ηP∇V'],
    [
      { skew: 1, preconditioner: metric, sampler: 'mala', jumpEvery: 10 },
      'x ← x − η(P + γJ)∇V + √(2ηεP) ξ, accept or reject, jump every 10',
      'x ← x − η(P + γJ)∇V',
    ],
    [
      { metric: { kind: 'conformal', beta: 0.25, cap: 8 } },
      'x ← x − ηM∇V + ηε div M + √(2ηεM) ξ',
      'x ← x − ηM∇V',
    ],
  ] as const
  for (const [part, langevin, deterministic] of cases) {
    const dynamics = { ...DEFAULT_SCENE.dynamics, ...part }
    expect(lawOf('langevin', dynamics)).toBe(langevin)
    expect(lawOf('deterministic', dynamics)).toBe(deterministic)
  }
})
