import { describe, expect, it } from 'vitest'
import { Purpose, Rng } from '../../core/maths/rng.ts'
import type { EnergyKernel, NetworkShape } from '../kernels/kernel.ts'
import { referenceKernel } from '../kernels/reference.ts'
import { DivergenceError, type TrainingProblem } from './api.ts'
import { initialParameters } from './model.ts'
import { LiveTrainer } from './liveTrainer.ts'
import type { QuadratureSize } from './objectives/quadrature.ts'

const SHAPE: NetworkShape = { widths: [8, 6], activations: ['sin', 'silu'] }
const SIZE: QuadratureSize = { side: 16, batch: 64 }

/** N((at, 0), 0.5²·I). */
const gaussian = (at: number, halfWidth = 4): TrainingProblem => ({
  halfWidth,
  batch(step, n, out) {
    const rng = new Rng({ seed: 5, purpose: Purpose.data }, step)
    for (let i = 0; i < n; i++) {
      out[2 * i] = at + 0.5 * rng.normal()
      out[2 * i + 1] = 0.5 * rng.normal()
    }
  },
})

const trainerOn = (problem: TrainingProblem, kernel = referenceKernel(SHAPE)) =>
  new LiveTrainer({ seed: 3, problem, kernel })

async function learn(trainer: LiveTrainer, steps: number, rate = 1e-2): Promise<number> {
  let sum = 0
  for (let i = 0; i < steps; i++) sum += (await trainer.advance({ rate, size: SIZE })).loss
  return sum / steps
}

/** A kernel that gives NaN at the calls asked for. */
function failing(fails: (call: number) => boolean): EnergyKernel {
  const inner = referenceKernel(SHAPE)
  let call = 0
  return {
    ...inner,
    async accumulate(theta, tuples, out) {
      const loss = await inner.accumulate(theta, tuples, out)
      return fails(call++) ? Number.NaN : loss
    },
  }
}

describe('LiveTrainer', () => {
  it('goes on from what it has learned: another target changes neither θ nor the moments', async () => {
    const trainer = trainerOn(gaussian(-1))
    expect(trainer.model().theta).toEqual(initialParameters(SHAPE, 3))
    await learn(trainer, 60)
    const before = trainer.model().theta
    trainer.retarget(gaussian(-1))
    expect(trainer.model().theta).toEqual(before)
    // With the same data again the next step is the one that it would have taken anyway.
    const undisturbed = trainerOn(gaussian(-1))
    await learn(undisturbed, 61)
    await learn(trainer, 1)
    expect(trainer.model().theta).toEqual(undisturbed.model().theta)
    expect(trainer.step).toBe(61)
  })

  it('learns a target near the last one faster than from nothing', async () => {
    const warm = trainerOn(gaussian(-1))
    await learn(warm, 250)
    warm.retarget(gaussian(-0.8))
    const cold = trainerOn(gaussian(-0.8))
    expect(await learn(warm, 25)).toBeLessThan((await learn(cold, 25)) - 0.2)
    // And reaches the entropy of the law itself, log 2πe + 2 log ½ = 1.452 nats.
    await learn(warm, 150)
    expect(Math.abs((await learn(warm, 60, 1e-4)) - 1.452)).toBeLessThan(0.08)
  })

  it('refuses a target on another box, whose confinement would be another energy', () => {
    expect(() => {
      trainerOn(gaussian(0)).retarget(gaussian(0, 5))
    }).toThrow(/half width 5.*4/)
  })

  it('returns to the last good state at half the rate when values are not finite', async () => {
    const trainer = trainerOn(
      gaussian(0),
      failing((call) => call === 30),
    )
    await learn(trainer, 25)
    const kept = trainer.model().theta
    await learn(trainer, 5)
    const { returned } = await trainer.advance({ rate: 1e-2, size: SIZE })
    expect(returned).toBe(true)
    expect(trainer.model().theta).toEqual(kept)
    // What failed is no step of Adam, though its noise is used up.
    expect(trainer.step).toBe(30)
    // The next step is the one of half the rate from there.
    await trainer.advance({ rate: 1e-2, size: SIZE })
    const moved = Math.hypot(...trainer.model().theta.map((value, i) => value - kept[i]!))
    const full = trainerOn(gaussian(0))
    await learn(full, 25)
    full.step = 31
    await full.advance({ rate: 5e-3, size: SIZE })
    const expected = Math.hypot(...full.model().theta.map((value, i) => value - kept[i]!))
    expect(moved).toBeCloseTo(expected, 10)
    for (let i = 0; i < 5; i++)
      expect(Number.isFinite((await trainer.advance({ rate: 1e-2, size: SIZE })).loss)).toBe(true)
  })

  it('gives up when good states keep leading nowhere', async () => {
    const trainer = trainerOn(
      gaussian(0),
      failing(() => true),
    )
    await expect(learn(trainer, 10)).rejects.toBeInstanceOf(DivergenceError)
  })

  it('leaves its state alone when a step fails, so that another kernel can go on', async () => {
    const broken = referenceKernel(SHAPE)
    let fail = false
    const trainer = trainerOn(gaussian(0), {
      ...broken,
      evaluate: (...args) =>
        fail ? Promise.reject(new Error('device lost')) : broken.evaluate(...args),
    })
    await learn(trainer, 10)
    fail = true
    await expect(learn(trainer, 1)).rejects.toThrow('device lost')
    trainer.useKernel(referenceKernel(SHAPE))
    await learn(trainer, 10)
    const whole = trainerOn(gaussian(0))
    await learn(whole, 20)
    expect(trainer.model().theta).toEqual(whole.model().theta)
    expect(() => {
      trainer.useKernel(referenceKernel({ widths: [4], activations: ['silu'] }))
    }).toThrow(RangeError)
  })
})
