import { expect, test } from 'vitest'
import { createBench, sceneOf } from '../session.testing.ts'

const QUADRATIC = {
  kind: 'quadratic',
  matrix: [
    [1, 0],
    [0, 3],
  ],
}

/** The result of a run on V = ½(x² + 3y²). */
async function resultOf(dynamics: object, criterion = 'certified-decrease') {
  const { session } = createBench()
  const scene = sceneOf({
    energy: QUADRATIC,
    domain: { halfWidth: 5, cells: 48 },
    stopping: { criterion },
    dynamics: { stepSize: 0.02, steps: 4, particles: 128, ...dynamics },
  })
  await session.prepare({ run: 1, scene })
  return session.result({ run: 1 })
}

test('in a metric that follows the place nothing is claimed but what is proved for it', async () => {
  const metric = { kind: 'inverse-hessian', softening: 0.5, cap: 3 } as const
  const { langevin, constants, metricGain, stopping } = await resultOf({ metric }, 'poincare')
  for (const curve of ['klExact', 'fisher', 'mismatch', 'envelope'] as const)
    expect(langevin[curve].slice(1).every((value) => value === null)).toBe(true)
  expect(constants.logSobolevBound).toBeNull()
  expect(constants.spectralGapBound!.value).toBe(0)
  expect(constants.biasPrediction).toBeNull()
  for (const criterion of ['certified-decrease', 'a-priori', 'poincare', 'coupling', 'floor']) {
    const report = stopping.find((one) => one.criterion === criterion)!
    expect(report.step).toBeNull()
    expect(report.reason).toContain('a covariance of its own')
  }
  // On a quadratic M is one matrix, 3/√(h² + ¼) along each axis, and the gap the least of 3h/√(h² + ¼).
  expect(constants.spectralGap).toBeCloseTo(3 / Math.sqrt(1.25), 2)
  const steepness = 9 / Math.sqrt(9.25)
  expect(metricGain!.steepness).toBeCloseTo(steepness, 6)
  expect(metricGain!.jacobian).toBeCloseTo(steepness, 6)
  expect(metricGain!.gain).toBeCloseTo(9 / Math.sqrt(1.25) / steepness, 1)
  // KL falls, as it does for every metric.
  const kl = langevin.fokkerPlanck.map((value) => value!)
  kl.slice(1).forEach((value, k) => {
    expect(value).toBeLessThan(kl[k]!)
  })
})

test.each([
  { sampler: 'mala' },
  {
    preconditioner: [
      [2, 0],
      [0, 1],
    ],
  },
])('a metric beside %j is refused by name', async (beside) => {
  const metric = { kind: 'conformal', beta: 0.25, cap: 8 }
  await expect(resultOf({ metric, ...beside })).rejects.toThrow(/dynamics\.metric: .*Langevin/)
})
