import { describe, expect, test } from 'vitest'
import { CRITERION_IDS } from '../../../core/analysis/ids.ts'
import { CRITERION_TEXTS } from '../../../core/analysis/texts.ts'
import type { SweepProgress, SweptScene } from '../../protocol/sweep.ts'
import type { SceneSpec, SweepSpec } from '../../scene/sceneSpec.ts'
import { sweepSeeds, sweepValues, sweptScene } from '../../scene/sweep.ts'
import { createSession } from '../session.ts'
import { createBench, sceneOf, type Bench } from '../session.testing.ts'

/** On 48 cells a side the continuous dynamics take 96, the fewest that they do. */
const SMALL = {
  seed: 3,
  domain: { halfWidth: 4, cells: 48 },
  energy: {
    kind: 'quadratic',
    matrix: [
      [2, 0.5],
      [0.5, 1],
    ],
  },
  dynamics: { steps: 20, particles: 64, stepSize: 0.05 },
  stopping: { criterion: 'tolerance', delta: 0.2 },
}

/** Those that need nothing that a run has for its own criterion alone. */
const QUICK = CRITERION_IDS.filter(
  (id) => !('needs' in CRITERION_TEXTS[id] || 'needsStein' in CRITERION_TEXTS[id]),
)

function swept(sweep: Partial<Record<keyof SweepSpec, unknown>>, more: object = {}): SweptScene {
  const asked = { seeds: 1, criteria: QUICK, ...sweep }
  const scene = sceneOf({ ...SMALL, ...more, sweep: asked })
  if (scene.sweep === null) throw new Error('the scene has no sweep')
  return { ...scene, sweep: scene.sweep }
}

const list = (...values: number[]) => ({ kind: 'list', values })

async function single({ session }: Bench, scene: SceneSpec) {
  await session.prepare({ run: 1, scene })
  return session.result({ run: 1 })
}

const POINTS = Array.from({ length: 30 }, (_, i) => [Math.sin(7 * i), Math.cos(i * i)])

describe('every row is what a run of its scene reports, to the last bit', () => {
  test.each<[string, SweptScene]>([
    ['the temperature', swept({ over: 'epsilon', values: list(0.7) })],
    [
      'the number of particles, with a proof, which a run makes for its own criterion alone',
      swept({ over: 'particles', values: list(1), criteria: CRITERION_IDS }),
    ],
    [
      'moves that no exact law follows',
      swept(
        { over: 'epsilon', values: list(1), seeds: 2 },
        { dynamics: { ...SMALL.dynamics, sampler: 'mala' } },
      ),
    ],
    [
      'data points, which the seed splits',
      swept(
        { over: 'epsilon', values: list(1), seeds: 2, criteria: ['data-mismatch', 'tolerance'] },
        {
          target: { kind: 'points', points: POINTS },
          dynamics: { steps: 10, particles: 40, initial: { kind: 'data' } },
        },
      ),
    ],
  ])('%s', async (_, scene) => {
    const bench = createBench()
    const { over, criteria } = scene.sweep
    const { rows, values } = await bench.session.sweep(scene)
    expect(rows.map(({ value, seed, criterion }) => [value, seed, criterion])).toEqual(
      values.flatMap((value) =>
        sweepSeeds(scene, scene.sweep, value).flatMap((seed) =>
          criteria.map((id) => [value, seed, id]),
        ),
      ),
    )
    for (const value of sweepValues(scene.sweep))
      for (const seed of sweepSeeds(scene, scene.sweep, value)) {
        const result = await single(bench, sweptScene(scene, over, value, seed))
        const { delta } = result.scene.stopping
        const truth = result.langevin.klExact.map((kl, k) => kl ?? result.langevin.fokkerPlanck[k]!)
        const first = truth.findIndex((kl) => kl <= delta)
        for (const row of rows.filter((one) => one.value === value && one.seed === seed)) {
          const { step, outcome, status, kl, klMeaning, divergence, reason } = row
          const { criterion } = row
          const report = { step, outcome, status, kl, klMeaning, divergence, reason, criterion }
          if (QUICK.includes(criterion))
            expect(report).toEqual(result.stopping.find((one) => one.criterion === criterion))
          else if (criterion === 'poincare') expect(status).toBe('certificate')
          expect(reason).not.toMatch(/chosen|choosing/)
          if (criterion === 'gradient-norm') {
            expect([row.trueKl, row.trueKlMeaning, row.wasted]).toEqual([kl, klMeaning, null])
            continue
          }
          expect(row.firstWithin).toBe(first < 0 ? null : first)
          expect(row.trueKl).toBe(step === null ? null : (truth[step] ?? null))
          expect(row.wasted).toBe(step === null || first < 0 ? null : step - first)
          if (step !== null && row.trueKl === null) expect(row.unknown).toMatch(/ends at step/)
        }
      }
  })
})

