import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Backend, OpenBackend } from '../../../learning/training/api.ts'
import type { EnergyKernel } from '../../../learning/kernels/kernel.ts'
import { readEnergyFile } from '../../io/energyFile.ts'
import type { TrainingCheckpoint } from '../../protocol/calls.ts'
import { Backends } from './backends.ts'
import { Aborted } from '../refusal.ts'
import { createBench, sceneOf, ticking, type Bench } from '../session.testing.ts'
import { openEnergy } from '../energies/openEnergy.ts'
import { strayStart } from '../energies/strayStart.ts'
import { tabulate } from '../energies/tabulate.ts'
import { Slicer } from '../environment.ts'
import { TargetResolver } from '../energies/resolveTarget.ts'
import { TrainingJob, type TrainingOutcome } from './trainingJob.ts'

const STEPS = 44
const SCENE = sceneOf({
  seed: 5,
  target: { kind: 'banana' },
  training: { steps: STEPS, backend: 'wasm' },
  domain: { halfWidth: 4, cells: 32 },
  dynamics: { particles: 64, steps: 200 },
})

const bench = createBench()
const backends = new Backends(bench.environment)
const target = await new TargetResolver(bench.assets).resolve(SCENE.target, 5, 4)

function startJob(
  options: Partial<ConstructorParameters<typeof TrainingJob>[0]> & { readonly bench?: Bench } = {},
): TrainingJob {
  const { bench: own = bench, ...rest } = options
  return new TrainingJob({
    environment: own.environment,
    backends,
    scene: SCENE,
    target,
    ...rest,
  })
}

/** What must not depend on how the training was steered: everything but wall times. */
function numbers({ summary, ...rest }: TrainingOutcome) {
  const history = summary.history.map((point) => ({ ...point, seconds: 0 }))
  return { ...rest, ...summary, seconds: 0, history }
}

const uninterrupted = startJob().done.then(numbers)

test('a training finishes with what it learned', async () => {
  const { outcome, summary, scene, history } = {
    ...(await uninterrupted),
    summary: await uninterrupted,
  }
  expect(outcome).toBe('finished')
  // Forty measurements at most: every second step of forty-four.
  expect(history.map(({ step }) => step)).toEqual([...Array(22).keys()].map((k) => 2 * k + 2))
  expect(history.at(-1)!.klDataModel!).toBeLessThan(history[0]!.klDataModel!)
  expect(summary.klDataModel!).toBeLessThan(history[0]!.klDataModel!)
  expect(summary.klModelData!).toBeGreaterThan(0)
  const table = await tabulate(
    { halfWidth: 4, cells: 32 },
    openEnergy(bench.environment, summary.model),
    new Slicer(bench.environment),
  )
  expect(summary.strayStart).toBe(strayStart({ grid: table, barriers: [] }))
  // The ledger opens with the first move of the chains, after the warm-up of five steps.
  expect(history.find(({ chains }) => chains !== undefined)?.step).toBe(6)
  const { sampling, parameters, change } = summary.ledger!
  expect(sampling + parameters).toBeCloseTo(change, 9)
  expect(sampling).toBeLessThan(0)
  expect(summary.tableError.value).toBeGreaterThan(0)
  expect(summary.gradientEvaluations).toBeGreaterThan(STEPS * 128)
  expect(scene.training).toMatchObject({ steps: STEPS, seconds: null, backend: 'wasm' })
})

test('pausing and single steps change nothing, bit for bit', async () => {
  let paused = 0
  const own = createBench(({ name, payload }) => {
    if (name !== 'trainingProgress' || !payload.paused) return
    paused++
    // Two single steps, then on.
    queueMicrotask(() => {
      if (paused <= 2) job.step()
      else job.resume()
    })
  })
  const job = startJob({ bench: own, paused: true })
  expect(numbers(await job.done)).toEqual(await uninterrupted)
  expect(paused).toBeGreaterThanOrEqual(3)
  const steps = own.events.flatMap(({ name, payload }) =>
    name === 'trainingProgress' && payload.paused ? [payload.step] : [],
  )
  expect(steps.slice(0, 3)).toEqual([0, 1, 2])
})

test('going on from a checkpoint gives what an uninterrupted run gives, bit for bit', async () => {
  let taken: TrainingCheckpoint | null = null
  // A second goes by at every look at the clock, so that every step is heard of, whatever the machine.
  const first = createBench(({ name, payload }) => {
    if (name === 'checkpoint') taken = structuredClone(payload)
    if (name === 'trainingProgress' && payload.step === 21) job.abort()
  }, ticking(1))
  const job = startJob({ bench: first })
  const { outcome, summary } = await job.done
  expect(outcome).toBe('aborted')
  expect(summary.steps).toBe(21)
  const checkpoint = taken as TrainingCheckpoint | null
  expect(checkpoint!.trainer.step).toBe(summary.steps)
  const resumed = await startJob({ checkpoint: checkpoint!, bench: createBench() }).done
  expect(numbers(resumed)).toEqual(await uninterrupted)
})

