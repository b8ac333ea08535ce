import { expect, test, vi } from 'vitest'
import { CRITERION_IDS } from '../../core/analysis/ids.ts'
import { parameterLayout } from '../../learning/kernels/kernel.ts'
import { DEFAULT_SHAPE } from '../../learning/training/model.ts'
import { writeEnergyFile } from '../io/energyFile.ts'
import { packReport } from '../io/packedReport.ts'
import type { AnalysisReport } from '../protocol/calls.ts'
import { followLaws } from './runs/followLaws.ts'
import type { RunResult } from '../protocol/result.ts'
import { Refusal } from './refusal.ts'
import { createBench, sceneOf } from './session.testing.ts'

/*
 * V = ½(x − b)ᵀA(x − b): a linear map with Gaussian noise keeps Gaussians Gaussian, so the law of both
 * chains is known at every step. b = (0.3, −0.2), A = [[2, 0.8], [0.8, 1]], ε = 0.5.
 */
const A = [2, 0.8, 0.8, 1] as const
const CENTRE = [0.3, -0.2] as const
const EPSILON = 0.5
const QUADRATIC = {
  kind: 'quadratic',
  center: CENTRE,
  matrix: [
    [A[0], A[1]],
    [A[2], A[3]],
  ],
}

type Square = readonly [number, number, number, number]
const multiply = (p: Square, q: Square): Square => [
  p[0] * q[0] + p[1] * q[2],
  p[0] * q[1] + p[1] * q[3],
  p[2] * q[0] + p[3] * q[2],
  p[2] * q[1] + p[3] * q[3],
]
const transpose = (p: Square): Square => [p[0], p[2], p[1], p[3]]
const determinant = (p: Square) => p[0] * p[3] - p[1] * p[2]

/** KL(N(m, S)‖N(b, εA⁻¹)) after k steps x ← x − ηA(x − b) + √noise·ξ. */
function closedForm(
  mean: readonly [number, number],
  covariance: Square,
  eta: number,
  noise: number,
  steps: number,
): number[] {
  const map: Square = [1 - eta * A[0], -eta * A[1], -eta * A[2], 1 - eta * A[3]]
  let [dx, dy] = [mean[0] - CENTRE[0], mean[1] - CENTRE[1]]
  let s = covariance
  const kl: number[] = []
  for (let k = 0; k <= steps; k++) {
    const trace = (A[0] * s[0] + A[1] * s[2] + A[2] * s[1] + A[3] * s[3]) / EPSILON
    const distance = (A[0] * dx * dx + (A[1] + A[2]) * dx * dy + A[3] * dy * dy) / EPSILON
    const logRatio = Math.log(EPSILON ** 2 / determinant(A) / determinant(s))
    kl.push(0.5 * (trace + distance - 2 + logRatio))
    ;[dx, dy] = [map[0] * dx + map[1] * dy, map[2] * dx + map[3] * dy]
    const t = multiply(multiply(map, s), transpose(map))
    s = [t[0] + noise, t[1], t[2], t[3] + noise]
  }
  return kl
}

/** Share of the evaluated steps after 0 that lie within 3 standard errors of the truth. */
function covered(
  truth: readonly number[],
  kl: readonly (number | null)[],
  error: readonly (number | null)[],
): number {
  let inside = 0
  let count = 0
  for (let k = 1; k < truth.length; k++) {
    if (kl[k] === null || error[k] === null) continue
    count++
    if (Math.abs(kl[k]! - truth[k]!) <= 3 * error[k]!) inside++
  }
  return inside / count
}

