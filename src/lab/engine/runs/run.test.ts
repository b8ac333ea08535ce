import { expect, test } from 'vitest'
import { quadraticEnergy } from '../../../core/fields/analytic.ts'
import { tabulateEnergy } from '../../../core/fields/energyGrid.ts'
import { gibbs } from '../../../core/fields/gibbs.ts'
import { setStepKernel, stepKernel } from '../../../core/fields/stepKernel.ts'
import { createTransition } from '../../../core/fields/transition.ts'
import { readSamplerModule } from '../../../core/samplers/simd/module.testing.ts'
import { FrameStore } from './frames.ts'
import { openStepKernel } from '../openStepKernel.ts'
import { isEvaluated, Run } from './run.ts'
import { sceneOf } from '../session.testing.ts'
import { UNKNOWN_CONSTANTS } from '../../../core/analysis/curves.ts'

const PARTICLES = 64
const STEPS = 40

function createRun(
  frameBudget: number,
  companion: readonly number[] | null = null,
  dynamics: object = {},
  pause = () => Promise.resolve(),
): Run {
  const scene = sceneOf({
    dynamics: { stepSize: 0.05, steps: STEPS, particles: PARTICLES, companion, ...dynamics },
    domain: { halfWidth: 4, cells: 32 },
  })
  const energy = quadraticEnergy(
    [0, 0],
    [
      [1, 0],
      [0, 2],
    ],
  )
  const field = { grid: tabulateEnergy(scene.domain, energy), barriers: [] }
  const pi = gibbs(field, 1)
  return new Run({
    environment: { clock: () => 0, pause },
    scene,
    field,
    gibbs: pi,
    transition: createTransition({ ...scene.dynamics, stepSize: 0.05 }),
    constants: {
      ...UNKNOWN_CONSTANTS,
      convexity: 1,
      smoothness: 2,
      smoothnessAt: [0, 0],
      quadratic: false,
      smoothness95: 2,
      curvature95: 2,
      biasPrediction: null,
    },
    target: { sample: () => new Float64Array(), density: null },
    frameBudget,
  })
}

test('frames that were not kept are computed again, bit for bit', async () => {
  const full = createRun(Infinity)
  // Room for four keyframes of both clouds in float64.
  const scarce = createRun(4 * 32 * PARTICLES)
  await full.advanceTo(STEPS)
  await scarce.advanceTo(STEPS)
  for (const step of [0, 40, 3, 17, 18, 39, 20, 1, 12, 12]) {
    const expected = await full.frameAt(step)
    expect(await scarce.frameAt(step)).toEqual(expected)
  }
})

test('the companion is scrubbed like the others: the same particles beside, under the same noise', async () => {
  const full = createRun(Infinity, [-0.3, 0.2])
  const scarce = createRun(4 * 48 * PARTICLES, [-0.3, 0.2])
  await full.advanceTo(STEPS)
  await scarce.advanceTo(STEPS)
  for (const step of [0, 40, 3, 18, 12, 12])
    expect(await scarce.frameAt(step)).toEqual(await full.frameAt(step))
  // V = ½(x² + 2y²), η = .05: the difference is (.95^k, .9^k) times the first one.
  const { langevin, companion } = await full.frameAt(18)
  let [x, y] = [-0.3, 0.2]
  for (let k = 0; k < 18; k++) {
    x *= 0.95
    y *= 0.9
  }
  for (let i = 0; i < PARTICLES; i++) {
    expect(Math.abs(companion![2 * i]! - langevin[2 * i]! - x)).toBeLessThan(1e-5)
    expect(Math.abs(companion![2 * i + 1]! - langevin[2 * i + 1]! - y)).toBeLessThan(1e-5)
  }
  const { contraction } = full.curvesSince(17)[0]!
  expect(contraction!.largest).toBeCloseTo(Math.hypot(x, y), 9)
  expect(contraction!.largest).toBeLessThan(contraction!.bound!)
  expect(contraction!.bound).toBeCloseTo(Math.hypot(0.3, 0.2) * 0.95 ** 18, 9)
  const alone = createRun(Infinity)
  await alone.advanceTo(18)
  expect((await alone.frameAt(18)).langevin).toEqual(langevin)
  expect((await alone.frameAt(18)).companion).toBeNull()
  expect(alone.curvesSince(17)[0]!.contraction).toBeNull()
})

test('the companion of a chain with jumps jumps with it, and no bound is claimed', async () => {
  const run = createRun(Infinity, [-0.3, 0.2], { sampler: 'mala', jumpEvery: 4 })
  const scarce = createRun(4 * 48 * PARTICLES, [-0.3, 0.2], { sampler: 'mala', jumpEvery: 4 })
  await run.advanceTo(STEPS)
  await scarce.advanceTo(STEPS)
  expect(await scarce.frameAt(19)).toEqual(await run.frameAt(19))
  const { langevin, companion } = await run.frameAt(STEPS)
  // Two particles that once jumped to the same place stay together: same proposals, same decisions.
  let met = 0
  for (let i = 0; i < PARTICLES; i++)
    if (langevin[2 * i] === companion![2 * i] && langevin[2 * i + 1] === companion![2 * i + 1])
      met++
  expect(met).toBeGreaterThan(0)
  const points = run.curvesSince(-1).map(({ contraction }) => contraction!)
  expect(points.every(({ bound }) => bound === null)).toBe(true)
  expect(points.at(-1)!.rootMeanSquare).toBeLessThan(points[0]!.rootMeanSquare)
})

test('nothing goes on from a step that failed after its particles were shown', async () => {
  let fails = false
  const run = createRun(Infinity, null, {}, () =>
    fails ? Promise.reject(new Error('out of memory')) : Promise.resolve(),
  )
  fails = true
  expect((await run.moveTo(1))?.step).toBe(1)
  fails = false
  await expect(run.advanceTo(2)).rejects.toThrow('out of memory')
  await expect(run.moveTo(1)).rejects.toThrow('out of memory')
  expect(run.computed).toBe(0)
})

test('two scrubs at once do not disturb each other', async () => {
  const full = createRun(Infinity)
  const scarce = createRun(4 * 32 * PARTICLES)
  await full.advanceTo(STEPS)
  await scarce.advanceTo(STEPS)
  const both = await Promise.all([scarce.frameAt(19), scarce.frameAt(9), scarce.frameAt(21)])
  expect(both).toEqual(await Promise.all([full.frameAt(19), full.frameAt(9), full.frameAt(21)]))
})

test('the frame store keeps to its budget', () => {
  const all = new FrameStore(100, 9, 16_000)
  expect(all.every).toBe(1)
  const some = new FrameStore(100, 999, 16_000)
  // 1,000 steps of 3,200 bytes each into 16,000: five keyframes.
  expect(some.every).toBe(200)
  expect(new FrameStore(100, 999, 16_000, 3).every).toBe(300)
})

test('the KL is evaluated on the first ten steps, every fifth, and the last', () => {
  const steps = [...Array(24).keys()].filter((k) => isEvaluated(k, 23))
  expect(steps).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20, 23])
})

test('a run gives the same result on SIMD as without, digit for digit', async () => {
  setStepKernel(null)
  const expected = await createRun(Infinity, [0.5, 0]).result(null)
  await openStepKernel({ samplerModule: readSamplerModule })
  expect(stepKernel()).not.toBeNull()
  expect(await createRun(Infinity, [0.5, 0]).result(null)).toEqual(expected)
  await openStepKernel({
    samplerModule: () => Promise.reject(new Error('the server answered 404')),
  })
  expect(stepKernel()).toBeNull()
})