test('a device that is lost is replaced and the training goes on', async () => {
  const wasm = await backends.open('wasm')
  let left = 60
  const failing = (kernel: EnergyKernel): EnergyKernel => ({
    ...kernel,
    async evaluate(...args) {
      if (left-- <= 0) throw new Error('the GPU device was lost')
      await kernel.evaluate(...args)
    },
    async accumulate(...args) {
      return kernel.accumulate(...args)
    },
  })
  const gpu: Backend = {
    ...wasm,
    name: 'webgpu',
    description: 'WebGPU, made to fail',
    kernel: (shape) => failing(wasm.kernel(shape)),
    dispose() {},
  }
  class FailingBackends extends Backends {
    override open(choice: Parameters<Backends['open']>[0]) {
      return choice === 'webgpu' ? Promise.resolve(gpu) : backends.open(choice)
    }
  }
  const own = createBench()
  const scene = { ...SCENE, training: { ...SCENE.training, backend: 'webgpu' as const } }
  const job = startJob({ bench: own, scene, backends: new FailingBackends(own.environment) })
  const { model, scene: used } = await job.done
  expect(model).toEqual((await uninterrupted).model)
  expect(used.training.backend).toBe('wasm')
  const notices = own.events.flatMap(({ name, payload }) => (name === 'notice' ? [payload] : []))
  expect(notices).toHaveLength(1)
  expect(notices[0]).toEqual({
    level: 'warning',
    text: 'WebGPU, made to fail failed; training goes on with WebAssembly SIMD.',
    details: 'the GPU device was lost',
  })
})

test('a number of seconds becomes a number of steps', async () => {
  const within = async (seconds: number) => {
    const scene = { ...SCENE, training: { ...SCENE.training, steps: null, seconds } }
    const own = createBench(undefined, ticking(1e-3))
    const { scene: used, summary } = await startJob({ scene, bench: own }).done
    expect(used.training).toMatchObject({ steps: summary.steps, seconds: null })
    return summary.steps
  }
  const [short, long] = [await within(0.25), await within(0.5)]
  expect(short).toBeGreaterThan(STEPS)
  expect(long).toBeGreaterThan(1.5 * short)
})

test('the engine answers and shows its landscape while it trains', async () => {
  const asked: ReturnType<typeof session.liveFrame>[] = []
  const { session } = createBench(({ name }) => {
    if (name === 'landscape') asked.push(session.liveFrame({ steps: 2 }))
  })
  const reply = await session.train({ scene: SCENE })
  const frame = (await asked[0])!
  expect(frame.langevin).toHaveLength(128)
  expect(frame.langevin).not.toEqual(frame.deterministic)
  const file = readEnergyFile(reply.weights)
  if ('error' in file) throw new Error(file.error)
  expect(file.model.theta).toEqual((await uninterrupted).model.theta)
  expect(file.recipe).toEqual({ seed: 5, target: SCENE.target, training: reply.scene.training })
  // The energy is in hand from now on, under the scene asked for and the one really used.
  expect((await session.prepare({ run: 1, scene: SCENE })).trained).toBe(true)
  const { trained, scene } = await session.prepare({ run: 2, scene: reply.scene })
  expect(trained).toBe(true)
  const result = await session.result({ run: 2 })
  expect(result.training).toEqual(reply.summary)
  expect(scene.training).toEqual(reply.scene.training)
})

test('of data points the validation part is measured, and the test part is reported', async () => {
  const { session, assets } = createBench()
  assets.bytes.set('points:old-faithful.csv', readFileSync('public/data/old-faithful.csv'))
  const scene = { ...SCENE, target: { kind: 'old-faithful' } as const }
  const { summary, weights } = await session.train({ scene })
  const entropies = summary.history.map(({ crossEntropy }) => crossEntropy!)
  expect(entropies.every(Number.isFinite)).toBe(true)
  expect(summary.klDataModel).toBeNull()
  expect(summary.crossEntropyStandardError!).toBeGreaterThan(0)
  // A correlation of 0.9 in standardised units: log 2πe + ½ log(1 − 0.81) = 2.01 nats.
  expect(Math.abs(summary.gaussianCrossEntropy! - 2.01)).toBeLessThan(0.5)
  const file = readEnergyFile(weights)
  if ('error' in file) throw new Error(file.error)
  expect(file.model.transform!.mean[1]).toBeCloseTo(70.9, -1)
})

test('a training that meets no numbers any more ends as diverged, with the last good parameters', async () => {
  const wasm = await backends.open('wasm')
  let left = 60
  const broken: Backend = {
    ...wasm,
    kernel(shape) {
      const kernel = wasm.kernel(shape)
      return {
        ...kernel,
        async evaluate(theta, xy, value, gradient) {
          await kernel.evaluate(theta, xy, value, gradient)
          if (left-- <= 0) value.fill(Number.NaN)
        },
      }
    },
  }
  class BrokenBackends extends Backends {
    override open() {
      return Promise.resolve(broken)
    }
  }
  const own = createBench()
  const job = startJob({ bench: own, backends: new BrokenBackends(own.environment) })
  const { outcome, model, summary } = await job.done
  expect(outcome).toBe('diverged')
  expect(model.theta.every(Number.isFinite)).toBe(true)
  expect(summary.klDataModel).toBeGreaterThan(0)
  const warnings = own.events.filter(({ name }) => name === 'notice')
  expect(warnings).toHaveLength(6)
})