test('the particle KL follows the closed form of the discrete chain', async () => {
  const eta = 0.05
  const truth = closedForm([-1, 1], [0.3, 0.05, 0.05, 0.2], eta, 2 * eta * EPSILON, 80)
  // The project's closed-form references for this chain, relative accuracy 1e-10.
  const golden = { 1: 2.4287418952340682, 10: 1.024232514674571, 80: 0.018192073682539403 }
  for (const [k, value] of Object.entries(golden)) expect(truth[Number(k)]).toBeCloseTo(value, 10)

  const { session } = createBench()
  await session.prepare({
    run: 1,
    scene: sceneOf({
      energy: QUADRATIC,
      domain: { halfWidth: 6, cells: 96 },
      dynamics: {
        epsilon: EPSILON,
        stepSize: eta,
        steps: 80,
        particles: 2048,
        initial: {
          kind: 'gaussian',
          mean: [-1, 1],
          covariance: [
            [0.3, 0.05],
            [0.05, 0.2],
          ],
        },
      },
    }),
  })
  const { langevin } = await session.result({ run: 1 })
  expect(Math.abs(langevin.kl[0]! - 2.7850956351554896)).toBeLessThan(1e-4)
  expect(langevin.estimator[0]).toBe('quadrature')
  expect(langevin.estimator[1]).toBe('native')
  expect(covered(truth, langevin.kl, langevin.klStandardError)).toBeGreaterThanOrEqual(0.95)
  const evaluated = langevin.step.filter((k) => langevin.kl[k] !== null)
  expect(evaluated).toEqual([...Array(11).keys(), ...[...Array(14).keys()].map((i) => 15 + 5 * i)])
})

test('the deterministic KL follows the closed form of the map: it falls, then rises', async () => {
  const eta = 0.02
  const truth = closedForm([-1, 1], [3, 0.5, 0.5, 2], eta, 0, 80)
  // The project's closed-form references for this map.
  const golden = { 0: 8.402510542161444, 40: 0.9386436746035991, 80: 2.615110938691682 }
  for (const [k, value] of Object.entries(golden)) expect(truth[Number(k)]).toBeCloseTo(value, 10)

  const { session } = createBench()
  await session.prepare({
    run: 1,
    scene: sceneOf({
      energy: QUADRATIC,
      domain: { halfWidth: 10, cells: 96 },
      dynamics: {
        epsilon: EPSILON,
        stepSize: eta,
        steps: 80,
        particles: 2048,
        initial: {
          kind: 'gaussian',
          mean: [-1, 1],
          covariance: [
            [3, 0.5],
            [0.5, 2],
          ],
        },
      },
    }),
  })
  const { deterministic } = await session.result({ run: 1 })
  expect(Math.abs(deterministic.kl[0]! - truth[0]!)).toBeLessThan(1e-4)
  expect(covered(truth, deterministic.kl, deterministic.klStandardError)).toBeGreaterThanOrEqual(
    0.95,
  )
  expect(deterministic.lowerBound.every((flag) => !flag)).toBe(true)
})

const SMALL = {
  domain: { halfWidth: 4, cells: 48 },
  dynamics: { steps: 20, particles: 256 },
}

test('the table of a sum is the weighted sum of the tables, node by node', async () => {
  const { session } = createBench()
  const landscape = async (energy: unknown, target?: unknown) => {
    const scene = sceneOf({ ...SMALL, energy, ...(target === undefined ? {} : { target }) })
    return (await session.prepare({ run: 1, scene })).landscape
  }
  const first = await landscape(QUADRATIC)
  const second = await landscape({ kind: 'exact' }, { kind: 'eight-gaussians' })
  const inner = {
    kind: 'sum',
    terms: [{ weight: 2, energy: QUADRATIC }],
  }
  const sum = await landscape({
    kind: 'sum',
    terms: [
      { weight: 0.75, energy: { kind: 'exact' }, target: { kind: 'eight-gaussians' } },
      { weight: -0.25, energy: inner },
    ],
  })
  for (const name of ['v', 'vx', 'vy', 'vxy'] as const)
    sum[name].forEach((value, k) => {
      const expected = 0.75 * second[name][k]! - 0.5 * first[name][k]!
      expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-12 * (1 + Math.abs(expected)))
    })
})

test('terms trained on two backends in one sum', async () => {
  const { session } = createBench()
  const term = (backend: string) => ({
    weight: 0.5,
    energy: {
      kind: 'shelf',
      id: `by-${backend}`,
      hash: '',
      recipe: { seed: 1, target: { kind: 'banana' }, training: { steps: 2, backend } },
    },
  })
  const scene = sceneOf({
    ...SMALL,
    energy: { kind: 'sum', terms: [term('wasm'), term('cpu'), term('auto')] },
  })
  const { landscape, trained } = await session.prepare({ run: 1, scene })
  expect(trained).toBe(true)
  expect(landscape.v.every(Number.isFinite)).toBe(true)
})

