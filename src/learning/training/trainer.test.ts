import { describe, expect, it } from 'vitest'
import { exp, log } from '../../core/maths/elementary.ts'
import { Purpose, Rng } from '../../core/maths/rng.ts'
import { OBJECTIVE_IDS } from '../ids.ts'
import { BackendFault } from '../kernels/deadline.ts'
import type { EnergyKernel, NetworkShape } from '../kernels/kernel.ts'
import { readKernelModule } from '../kernels/simd/module.testing.ts'
import { createSimdKernel } from '../kernels/simd/simdKernel.ts'
import { DivergenceError } from './api.ts'
import type { TrainerOptions, TrainingProblem } from './api.ts'
import { evaluateModel } from './model.ts'
import { createTrainer } from './trainer.ts'

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

async function kernelFor(shape: NetworkShape): Promise<EnergyKernel> {
  return createSimdKernel(await readKernelModule(), shape)
}

async function options(overrides: Partial<TrainerOptions> = {}): Promise<TrainerOptions> {
  const kernel = await kernelFor(SHAPE)
  return { seed: 9, objective: 'persistent', steps: 60, problem, kernel, ...overrides }
}

/** KL(ρ*‖π_θ) by the midpoint rule on 80² cells. */
async function divergence(trainer: ReturnType<typeof createTrainer>, kernel: EnergyKernel) {
  const n = 80
  const h = (2 * HALF_WIDTH) / n
  const xy = new Float32Array(2 * n * n)
  for (let k = 0; k < n * n; k++) {
    xy[2 * k] = -HALF_WIDTH + ((k % n) + 0.5) * h
    xy[2 * k + 1] = -HALF_WIDTH + (Math.floor(k / n) + 0.5) * h
  }
  const value = new Float32Array(n * n)
  await evaluateModel(kernel, trainer.model(), xy, value, new Float32Array(2 * n * n))
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

describe.each(OBJECTIVE_IDS)('%s', (objective) => {
  it('resumes bit for bit from a checkpoint, in the warm-up and after it', async () => {
    const steps = objective === 'energy-matching' ? 6 : 30
    const settings = await options({ objective, steps })
    const whole = createTrainer(settings)
    const half = createTrainer(settings)
    const reports = []
    for (let k = 0; k < steps; k++) reports.push(await whole.advance())
    let part = half
    for (let k = 0; k < steps; k++) {
      if (k === 2 || k === steps - 2) {
        const checkpoint = structuredClone(part.checkpoint())
        part = createTrainer({ ...settings, checkpoint })
      }
      expect(await part.advance()).toEqual(reports[k])
    }
    expect(part.checkpoint()).toEqual(whole.checkpoint())
    expect(part.gradientEvaluations).toBe(whole.gradientEvaluations)
  }, 20_000)
})

describe('training', () => {
  it.each(['persistent', 'quadrature'] as const)(
    '%s fits two Gaussians',
    async (objective) => {
      const settings = await options({ objective, steps: 300 })
      const trainer = createTrainer(settings)
      expect(await divergence(trainer, settings.kernel)).toBeGreaterThan(0.5)
      while (trainer.step < trainer.steps) await trainer.advance()
      expect(await divergence(trainer, settings.kernel)).toBeLessThan(0.08)
    },
    20_000,
  )

  it('depends on the seed and on nothing else', async () => {
    const after = async (seed: number) => {
      const trainer = createTrainer(await options({ seed }))
      for (let k = 0; k < 12; k++) await trainer.advance()
      return trainer.model().theta
    }
    expect(await after(1)).toEqual(await after(1))
    expect(await after(1)).not.toEqual(await after(2))
  })

  it('ends at its last step', async () => {
    const trainer = createTrainer(await options({ steps: 1 }))
    await trainer.advance()
    await expect(trainer.advance()).rejects.toThrow(RangeError)
  })
})

describe('non-finite values', () => {
  const faulty = (kernel: EnergyKernel, isFaulty: (call: number) => boolean): EnergyKernel => {
    let call = 0
    return {
      ...kernel,
      accumulate: async (theta, tuples, out) => {
        const loss = await kernel.accumulate(theta, tuples, out)
        if (isFaulty(call++)) out[7] = Number.NaN
        return loss
      },
    }
  }

  it('go back to the last good state, lower the rate, and say so', async () => {
    const settings = await options()
    const kernel = faulty(settings.kernel, (call) => call === 40)
    const trainer = createTrainer({ ...settings, kernel })
    const messages = []
    while (trainer.step < trainer.steps) {
      const { recovery, step } = await trainer.advance()
      if (recovery !== null) messages.push({ recovery, step })
    }
    expect(messages).toHaveLength(1)
    expect(messages[0]!.step).toBe(25)
    expect(messages[0]!.recovery).toContain('at step 41: went back to step 25')
    expect(messages[0]!.recovery).toContain('1/2 of')
    expect(trainer.model().theta.every(Number.isFinite)).toBe(true)
  })

  it('are found in the values of the energy too', async () => {
    const settings = await options()
    let call = 0
    const kernel: EnergyKernel = {
      ...settings.kernel,
      evaluate: async (theta, xy, value, gradient) => {
        await settings.kernel.evaluate(theta, xy, value, gradient)
        if (call++ === 4 && gradient !== null) gradient[5] = Infinity
      },
    }
    const trainer = createTrainer({ ...settings, kernel })
    let recovered = 0
    while (trainer.step < 20) if ((await trainer.advance()).recovery !== null) recovered++
    expect(recovered).toBe(1)
  })

  it('end in a DivergenceError when lower rates do not cure them', async () => {
    const settings = await options()
    const trainer = createTrainer({ ...settings, kernel: faulty(settings.kernel, () => true) })
    const run = async () => {
      while (trainer.step < trainer.steps) await trainer.advance()
    }
    await expect(run()).rejects.toThrow(DivergenceError)
  })
})

describe('non-finite values of a kernel that is not trusted', () => {
  /** A kernel that fails from its n-th call of a primitive on. */
  const failing = (kernel: EnergyKernel, after: number): EnergyKernel => {
    let left = after
    return {
      ...kernel,
      async evaluate(theta, xy, value, gradient) {
        await kernel.evaluate(theta, xy, value, gradient)
        if (left-- <= 0) value.fill(Number.NaN)
      },
    }
  }

  it('change nothing where the same step has numbers elsewhere: it is repeated there', async () => {
    const sound = await kernelFor(SHAPE)
    const expected = createTrainer(await options({ steps: 20 }))
    const trainer = createTrainer(
      await options({ steps: 20, kernel: failing(sound, 20), check: () => sound }),
    )
    for (;;) {
      try {
        await trainer.advance()
      } catch (error) {
        expect(error).toEqual(new BackendFault('it returned values that are not numbers'))
        break
      }
    }
    expect(trainer.step).toBeGreaterThan(2)
    trainer.useKernel(sound)
    while (trainer.step < 20) await trainer.advance()
    while (expected.step < 20) await expected.advance()
    expect(trainer.checkpoint()).toEqual(expected.checkpoint())
  })

  it('are those of the training where they come elsewhere too', async () => {
    const sound = await kernelFor(SHAPE)
    const trainer = createTrainer(
      await options({
        steps: 20,
        kernel: failing(sound, 20),
        check: () => failing(sound, 0),
      }),
    )
    let report = await trainer.advance()
    while (report.recovery === null) report = await trainer.advance()
    expect(report.recovery).toMatch(/went back to step 0/)
  })
})

describe('a lost device', () => {
  it('leaves the state whole: the step is repeated on another kernel with the same result', async () => {
    const settings = await options()
    const dying: EnergyKernel = {
      ...settings.kernel,
      accumulate: (theta, tuples, out) =>
        trainer.step === 30
          ? Promise.reject(new Error('device lost'))
          : settings.kernel.accumulate(theta, tuples, out),
    }
    const trainer = createTrainer({ ...settings, kernel: dying })
    while (trainer.step < 30) await trainer.advance()
    await expect(trainer.advance()).rejects.toThrow('device lost')
    trainer.useKernel(settings.kernel)
    const healthy = createTrainer(settings)
    while (healthy.step < 40) await healthy.advance()
    while (trainer.step < 40) await trainer.advance()
    expect(trainer.model().theta).toEqual(healthy.model().theta)
  })

  it('refuses a kernel or a checkpoint for another network', async () => {
    const settings = await options()
    const trainer = createTrainer(settings)
    const other = await kernelFor({ widths: [4], activations: ['sin'] })
    expect(() => trainer.useKernel(other)).toThrow(RangeError)
    const checkpoint = trainer.checkpoint()
    expect(() => createTrainer({ ...settings, kernel: other, checkpoint })).toThrow(RangeError)
  })
})
