import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openDawn } from '../../../../scripts/openDawn.ts'
import type { EnergyKernel } from '../../../learning/kernels/kernel.ts'
import { createWgslKernel } from '../../../learning/kernels/wgsl/wgslKernel.ts'
import type { Backend } from '../../../learning/training/api.ts'
import { Backends } from './backends.ts'
import { TargetResolver } from '../energies/resolveTarget.ts'
import { createBench, sceneOf, type Bench } from '../session.testing.ts'
import { TrainingJob } from './trainingJob.ts'

// A software adapter compiles for seconds.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 })

const dawn = await openDawn()
if (dawn.open === null) console.warn(`Blocks of training are not tested here: ${dawn.reason}.`)

const STEPS = 42
/** Every second step is measured: 42 / 40, rounded up. */
const INTERVAL = 2
const SCENE = sceneOf({
  seed: 5,
  target: { kind: 'banana' },
  training: { objective: 'score-matching', steps: STEPS, backend: 'webgpu' },
  domain: { halfWidth: 4, cells: 32 },
  dynamics: { particles: 64 },
})

describe.skipIf(dawn.open === null)('a training on a kernel that trains in blocks', () => {
  let device: GPUDevice
  beforeAll(async () => {
    device = await dawn.open!()
  })
  afterAll(() => device.destroy())

  /** A job on the device; the clock goes on by so many seconds a block, and by so many a step. */
  async function start(wait: number, perStep: number, bench: Bench, paused = false) {
    const lengths: number[] = []
    const counted = (kernel: EnergyKernel): EnergyKernel => ({
      ...kernel,
      trainBlock: async (confinement, state, steps) => {
        const result = await kernel.trainBlock!(confinement, state, steps)
        lengths.push(steps.length)
        now += wait + perStep * steps.length
        return result
      },
    })
    const gpu: Backend = {
      name: 'webgpu',
      description: 'WebGPU',
      reason: 'asked for by name',
      refused: [],
      kernel: (shape) => counted(createWgslKernel(device, shape)),
      lost: () => null,
      dispose() {},
    }
    class OnDevice extends Backends {
      override open() {
        return Promise.resolve(gpu)
      }
    }
    let now = 0
    const environment = { ...bench.environment, clock: () => now }
    const job = new TrainingJob({
      environment,
      backends: new OnDevice(environment),
      scene: SCENE,
      target: await new TargetResolver(bench.assets).resolve(SCENE.target, 5, 4),
      paused,
    })
    return { job, lengths }
  }

  it('makes as many steps at once as the time allows, and measures where it always does', async () => {
    const fast = await start(1e-3, 1e-4, createBench())
    const { model, summary } = await fast.job.done
    expect(Math.max(...fast.lengths)).toBe(INTERVAL)
    expect(fast.lengths.reduce((sum, length) => sum + length, 0)).toBe(STEPS)
    const measured = summary.history.map(({ step }) => step)
    expect(measured.slice(0, -1).every((step) => step % INTERVAL === 0)).toBe(true)
    expect(measured.at(-1)).toBe(STEPS)

    // Steps that take longer than messages may wait come one at a time, once that is known, with the same result.
    const slow = await start(0, 0.06, createBench())
    const other = await slow.job.done
    expect(slow.lengths.filter((length) => length > 1).length).toBeLessThanOrEqual(1)
    expect(other.model).toEqual(model)
    const numbers = (history: typeof summary.history) =>
      history.map((point) => ({ ...point, seconds: 0 }))
    expect(numbers(other.summary.history)).toEqual(numbers(summary.history))
  })

  it('makes one step where one is asked for', async () => {
    let paused = 0
    const bench = createBench(({ name, payload }) => {
      if (name !== 'trainingProgress' || !payload.paused) return
      paused++
      queueMicrotask(() => {
        if (paused <= 3) job.step()
        else job.abort()
      })
    })
    const { job, lengths } = await start(1e-3, 1e-4, bench, true)
    const { outcome, summary } = await job.done
    expect(outcome).toBe('aborted')
    expect(lengths).toEqual([1, 1, 1])
    expect(summary.steps).toBe(3)
  })
})
