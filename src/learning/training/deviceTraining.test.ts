import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openDawn } from '../../../scripts/openDawn.ts'
import { exp, log } from '../../core/maths/elementary.ts'
import { Purpose, Rng } from '../../core/maths/rng.ts'
import { OBJECTIVE_IDS } from '../ids.ts'
import type { ObjectiveId } from '../ids.ts'
import type { EnergyKernel, NetworkShape } from '../kernels/kernel.ts'
import { referenceKernel } from '../kernels/reference.ts'
import { createWgslKernel } from '../kernels/wgsl/wgslKernel.ts'
import { DivergenceError } from './api.ts'
import type { StepReport, Trainer, TrainerOptions, TrainingProblem } from './api.ts'
import { evaluateModel } from './model.ts'
import { createTrainer } from './trainer.ts'

// A software adapter compiles for seconds.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 })

const dawn = await openDawn()
if (dawn.open === null) console.warn(`Training on a device is not tested here: ${dawn.reason}.`)

const SHAPE: NetworkShape = { widths: [8, 8], activations: ['sin', 'silu'] }
const HALF_WIDTH = 4
const SIGMA = 0.5

/** Two Gaussians of deviation 0.5 at (±1.5, 0). */
const problem: TrainingProblem = {
  halfWidth: HALF_WIDTH,
  batch(step, n, out) {
    const rng = new Rng({ seed: 3, purpose: Purpose.batches }, step)
    for (let i = 0; i < n; i++) {
      const side = rng.uniform() < 0.5 ? -1.5 : 1.5
      out[2 * i] = Math.max(-HALF_WIDTH, Math.min(HALF_WIDTH, side + SIGMA * rng.normal()))
      out[2 * i + 1] = SIGMA * rng.normal()
    }
  },
}

/** KL(ρ*‖π_θ) by the midpoint rule on 80² cells. */
async function divergence(trainer: Trainer): Promise<number> {
  const n = 80
  const h = (2 * HALF_WIDTH) / n
  const xy = new Float32Array(2 * n * n)
  for (let k = 0; k < n * n; k++) {
    xy[2 * k] = -HALF_WIDTH + ((k % n) + 0.5) * h
    xy[2 * k + 1] = -HALF_WIDTH + (Math.floor(k / n) + 0.5) * h
  }
  const value = new Float32Array(n * n)
  const gradient = new Float32Array(2 * n * n)
  await evaluateModel(referenceKernel(SHAPE), trainer.model(), xy, value, gradient)
  const density = (x: number, y: number) => {
    const bump = (m: number) => exp(-((x - m) * (x - m) + y * y) / (2 * SIGMA * SIGMA))
    return (bump(-1.5) + bump(1.5)) / (4 * 3.141592653589793 * SIGMA * SIGMA)
  }
  let z = 0
  for (const v of value) z += exp(-v) * h * h
  let sum = 0
  for (let k = 0; k < n * n; k++) {
    const p = density(xy[2 * k]!, xy[2 * k + 1]!)
    if (p > 0) sum += p * h * h * (log(p) + value[k]! + log(z))
  }
  return sum
}

async function finish(trainer: Trainer, limit: number): Promise<StepReport[]> {
  const reports: StepReport[] = []
  while (trainer.step < trainer.steps) reports.push(...(await trainer.advanceBlock(limit)))
  return reports
}

