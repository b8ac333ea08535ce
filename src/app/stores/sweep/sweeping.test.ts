import { expect, test } from 'vitest'
import { CallError } from '../../../lab/client/callError.ts'
import type { Reply } from '../../../lab/protocol/calls.ts'
import type { SweepResult, SweepRow, SweptScene } from '../../../lab/protocol/sweep.ts'
import { DEFAULT_SCENE } from '../../../lab/scene/defaults.ts'
import { SWEEP_FIELDS, type InitialSpec, type SceneSpec } from '../../../lab/scene/sceneSpec.ts'
import { sweepFields, sweepProblem, sweepValues } from '../../../lab/scene/sweep.ts'
import { FakeClient, settle } from '../lab.testing.ts'
import { createSweeping } from './sweeping.ts'
import { sweepOf, usualValues } from './usualSweep.ts'

const SCENE: SweptScene = {
  ...DEFAULT_SCENE,
  energy: { kind: 'pretrained', name: 'two-moons' },
  sweep: {
    over: 'epsilon',
    values: { kind: 'list', values: [1, 2] },
    seeds: 3,
    criteria: ['tolerance'],
  },
}

function row(value: number, seed: number, step: number | null): SweepRow {
  return {
    ...{ value, seed, criterion: 'tolerance', step, reason: '', status: 'estimate' },
    outcome: step === null ? 'unfired' : 'stopped',
    ...{ kl: null, klMeaning: null, divergence: 'gibbs', claims: 'chain' },
    ...{ trueKl: null, trueKlMeaning: null, trueKlError: null, unknown: null },
    ...{ falseStop: null, firstWithin: null, wasted: null },
  }
}

const ROWS = [row(1, 1, 10), row(1, 2, 30), row(1, 3, 20), row(2, 1, null), row(2, 2, 4)]

/** A worker that makes no sweep by itself: the test says what it finds. */
class SweepClient extends FakeClient {
  disposed = false
  private settleCall: {
    readonly resolve: (found: SweepResult) => void
    readonly reject: (error: Error) => void
  } | null = null

  override async call(...[name, request]: Parameters<FakeClient['call']>) {
    if (name !== 'sweep') return super.call(name, request)
    this.calls.push({ name, request })
    return new Promise<Reply<typeof name>>((resolve, reject) => {
      this.settleCall = { resolve, reject }
    })
  }
  finish(rows: readonly SweepRow[]): void {
    this.settleCall?.resolve({ version: 1, scene: SCENE, over: 'epsilon', values: [1, 2], rows })
  }
  fail(error: Error): void {
    this.settleCall?.reject(error)
  }
  override dispose(): void {
    super.dispose()
    this.disposed = true
  }
}

function setUp(missing = false) {
  const clients: SweepClient[] = []
  let time = 0
  let scene: SceneSpec = DEFAULT_SCENE
  const sweeping = createSweeping({
    openClient() {
      const client = new SweepClient()
      clients.push(client)
      return client
    },
    now: () => (time += 1000),
    edit(change) {
      scene = change(scene)
    },
    provideTo: async () =>
      missing
        ? [
            {
              id: 'a',
              hash: '',
              recipe: { seed: 1, target: SCENE.target, training: SCENE.training },
            },
          ]
        : [],
  })
  const state = () => sweeping.store.getState()
  return { sweeping, clients, state, scene: () => scene }
}

test('a sweep tells how far it is, ends with its worker, and gives its files', async () => {
  const { sweeping, clients, state } = setUp()
  const run = sweeping.run(SCENE)
  expect(state().phase).toBe('running')
  await settle()
  const [client] = clients
  client?.emit('sweep', { done: 1, all: 4, rows: [] })
  // One second for one part of four.
  expect(state()).toMatchObject({ done: 1, all: 4, secondsLeft: 3, rows: [] })
  client?.emit('sweep', { done: 2, all: 4, rows: ROWS.slice(0, 3) })
  expect(state().summaries).toMatchObject([{ value: 1, step: { median: 20 } }])
  expect(sweeping.json()).toBeNull()
  client?.finish(ROWS)
  await run
  expect(state()).toMatchObject({ phase: 'done', rows: ROWS })
  expect(client?.disposed).toBe(true)
  expect(sweeping.csv().trim().split('\n')).toHaveLength(1 + ROWS.length)
  expect(JSON.parse(sweeping.json() ?? '')).toMatchObject({ rows: ROWS, summary: [{}, {}] })
})