test('a sum that does not confine is said to lean on the walls', async () => {
  const { session } = createBench()
  const terms = [{ weight: -0.5, energy: QUADRATIC }]
  const scene = sceneOf({ ...SMALL, energy: { kind: 'sum', terms } })
  const { notices, terms: names } = await session.prepare({ run: 1, scene })
  expect(notices.map(({ text }) => text).join()).toMatch(/does not confine.*% of its Gibbs measure/)
  expect(names).toEqual(['quadratic'])
})

test('the same scene gives the same result, bit for bit', async () => {
  const scene = sceneOf({ ...SMALL, energy: { kind: 'exact' }, target: { kind: 'banana' } })
  const results = []
  for (let i = 0; i < 2; i++) {
    const { session } = createBench()
    await session.prepare({ run: 1, scene })
    results.push(JSON.stringify(await session.result({ run: 1 })))
  }
  expect(results[1]).toBe(results[0])
  const { scene: normalised } = JSON.parse(results[0]!) as { scene: typeof scene }
  expect(normalised.dynamics.stepSize).toBeGreaterThan(0)
  const { session } = createBench()
  await session.prepare({ run: 1, scene: normalised })
  expect(JSON.stringify(await session.result({ run: 1 }))).toBe(results[0])
})

test('both flows start from the same particles and frames are the caller’s own', async () => {
  const { session } = createBench()
  const scene = sceneOf({ ...SMALL, energy: QUADRATIC })
  const { frame } = await session.prepare({ run: 1, scene })
  expect(frame.langevin).toEqual(frame.deterministic)
  const later = await session.frame({ run: 1, step: 7, have: 0 })
  expect(later.points.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7])
  expect(later.langevin).not.toEqual(later.deterministic)
  later.langevin.fill(0)
  const again = await session.frame({ run: 1, step: 7, have: 7 })
  expect(again.points).toEqual([])
  expect(again.langevin.some((x) => x !== 0)).toBe(true)
  const first = await session.frame({ run: 1, step: 0, have: 7 })
  expect(first.langevin).toEqual(frame.langevin)
  expect(first.computed).toBe(7)
})

test('the first particles come before what is measured of them, and nothing else is different', async () => {
  const scene = sceneOf({ ...SMALL, energy: QUADRATIC })
  const all = createBench().session
  await all.prepare({ run: 1, scene })
  const whole = await all.frame({ run: 1, step: 1, have: 0 })

  const { session } = createBench()
  await session.prepare({ run: 1, scene })
  const early = await session.frame({ run: 1, step: 1, have: 0, early: true })
  expect(early).toMatchObject({ step: 1, computed: 0, points: [] })
  expect(early.langevin).toEqual(whole.langevin)
  expect(early.deterministic).toEqual(whole.deterministic)
  expect(await session.frame({ run: 1, step: 1, have: 0 })).toEqual(whole)
  // Where more than one step is missing, or none, all of them are waited for.
  expect(await session.frame({ run: 1, step: 3, have: 1, early: true })).toEqual(
    await all.frame({ run: 1, step: 3, have: 1 }),
  )
  expect(await session.frame({ run: 1, step: 2, have: 1, early: true })).toEqual(
    await all.frame({ run: 1, step: 2, have: 1 }),
  )
  expect(JSON.stringify(await session.result({ run: 1 }))).toBe(
    JSON.stringify(await all.result({ run: 1 })),
  )
})

test('the target is drawn with the run where its layer is on, else when somebody asks', async () => {
  const { session } = createBench()
  const json = { ...SMALL, energy: { kind: 'exact' } }
  const hidden = await session.prepare({ run: 1, scene: sceneOf(json) })
  expect(hidden.targetDensity).toBeNull()
  const asked = await session.targetDensity({ run: 1 })
  expect(asked!.values.some((value) => value > 0)).toBe(true)
  const shown = await session.prepare({
    run: 2,
    scene: sceneOf({ ...json, view: { layers: ['target'] } }),
  })
  expect(shown.targetDensity).toEqual(asked)
  await expect(session.targetDensity({ run: 1 })).rejects.toMatchObject({ name: 'AbortError' })
})