test('what a run has for its own criterion alone a sweep has, too, by the seed of each run', async () => {
  const bench = createBench()
  const criteria = ['coupling', 'stein'] as const
  const scene = swept({ over: 'epsilon', values: list(1), seeds: 2, criteria })
  const { rows } = await bench.session.sweep(scene)
  const { seed } = rows.at(-1)!
  expect(seed).not.toBe(rows[0]!.seed)
  for (const criterion of criteria) {
    const own = sweptScene(scene, 'epsilon', 1, seed)
    const { stopping } = await single(bench, { ...own, stopping: { ...own.stopping, criterion } })
    const { step, reason } = stopping.find((one) => one.criterion === criterion)!
    const row = rows.find((one) => one.criterion === criterion && one.seed === seed)
    expect(row).toMatchObject({ step, reason })
  }
})

test('many δ cost no more runs than one, and progress only rises', async () => {
  const told: SweepProgress[] = []
  const scene = swept({
    over: 'delta',
    values: { kind: 'log', from: 0.01, to: 1, count: 7 },
    seeds: 2,
  })
  const { rows } = await createBench().session.sweep(scene, {
    onProgress: (progress) => told.push(progress),
  })
  expect(told.map(({ done }) => done)).toEqual([1, 2, 3])
  expect(told.every(({ all }) => all === 3)).toBe(true)
  const order = (a: (typeof rows)[number]) => JSON.stringify(a)
  expect(
    told
      .flatMap((progress) => progress.rows)
      .map(order)
      .sort(),
  ).toEqual(rows.map(order).sort())
  expect(rows.length).toBe(7 * 2 * QUICK.length)
})

test('where the laws decide, no particle moves', async () => {
  const said = new Set<string>()
  const { environment } = createBench()
  const working = (words: () => string) => void said.add(words().replace(/,.*/u, ''))
  const session = createSession({ ...environment, working }, () => undefined)
  const criteria = ['certified-decrease', 'tolerance']
  const { rows } = await session.sweep(swept({ over: 'epsilon', values: list(1), criteria }))
  expect(said.has('the particles')).toBe(false)
  expect(rows.map(({ criterion }) => criterion)).toEqual(criteria)
})

test('given up: no further row comes', async () => {
  const controller = new AbortController()
  let rows = 0
  const scene = swept({ over: 'epsilon', values: list(0.5, 1) })
  const sweeping = createBench().session.sweep(scene, {
    signal: controller.signal,
    onProgress(progress) {
      rows += progress.rows.length
      if (rows > 0) controller.abort()
    },
  })
  await expect(sweeping).rejects.toThrow(/Given up/)
  expect(rows).toBe(QUICK.length)
})

test.each([
  [
    { over: 'epsilon', values: list(1, 20) },
    /^sweep\.values: found 20; allowed: a number in \[0\.005, 10\] \(Temperature ε\)$/,
  ],
  [{ over: 'particles', values: list(2.5) }, /found 2\.5; allowed: an integer/],
  [
    { over: 'stepSize', values: { kind: 'log', from: 0, to: 1 } },
    /log from 0 to 1; allowed: a logarithmic/,
  ],
  [
    { over: 'start.size', values: list(1) },
    /^sweep\.over: found start\.size with a start of the kind gaussian; allowed: one of stepSize/,
  ],
  [{ over: 'epsilon', values: list(1), criteria: [] }, /^sweep\.criteria: found none/],
  [{ over: 'start.x', values: list(19) }, /^dynamics\.initial: .* \(at start\.x = 19\)$/],
])('refuses %j', async (asked, message) => {
  await expect(createBench().session.sweep(swept(asked))).rejects.toThrow(message)
})