test('a crash says so and keeps the rows; the next sweep has another worker', async () => {
  const { sweeping, clients, state } = setUp()
  const run = sweeping.run(SCENE)
  await settle()
  clients[0]?.emit('sweep', { done: 2, all: 4, rows: ROWS.slice(0, 3) })
  clients[0]?.fail(new CallError('crashed', 'The sweep worker stopped.', null, 'out of memory'))
  await run
  expect(state()).toMatchObject({ phase: 'failed', problem: { details: 'out of memory' } })
  expect(state().problem?.text).toContain('The sweep worker stopped')
  expect(state().rows).toHaveLength(3)
  expect(clients[0]?.disposed).toBe(true)
  const again = sweeping.run(SCENE)
  expect(state()).toMatchObject({ phase: 'running', rows: [], problem: null })
  await settle()
  clients[1]?.finish(ROWS)
  await again
  expect(state().phase).toBe('done')
})

test('a refusal is said with its field', async () => {
  const { sweeping, clients, state } = setUp()
  const run = sweeping.run(SCENE)
  await settle()
  clients[0]?.fail(new CallError('refused', 'found 9 (at epsilon = 2)', 'dynamics.stepSize'))
  await run
  expect(state().problem?.text).toBe('dynamics.stepSize: found 9 (at epsilon = 2)')
})

test('a cancelled sweep keeps its rows and hears no more of its worker', async () => {
  const { sweeping, clients, state } = setUp()
  const run = sweeping.run(SCENE)
  await settle()
  clients[0]?.emit('sweep', { done: 2, all: 4, rows: ROWS.slice(0, 3) })
  sweeping.cancel()
  clients[0]?.emit('sweep', { done: 3, all: 4, rows: ROWS.slice(3) })
  clients[0]?.finish(ROWS)
  await run
  expect(state()).toMatchObject({ phase: 'cancelled', done: 2, result: null })
  expect(state().rows).toHaveLength(3)
  expect(clients[0]?.disposed).toBe(true)
})

test('an energy that this browser lacks is not trained by a sweep', async () => {
  const { sweeping, clients, state } = setUp(true)
  await sweeping.run(SCENE)
  expect(state().problem?.text).toContain('train it on the stage')
  expect(clients[0]?.of('sweep')).toEqual([])
  expect(clients[0]?.disposed).toBe(true)
})

test('the run of a value is that whose stop is nearest to the median', async () => {
  const { sweeping, clients, scene } = setUp()
  const run = sweeping.run(SCENE)
  await settle()
  clients[0]?.finish(ROWS)
  await run
  sweeping.open(1, 'tolerance')
  expect(scene()).toMatchObject({ seed: 3, dynamics: { epsilon: 1 }, sweep: SCENE.sweep })
  expect(scene().stopping.criterion).toBe('tolerance')
  sweeping.open(2, 'tolerance')
  expect(scene()).toMatchObject({ seed: 2, dynamics: { epsilon: 2 } })
})

const STARTS: readonly InitialSpec[] = [
  { kind: 'uniform', halfWidth: 2 },
  { kind: 'point', at: [0, 0], spread: 0.1 },
  DEFAULT_SCENE.dynamics.initial,
]

test('what is proposed for a field can be swept', () => {
  for (const initial of STARTS) {
    const scene = { ...DEFAULT_SCENE, dynamics: { ...DEFAULT_SCENE.dynamics, initial } }
    expect(sweepProblem(scene, sweepOf(scene))).toBeNull()
    for (const over of sweepFields(scene)) {
      const spec = { ...sweepOf(scene), over, values: usualValues(scene, over) }
      expect(sweepProblem(scene, spec)).toBeNull()
      expect(sweepValues(spec).length).toBeGreaterThan(1)
    }
  }
  const ends = { ...DEFAULT_SCENE, seed: 2 ** 32 - 1 }
  for (const over of SWEEP_FIELDS.slice(0, 5)) {
    const spec = { ...sweepOf(ends), over, values: usualValues(ends, over) }
    expect(sweepProblem(ends, spec)).toBeNull()
  }
})