test('the last frame brings the noise floor and all verdicts', async () => {
  const { session } = createBench()
  const scene = sceneOf({ ...SMALL, energy: QUADRATIC })
  await session.prepare({ run: 1, scene })
  const reply = await session.frame({ run: 1, step: 999, have: 0 })
  expect(reply.step).toBe(20)
  expect(reply.nullFloor!.upper).toBeGreaterThan(reply.nullFloor!.mean)
  expect(reply.stops.map(({ criterion }) => criterion)).toEqual(CRITERION_IDS)
  const tolerance = async (delta: number) => {
    const stops = await session.stops({ run: 1, stopping: { ...scene.stopping, delta } })
    return stops.find(({ criterion }) => criterion === 'tolerance')
  }
  const strict = await tolerance(1e-6)
  const lax = await tolerance(10)
  expect(strict).toMatchObject({ step: null, outcome: 'unfired' })
  expect(lax).toMatchObject({ step: 0, outcome: 'stopped' })
})

test('the end of a run says where the noiseless flow goes and how near two clouds came', async () => {
  const { session } = createBench()
  const scene = sceneOf({
    energy: QUADRATIC,
    domain: { halfWidth: 8, cells: 48 },
    dynamics: { epsilon: EPSILON, stepSize: 0.05, steps: 60, particles: 256, companion: [2, -1] },
  })
  const { frame, suggestedMetric } = await session.prepare({ run: 1, scene })
  expect(frame.collapse).toBeNull()
  expect(frame.companion).toHaveLength(512)
  const [low, high] = [0.5 * (3 - Math.sqrt(3.56)), 0.5 * (3 + Math.sqrt(3.56))]
  expect(suggestedMetric!.rateBefore).toBeCloseTo(low, 8)
  expect(suggestedMetric!.rateAfter).toBeCloseTo(high, 8)

  const early = await session.frame({ run: 1, step: 30, have: 0 })
  expect(early.collapse).toMatchObject({ basins: [], slope: null })
  const late = await session.frame({ run: 1, step: 60, have: 30 })
  // −log det(I − ηA), A of determinant 1.36 and trace 3.
  const growth = -Math.log(1 - 0.05 * 3 + 0.05 * 0.05 * 1.36)
  expect(late.collapse!.basins).toHaveLength(1)
  expect(late.collapse!.basins[0]).toMatchObject({ mass: 1 })
  expect(late.collapse!.slope).toBeCloseTo(growth, 9)
  const { collapse, deterministic, contraction } = await session.result({ run: 1 })
  expect(collapse).toEqual(late.collapse)
  const { bestStep } = collapse!
  expect(deterministic.klRate[bestStep!]).toBeGreaterThan(0)
  expect(deterministic.klRate[0]).toBeLessThan(0)
  const slope = (deterministic.kl[60]! - deterministic.kl[55]!) / 5
  expect(Math.abs(slope / growth - 1)).toBeLessThan(0.05)
  expect(contraction!.bound[60]).toBeCloseTo(Math.sqrt(5) * (1 - 0.05 * low) ** 60, 8)
  contraction!.largest.forEach((distance, k) => {
    expect(distance).toBeLessThanOrEqual(contraction!.bound[k]! * (1 + 1e-9))
  })
})

test('the latest prepare wins, and calls of another run end as aborted', async () => {
  const { session } = createBench()
  const scene = sceneOf({ ...SMALL, energy: QUADRATIC })
  const first = session.prepare({ run: 1, scene }).catch((error: unknown) => error)
  const second = session.prepare({ run: 2, scene })
  expect(await first).toMatchObject({ name: 'AbortError' })
  expect((await second).run).toBe(2)
  const stopping = { criterion: 'tolerance', strict: false, delta: 0.1 } as const
  for (const call of [
    session.frame({ run: 1, step: 1, have: 0 }),
    session.stops({ run: 1, stopping }),
    session.targetDensity({ run: 1 }),
    session.analysisInput({ run: 1 }),
    session.result({ run: 3 }),
  ])
    await expect(call).rejects.toMatchObject({ name: 'AbortError' })
})