describe.skipIf(dawn.open === null)('training in blocks on a device', () => {
  let device: GPUDevice
  let kernel: EnergyKernel
  beforeAll(async () => {
    device = await dawn.open!()
    kernel = createWgslKernel(device, SHAPE)
  })
  afterAll(() => {
    kernel.dispose()
    device.destroy()
  })

  const options = (objective: ObjectiveId, steps: number): TrainerOptions => ({
    seed: 9,
    objective,
    steps,
    problem,
    kernel,
  })

  it.each(OBJECTIVE_IDS)('%s follows the host step by step', async (objective) => {
    // In the warm-up, across its end, and after it.
    const steps = objective === 'energy-matching' ? 4 : 12
    const device = createTrainer(options(objective, steps))
    const host = createTrainer({ ...options(objective, steps), kernel: referenceKernel(SHAPE) })
    for (let k = 0; k < 4; k++) {
      const found = await device.advance()
      const expected = await host.advance()
      expect(found.step).toBe(expected.step)
      expect(found.phase).toBe(expected.phase)
      expect(Math.abs(found.loss - expected.loss)).toBeLessThan(
        2e-3 * (1 + Math.abs(expected.loss)),
      )
      if (expected.acceptance !== null)
        expect(Math.abs(found.acceptance! - expected.acceptance)).toBeLessThan(0.01)
      expect(device.gradientEvaluations).toBe(host.gradientEvaluations)
    }
    const [seen, known] = [device.chains(), host.chains()]
    expect(seen === null).toBe(objective !== 'persistent')
    expect(seen === null).toBe(known === null)
    if (seen !== null) {
      expect(known!.moved).toBeLessThan(0)
      expect(Math.abs(seen.moved - known!.moved)).toBeLessThan(2e-3)
    }
    const theta = host.model().theta
    const worst = device
      .model()
      .theta.reduce((most, x, i) => Math.max(most, Math.abs(x - theta[i]!)), 0)
    expect(worst).toBeLessThan(2e-3)
  })

  it.each(OBJECTIVE_IDS)('%s gives the same numbers however it is divided', async (objective) => {
    const steps = objective === 'energy-matching' ? 6 : 30
    const whole = createTrainer(options(objective, steps))
    const reports = await finish(whole, 64)
    let part = createTrainer(options(objective, steps))
    const parts: StepReport[] = []
    while (part.step < steps) {
      parts.push(...(await part.advanceBlock(1 + (part.step % 4))))
      // Resumed from a checkpoint between any two blocks.
      part = createTrainer({
        ...options(objective, steps),
        checkpoint: structuredClone(part.checkpoint()),
      })
    }
    expect(parts).toEqual(reports)
    expect(part.checkpoint()).toEqual(whole.checkpoint())
  })

  /** Trains to the end; the reports of its steps. */
  async function fit(objective: ObjectiveId, steps: number): Promise<StepReport[]> {
    const trainer = createTrainer(options(objective, steps))
    expect(await divergence(trainer)).toBeGreaterThan(0.5)
    const reports = await finish(trainer, 25)
    expect(await divergence(trainer)).toBeLessThan(0.08)
    return reports
  }

  it('quadrature fits two Gaussians', async () => {
    await fit('quadrature', 180)
  })

  it('persistent fits two Gaussians, and adapts its chains to the acceptance that is aimed at', async () => {
    const reports = await fit('persistent', 300)
    const late = reports.slice(-100).map(({ acceptance }) => acceptance!)
    const mean = late.reduce((sum, rate) => sum + rate, 0) / late.length
    expect(Math.abs(mean - 0.6)).toBeLessThan(0.05)
  })

  it.each([
    ['persistent', 4],
    ['quadrature', 4],
    ['score-matching', 2],
    ['energy-matching', 4],
  ] as const)('%s takes %i dispatches a step and reads back once', async (objective, most) => {
    const steps = 40
    const trainer = createTrainer(options(objective, steps))
    // Into the main phase.
    while (trainer.step < (objective === 'energy-matching' ? 30 : 25))
      await trainer.advanceBlock(25)
    const dispatch = vi.spyOn(GPUComputePassEncoder.prototype, 'dispatchWorkgroups')
    const map = vi.spyOn(GPUBuffer.prototype, 'mapAsync')
    const submit = vi.spyOn(GPUQueue.prototype, 'submit')
    const reports = await trainer.advanceBlock(4)
    expect(reports).toHaveLength(4)
    expect(dispatch).toHaveBeenCalledTimes(4 * most)
    expect(map).toHaveBeenCalledTimes(1)
    // While the answer is waited for nothing is submitted, again and again.
    expect(submit.mock.calls.filter(([work]) => [...work].length > 0)).toHaveLength(1)
    vi.restoreAllMocks()
  })

  it('goes back to the state that was kept when values are not finite, wherever blocks end', async () => {
    const run = async (limit: number) => {
      const poisoned: EnergyKernel = {
        ...kernel,
        trainBlock: async (confinement, state, steps) => {
          const result = await kernel.trainBlock!(confinement, state, steps)
          // Step 41, the first time it is made.
          const at = 40 - trainer.step
          if (spent || at < 0 || at >= steps.length) return result
          spent = true
          const losses = result.losses.slice()
          losses.fill(Number.NaN, at)
          return { ...result, losses, theta: result.theta.fill(Number.NaN) }
        },
      }
      let spent = false
      const trainer = createTrainer({ ...options('persistent', 60), kernel: poisoned })
      const reports = await finish(trainer, limit)
      return { trainer, messages: reports.filter(({ recovery }) => recovery !== null) }
    }
    const [one, many] = [await run(1), await run(64)]
    for (const { messages } of [one, many]) {
      expect(messages).toHaveLength(1)
      expect(messages[0]!.step).toBe(25)
      expect(messages[0]!.recovery).toContain('at step 41: went back to step 25')
    }
    expect(one.trainer.model().theta).toEqual(many.trainer.model().theta)
  })

  it('ends in a DivergenceError when lower rates do not cure it', async () => {
    const broken: EnergyKernel = {
      ...kernel,
      trainBlock: async (confinement, state, steps) => {
        const result = await kernel.trainBlock!(confinement, state, steps)
        return { ...result, theta: result.theta.fill(Infinity) }
      },
    }
    const trainer = createTrainer({ ...options('score-matching', 20), kernel: broken })
    await expect(finish(trainer, 8)).rejects.toThrow(DivergenceError)
  })

  it('loses at most a block with its device, and goes on with another kernel', async () => {
    const other = await dawn.open!()
    const trainer = createTrainer({
      ...options('persistent', 40),
      kernel: createWgslKernel(other, SHAPE),
    })
    await trainer.advanceBlock(4)
    await trainer.advanceBlock(16)
    const before = trainer.checkpoint()
    other.destroy()
    await expect(trainer.advanceBlock(8)).rejects.toThrow()
    expect(trainer.checkpoint().step).toBe(before.step)
    expect(trainer.model().theta).toEqual(before.arrays['now.theta'])
    trainer.useKernel(referenceKernel(SHAPE))
    const report = await trainer.advance()
    expect(report.step).toBe(before.step + 1)
    expect(Number.isFinite(report.loss)).toBe(true)
  })
})
