import { describe, expect, it } from 'vitest'
import { DEFAULT_SCENE } from './defaults.ts'
import { experimentAt, EXPERIMENTS, WALK } from './experiments.ts'

describe('the table of experiments', () => {
  it('shows at least ten statements of the theory beside the shipped targets', () => {
    expect(EXPERIMENTS.filter(({ group }) => group === 'theory').length).toBeGreaterThanOrEqual(10)
  })

  it.each(EXPERIMENTS)('$id: texts fit for a menu', (entry) => {
    const { title, sentence } = entry
    expect(title.length).toBeLessThanOrEqual(40)
    expect(sentence).toMatch(/^[A-Z][^.]*\.$/)
    expect(sentence.length).toBeLessThanOrEqual(150)
  })

  it.each(EXPERIMENTS.filter(({ scene }) => scene.energy.kind === 'quadratic'))(
    '$id: the target is the Gibbs measure, unless it is to be missed',
    ({ id, scene: { target, energy, dynamics } }) => {
      if (energy.kind !== 'quadratic' || target.kind !== 'gaussian-mixture') return
      const { covariance, mean } = target.components[0]!
      const [[a, b], [c, d]] = energy.matrix
      const [[p, q], [r, s]] = covariance
      // ΣA = εI.
      const product = [p * a + q * c, p * b + q * d, r * a + s * c, r * b + s * d]
      const e = dynamics.epsilon
      const off = Math.max(...[e, 0, 0, e].map((wanted, i) => Math.abs(product[i]! - wanted)))
      const moved = Math.hypot(mean[0] - energy.center[0], mean[1] - energy.center[1])
      expect(off < 1e-12 && moved === 0).toBe(id !== 'overlong')
    },
  )
})

it('an experiment is known whatever is shown of it, and no other scene is taken for one', () => {
  for (const [at, { scene, id }] of WALK.entries()) {
    const changed = {
      ...scene,
      view: { ...scene.view, chart: 'energy' as const },
      stopping: { ...scene.stopping, delta: 0.01 },
    }
    expect(experimentAt(changed), id).toBe(at)
  }
  expect(
    experimentAt({ ...DEFAULT_SCENE, dynamics: { ...DEFAULT_SCENE.dynamics, particles: 77 } }),
  ).toBe(-1)
})