test('a prepare that is given up at its last moment leaves the run on the stage', async () => {
  const { session, environment } = createBench()
  const scene = sceneOf({ ...SMALL, energy: QUADRATIC })
  await session.prepare({ run: 1, scene })
  const outcomes: string[] = []
  // Each time a little later, until one comes through.
  for (let pauses = 1; outcomes.at(-1) !== 'ready'; pauses++) {
    const controller = new AbortController()
    let left = pauses
    const pause = vi.spyOn(environment, 'pause').mockImplementation(async () => {
      if (--left === 0) controller.abort()
      await new Promise((resolve) => setImmediate(resolve))
    })
    const outcome = await session.prepare({ run: 1 + pauses, scene }, controller.signal).then(
      () => 'ready',
      (error: Error) => error.name,
    )
    outcomes.push(outcome)
    pause.mockRestore()
    if (outcome === 'ready') break
    expect(outcome).toBe('AbortError')
    expect((await session.frame({ run: 1, step: 0, have: 0 })).run).toBe(1)
  }
  expect(outcomes.length).toBeGreaterThan(1)
})

test('a long computation can be given up', async () => {
  const { session, environment } = createBench()
  const scene = sceneOf({
    ...SMALL,
    energy: QUADRATIC,
    dynamics: { steps: 100_000, particles: 1000, stepSize: 0.01 },
  })
  await session.prepare({ run: 1, scene })
  const controller = new AbortController()
  const call = session.result({ run: 1 }, controller.signal)
  // It lets messages in between two slices of its work, and so this loop: by turns, not by the time they take.
  for (let i = 0; i < 5; i++) await environment.pause()
  controller.abort()
  await expect(call).rejects.toMatchObject({ name: 'AbortError' })
  const { computed } = await session.frame({ run: 1, step: 0, have: 0 })
  expect(computed).toBeGreaterThan(0)
  expect(computed).toBeLessThan(100_000)
})

const weights = (halfWidth: number) => {
  const theta = Float32Array.from(
    { length: parameterLayout(DEFAULT_SHAPE).length },
    (_, i) => 0.1 * Math.sin(i),
  )
  return writeEnergyFile(
    {
      shape: DEFAULT_SHAPE,
      theta,
      halfWidth,
      penaltyStart: 0.8 * halfWidth,
      transform: null,
    },
    null,
  )
}

test('a weight file is read, and refused outside the box that it was trained on', async () => {
  const { session, assets } = createBench()
  assets.bytes.set('file:a.safetensors', weights(4))
  const energy = { kind: 'file', path: 'a.safetensors' }
  const ready = await session.prepare({ run: 1, scene: sceneOf({ ...SMALL, energy }) })
  expect(ready.landscape.v.every(Number.isFinite)).toBe(true)
  const wide = sceneOf({ ...SMALL, energy, domain: { halfWidth: 5, cells: 48 } })
  await expect(session.prepare({ run: 2, scene: wide })).rejects.toMatchObject({
    field: 'energy',
    message: expect.stringMatching(/trained on \[−4, 4\]² only.*reaches 5.*up to 4/) as string,
  })
})

test('what is missing or not built is refused by name', async () => {
  const { session, assets } = createBench()
  assets.bytes.set('file:bad', new Uint8Array(3))
  const refusal = async (json: object) => {
    const call = session.prepare({ run: 1, scene: sceneOf({ ...SMALL, ...json }) })
    const error = await call.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(Refusal)
    return (error as Refusal).field
  }
  expect(await refusal({ energy: { kind: 'pretrained', name: 'x' } })).toBe('energy.name')
  expect(await refusal({ energy: { kind: 'file', path: 'bad' } })).toBe('energy')
  const nested = [{ weight: 1, energy: { kind: 'file', path: 'none' } }]
  expect(await refusal({ energy: { kind: 'sum', terms: nested } })).toBe(
    'energy.terms.0.energy.path',
  )
  expect(await refusal({ energy: { kind: 'shelf', id: 'x', hash: '' } })).toBe('energy')
  expect(await refusal({ target: { kind: 'points', file: 'none.csv' } })).toBe('target.file')
  assets.bytes.set('points:other.csv', new TextEncoder().encode('1,2\n'))
  expect(
    await refusal({ target: { kind: 'points', file: 'other.csv', hash: '0'.repeat(64) } }),
  ).toBe('target.hash')
  const far = {
    kind: 'gaussian',
    mean: [19, 19],
    covariance: [
      [0.1, 0],
      [0, 0.1],
    ],
  }
  expect(await refusal({ energy: QUADRATIC, dynamics: { initial: far } })).toBe('dynamics.initial')
})