/** A device that does one thing well until it is told to do another. */
async function startOnDevice(
  faulty: (kernel: EnergyKernel) => EnergyKernel,
  own: Bench,
  options: Partial<ConstructorParameters<typeof TrainingJob>[0]> = {},
) {
  const wasm = await backends.open('wasm')
  const gpu: Backend = {
    ...wasm,
    name: 'webgpu',
    description: 'The GPU',
    kernel: (shape) => {
      const kernel = wasm.kernel(shape)
      return faulty({
        shape,
        evaluate: (...call) => kernel.evaluate(...call),
        accumulate: (...call) => kernel.accumulate(...call),
        liveTensors: () => 0,
        dispose() {},
      })
    },
    dispose() {},
  }
  const opened: string[] = []
  const openBackend: OpenBackend = ({ choice }) => {
    opened.push(choice)
    return choice === 'webgpu' ? Promise.resolve(gpu) : backends.open(choice)
  }
  const job = startJob({
    bench: own,
    scene: { ...SCENE, training: { ...SCENE.training, backend: 'webgpu' } },
    backends: new Backends(own.environment, () => Promise.resolve(openBackend)),
    ...options,
  })
  return { job, opened }
}

test('a device that returns no numbers is replaced; the training loses nothing', async () => {
  const own = createBench()
  let calls = 0
  const { job } = await startOnDevice(
    (kernel) => ({
      ...kernel,
      async evaluate(theta, xy, value, gradient) {
        await kernel.evaluate(theta, xy, value, gradient)
        if (++calls > 60) value.fill(Number.NaN)
      },
    }),
    own,
  )
  const { model, outcome, summary } = await job.done
  expect(outcome).toBe('finished')
  expect(model).toEqual((await uninterrupted).model)
  expect(summary.gradientEvaluations).toBe((await uninterrupted).gradientEvaluations)
  expect(own.events.flatMap(({ name, payload }) => (name === 'notice' ? [payload] : []))).toEqual([
    {
      level: 'warning',
      text: 'The GPU failed: it returned values that are not numbers; training goes on with WebAssembly SIMD.',
    },
  ])
})

describe('a device that never answers', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('does not keep the training from being stopped, and taken up from there', async () => {
    let taken: TrainingCheckpoint | null = null
    const own = createBench(({ name, payload }) => {
      if (name === 'checkpoint') taken = structuredClone(payload)
    })
    let calls = 0
    let hang = () => {}
    const hung = new Promise<void>((resolve) => (hang = resolve))
    const { job } = await startOnDevice(
      (kernel) => ({
        ...kernel,
        evaluate(...args) {
          if (++calls <= 60) return kernel.evaluate(...args)
          hang()
          return new Promise(() => {})
        },
      }),
      own,
    )
    await hung
    job.pause()
    job.resume()
    job.abort()
    await vi.advanceTimersByTimeAsync(2000)
    const { outcome, summary } = await job.done
    expect(outcome).toBe('aborted')
    expect(summary.steps).toBeGreaterThan(0)
    const checkpoint = taken as TrainingCheckpoint | null
    expect(checkpoint!.trainer.step).toBe(summary.steps)
    const resumed = await startJob({ checkpoint: checkpoint!, bench: createBench() }).done
    expect(resumed.model).toEqual((await uninterrupted).model)
  })

  test('nor does one that is never opened', async () => {
    const own = createBench()
    const never: OpenBackend = () => new Promise(() => {})
    const job = startJob({
      bench: own,
      backends: new Backends(own.environment, () => Promise.resolve(never)),
    })
    job.abort()
    const aborted = expect(job.done).rejects.toThrow(Aborted)
    await vi.advanceTimersByTimeAsync(2000)
    await aborted
  })
})

test('trainings leave nothing behind: after twenty no more memories are held than after one', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const held: WeakRef<WebAssembly.Memory>[] = []
  const { Memory } = WebAssembly
  vi.stubGlobal('WebAssembly', {
    ...ownProperties(WebAssembly),
    Memory: function (descriptor: WebAssembly.MemoryDescriptor) {
      const memory = new Memory(descriptor)
      held.push(new WeakRef(memory))
      return memory
    },
  })
  const scene = { ...SCENE, training: { ...SCENE.training, steps: 1 } }
  for (let i = 0; i < 20; i++) await startJob({ scene, bench: createBench() }).done
  vi.unstubAllGlobals()
  // What was looked at in a turn of the event loop is kept to its end.
  await new Promise((resolve) => setImmediate(resolve))
  collect()
  expect(held.length).toBeGreaterThanOrEqual(20)
  expect(held.filter((one) => one.deref() !== undefined).length).toBeLessThan(4)
})

function ownProperties<T extends object>(of: T): T {
  const names = Object.getOwnPropertyNames(of) as (keyof T)[]
  return Object.fromEntries(names.map((name) => [name, of[name]])) as T
}