test('an energy nobody has trained shows the untrained landscape and says so', async () => {
  const { session } = createBench()
  const { trained, landscape } = await session.prepare({ run: 1, scene: sceneOf(SMALL) })
  expect(trained).toBe(false)
  // Pure confinement: ½|x|² at the corner node (−4, −4), and 10·0.8² beyond 3.2 on both axes.
  expect(landscape.v[0]).toBeCloseTo(16 + 2 * 10 * 0.8 ** 2, 10)
})

test('small pictures hold densities', async () => {
  const { session } = createBench()
  const target = await session.thumbnail({
    kind: 'target',
    target: { kind: 'eight-gaussians', sharpness: 0.6 },
    cells: 32,
  })
  const energy = await session.thumbnail({
    kind: 'energy',
    energy: { kind: 'exact' },
    target: { kind: 'eight-gaussians', sharpness: 0.6 },
    cells: 32,
  })
  const mass = (values: Float32Array) => values.reduce((sum, p) => sum + p, 0) * (8 / 32) ** 2
  expect(mass(target.values)).toBeCloseTo(1, 4)
  expect(mass(energy.values)).toBeCloseTo(1, 4)
})

test('what the laws need is asked for beside the frames, of the run at hand alone', async () => {
  const scene = sceneOf({
    ...SMALL,
    energy: QUADRATIC,
    domain: { halfWidth: 5, cells: 64 },
    dynamics: { stepSize: 0.1, steps: 6, particles: 64 },
  })
  const { session } = createBench()
  await session.prepare({ run: 1, scene })
  const [input, frame] = await Promise.all([
    session.analysisInput({ run: 1 }),
    session.frame({ run: 1, step: 1, have: 0 }),
  ])
  expect(input.steps).toBe(6)
  expect(frame.step).toBe(1)
  await session.prepare({ run: 2, scene })
  await expect(session.analysisInput({ run: 1 })).rejects.toMatchObject({ name: 'AbortError' })
})

test('the result holds the laws followed in this thread, or those attached from elsewhere', async () => {
  const scene = sceneOf({
    ...SMALL,
    energy: QUADRATIC,
    domain: { halfWidth: 5, cells: 64 },
    dynamics: { stepSize: 0.1, steps: 6, particles: 64 },
  })
  const { session } = createBench()
  await session.prepare({ run: 1, scene })
  const analysis = await session.analysisInput({ run: 1 })
  const here = await session.result({ run: 1 })
  expect(here.langevin.klExact.every((kl) => kl !== null)).toBe(true)
  expect(here.constants.spectralGap).not.toBeNull()
  expect(
    here.stopping.find(({ criterion }) => criterion === 'certified-decrease')!.status,
  ).not.toBe('none')

  const other = createBench().session
  await other.prepare({ run: 4, scene })
  const environment = { clock: () => 0, pause: () => Promise.resolve() }
  const reports: AnalysisReport[] = []
  let time = 0
  const report = await followLaws(analysis, {
    environment: { ...environment, clock: () => (time += 1) },
    onReport: (told) => reports.push(told),
  })
  expect(reports[0]!.stage).toBe('coarse')
  expect(report).toEqual(await followLaws(analysis, { environment }))
  await other.attach({ run: 4, report: packReport(report) })
  expect(await other.result({ run: 4 })).toEqual(here)
})

const CUT = {
  kind: 'sum',
  terms: [{ weight: 1, energy: QUADRATIC }],
  barriers: [
    { kind: 'disc', center: [0.8, 0.4], radius: 0.6, strength: 0.1 },
    { kind: 'half-plane', normal: [1, 1], offset: -1, strength: 0 },
  ],
}

/** A sampler whose moves may be refused, in a scene of its own. */
const REFUSING = {
  barriers: { energy: CUT, dynamics: { steps: 20, particles: 1024 } },
  MALA: { energy: QUADRATIC, dynamics: { steps: 20, particles: 1024, sampler: 'mala' } },
  jumps: { energy: QUADRATIC, dynamics: { steps: 20, particles: 1024, jumpEvery: 4 } },
  all: { energy: CUT, dynamics: { steps: 20, particles: 512, sampler: 'mala', jumpEvery: 3 } },
}

test.each(Object.entries(REFUSING))(
  '%s: the KL is the smoothed one, acceptance is told, frames come again bit for bit',
  async (name, json) => {
    const runs = []
    for (let i = 0; i < 2; i++) {
      const { session } = createBench()
      const scene = sceneOf({ domain: SMALL.domain, ...json })
      const { constants, landscape } = await session.prepare({ run: 1, scene })
      expect(constants.biasPrediction).toBeNull()
      const last = await session.frame({ run: 1, step: 20, have: -1 })
      for (let k = 0; k < last.langevin.length; k += 2) {
        const [x, y] = [last.langevin[k]!, last.langevin[k + 1]!]
        if (landscape.barriers.length === 0) continue
        expect(Math.hypot(x - 0.8, y - 0.4)).toBeGreaterThan(0.6 - 1e-6)
        expect((x + y) / Math.SQRT2).toBeGreaterThan(-1 - 1e-6)
      }
      runs.push(JSON.stringify(await session.result({ run: 1 })))
    }
    expect(runs[1]).toBe(runs[0])
    const { langevin } = JSON.parse(runs[0]!) as RunResult
    expect(new Set(langevin.estimator.slice(1, 11))).toEqual(new Set(['smoothed']))
    expect(langevin.klExact.every((kl) => kl === null)).toBe(true)
    expect(langevin.kl[20]!).toBeLessThan(langevin.kl[1]!)
    expect(langevin.acceptance[0]).toBeNull()
    const accepted = langevin.acceptance.slice(1)
    if (name === 'jumps') expect(accepted.every((share) => share === null)).toBe(true)
    else for (const share of accepted) expect(share! > 0.5 && share! < 1).toBe(true)
  },
)

test('barriers that close the box, and a start inside one, are refused by name', async () => {
  const { session } = createBench()
  const refusal = async (barrier: object, initial: object = { kind: 'uniform', halfWidth: 1 }) => {
    const energy = { ...CUT, barriers: [barrier] }
    const scene = sceneOf({ ...SMALL, energy, dynamics: { ...SMALL.dynamics, initial } })
    const error = await session.prepare({ run: 1, scene }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(Refusal)
    const { field, message } = error as Refusal
    return [field, message]
  }
  expect(await refusal({ kind: 'disc', center: [0, 0], radius: 7, strength: 1 })).toEqual([
    'energy.barriers',
    'energy.barriers: The barriers leave no room in the box',
  ])
  const disc = { kind: 'disc', center: [0, 0], radius: 1, strength: 1 }
  expect(await refusal(disc, { kind: 'point', at: [0.5, 0], spread: 0.1 })).toEqual([
    'dynamics.initial',
    'dynamics.initial: The initial point (0.5, 0) lies inside a barrier',
  ])
})

test('the seed of a scene moves the particles, not the step size and not the laws', async () => {
  const { session } = createBench()
  const found = []
  for (const seed of [1, 2]) {
    const scene = sceneOf({
      ...SMALL,
      seed,
      target: { kind: 'two-gaussians' },
      energy: { kind: 'exact' },
      domain: { halfWidth: 4, cells: 64 },
      dynamics: { steps: 5, particles: 32 },
    })
    await session.prepare({ run: seed, scene })
    found.push(await session.result({ run: seed }))
  }
  const [one, other] = found
  expect(one!.scene.dynamics.stepSize).toBe(other!.scene.dynamics.stepSize)
  expect(one!.langevin.klExact).toEqual(other!.langevin.klExact)
  expect(one!.langevin.kl).not.toEqual(other!.langevin.kl)
})

test("an exact energy is that of the data at ε = 1 only: the table's own error stops nothing", async () => {
  const { session } = createBench()
  for (const [run, epsilon] of [1, 0.5].entries()) {
    const scene = sceneOf({
      ...SMALL,
      target: { kind: 'three-gaussians' },
      energy: { kind: 'exact' },
      domain: { halfWidth: 4, cells: 64 },
      dynamics: { epsilon, stepSize: 0.02, steps: 5, particles: 32, initial: { kind: 'data' } },
    })
    await session.prepare({ run, scene })
    const { stopping, langevin } = await session.result({ run })
    const report = stopping.find(({ criterion }) => criterion === 'data-mismatch')!
    // Started at ρ_D, where I(ρ_D‖ρ_D) = 0.
    expect(langevin.dataFisher[0]).toBeLessThan(langevin.residual[0]!)
    if (epsilon === 1) {
      expect(report).toMatchObject({ status: 'none', step: null })
      expect(report.reason).toMatch(/^The energy is that of the data/)
      expect(langevin.kl[0]).toBeGreaterThanOrEqual(0)
    } else expect(report.step).toBe(0)
  }
})

test('nothing is promised ahead of steps whose mass the walls fold, however short the run', async () => {
  const { session } = createBench()
  const short = { stepSize: 0.01, steps: 10, particles: 64, epsilon: EPSILON }
  const initial = {
    kind: 'gaussian',
    mean: [-0.5, 0.5],
    covariance: [
      [0.1, 0],
      [0, 0.1],
    ],
  }
  for (const [run, halfWidth] of [6, 3.5].entries()) {
    const scene = sceneOf({
      ...SMALL,
      energy: QUADRATIC,
      domain: { halfWidth, cells: 96 },
      dynamics: { ...short, initial },
      stopping: { criterion: 'a-priori', delta: 0.5 },
    })
    await session.prepare({ run, scene })
    const { stopping, langevin } = await session.result({ run })
    expect(Math.max(...langevin.foldedMass.map((m) => m ?? 0))).toBeLessThan(1e-6)
    const report = stopping.find(({ criterion }) => criterion === 'a-priori')!
    const floor = stopping.find(({ criterion }) => criterion === 'floor')!
    if (halfWidth === 6) {
      expect(report.status).toBe('certificate')
      expect(report.step).toBeGreaterThan(10)
      expect(floor.reason).toMatch(/A priori/)
    } else {
      // π itself reaches the walls.
      expect(report).toMatchObject({ status: 'none', step: null })
      expect(report.reason).toMatch(/the walls may fold/)
      expect(floor.reason).not.toMatch(/A priori/)
    }
  }
})

test('pairs of chains are coupled for the scene that asks, and bound the distance to its rest law', async () => {
  const { session } = createBench()
  for (const [run, criterion] of ['tolerance', 'coupling'].entries()) {
    const scene = sceneOf({
      domain: { halfWidth: 4, cells: 32 },
      energy: QUADRATIC,
      dynamics: { stepSize: 0.1, steps: 40, particles: 64, epsilon: EPSILON },
      stopping: { criterion, delta: 0.1 },
    })
    await session.prepare({ run, scene })
    const { coupling, stopping } = await session.result({ run })
    const verdict = stopping.find((report) => report.criterion === 'coupling')!
    if (criterion === 'coupling') {
      expect(coupling?.unmet).toBe(0)
      expect(coupling?.curves?.bound).toHaveLength(41)
      expect(verdict).toMatchObject({ status: 'estimate', outcome: 'stopped' })
      expect(verdict.klMeaning).toBe('KL of the exact chain')
    } else {
      expect(coupling).toBeNull()
      expect(verdict).toMatchObject({ status: 'none', step: null })
      expect(verdict.reason).toMatch(/choosing this criterion/)
    }
  }
})
